"""What must be true before the gallery can be trusted. `manage.py check`, and every start, says what is not.

Checks that open the database or decode a picture look only when they are given databases to look at: so they run
in `manage.py check` (photos/management/commands/check.py), in `check --deploy` and before migrations, and do not
slow down the start of every other command.

    photos.E001  a folder cannot be written to          photos.W001  media and tmp lie on two file systems
    photos.E002  the secret key is missing              photos.W002  the secret key is short
    photos.E003  SQLite is set up to lose or lock       photos.W003  SQLite is not in the mode it was asked for
    photos.E004  SQLite lies on a network disk
    photos.E005  an accepted format does not decode     photos.E006  the days of the trash make no sense
    photos.E008  import from the gallery's own folder   photos.W004  a folder to import from is not there
                                                        photos.W005  a folder to import from holds the gallery's data
    photos.E007  the search has lost its index
"""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder

from photos import decoder, images, search
from photos.images import FORMATS, RejectedImage

SQLITE = "django.db.backends.sqlite3"
LEAST_TIMEOUT_SECONDS = 5
LEAST_KEY_CHARACTERS = 50
# Locks over these are a promise of another machine; SQLite says "corrupt" sooner or later (sqlite.org/howtocorrupt).
NETWORK_DISKS = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "davfs",
)
MOUNTS = Path("/proc/self/mounts")

# A few pixels of each accepted format, for the decoder that will read people's pictures. The HEIC one, which cannot
# be written here, is that of mathiasbynens/small (CC0).
SAMPLES: dict[str, str] = {
    "JPEG": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L"
        "2u71////m8H////6/+b9//j/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/EABQQAQAAAAAAAAAAAAAAAAAA"
        "AAD/2gAIAQEAAD8AX//Z"
    ),
    "PNG": (
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGM8UaHBgA0wYRUdtBIAHicBeAYWg8oAAAAASUVO"
        "RK5CYII="
    ),
    "WEBP": "UklGRjAAAABXRUJQVlA4ICQAAACwAQCdASoIAAgAB0CWJaACdLoABdQAANpubPcdo3dcY7MAAAA=",
    "AVIF": (
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAA"
        "AAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJAAAAChpaW5mAAAAAAABAAAAGmluZmUC"
        "AAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCAgIAAAA"
        "DGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAALG1kYXQSAAoIGAi/aICGg0Iy"
        "FhxHh4Xd0000wsAAAJA1jjK44/FhQIA="
    ),
    "GIF": "R0lGODdhCAAIAIEAAMh4KAAAAAAAAAAAACwAAAAACAAIAAAIDwABCBxIsKDBgwgTKkwYEAA7",
    "HEIC": (
        "AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABKm1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAXABjADEANQB4ADIAAAAA"
        "DnBpdG0AAAAAAAEAAAAiaWxvYwAAAABEQAABAAEAAAAAAUoAAQAAAAAAAAA4AAAAI2lpbmYAAAAAAAEAAAAVaW5mZQIAAAAA"
        "AQAAaHZjMQAAAACqaXBycAAAAI1pcGNvAAAAcWh2Y0MBBAgAAAAAAAAAAAD/8AD8/fj4AAAPAyAAAQAXQAEMAf//BAgAAAMA"
        "n6gAAAMAAP+6AkAhAAEAJkIBAQQIAAADAJ+oAAADAAD/oCCBBZbqSSiuAQAAAwABAAADAAEIIgABAAZEAcFxiRIAAAAUaXNw"
        "ZQAAAAAAAABAAAAAQAAAABVpcG1hAAAAAAAAAAEAAQKBAgAAAEBtZGF0AAAANCgBrwW4FIPqI0Af91/uf7X9b87878787898"
        "9898989898989/4UETMJZQNe2nK06cUg1sA="
    ),
    "TIFF": (
        "SUkqADAAAACAMg8CiBQSBwWEQeFQaGQmGwuHRGIROHxWJRaKReNRmORiPRuPwuAgCgAAAQMAAQAAAAgAAAABAQMAAQAAAAgA"
        "AAACAQMAAwAAAK4AAAADAQMAAQAAAAUAAAAGAQMAAQAAAAIAAAARAQQAAQAAAAgAAAAVAQMAAQAAAAMAAAAWAQMAAQAAAAgA"
        "AAAXAQQAAQAAACgAAAAcAQMAAQAAAAEAAAAAAAAACAAIAAgA"
    ),
}


