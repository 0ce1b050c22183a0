"""Where files lie. The only module that knows the layout, and the only one that touches a path.

    uploaded/2026-11-22/harbour.jpg                                     by day of arrival
    generated/sessions/2026-11-22-red-lighthouse-in-fog-17/0007-41.png  every candidate, as the engine gave it
    generated/completed/2026-11-22-red-lighthouse-in-fog-17/0007-41.png final selected images
    thumbnails/<name of the original>.<first 8 of its hash>.<variant>.webp

Names are arithmetic: nothing is looked up, and no storage is asked, while a page renders. An original is
written once, under a name that nothing else has, and never changed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import re
import secrets
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from photos.images import RejectedImage

UPLOADED, SESSIONS, COMPLETED, THUMBNAILS = (
    "uploaded", "generated/sessions", "generated/completed", "thumbnails"
)  # fmt: skip
ORIGINAL_ROOTS = (UPLOADED, SESSIONS, COMPLETED)
EXTENSIONS = {
    "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif", "GIF": ".gif", "HEIC": ".heic", "TIFF": ".tif",
}  # fmt: skip
MAX_STEM_BYTES = 100
CHUNK = 1024 * 1024
LEFT_BEHIND_SECONDS = 600  # between the bytes of an original and its row lie seconds; this long means it died
LOCKS = "locks"  # the one folder in tmp/ that stays
# Names Windows keeps for devices, whatever their extension; a library may be copied there one day.
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')


class LocalMediaStorage(FileSystemStorage):
    """A folder of originals and thumbnails. `write_once` is how originals come in; `save` is not used."""

    def write_once(self, source: Path, name: str) -> None:
        """Give the file `source` the name `name`, durably. Raises FileExistsError when the name is taken.

        `source` stays where it is and may be removed by its owner. A hard link cannot overwrite; where links are
        not supported the bytes are copied into a file made with O_EXCL.
        """
        target = Path(self.path(name))
        _in_its_folder(target, lambda: _link_or_copy(source, target))
        os.chmod(target, 0o644)
        _sync_folder(target.parent)

    def put(self, source: Path, name: str) -> None:
        """Move a derived file into place, replacing an older one."""
        target = Path(self.path(name))
        os.chmod(source, 0o644)
        _in_its_folder(target, lambda: _move(source, target))

    def remove(self, name: str) -> None:
        """Delete a file if it is there, and the folders that this leaves empty."""
        path = Path(self.path(name))
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == Path(self.location) or len(folder.relative_to(self.location).parts) < 2:
                return
            try:
                folder.rmdir()
            except OSError:
                return


# --- names ----------------------------------------------------------------------------------------


def fold(name: str) -> str:
    """The form under which two names are one on some file system: NFC, then casefold."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def safe_stem(name: str) -> str:
    """A file name without its extension, safe on every file system; "image" when nothing is left.

    NFC; no control, bidi or Windows-reserved characters or names; at most 100 UTF-8 bytes.
    """
    stem = PurePosixPath(name.replace("\\", "/")).name
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem) or stem
    stem = unicodedata.normalize("NFC", stem)
    stem = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in stem)
    stem = FORBIDDEN.sub("-", stem).strip("-. ")
    stem = stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", "ignore").strip("-. ")
    if stem.split(".")[0].casefold() in RESERVED:
        stem = f"_{stem}"
    return stem or "image"


def session_folder_name(day: date, title: str, number: int) -> str:
    """`2026-11-22-red-lighthouse-in-fog-17`: day, first words in ASCII, number of the session."""
    ascii_words = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_words)[:6]
    return "-".join([f"{day:%Y-%m-%d}", *("-".join(words)[:48].strip("-"),) * bool(words), str(number)])


def candidate_stem(number: int, seed: str) -> str:
    """`0007-41`, or `0007` where the seed is absent or not plain."""
    return f"{number:04d}-{seed}" if re.fullmatch(r"[A-Za-z0-9]{1,40}", seed) else f"{number:04d}"


def thumbnail_name(original: str, sha256: str, variant: str) -> str:
    return f"{THUMBNAILS}/{original}.{sha256[:8]}.{variant}.webp"


