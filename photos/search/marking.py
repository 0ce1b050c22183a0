"""Where the words of a query stand in a text, so that they can be marked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from photos.search.tree import Node, Query, Words, leaves
from photos.search.words import words_of

LONGEST = 20_000  # characters of a text that are looked through

_RUN = re.compile(r"[^\W_]+")


def pieces(text: str, query: Query, field: str = "") -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it was asked for; together they are the text."""
    terms = [
        leaf
        for leaf in leaves(query.tree, wanted_only=True)
        if isinstance(leaf, Words) and leaf.field == field
    ]
    at = 0
    for begin, end in _found(text[:LONGEST], terms):
        yield text[at:begin], False
        yield text[begin:end], True
        at = end
    yield text[at:], False


def _found(text: str, terms: list[Node]) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text) if terms else ():
        words = words_of(run[0])
        if len(words) == 1:
            if any(_is_meant(words[0], term) for term in terms):
                yield run.span()
        elif words:
            yield from _inside(run, terms)


def _is_meant(word: str, term: Words) -> bool:
    return word in term.words or (term.prefix and word.startswith(term.words[-1]))


def _inside(run: re.Match, terms: list[Node]) -> Iterator[tuple[int, int]]:
    """In what is written without spaces: each stretch of characters that is a whole term."""
    at, text = 0, run[0]
    while at < len(text):
        end = max((_end_of(text, at, term) for term in terms), default=at)
        if end > at:
            yield run.start() + at, run.start() + end
        at = max(end, at + 1)


def _end_of(text: str, at: int, term: Words) -> int:
    """Where a term ends that begins at this character; `at` where none does."""
    longest = at + 2 * sum(map(len, term.words)) + len(term.words)
    wanted = list(term.words)
    return next(
        (end for end in range(at + 1, min(longest, len(text)) + 1) if words_of(text[at:end]) == wanted), at
    )
