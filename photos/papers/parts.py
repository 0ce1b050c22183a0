"""What the writers share: a file as a row of parts, those that make the picture and those that are written in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from photos.papers.faults import damaged

BLOCK = 1 << 20  # bytes held at once
MAX_PARTS = 400_000  # of one file; honest ones have some thousands
MAX_PACKET = 4_000_000  # bytes of a packet that is read back


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes of the file from `start`, and what stands around them when they are written."""

    kind: bytes
    start: int = 0
    length: int = 0
    before: bytes = b""
    after: bytes = b""

    @property
    def size(self) -> int:
        return len(self.before) + self.length + len(self.after)


@dataclass(kw_only=True)
class Layout:
    """A sound file taken apart. Absent is empty."""

    picture: list[Part] = field(default_factory=list)  # in order of the file; what makes it look as it does
    packets: list[Part] = field(default_factory=list)  # XMP, the data alone
    exif: list[Part] = field(default_factory=list)  # the TIFF structure alone
    others: list[Part] = field(default_factory=list)  # what a final leaves behind
    canvas: tuple = ()  # what a header of ours must say as the file's own does: size, alpha, animation
    end: int = 0  # where the file ends by its own word; behind it hangs something
    signed: bool = False

    def add(self, parts: list[Part], part: Part) -> None:
        held = len(self.picture) + len(self.packets) + len(self.exif) + len(self.others)
        if held >= MAX_PARTS:
            raise damaged("it has more parts than an image needs")
        parts.append(part)


def pour(parts: Iterable[Part], original: BinaryIO, final: BinaryIO) -> None:
    """Write `parts` one after the other; MarkError where the original ends too early."""
    for part in parts:
        for block in blocks(original, part):
            final.write(block)


def blocks(stream: BinaryIO, part: Part) -> Iterator[bytes]:
    """The bytes of a part as they are written, at most BLOCK at a time."""
    yield part.before
    stream.seek(part.start)
    left = part.length
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            raise damaged("it ends too early")
        left -= len(block)
        yield block
    yield part.after


def fingerprint(stream: BinaryIO, parts: Iterable[Part]) -> list[tuple[bytes, int, bytes]]:
    """(kind, size, SHA-256) of each part."""
    found = []
    for part in parts:
        digest = hashlib.sha256()
        for block in blocks(stream, part):
            digest.update(block)
        found.append((part.kind, part.size, digest.digest()))
    return found


def body(stream: BinaryIO, part: Part) -> bytes:
    """The data of a part, at most MAX_PACKET bytes."""
    stream.seek(part.start)
    return stream.read(min(part.length, MAX_PACKET))
