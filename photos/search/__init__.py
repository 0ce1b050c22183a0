"""Search: words and settings of one's own pictures, newest first.

words.py       text -> words, the same on every database
query.py       what a person types -> a tree, and notes on what was not understood
               (grammar.py, keys.py, times.py, tree.py)
describing.py  what of a picture is written down;  keeping.py  the index kept true:  search.index(photo_ids)
filters.py     what is asked beside words, as SQL;  sqlite.py, postgres.py  the index itself
finding.py     a page of pictures:  search.find(owner, search.parse("red lighthouse rating:>=4"));  ordering.py
facets.py      what the hits have in common;  offering.py  what could be typed next;  marking.py  words in a text
"""

from django.utils import timezone

from photos.search import query
from photos.search.catching_up import ask_to_catch_up, catch_up
from photos.search.everybody import find_among
from photos.search.facets import Facets, in_common
from photos.search.filters import is_called, register
from photos.search.finding import COUNT_AT_MOST, Found, Kind, Place, by_kind, everything, find, neighbours
from photos.search.keeping import clear, forget, index, mend, missing, sizes
from photos.search.offering import offers
from photos.search.query import MAX_CHARACTERS, quoted
from photos.search.tree import Query

__all__ = [
    "COUNT_AT_MOST",
    "MAX_CHARACTERS",
    "Facets",
    "Found",
    "Kind",
    "Place",
    "Query",
    "ask_to_catch_up",
    "by_kind",
    "catch_up",
    "clear",
    "everything",
    "find",
    "find_among",
    "forget",
    "in_common",
    "index",
    "is_called",
    "mend",
    "missing",
    "neighbours",
    "offers",
    "parse",
    "quoted",
    "register",
    "sizes",
]


def parse(text: str) -> Query:
    """Read a query as of now, on the gallery's wall clock."""
    return query.parse(text, timezone.localtime())