@register()
def check_folders(app_configs, **kwargs) -> list[CheckMessage]:
    """Originals are written to tmp/ and linked into media/."""
    folders = {"media": Path(settings.MEDIA_ROOT), "temporary": Path(settings.TMP_DIR)}
    found = [
        Error(
            f"The {name} folder cannot be written to: {folder}",
            hint="Give it to the user the gallery runs as (chown), or name another data folder with --data.",
            id="photos.E001",
        )
        for name, folder in folders.items()
        if not _can_write(folder)
    ]
    if not found and len({_existing(folder).stat().st_dev for folder in folders.values()}) > 1:
        found.append(
            Warning(
                "The media folder and the temporary folder lie on two file systems.",
                hint="Every picture is copied once more than needed. Put both on one, best below one data folder.",
                id="photos.W001",
            )
        )
    return found


@register(Tags.security)
def check_secret_key(app_configs, **kwargs) -> list[CheckMessage]:
    """Signs log-ins and every media address."""
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own word for an empty one
        hint = "./run_gallery.sh makes one in the data folder; or set SECRET_KEY in the environment."
        return [Error("There is no secret key.", hint=hint, id="photos.E002")]
    if len(key) < LEAST_KEY_CHARACTERS or len(set(key)) < 5:
        hint = f"Use {LEAST_KEY_CHARACTERS} random characters; everybody is signed out once when it changes."
        return [Warning("The secret key is short enough to be guessed.", hint=hint, id="photos.W002")]
    return []


@register()
def check_sqlite_settings(app_configs, **kwargs) -> list[CheckMessage]:
    """What settings.py asks for, in case a later file or the environment took it away."""
    found: list[CheckMessage] = []
    for alias, database in _sqlite_databases():
        options = database.get("OPTIONS", {})
        commands = options.get("init_command", "").upper().replace(" ", "")
        wrong = [
            words
            for words, is_so in {
                "transaction_mode is not IMMEDIATE": options.get("transaction_mode") == "IMMEDIATE",
                f"timeout is below {LEAST_TIMEOUT_SECONDS} s": options.get("timeout", 0)
                >= LEAST_TIMEOUT_SECONDS,
                "journal_mode is not WAL": "JOURNAL_MODE=WAL" in commands,
                "synchronous is not FULL": "SYNCHRONOUS=FULL" in commands,
            }.items()
            if not is_so
        ]
        if wrong:
            found.append(
                Error(
                    f"SQLite ({alias}) may lose or refuse writes: {', '.join(wrong)}.",
                    hint="Use the OPTIONS of gallery_site/settings.py unchanged.",
                    id="photos.E003",
                )
            )
    return found


@register()
def check_sqlite_disk(app_configs, **kwargs) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias, database in _sqlite_databases():
        kind = _file_system_of(Path(str(database["NAME"])))
        if kind.startswith(NETWORK_DISKS):
            found.append(
                Error(
                    f"The SQLite file ({alias}) lies on a network disk ({kind}).",
                    hint="Name a data folder on a disk of this machine with --data, or use PostgreSQL (DATABASE_URL). "
                    "Pictures may stay on the network disk.",
                    id="photos.E004",
                )
            )
    return found


