"""A TIFF structure, which is what EXIF is, read tag by tag so that one bad tag costs only itself.

Written here because a fault in one value must not hide the others, because text must be bytes until its
charset is known, and because PNG and TIFF want to be read without touching their pixels. Layout: TIFF 6.0
section 2, Exif 2.32 section 4.6, BigTIFF (offsets of 8 bytes).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from photos.recipes.text import decode_loosely

MAX_TAGS = 1_000  # of one directory
MAX_NUMBERS = 200  # of one value: a tag with more holds offsets or curves, which nobody reads here
MAX_VALUE = 4_000_000  # bytes of one text
MAX_ALL = 16_000_000  # bytes of all values of a file

EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825

# type number -> size of one value in bytes, and the letter `struct` reads it with ("" stays bytes)
_TYPES = {
    1: (1, ""),
    2: (1, ""),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    6: (1, "b"),
    7: (1, ""),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ii"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
    16: (8, "Q"),
    17: (8, "q"),
    18: (8, "Q"),
}
_RATIONALS = (5, 10)
_TEXT = 2

Value = bytes | tuple[int | float, ...]


@dataclass(frozen=True)
class Tags:
    """One directory: tag number -> bytes (text and undefined) or numbers; an unknown number is NaN."""

    values: Mapping[int, Value] = field(default_factory=dict)

    def text(self, *tags: int) -> str:
        """The first of `tags` that holds text: up to its first NUL, outer space cut."""
        for tag in tags:
            value = self.values.get(tag, b"")
            if isinstance(value, bytes) and (text := decode_loosely(value.split(b"\0", 1)[0]).strip()):
                return text
        return ""

    def wide_text(self, tag: int) -> str:
        """Text of Windows' XP tags: UTF-16, little-endian; plain text where a writer knew no better."""
        value = self.raw(tag)
        if value.isascii() and b"\0" not in value.rstrip(b"\0"):
            return decode_loosely(value.rstrip(b"\0")).strip()
        return value.decode("utf-16-le", "replace").split("\0", 1)[0].strip()

    def raw(self, tag: int) -> bytes:
        value = self.values.get(tag, b"")
        return value if isinstance(value, bytes) else b""

    def numbers(self, tag: int) -> tuple[int | float, ...]:
        """All numbers of a tag; bytes count as numbers. Empty when absent."""
        return tuple(self.values.get(tag, ()))

    def number(self, *tags: int) -> float | None:
        """The first finite number of the first of `tags` that has one."""
        for tag in tags:
            numbers = self.numbers(tag)
            if numbers and math.isfinite(numbers[0]):
                return numbers[0]
        return None


@dataclass(frozen=True)
class Exif:
    """The three directories that describe a picture."""

    main: Tags = Tags()
    photo: Tags = Tags()
    gps: Tags = Tags()
    big_endian: bool = False

    def text(self, *tags: int) -> str:
        """From the Exif directory, else from the main one: some writers put tags into the wrong one."""
        return self.photo.text(*tags) or self.main.text(*tags)

    def number(self, *tags: int) -> float | None:
        number = self.photo.number(*tags)
        return self.main.number(*tags) if number is None else number


def read_exif(stream: BinaryIO) -> Exif:
    """The directories of the TIFF structure that `stream` is; what cannot be read is absent. Never loops:
    three directories are read, once each, and none of their successors."""
    reader = _Reader(stream)
    main = reader.directory(reader.first)
    photo = reader.directory(_pointer(main, EXIF_DIRECTORY))
    gps = reader.directory(_pointer(main, GPS_DIRECTORY))
    return Exif(main, photo, gps, reader.order == ">")


def _pointer(tags: Tags, tag: int) -> int:
    number = tags.number(tag)
    return int(number) if isinstance(number, int) and number > 0 else 0


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = MAX_ALL
        header = self._read(0, 16)
        self.order = {b"II": "<", b"MM": ">"}.get(header[:2], "")
        magic = struct.unpack(self.order + "H", header[2:4])[0] if self.order and len(header) >= 8 else 0
        self._big = magic == 43 and len(header) == 16  # BigTIFF
        self.first = 0
        if magic:
            self.first = self._whole(header[8:16] if self._big else header[4:8])

    def directory(self, offset: int) -> Tags:
        """The tags at `offset`; 0 is no directory."""
        if not offset:
            return Tags()
        counting, size = (8, 20) if self._big else (2, 12)
        count = min(self._whole(self._read(offset, counting)), MAX_TAGS)
        table = self._read(offset + counting, count * size)
        values: dict[int, Value] = {}
        for start in range(0, len(table) - size + 1, size):
            entry = table[start : start + size]
            value = self._value(entry)
            if value:
                values.setdefault(self._whole(entry[:2]), value)
        return Tags(values)

    def _value(self, entry: bytes) -> Value | None:
        """The value of a directory entry: tag (2), type (2), count (4 or 8), value or offset (4 or 8)."""
        kind = self._whole(entry[2:4])
        width, letters = _TYPES.get(kind, (0, ""))
        inline = 8 if self._big else 4
        count = self._whole(entry[4 : 4 + inline])
        length = width * count
        if not length or length > MAX_VALUE or (letters and count > MAX_NUMBERS):
            return None
        data = entry[4 + inline :][:length]
        if length > inline:
            data = self._read(self._whole(entry[4 + inline :]), length)
        if len(data) < length and kind != _TEXT:
            return None
        return self._numbers(data, kind, count, letters) if letters else data

    def _numbers(self, data: bytes, kind: int, count: int, letters: str) -> tuple[int | float, ...]:
        numbers = struct.unpack(f"{self.order}{letters * count}", data)
        if kind not in _RATIONALS:
            return numbers
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(above / below if below else math.nan for above, below in pairs)

    def _whole(self, data: bytes) -> int:
        return int.from_bytes(data, "big" if self.order == ">" else "little")

    def _read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes at `offset`; b"" once all values together were more than MAX_ALL."""
        self._left -= length
        if self._left < 0 or offset > 2**62:
            return b""
        self._stream.seek(offset)
        return self._stream.read(length)
