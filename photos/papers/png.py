"""PNG: a row of chunks with checksums; XMP is an iTXt chunk of a name of its own.

PNG specification (third edition), section 5; XMP specification part 3, section 1.1.5.
"""

from __future__ import annotations

import zlib
from typing import BinaryIO

from photos.metadata.png import SIGNATURE, Chunk, chunks
from photos.papers.faults import damaged
from photos.papers.parts import BLOCK, Layout, Part

_XMP = b"XML:com.adobe.xmp\0"
_PLAIN = b"\0\0\0\0"  # not compressed, as the XMP specification demands; without language and translation

# What makes the picture look as it does. All else is text, dates, or unknown, and unknown may be a recipe.
_KEPT = {
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"),
    *(b"acTL", b"fcTL", b"fdAT"),
    *(b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi"),
    *(b"pHYs", b"bKGD", b"hIST", b"sPLT", b"oFFs", b"sCAL", b"pCAL", b"sTER"),
}
_SIGNED = {b"caBX", b"dSIG"}


def layout(stream: BinaryIO) -> Layout:
    """MarkError where a chunk breaks a rule or a checksum is wrong."""
    found = Layout()
    kinds: list[bytes] = []
    for chunk in chunks(stream):
        _check_order(chunk, kinds)
        if kinds[-1:] != [chunk.kind]:
            kinds.append(chunk.kind)
        _check_sum(stream, chunk)
        _sort(stream, chunk, found)
        found.end = chunk.start + chunk.length + 4
    if kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise damaged("it ends too early")
    return found


def compose(found: Layout, packet: bytes, exif: bytes) -> list[Part]:
    """The packet first of all, where readers of a few kilobytes find it."""
    header, *rest = found.picture
    ours = [Part(b"iTXt", before=_chunk(b"iTXt", _XMP + _PLAIN + packet))]
    if exif:
        ours.append(Part(b"eXIf", before=_chunk(b"eXIf", exif)))
    return [Part(b"", before=SIGNATURE), header, *ours, *rest]


def _check_order(chunk: Chunk, before: list[bytes]) -> None:
    """PNG specification, section 5.6. `before` has each run of equal kinds once."""
    if not chunk.kind.isalpha() or not chunk.kind.isascii():
        raise damaged("a part of it has no valid name")
    if (chunk.kind == b"IHDR") != (not before) or (chunk.kind == b"IHDR" and chunk.length != 13):
        raise damaged("its header is not in order")
    if chunk.kind == b"IDAT" and b"IDAT" in before[:-1]:
        raise damaged("its pixel data is not in one piece")
    if chunk.kind == b"PLTE" and b"IDAT" in before:
        raise damaged("its palette comes after its pixels")
    if chunk.kind[:1].isupper() and chunk.kind not in _KEPT:
        raise damaged("it needs a feature that is not known here")


def _check_sum(stream: BinaryIO, chunk: Chunk) -> None:
    stream.seek(chunk.start)
    left, checksum = chunk.length, zlib.crc32(chunk.kind)
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            raise damaged("it ends too early")
        left -= len(block)
        checksum = zlib.crc32(block, checksum)
    if stream.read(4) != checksum.to_bytes(4, "big"):
        raise damaged("a checksum in it is wrong")


def _sort(stream: BinaryIO, chunk: Chunk, found: Layout) -> None:
    whole = Part(chunk.kind, chunk.start - 8, chunk.length + 12)
    found.signed |= chunk.kind in _SIGNED
    if chunk.kind in _KEPT:
        found.add(found.picture, whole)
    elif chunk.kind == b"eXIf":
        found.add(found.exif, Part(chunk.kind, chunk.start, chunk.length))
    elif chunk.kind == b"iTXt" and _begins_with(stream, chunk, _XMP + _PLAIN):
        head = len(_XMP + _PLAIN)
        found.add(found.packets, Part(chunk.kind, chunk.start + head, chunk.length - head))
    else:
        found.add(found.others, whole)


def _begins_with(stream: BinaryIO, chunk: Chunk, head: bytes) -> bool:
    stream.seek(chunk.start)
    return stream.read(min(chunk.length, len(head))) == head


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
