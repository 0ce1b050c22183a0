"""ZIP archives: what in them may be read as a picture, and why the rest may not.

Nothing is unpacked to disk under a name of its own: names in an archive are labels here, so that "../../x" is
an odd label and no more.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from photos.images import RejectedImage

MAX_ENTRIES = 1_000_000
# Pictures are packed already: deflate gains nothing on them, and at most some 50:1 on uncompressed line art. A
# member beyond this was made to fill disks (zeros: 1,030:1).
MAX_RATIO = 250
RATIO_COUNTS_FROM_BYTES = 10 * 1024**2
# More than deflate can do: members that overlap, so that the same bytes are unpacked again and again.
MAX_RATIO_OF_ALL = 1100

# What reading a member may raise; a person reads one sentence for all of them.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error)
UNREADABLE = (NotImplementedError, RuntimeError)  # an unknown way of packing; a password

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_HEADER = 46  # bytes of a directory entry before its name


class ArchiveError(Exception):
    """An archive that cannot be read at all; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a ZIP for reading; several threads may read it. Raises ArchiveError."""
    try:
        with path.open("rb") as file:
            if _count_entries(file) > MAX_ENTRIES:
                raise ArchiveError(
                    f"{path.name} lists more than {MAX_ENTRIES:,} files, the most that is read from a ZIP."
                )
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise ArchiveError(f"{path.name} is no ZIP archive, or damaged.") from error
    except UNREADABLE as error:
        raise ArchiveError(f"{path.name} is packed in a way that cannot be read here.") from error
    except OSError as error:
        raise ArchiveError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO_OF_ALL * path.stat().st_size:
        archive.close()
        raise ArchiveError(
            f"{path.name} would unpack to more than {MAX_RATIO_OF_ALL:,} times its size: no pictures do that."
        )
    return archive


def refusal(member: zipfile.ZipInfo) -> RejectedImage | None:
    """Why a member is not even opened; None when it may be."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return RejectedImage(
            "not-accepted", "This is a link inside the archive, not a file; links are not followed."
        )
    if member.flag_bits & 0x1:
        return RejectedImage(
            "not-accepted", "This is encrypted; unpack the archive with its password and bring the files."
        )
    if member.filename.lower().endswith(".zip"):
        return RejectedImage(
            "not-accepted", "This is a ZIP inside a ZIP; unpack the outer one and bring this one by itself."
        )
    if member.file_size > max(RATIO_COUNTS_FROM_BYTES, MAX_RATIO * member.compress_size):
        return RejectedImage(
            "too-large", f"This would unpack to more than {MAX_RATIO} times its size; pictures do not."
        )
    return None


def modified_at(member: zipfile.ZipInfo) -> datetime | None:
    """The date of a member: a wall clock without a zone, read as that of the gallery. None when it is no date."""
    try:
        return timezone.make_aware(datetime(*member.date_time))
    except (ValueError, OverflowError):
        return None


def _count_entries(file: BinaryIO) -> int:
    """Entries of the directory, counted without keeping them: what the end of the file says of it may be a lie.

    APPNOTE.TXT 6.3 sections 4.3.12 to 4.3.16. Stops just above the limit.
    """
    size, offset = _directory(file)
    file.seek(offset)
    count = 0
    while size >= _HEADER and count <= MAX_ENTRIES:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            break
        tail = sum(struct.unpack_from("<3H", header, 28))  # name, extra field, comment
        file.seek(tail, 1)
        size -= _HEADER + tail
        count += 1
    return count


def _directory(file: BinaryIO) -> tuple[int, int]:
    """(size, offset) of the directory, wherever in the file the archive begins. Raises BadZipFile."""
    length = file.seek(0, 2)
    at = max(0, length - _END.size - 0xFFFF)
    file.seek(at)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        raise zipfile.BadZipFile("no end of directory")
    size, end = _END.unpack_from(tail, found)[5], at + found
    if size == 0xFFFFFFFF or tail[max(0, found - _LOCATOR64.size) :][:4] == b"PK\x06\x07":
        end -= _LOCATOR64.size + _END64.size
        file.seek(max(0, end))
        size = _END64.unpack(file.read(_END64.size))[8]
    return size, max(0, end - size)
