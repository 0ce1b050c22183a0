"""Text is cleaned once, where it comes in: SQLite takes what PostgreSQL refuses."""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("�", text)


def folded(text: str) -> str:
    """The form in which two spellings are one, on every database: NFC, then casefold, spaces joined."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())
