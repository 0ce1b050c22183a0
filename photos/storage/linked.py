"""Files that stay where a person keeps them: opened to be read, and nothing else.

What was linked was a regular file at a path without links in it, and so it must be found again. A link or a pipe that
lies there by now, or anywhere on the way to it, is not the file; nor are other bytes (`original`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import Storage, storages

from photos.storage.coming import CHUNK, Spooled, check_size
from photos.storage.names import LINKED, linked_path

AWAY = "Its file is not there at the moment."
CHANGED = "Its file has changed since it was linked; import its folder again."
WRITTEN = "It is being written at the moment; import it again."
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ABSENT = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENXIO,
    errno.ESTALE,
    errno.ENOTCONN,
}


class NotThere(FileNotFoundError):
    """The file of a row is not at its place, or is another by now; `sentence` says which."""

    def __init__(self, sentence: str = AWAY) -> None:
        super().__init__(errno.ENOENT, sentence)
        self.sentence = sentence


class LinkedStorage(Storage):
    """The root `linked`. A name is `linked/<owner>` and then the absolute path; every way to write refuses."""

    location = ""  # nowhere that a web server in front could be pointed at

    def path(self, name: str) -> str:
        return linked_path(name)

    def opened(self, name: str) -> BinaryIO:
        """The file, to be read. Raises NotThere, or OSError where that cannot be told."""
        folder, last = self._way_to(name)
        try:
            if not stat.S_ISREG(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode):
                raise NotThere  # not even opened: a tape would be rewound
            handle = os.open(last, _FILE, dir_fd=folder)
        except OSError as error:
            raise _told(error) from None
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NotThere
        return os.fdopen(handle, "rb")

    def status(self, name: str) -> os.stat_result:
        """Of the file itself; errors as for `opened`."""
        folder, last = self._way_to(name)
        try:
            found = os.stat(last, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            raise _told(error) from None
        finally:
            os.close(folder)
        if not stat.S_ISREG(found.st_mode):
            raise NotThere
        return found

    def exists(self, name: str) -> bool:
        try:
            return bool(self.status(name))
        except OSError:
            return False

    def size(self, name: str) -> int:
        return self.status(name).st_size

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            self._refuse()
        return File(self.opened(name), name)

    def _way_to(self, name: str) -> tuple[int, str]:
        """(a handle of the folder that the file lies in, the file's name there); no link on the way is followed."""
        *folders, last = linked_path(name).split("/")[1:]
        here = os.open("/", _FOLDER)
        for folder in folders:
            try:
                below = os.open(folder, _FOLDER, dir_fd=here)
            except OSError as error:
                raise _told(error) from None
            finally:
                os.close(here)
            here = below
        return here, last

    def _refuse(self, *_args, **_kwargs):
        raise io.UnsupportedOperation("Linked files are only read.")

    save = _save = delete = write_once = put = double = remove = _refuse


def _told(error: OSError) -> OSError:
    return NotThere() if error.errno in _ABSENT else error


@contextlib.contextmanager
def original(root: str, name: str, *, byte_size: int | None = None, sha256: str = "") -> Iterator[Path]:
    """The path of an original, for others to read it while this lasts.

    A linked file has to be the one that was linked, by its size and, where it is told, by its hash; and it has to be
    the same one at the end. Else NotThere, also after the block: what was made of it then is not to be kept.
    """
    store = storages[root]
    path = Path(store.path(name))
    if root != LINKED:
        yield path
        return
    with store.opened(name) as file:
        before = os.fstat(file.fileno())
        check(file, byte_size=byte_size, sha256=sha256)
        yield path
        if not _identity(before) == _identity(os.fstat(file.fileno())) == _identity(store.status(name)):
            raise NotThere(CHANGED)


def read_linked(name: str, sha256: str) -> Iterator[bytes]:
    """The bytes of a linked file, opened when the first are asked for; NotThere at their end where they were others."""
    digest = hashlib.sha256()
    with storages[LINKED].opened(name) as file:
        while block := file.read(CHUNK):
            digest.update(block)
            yield block
    if digest.hexdigest() != sha256:
        raise NotThere(CHANGED)


@contextlib.contextmanager
def in_place(name: str) -> Iterator[Spooled]:
    """Hash a file where it lies, to be linked; it stays open meanwhile, and is the same one at the end or NotThere.

    Raises RejectedImage("too-large" | "empty").
    """
    store = storages[LINKED]
    with store.opened(name) as file:
        before = os.fstat(file.fileno())
        check_size(before.st_size)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        yield Spooled(path=Path(store.path(name)), sha256=sha256, byte_size=before.st_size)
        if not _identity(before) == _identity(os.fstat(file.fileno())) == _identity(store.status(name)):
            raise NotThere(WRITTEN)


def check(file: BinaryIO, *, byte_size: int | None = None, sha256: str = "") -> None:
    """Raise NotThere where these are other bytes; the file stands at its beginning afterwards."""
    if byte_size is not None and os.fstat(file.fileno()).st_size != byte_size:
        raise NotThere(CHANGED)
    if sha256 and hashlib.file_digest(file, "sha256").hexdigest() != sha256:
        raise NotThere(CHANGED)
    file.seek(0)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def nearest_folder(name: str) -> str:
    """The folder nearest to a linked file that is there: where its disk was mounted, or what it was taken from."""
    path = Path(linked_path(name)).parent
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return str(path)
