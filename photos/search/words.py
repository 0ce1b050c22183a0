"""From text to the words that are searched: the same on every database, because it is done here.

    "Küste, 灯台 (masterpiece:1.2)"  ->  kuste 灯 台 masterpiece 1 2

Case, accents, and the different ways to write one letter are folded. Chinese and Japanese, Thai and its neighbours
put no spaces between words: there each character is a word, and a word of a query becomes a phrase. So are emoji.
A word consists of letters, digits and marks only, never of a space, a quote or an underscore: it needs no escaping.
"""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 20_000  # of one text: a prompt as long as a book is found by its beginning
MAX_WORDS = 3_000  # of one picture; PostgreSQL keeps 16,383 positions and 1 MB
MAX_LETTERS = 40  # of one word; what comes after them is not told apart

_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
_JOINERS = "\u00ad\u200c\u200d\u2060\ufeff"  # inside a word, and not part of it
_ACCENTS = (
    (0x300, 0x36F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
)
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF),  # Thai, Lao; Burmese; Khmer
    (0x2E80, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)  # fmt: skip


def words_of(text: str) -> list[str]:
    """The words of a text in their order."""
    text = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS]).casefold()
    bare = unicodedata.normalize("NFKD", text).translate(_BARE)
    return [word[:MAX_LETTERS] for word in unicodedata.normalize("NFC", bare).translate(_SPACED).split()]


class _Table(dict):
    """A table for `str.translate` that is filled as characters are met."""

    def __init__(self, entry) -> None:
        self.entry = entry

    def __missing__(self, code: int) -> str:
        self[code] = entry = self.entry(code, chr(code))
        return entry


def _bare(code: int, character: str) -> str:
    """Without accents, which NFKD has taken off their letters; marks of other scripts are part of the word."""
    if character in _JOINERS or _within(code, _ACCENTS):
        return ""
    return _LETTERS.get(character, character)


def _spaced(code: int, character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "So" or (kind[0] in "LNM" and _within(code, _UNSPACED)):
        return f" {character} "
    return character if kind[0] in "LNM" else " "


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_BARE, _SPACED = _Table(_bare), _Table(_spaced)
