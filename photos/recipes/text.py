"""Text from strangers' files, made safe to keep: the one place that says what "cleaned" means.

PostgreSQL refuses NUL, UTF-8 refuses lone surrogates, and nobody reads the other control characters.
"""

from __future__ import annotations

import re

MAX_PROMPT = 100_000  # characters
MAX_RAW = 2_000_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def storable(text: str, limit: int = MAX_RAW) -> str:
    """`text` as found, but for what a database refuses: NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text[:limit])


def clean(text: str, limit: int) -> str:
    """`text` for people: storable, line ends as newlines, no control characters, outer space cut."""
    text = storable(text, limit * 2).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()[:limit].rstrip()


def clean_line(text: str, limit: int) -> str:
    """As `clean`, on one line: every run of white space is one space."""
    return clean(" ".join(text[: limit * 4].split()), limit)


def decode_loosely(data: bytes) -> str:
    """UTF-8 where it is valid, else Windows Latin: many writers ignore the charset a format prescribes.

    UTF-8 first also undoes the usual fault of PNG writers, UTF-8 bytes in a chunk meant for Latin-1.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace") if _is_cp1252(data) else data.decode("latin-1")


def _is_cp1252(data: bytes) -> bool:
    """Whether none of the five bytes that Windows Latin leaves undefined occurs."""
    return not any(byte in data for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
