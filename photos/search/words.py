"""From text to the words that are searched: the same on every database, because it is done here.

    "Küste, 灯台 (masterpiece:1.2)"  ->  kuste 灯 台 masterpiece 1 2

Case, accents, and the different ways to write one letter are folded. Chinese and Japanese, Thai and its neighbours
put no spaces between words: there each character is a word, and a word of a query becomes a phrase. So are emoji.
In the index such a character stands with its follower, 東京タワー as 東京 京タ タワ ワー ー: every part of it is found
by few words, and 本日 is not looked for in everything that has 日本 (on PostgreSQL, two seconds among a million).
A word consists of letters, digits and marks only, never of a space, a quote or an underscore: it needs no escaping.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

MAX_CHARACTERS = 20_000  # of one text: a prompt as long as a book is found by its beginning
MAX_WORDS = 3_000  # of one picture; PostgreSQL keeps 16,383 positions and 1 MB
PREFIX_LETTERS = 3  # a word of so many may be the beginning of another
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
_SYLLABLES = ((0xAC00, 0xD7A3),)
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF),  # Thai, Lao; Burmese; Khmer
    (0x2E80, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)  # fmt: skip


def words_of(text: str) -> list[str]:
    """The words of a text in their order."""
    text = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS]).casefold()
    bare = unicodedata.normalize("NFKD", text).translate(_BARE)
    return [word[:MAX_LETTERS] for word in unicodedata.normalize("NFC", bare).translate(_SPACED).split()]


def indexed(words: Sequence[str]) -> list[str]:
    """Words as they stand in the index: a character of a text without spaces with the one behind it."""
    return [
        word + after if _is_unspaced(word) and _is_unspaced(after) else word
        for word, after in pairwise([*words, ""])
    ]


def looked_for(words: Sequence[str]) -> tuple[list[str], bool]:
    """Words of a query as the index has them, and whether the last must be taken for a beginning, as 灯 of 灯台."""
    pairs = indexed(words)
    if not _is_unspaced(words[-1]):
        return pairs, False
    is_alone = len(words) == 1 or not _is_unspaced(words[-2])
    return (pairs, True) if is_alone else (pairs[:-1], False)


def says_enough(word: str) -> bool:
    """Whether a word may be the beginning of another. A Korean syllable is two or three letters."""
    return len(word) >= PREFIX_LETTERS or any(_within(ord(one), _SYLLABLES) for one in word)


def _is_unspaced(word: str) -> bool:
    return len(word) == 1 and _within(ord(word), _UNSPACED)


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