def download_name(title: str, name: str) -> str:
    """A name for a saved file: the title's, where "day / night" and "v1.5" are words, not folder and extension."""
    stem = safe_stem(re.sub(r"[\s./\\]+", "-", title)) if title.strip() else PurePosixPath(name).stem
    return f"{stem}{PurePosixPath(name).suffix}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an original is to lie: a folder below the root and a name without extension.

    `adopt` is for folders that only one worker at a time writes to: a file of that name with the same bytes and
    without a row was left by a worker that died there, and is taken as it is.
    """

    collection: str
    folder: str
    stem: str
    adopt: bool = False


def uploaded(name: str, day: date) -> Place:
    return Place(collection="uploaded", folder=f"{UPLOADED}/{day:%Y-%m-%d}", stem=safe_stem(name))


def candidate(session_folder: str, number: int, seed: str) -> Place:
    return Place(
        collection="session",
        folder=f"{SESSIONS}/{session_folder}",
        stem=candidate_stem(number, seed),
        adopt=True,
    )


def completed(session_folder: str, stem: str) -> Place:
    return Place(collection="completed", folder=f"{COMPLETED}/{session_folder}", stem=stem)


# --- bytes coming in ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Spooled:
    """Bytes lying in tmp/ under no name of their own yet."""

    path: Path
    sha256: str
    byte_size: int


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder in tmp/ that is gone afterwards. What a killed process leaves there `check_media` removes.

    It is locked for as long as its process lives: so others tell what is coming in from what was left.
    """
    Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ingest-", dir=settings.TMP_DIR))
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # where folders cannot be locked, nobody can ask for it either
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def leave_behind(spooled: Spooled) -> None:
    """Let a workspace lie as a killed process does: whoever brings the bytes again finds their original by it."""
    with contextlib.suppress(OSError):
        spooled.path.parent.rename(spooled.path.parent.with_name(f"{spooled.path.parent.name}-left"))


def spool(source: BinaryIO | bytes | Path, folder: Path) -> Spooled:
    """Copy `source` into `folder` while hashing it, flushed to disk. Raises RejectedImage("too-large" | "empty")."""
    target = folder / "original"
    digest, size, limit = hashlib.sha256(), 0, settings.GALLERY_MAX_FILE_BYTES
    with target.open("xb") as out, _opened(source) as file:
        cloned = isinstance(source, Path) and _cloned(file, out)
        while block := file.read(CHUNK):
            size += len(block)
            if size > limit:
                raise RejectedImage(
                    "too-large", f"The file is larger than {limit // 1024**2} MB, the most taken here."
                )
            digest.update(block)
            if not cloned:
                out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if not size:
        raise RejectedImage("empty", "The file is empty.")
    return Spooled(path=target, sha256=digest.hexdigest(), byte_size=size)


def file_hash(path: Path) -> str:
    """SHA-256 of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_original(
    spooled: Spooled, place: Place, extension: str, *, spoken_for: Callable[[str], bool]
) -> tuple[str, bool]:
    """Write an original once. Returns (its name, whether this call wrote it).

    `spoken_for(name)` says whether a row, or a deletion still to be done, has that name. On a collision the name
    takes the first digits of the hash, and where the same bytes lie there as well (of another owner, of a final
    taken back) a few random ones: never a counting loop.
    """
    storage, digits = storages["media"], spooled.sha256[:8]
    for tail in ("", f"-{digits}", *(f"-{digits}-{secrets.token_hex(4)}" for _ in range(3))):
        name = f"{place.folder}/{place.stem}{tail}{extension}"
        if spoken_for(name):
            continue
        try:
            storage.write_once(spooled.path, name)
            return name, True
        except FileExistsError:
            if _is_left_behind(Path(storage.path(name)), spooled, adopt=place.adopt):
                return name, False
    raise FileExistsError(f"No free name in {place.folder} for {place.stem}{extension}")


def _is_left_behind(path: Path, spooled: Spooled, *, adopt: bool) -> bool:
    """Whether a file without a row is the very same bytes, left by a process that died before it wrote the row.

    Where others may be at work in the folder, they must be known to be dead, or it be older than any ingest lasts.
    """
    try:
        left = adopt or _is_of_the_dead(path) or time.time() - path.stat().st_mtime > LEFT_BEHIND_SECONDS
        return left and file_hash(path) == spooled.sha256
    except FileNotFoundError:
        return False


def _is_of_the_dead(path: Path) -> bool:
    """Whether this original still hangs on a workspace of this machine that no process holds any more."""
    for folder in Path(settings.TMP_DIR).glob("ingest-*"):
        with contextlib.suppress(OSError):  # gone by now, held, or not to be locked
            if (folder / "original").samefile(path):
                handle = os.open(folder, os.O_RDONLY)
                try:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return True
                finally:
                    os.close(handle)
    return False


def keep_thumbnails(original: str, sha256: str, made: dict[str, Path]) -> None:
    for variant, path in made.items():
        storages["thumbnails"].put(path, thumbnail_name(original, sha256, variant))


def remove_original(root: str, name: str, sha256: str, variants: tuple[str, ...]) -> None:
    """Delete an original and all that was derived from it. Missing files are fine."""
    for variant in variants:
        storages["thumbnails"].remove(thumbnail_name(name, sha256, variant))
    storages[root].remove(name)


# --- what lies there ------------------------------------------------------------------------------

_DERIVED = re.compile(
    rf"{THUMBNAILS}/(?P<original>.+)\.(?P<content8>[0-9a-f]{{8}})\.(?P<variant>[hl]\d+)\.webp"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lying:
    """A file as it lies in a storage. `changed_at`: seconds since the epoch, of its bytes or of its place."""

    name: str
    byte_size: int
    changed_at: float


def look(root: str, name: str) -> Lying | None:
    """The file of that name; None when there is none. Raises OSError when that cannot be told."""
    try:
        status = os.stat(storages[root].path(name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _lying(name, status)


def all_originals() -> Iterator[Lying]:
    """Every file below generated/ and uploaded/, folder by folder, in no order; hidden ones are none of ours."""
    for top in ("generated", UPLOADED):
        yield from _all_below("media", top)


def all_thumbnails() -> Iterator[Lying]:
    yield from _all_below("thumbnails", THUMBNAILS)


def parse_thumbnail(name: str) -> tuple[str, str, str] | None:
    """(original, first 8 of its hash, variant) of a thumbnail's name; None when it is no such name."""
    found = _DERIVED.fullmatch(name)
    return (found["original"], found["content8"], found["variant"]) if found else None


