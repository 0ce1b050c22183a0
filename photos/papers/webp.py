"""WebP: a RIFF file; XMP is a chunk at its end, announced by a flag in the VP8X header, made where it is missing.

RFC 9649, section 2; the sizes of plain images: RFC 6386, section 9.1, and RFC 9649, section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from photos.papers.faults import damaged
from photos.papers.parts import Layout, Part

_ICC, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
_KEPT = {b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"}
_OF_A_FRAME = {b"ALPH", b"VP8 ", b"VP8L"}
_MAX_SIZE = 2**32 - 10


def layout(stream: BinaryIO) -> Layout:
    """MarkError where a chunk is cut or not known to make a picture, or there is none."""
    stream.seek(0)
    header = stream.read(12)
    if header[:4] != b"RIFF" or header[8:] != b"WEBP":
        raise damaged("its header is not in order")
    found = Layout(end=8 + int.from_bytes(header[4:8], "little"))
    stream.seek(0, 2)
    if stream.tell() < found.end:
        raise damaged("it ends too early")
    extended = b""
    for kind, start, length in _chunks(stream, 12, found.end):
        if kind == b"VP8X" and not extended and not found.picture:
            stream.seek(start)
            extended = stream.read(min(length, 10))
        else:
            _sort(stream, found, kind, start, length)
    found.canvas = _canvas(stream, found, extended)
    return found


def compose(found: Layout, packet: bytes, exif: bytes) -> list[Part]:
    width, height, alpha, moving = found.canvas
    flags = _XMP | (_ALPHA if alpha else 0) | (_ANIMATION if moving else 0) | (_EXIF if exif else 0)
    flags |= _ICC if any(part.kind == b"ICCP" for part in found.picture) else 0
    extended = bytes((flags, 0, 0, 0)) + _three(width - 1) + _three(height - 1)
    ours = [Part(b"EXIF", before=_chunk(b"EXIF", exif))] if exif else []
    ours.append(Part(b"XMP ", before=_chunk(b"XMP ", packet)))
    parts = [Part(b"VP8X", before=_chunk(b"VP8X", extended)), *found.picture, *ours]
    size = 4 + sum(part.size for part in parts)
    if size > _MAX_SIZE:
        raise damaged("it is larger than a WebP file can be")
    return [Part(b"", before=b"RIFF" + size.to_bytes(4, "little") + b"WEBP"), *parts]


def exact_bands(stream: BinaryIO) -> str:
    """The bands of a still picture that keep their lowest bits, in which text hides: "A" where it has an alpha channel,
    "RGB" where it is lossless, "" none; "RGB with a profile" where decoding for a screen would change them."""
    found = layout(stream)
    _width, _height, alpha, moving = found.canvas
    kinds = {part.kind for part in found.picture}
    if moving or alpha:
        return "A" if alpha and not moving else ""
    return "" if b"VP8L" not in kinds else "RGB with a profile" if b"ICCP" in kinds else "RGB"


def _chunks(stream: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start of the data, length) of each chunk between two places."""
    while position < end:
        stream.seek(position)
        header = stream.read(8)
        length = int.from_bytes(header[4:], "little")
        if len(header) < 8 or position + 8 + length > end:
            raise damaged("it ends too early")
        yield header[:4], position + 8, length
        position += 8 + length + length % 2


def _sort(stream: BinaryIO, found: Layout, kind: bytes, start: int, length: int) -> None:
    found.signed |= kind == b"C2PA"
    around = {"before": kind + length.to_bytes(4, "little"), "after": b"\0" * (length % 2)}
    if kind in _KEPT:
        if kind == b"ANMF":
            _check_frame(stream, start, length)
        found.add(found.picture, Part(kind, start, length, **around))
    elif kind == b"XMP ":
        found.add(found.packets, Part(kind, start, length))
    elif kind == b"EXIF":
        found.add(found.exif, Part(kind, start, length))
    else:
        found.add(found.others, Part(kind, start, length, **around))


def _check_frame(stream: BinaryIO, start: int, length: int) -> None:
    """A frame holds pixels alone: what else is in one may be text, and could not be left out of it."""
    for kind, _start, _length in _chunks(stream, start + 16, start + length):
        if kind not in _OF_A_FRAME:
            raise damaged("a frame of it holds something that is not known here")


def _canvas(stream: BinaryIO, found: Layout, extended: bytes) -> tuple[int, int, bool, bool]:
    """Width, height, whether there is alpha, whether it moves."""
    kinds = [part.kind for part in found.picture]
    still = [part for part in found.picture if part.kind in (b"VP8 ", b"VP8L")]
    if not (still or b"ANMF" in kinds) or len(still) > 1:
        raise damaged("its pixel data is not in one piece")
    if len(extended) == 10:
        width, height = (int.from_bytes(extended[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height, bool(extended[0] & _ALPHA), bool(extended[0] & _ANIMATION)
    if extended or b"ANMF" in kinds or b"ALPH" in kinds:
        raise damaged("its header is not in order")
    return _size_of(stream, still[0])


def _size_of(stream: BinaryIO, part: Part) -> tuple[int, int, bool, bool]:
    stream.seek(part.start)
    head = stream.read(min(part.length, 10))
    if part.kind == b"VP8L" and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1), False
    if part.kind == b"VP8 " and len(head) == 10 and head[3:6] == b"\x9d\x01\x2a":
        sides = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        width, height = sides
        if width and height:
            return width, height, False, False
    raise damaged("its header is not in order")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
