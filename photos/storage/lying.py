"""What lies in the storages, and in tmp/."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from photos.storage.locks import LOCKS
from photos.storage.names import LINKED, THUMBNAILS, UPLOADED


@dataclass(frozen=True, kw_only=True, slots=True)
class Lying:
    """A file as it lies in a storage. `changed_at`: seconds since the epoch, of its bytes or of its place."""

    name: str
    byte_size: int
    changed_at: float


def look(root: str, name: str) -> Lying | None:
    """The file of that name; None when there is none. Raises OSError when that cannot be told."""
    try:
        status = storages[LINKED].status(name) if root == LINKED else os.stat(storages[root].path(name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _lying(name, status)


def all_originals() -> Iterator[Lying]:
    """Every file below generated/ and uploaded/, folder by folder, in no order; hidden ones are none of ours."""
    for top in ("generated", UPLOADED):
        yield from _all_below("media", top)


def all_thumbnails() -> Iterator[Lying]:
    yield from _all_below("thumbnails", THUMBNAILS)


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
