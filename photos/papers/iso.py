"""Where AVIF and HEIC keep EXIF and XMP: items, named in `iinf` and placed by `iloc`.

ISO/IEC 14496-12, 4.2 and 8.11; ISO/IEC 23008-12, annex A. Reads boxes of the outermost level and the `meta` box.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

MAX_META = 4_000_000  # bytes of the box that lists the items
MAX_ITEM = 4_000_000
MAX_BOXES = 2_000


def info(stream: BinaryIO) -> dict[str, bytes]:
    """ "exif" (without its offset) and "xmp", each where the file has it. Whatever makes no sense is absent."""
    try:
        meta = _meta(stream)
        kinds = _kinds(meta)
        found: dict[str, bytes] = {}
        for item, place in _places(meta):
            if (name := kinds.get(item)) and name not in found:
                found[name] = _read(stream, place)
    except (IndexError, ValueError, OverflowError):
        return {}
    if exif := found.get("exif"):
        found["exif"] = exif[4 + int.from_bytes(exif[:4], "big") :]
    return found


def _meta(stream: BinaryIO) -> bytes:
    """The body of the `meta` box, behind version and flags."""
    position = 0
    for _ in range(MAX_BOXES):
        stream.seek(position)
        header = stream.read(16)
        size, start = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, start = int.from_bytes(header[8:16], "big"), 16
        if header[4:8] == b"meta":
            stream.seek(position + start)
            return stream.read(max(0, min(size - start, MAX_META)))[4:]
        if size < 8 or position + size > 2**40:
            break
        position += size
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(MAX_BOXES):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _kinds(meta: bytes) -> dict[int, str]:
    """ "exif" or "xmp" by the number of the item."""
    found = {}
    for name, body in _boxes(meta):
        if name != b"iinf":
            continue
        for kind, entry in _boxes(body[6 if body[0] == 0 else 8 :]):
            wide = 4 if entry[:1] == b"\3" else 2
            item = int.from_bytes(entry[4 : 4 + wide], "big")
            what, rest = entry[6 + wide : 10 + wide], entry[10 + wide :]
            if kind == b"infe" and what == b"Exif":
                found[item] = "exif"
            elif kind == b"infe" and what == b"mime" and b"application/rdf+xml" in rest[:200]:
                found[item] = "xmp"
    return found


def _places(meta: bytes) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """(item, its pieces as (start, length)) of the items that lie in the file itself."""
    body = next((body for name, body in _boxes(meta) if name == b"iloc"), b"")
    if not body:
        return
    version, at = body[0], 4
    wide_offset, wide_length = body[4] >> 4, body[4] & 15
    wide_base, wide_index = body[5] >> 4, body[5] & 15 if version else 0
    at, wide = 6, 4 if version == 2 else 2

    def number(size: int) -> int:
        nonlocal at
        if at + size > len(body):
            raise ValueError
        at += size
        return int.from_bytes(body[at - size : at], "big")

    for _ in range(min(number(wide), MAX_BOXES)):
        item = number(wide)
        elsewhere = number(2) & 15 if version else 0
        elsewhere = number(2) or elsewhere
        base, pieces = number(wide_base), []
        for _ in range(number(2)):
            number(wide_index)
            start = base + number(wide_offset)
            pieces.append((start, number(wide_length)))
        if not elsewhere:
            yield item, pieces


def _read(stream: BinaryIO, pieces: list[tuple[int, int]]) -> bytes:
    found = b""
    for start, length in pieces[:100]:
        if start < 2**40:
            stream.seek(start)
            found += stream.read(min(length, MAX_ITEM - len(found)))
    return found
