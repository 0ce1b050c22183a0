"""Image files in the answers of servers: known by their first bytes, whole to their last, never decoded here."""

from __future__ import annotations

import base64
import binascii
import struct

from generation.engines.base import EngineError

MAX_BYTES = 64 * 2**20
_PNG_END = b"IEND\xaeB`\x82"
_TAIL_BYTES = 65_536  # what some writers leave behind the end of a picture


def kind_of(data: bytes) -> str:
    """The format: png, jpeg, webp, gif or avif; "" for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    return "avif" if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis") else ""


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height as a PNG, JPEG or WebP says at its beginning; None where it does not."""
    kind = kind_of(data)
    if kind == "png" and len(data) >= 24:
        return struct.unpack_from(">II", data, 16)
    if kind == "jpeg":
        return _size_of_jpeg(data)
    if kind == "webp" and len(data) >= 30:
        coded = int.from_bytes(data[21:25], "little")
        return {
            b"VP8X": lambda: tuple(int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27)),
            b"VP8L": lambda: ((coded & 0x3FFF) + 1, (coded >> 14 & 0x3FFF) + 1),
            b"VP8 ": lambda: tuple(edge & 0x3FFF for edge in struct.unpack_from("<HH", data, 26)),
        }.get(data[12:16], lambda: None)()
    return None


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Of its first frame header; the segments before it are stepped over."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + max(2, length)
    return None


def is_whole(data: bytes) -> bool:
    """Whether a file of a known kind has its end. Of GIF and AVIF nothing is known before they are decoded."""
    kind, tail = kind_of(data), data[-_TAIL_BYTES:]
    if kind == "png":
        return _PNG_END in tail
    if kind == "jpeg":
        return b"\xff\xd9" in tail
    if kind == "webp":
        return len(data) >= struct.unpack_from("<I", data, 4)[0] + 8
    return bool(kind)


def checked(data: bytes, *, address: str) -> bytes:
    """`data`, if it is a whole image file of bounded size. Raises EngineError naming the server at `address`."""
    if len(data) > MAX_BYTES:
        raise EngineError(f"{address} sent an image of more than {MAX_BYTES // 2**20} MB.", permanent=True)
    if not kind_of(data):
        raise EngineError(f"{address} sent something that is no image.")
    if not is_whole(data):
        raise EngineError(f"{address} sent only a part of an image.")
    return data


def from_base64(text: object, *, address: str) -> bytes:
    """The checked image in `text`: base64, with or without "data:image/png;base64," before it."""
    if not isinstance(text, str):
        raise EngineError(f"{address} sent something that is no image.")
    if len(text) > MAX_BYTES * 4 // 3 + 1000:
        raise EngineError(f"{address} sent an image of more than {MAX_BYTES // 2**20} MB.", permanent=True)
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise EngineError(f"{address} sent only a part of an image.") from error
    return checked(data, address=address)
