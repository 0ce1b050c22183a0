"""Where a GIF keeps what is written in it: comment and application extensions. GIF89a, sections 24 and 26."""

from __future__ import annotations

from typing import BinaryIO

MAX_READ = 4_000_000  # bytes of the file that are looked at
_XMP, _XMP_TAIL = b"XMP DataXMP", 258
_MAX_BLOCKS = 100_000


def info(stream: BinaryIO) -> dict[str, bytes]:
    """ "comment" and "xmp", each where the file has it within its first MAX_READ bytes."""
    stream.seek(0)
    data = stream.read(MAX_READ)
    if data[:3] != b"GIF" or len(data) < 13:
        return {}
    found: dict[str, bytes] = {}
    at = 13 + _colors(data[10])
    for _ in range(_MAX_BLOCKS):
        kind = data[at : at + 1]
        if kind == b"!":
            at = _extension(data, at, found)
        elif kind == b",":
            at = _after_blocks(data, at + 11 + _colors(data[at + 9] if at + 9 < len(data) else 0))
        else:
            break
    return found


def _extension(data: bytes, at: int, found: dict[str, bytes]) -> int:
    label, name = data[at + 1 : at + 2], data[at + 3 : at + 14]
    if label == b"\xff" and name == _XMP:
        # The packet stands there as it is; its own bytes lead any reader of blocks into a tail of 258 bytes.
        end = data.find(b"\x01\xff\xfe\xfd", at)
        if end > 0:
            found.setdefault("xmp", data[at + 14 : end])
            return end + _XMP_TAIL
    elif label == b"\xfe":
        found.setdefault("comment", _blocks(data, at + 2))
    return _after_blocks(data, at + 2)


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _blocks(data: bytes, at: int) -> bytes:
    found = b""
    while at < len(data) and data[at] and len(found) < 100_000:
        found += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return found


def _colors(packed: int) -> int:
    """Bytes of a colour table whose flags are these."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0
