"""The EXIF UserComment, whose charset is announced in eight bytes and often is another one.

Exif 2.32, 4.6.5: "ASCII", "JIS" or "UNICODE" filled up with NULs, or eight NULs, then the text. UNICODE
means UTF-16 in the byte order of the file; Automatic1111 always writes big-endian, SwarmUI little-endian,
others UTF-8.
"""

from __future__ import annotations

from photos.metadata.exif import Exif
from photos.recipes.text import decode_loosely

_TAG = 0x9286
_SAMPLE = 20_000  # bytes looked at to tell the byte order


def decode_user_comment(exif: Exif) -> str:
    """The comment as text, "" when absent; some writers put the tag into the main directory."""
    data = exif.photo.raw(_TAG) or exif.main.raw(_TAG)
    charset, body = data[:8], data[8:]
    if charset == b"UNICODE\0":
        return _decode_unicode(body, exif.big_endian).strip("\0 ")
    if charset in (b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8):
        return decode_loosely(body).strip("\0 ")
    return decode_loosely(data).strip("\0 ")


def _decode_unicode(body: bytes, big_endian: bool) -> str:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if b"\0" not in body.rstrip(b"\0") and _mostly_ascii(body):
        return decode_loosely(body)
    # Settings are ASCII whatever the language of the prompt, and in the wrong order there is none.
    orders = ("utf-16-be", "utf-16-le") if big_endian else ("utf-16-le", "utf-16-be")
    order = max(orders, key=lambda encoding: _ascii_characters(body[:_SAMPLE].decode(encoding, "replace")))
    return body.decode(order, "replace")


def _mostly_ascii(body: bytes) -> bool:
    """UTF-16 without a single NUL byte is text without ASCII; its bytes are not words."""
    sample = body[:_SAMPLE].rstrip(b"\0")
    return sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in sample) > len(sample) * 0.7


def _ascii_characters(text: str) -> int:
    return sum(" " <= character <= "~" or character == "\n" for character in text)
