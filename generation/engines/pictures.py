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
