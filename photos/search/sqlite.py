"""The index on SQLite: an FTS5 table without content, in which every word bears its owner.

    17_red 17_lighthouse

So a person's search reads no posting of anybody else, whatever the others have. The rows are numbered by time: the
number is the second of `shown_at` with the photo's id behind it. The newest thousand of a common word are read from
the end of its list, where sorting all its hits by a column took 700 ms among a million. Within one second pictures
stand by id.

FTS5 forgets a row without content only when told its words again; `PhotoText` has them. There are no triggers:
SQLite drops them when a migration rebuilds a table.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

from photos.models import PhotoText
from photos.search.query import Query, Term

CREATE = """
    CREATE VIRTUAL TABLE IF NOT EXISTS photos_words
    USING fts5(words, content='', tokenize="ascii tokenchars '_'")
"""
ID_BITS = 29  # 536 million photos; the other 35 hold the seconds of the years 1425 to 2514
_ID = (1 << ID_BITS) - 1
_FURTHEST = 1 << 34
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTED = f"""
    FROM photos_words CROSS JOIN photos_photo AS photo ON photo.id = (photos_words.rowid & {_ID})
    WHERE photos_words MATCH %s AND photo.owner_id = %s AND photo.trashed_at IS NULL AND NOT photo.represented
"""


def create() -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE)


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS photos_words")


def clear() -> None:
    """Take everything out."""
    PhotoText.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO photos_words(photos_words) VALUES ('delete-all')")


def put(texts: list[PhotoText]) -> None:
    """Write rows, and add their entries; older ones of the same pictures must have been taken out."""
    PhotoText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=["photo"], update_fields=["owner_id", "shown_at", "words"]
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_words(rowid, words) VALUES (%s, %s)", [_entry(text) for text in texts]
        )


def take_out(texts: list[PhotoText]) -> None:
    """Remove entries; `texts` are exactly as they were put in."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_words(photos_words, rowid, words) VALUES ('delete', %s, %s)",
            [_entry(text) for text in texts],
        )


def entries() -> int:
    """How many there are. Raises DatabaseError when the index is damaged."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO photos_words(photos_words) VALUES ('integrity-check')")
        cursor.execute("SELECT count(*) FROM photos_words_docsize")
        return cursor.fetchone()[0]


def first(owner_id: int, query: Query, limit: int, at_most: int) -> tuple[list[int], int]:
    """The newest ids, and how many there are in all, counted no further than `at_most`."""
    ids = newest(owner_id, query, at_most)  # a prefix is put together anew for each question: ask once
    return ids[:limit], len(ids)


def newest(owner_id: int, query: Query, limit: int, *, before=None, after=None) -> list[int]:
    """Ids of live pictures, newest first; right above `after`, oldest of them first. Places are (shown_at, id)."""
    sql, values = _LISTED, [_match(owner_id, query), owner_id]
    if place := before or after:
        sql += f" AND photos_words.rowid {'<' if before else '>'} %s"
        values.append(_number(*place))
    order = "ASC" if after else "DESC"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT photo.id {sql} ORDER BY photos_words.rowid {order} LIMIT {limit}", values)
        return [pk for (pk,) in cursor.fetchall()]


def count(owner_id: int, query: Query, at_most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 {_LISTED} LIMIT {at_most})", [_match(owner_id, query), owner_id]
        )
        return cursor.fetchone()[0]


def _number(shown_at: datetime, pk: int) -> int:
    seconds = (shown_at - _EPOCH) // timedelta(seconds=1)
    return (max(-_FURTHEST, min(_FURTHEST - 1, seconds)) << ID_BITS) + min(pk, _ID)


def _entry(text: PhotoText) -> tuple[int, str]:
    owned = [f"{text.owner_id}_", *(f"{text.owner_id}_{word}" for word in text.words.split())]
    return _number(text.shown_at, text.photo_id), " ".join(owned)


def _match(owner_id: int, query: Query) -> str:
    """In FTS5's own language. The word "17_" stands at every picture of its owner."""
    wanted = " AND ".join(_term(owner_id, term) for term in query.wanted) or f'"{owner_id}_"'
    if not query.unwanted:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(_term(owner_id, term) for term in query.unwanted)})"


def _term(owner_id: int, term: Term) -> str:
    phrase = " ".join(f"{owner_id}_{word}" for word in term.words)
    return f'"{phrase}"*' if term.prefix else f'"{phrase}"'
