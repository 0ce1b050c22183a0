"""Plain search: words in title, caption, tags, prompt and file name of one's own pictures, newest first.

words.py     text -> words, the same on every database
query.py     what a person types -> what must occur and what must not
keeping.py   the index kept true:  search.index(photo_ids)  in the transaction that changes a picture
finding.py   a page of pictures:   search.find(owner, search.parse("red lighthouse"))
sqlite.py, postgres.py   the index itself
"""

from photos.search.everybody import find_among
from photos.search.finding import COUNT_AT_MOST, Found, Place, find
from photos.search.keeping import clear, forget, index, sizes
from photos.search.query import MAX_CHARACTERS, Query, parse

__all__ = [
    "COUNT_AT_MOST",
    "MAX_CHARACTERS",
    "Found",
    "Place",
    "Query",
    "clear",
    "find",
    "find_among",
    "forget",
    "index",
    "parse",
    "sizes",
]
