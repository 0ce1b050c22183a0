"""Text is cleaned once, where it comes in: SQLite takes what PostgreSQL refuses."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("�", text)


def clean_json(value: Any) -> Any:
    """A value for a JSON column: its text cleaned, non-finite numbers null, what JSON does not know as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, int) else clean(str(value))


def folded(text: str) -> str:
    """The form in which two spellings are one, on every database: NFC, then casefold, spaces joined."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())