def remove_thumbnail(name: str) -> None:
    storages["thumbnails"].remove(name)


def leftovers(older_than_seconds: float) -> Iterator[Lying]:
    """What killed processes left in tmp/: entries in which nothing has changed for so long. Names are of tmp/."""
    if not Path(settings.TMP_DIR).is_dir():
        return
    for path in sorted(Path(settings.TMP_DIR).iterdir()):
        if path.name == LOCKS:
            continue
        inside = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
        found = [_lying(path.name, each.lstat()) for each in inside if each.is_symlink() or each.exists()]
        if found and max(each.changed_at for each in found) < time.time() - older_than_seconds:
            yield Lying(
                name=path.name,
                byte_size=sum(each.byte_size for each in found),
                changed_at=found[0].changed_at,
            )


def remove_leftover(name: str) -> None:
    path = Path(settings.TMP_DIR) / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _all_below(root: str, folder: str) -> Iterator[Lying]:
    """Links are not followed: what they lead to lies elsewhere."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(FileNotFoundError), os.scandir(storages[root].path(folder)) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}"
                if entry.name.startswith(".") or entry.name in ("Thumbs.db", "desktop.ini"):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                    continue
                with contextlib.suppress(FileNotFoundError):
                    yield _lying(name, entry.stat(follow_symlinks=False))


def _lying(name: str, status: os.stat_result) -> Lying:
    return Lying(name=name, byte_size=status.st_size, changed_at=max(status.st_mtime, status.st_ctime))


def local_path(root: str, name: str) -> Path:
    return Path(storages[root].path(name))


def _opened(source: BinaryIO | bytes | Path):
    if isinstance(source, Path):
        return source.open("rb")
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return contextlib.nullcontext(source)


def _cloned(source: BinaryIO, target: BinaryIO) -> bool:
    """Share the blocks of `source` where the file system can (btrfs, XFS, APFS has no ioctl: False)."""
    try:
        fcntl.ioctl(target.fileno(), 0x40049409, source.fileno())  # FICLONE
        return True
    except (ImportError, OSError):
        return False


def _in_its_folder(target: Path, write: Callable[[], None]) -> None:
    """Make the folder of `target` and write; once more where a deletion took that folder away in between."""
    for attempts_left in range(9, -1, -1):
        with contextlib.suppress(FileExistsError, FileNotFoundError):  # mkdir races with rmdir too
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            write()
        except FileNotFoundError:
            if not attempts_left:
                raise
        else:
            return


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EXDEV, errno.EMLINK):
            raise
        _copy_exclusively(source, target)


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        try:
            shutil.copyfile(source, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _copy_exclusively(source: Path, target: Path) -> None:
    with target.open("xb") as out, source.open("rb") as file:
        try:
            shutil.copyfileobj(file, out, CHUNK)
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            target.unlink()  # half a picture, on a disk that is full
            raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def only_one(key: str) -> Iterator[bool]:
    """Whether this is the only one on this machine at work on `key`; the lock goes with the process that has it."""

    folder = Path(settings.TMP_DIR) / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(key.encode()).hexdigest()[:2]  # 256 files at most, never removed
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