@register()
def check_trash_days(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.GALLERY_TRASH_DAYS > 0:
        return []
    return [
        Error(
            f"GALLERY_TRASH_DAYS is {settings.GALLERY_TRASH_DAYS}: what is thrown away would be gone at once.",
            hint="Use at least 1; 30 is the default.",
            id="photos.E006",
        )
    ]


@register()
def check_import_folders(app_configs, **kwargs) -> list[CheckMessage]:
    """What GALLERY_IMPORT_FOLDERS names is there, and is not what the gallery itself writes."""
    data, own = Path(settings.DATA_DIR), (Path(settings.MEDIA_ROOT), Path(settings.TMP_DIR))
    found: list[CheckMessage] = []
    for named in settings.GALLERY_IMPORT_FOLDERS:
        folder = Path(os.path.realpath(Path(named).expanduser()))
        if not Path(named).expanduser().is_absolute() or not folder.is_dir():
            hint = "Write its whole path. If its disk is not always there, this is only a reminder."
            found.append(
                Warning(f"A folder to import from is not there: {named}", hint=hint, id="photos.W004")
            )
        elif any(folder.is_relative_to(os.path.realpath(one)) for one in own):
            hint = "What lies there has come in already. Take it out of GALLERY_IMPORT_FOLDERS."
            found.append(
                Error(f"A folder to import from is the gallery's own: {named}", hint=hint, id="photos.E008")
            )
        elif Path(os.path.realpath(data)).is_relative_to(folder):
            hint = (
                "Its own pictures are left out, but names of its folders are shown. Name a folder beside it."
            )
            found.append(
                Warning(
                    f"A folder to import from holds the gallery's own data: {named}",
                    hint=hint,
                    id="photos.W005",
                )
            )
    return found


@register(Tags.database)
def check_sqlite_mode(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """What the file really is in: some file systems cannot do WAL, and SQLite then goes on without a word."""
    found: list[CheckMessage] = []
    for alias, database in _sqlite_databases():
        if alias not in (databases or ()) or not Path(str(database["NAME"])).is_file():
            continue  # a check makes no library
        try:
            with connections[alias].cursor() as cursor:
                mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
                synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        except DatabaseError as error:
            mode, synchronous = str(error), None
        if (mode, synchronous) not in (("wal", 2), ("memory", 2)):
            found.append(
                Warning(
                    f"SQLite ({alias}) is in journal mode {mode}, synchronous {synchronous}, not in WAL and FULL (2).",
                    hint="Readers and writers wait for each other. Use a disk of this machine.",
                    id="photos.W003",
                )
            )
    return found


@register(Tags.database)
def check_search_index(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """It stands beside the models: a dump brought back, or a tool that tidies, may have left it out."""
    if "default" not in (databases or ()) or not _is_made("photos", "0003_search_index"):
        return []
    if not (lost := search.missing()):
        return []
    return [
        Error(
            f"The search has lost a part of its index: {', '.join(lost)}.",
            hint="./manage.py rebuild_search makes it again.",
            id="photos.E007",
        )
    ]


@register(Tags.database)
def check_formats(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """Every accepted format really decodes on this machine, in the process that will do it."""
    if not databases:
        return []
    found: list[CheckMessage] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in FORMATS:
            path = Path(folder, name)
            path.write_bytes(base64.b64decode(SAMPLES[name]))
            try:
                problem = "" if images.examine(path, {}).format == name else "it was taken for another format"
            except (RejectedImage, decoder.DecoderError, OSError) as error:
                problem = str(error)
            if problem:
                found.append(
                    Error(
                        f"{FORMATS[name]} pictures cannot be read here: {problem}",
                        hint="Remove .venv and start ./run_gallery.sh again: it installs the imaging libraries anew.",
                        id="photos.E005",
                    )
                )
    return found


def _sqlite_databases():
    return [(alias, each) for alias, each in settings.DATABASES.items() if each["ENGINE"] == SQLITE]


def _is_made(app: str, migration: str) -> bool:
    """Whether the library has come as far as this migration. A check makes no library."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == SQLITE and not Path(str(database["NAME"])).is_file():
        return False
    try:
        return (app, migration) in MigrationRecorder(connections["default"]).applied_migrations()
    except DatabaseError:
        return False


def _can_write(folder: Path) -> bool:
    """Whether files can be made there, or the folder itself where it does not exist yet."""
    existing = _existing(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _file_system_of(path: Path) -> str:
    """The kind of file system, as /proc/self/mounts names it; "" where that cannot be told (macOS)."""
    try:
        lines = MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    real, best, kind = os.path.realpath(path), "", ""
    for line in lines:
        _, mounted_at, name, *_ = line.split(" ")
        mounted_at = mounted_at.replace("\\040", " ")
        below = mounted_at == "/" or real == mounted_at or real.startswith(mounted_at + "/")
        if below and len(mounted_at) >= len(best):
            best, kind = mounted_at, name
    return kind
