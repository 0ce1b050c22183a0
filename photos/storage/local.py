"""The local folder of originals and thumbnails: written once, replaced whole, deleted with its empty folders."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from photos.storage.coming import CHUNK


class LocalMediaStorage(FileSystemStorage):
    """A folder of originals and thumbnails. `write_once` is how originals come in; `save` is not used."""

    def write_once(self, source: Path, name: str, *, flush_folder: bool = True) -> None:
        """Give the file `source` the name `name`, durably. Raises FileExistsError when the name is taken.

        `source` stays where it is and may be removed by its owner. A hard link cannot overwrite; where links are
        not supported the bytes are copied into a file made with O_EXCL.
        """
        target = Path(self.path(name))
        _in_its_folder(target, lambda: _link_or_copy(source, target))
        os.chmod(target, 0o644)
        if flush_folder:
            self.flush_folder(target.parent)

    def flush_folder(self, folder: str | Path) -> None:
        """Make new names in a folder outlast a power cut."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def put(self, source: Path, name: str) -> None:
        """Move a derived file into place, replacing an older one."""
        target = Path(self.path(name))
        os.chmod(source, 0o644)
        _in_its_folder(target, lambda: _move(source, target))

    def double(self, name: str, other: str) -> None:
        """Give a derived file a second name too, where it is there and that name is free."""
        source, target = Path(self.path(name)), Path(self.path(other))
        with contextlib.suppress(FileExistsError):
            if source.is_file():
                _in_its_folder(target, lambda: _link_or_copy(source, target))

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
