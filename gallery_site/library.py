"""Which library this is: where its data folder lies, and the time zone of the machine.

Read by the settings, by manage.py and by the start script, all before Django is there.
"""

from __future__ import annotations

import os
from pathlib import Path

REMEMBERED = ".gallery_data"  # beside the code, ignored by git: one line, the folder `--data` named last


def data_folder(code: Path) -> Path:
    """The folder with database, media and key: GALLERY_DATA, else what was remembered, else the code folder."""
    named = os.environ.get("GALLERY_DATA", "").strip()
    if not named and (code / REMEMBERED).is_file():
        named = (code / REMEMBERED).read_text().strip()
    return Path(named).expanduser().resolve() if named else code


def remember_data_folder(code: Path, folder: Path) -> None:
    """Let the next start, and manage.py, find this folder without being told."""
    if folder.resolve() == code.resolve():
        (code / REMEMBERED).unlink(missing_ok=True)
    else:
        (code / REMEMBERED).write_text(f"{folder.resolve()}\n")


def ensure_secret_key(folder: Path) -> None:
    """Make <data>/secret_key (mode 0600) when neither it nor SECRET_KEY is there."""
    path = folder / "secret_key"
    if os.environ.get("SECRET_KEY") or path.exists():
        return
    import secrets  # here, because it costs the start, which stays for long, 4 MB

    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))


def local_time_zone() -> str:
    """The machine's time zone as an IANA name ("Europe/Berlin"); "UTC" where it cannot be told."""
    from zoneinfo import ZoneInfo, available_timezones

    names = available_timezones()
    for name in (os.environ.get("TZ", "").lstrip(":"), _linked_zone(), _written_zone()):
        if name and name in names and ZoneInfo(name):
            return name
    return "UTC"


def _linked_zone() -> str:
    parts = os.path.realpath("/etc/localtime").split("zoneinfo/")
    return parts[1] if len(parts) == 2 else ""


def _written_zone() -> str:
    path = Path("/etc/timezone")
    return path.read_text(errors="replace").strip() if path.is_file() else ""
