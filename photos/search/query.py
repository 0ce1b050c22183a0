"""What a person types into the search box. Its language stays small here: words, "phrases", and a - to leave out.

Everything else is literal, and nothing is an error. A word of three letters or more also finds longer ones that begin
with it ("light": lighthouse); in quotes, or left out, it is meant as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from photos.search.words import words_of

MAX_CHARACTERS = 500
MAX_TERMS = 16
MAX_WORDS = 16  # in one phrase
PREFIX_LETTERS = 3

_QUOTES = str.maketrans("“”„‟«»", '""""""')  # phones and word processors make them
_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """Words that stand side by side; with `prefix` the last of them may be the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """What must all occur, and what must not. False when nothing is asked for."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)


def parse(text: str) -> Query:
    """Read a query. What lies beyond the limits is left aside: no picture is missed for it, only more are found."""
    wanted, unwanted = {}, {}  # in their order, each once
    for found in _TERM.finditer(text[:MAX_CHARACTERS].translate(_QUOTES)):
        words = tuple(words_of(found["phrase"] or found["word"] or "")[:MAX_WORDS])
        if words and found["minus"]:
            unwanted[Term(words)] = True
        elif words:
            loose = found["word"] is not None and len(words[-1]) >= PREFIX_LETTERS
            wanted[Term(words, prefix=loose)] = True
        if len(wanted) + len(unwanted) == MAX_TERMS:
            break
    return Query(tuple(wanted), tuple(unwanted))
