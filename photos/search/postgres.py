"""The index on PostgreSQL: a tsvector beside each PhotoText, in which every word bears its owner, and a GIN on it.

    '17_':1 '17_red':2 '17_lighthouse':3

So a person's search reads no posting of anybody else. The vector is made here and cast, never parsed by the server:
its own parser would cut words differently. A GIN gives hits in no order; therefore a search first walks the newest
pictures and looks at each, which fills a page of a common word within a millisecond or two, and only asks the index
for all hits when the word is too rare for that.
"""

from __future__ import annotations

from django.db import connection

from photos.models import PhotoText
from photos.search.query import Query, Term

CREATE = (
    "ALTER TABLE photos_phototext ADD COLUMN IF NOT EXISTS lexemes tsvector",
    # Without fastupdate: its list of pending entries is read from end to end by every search.
    "CREATE INDEX IF NOT EXISTS photos_phototext_lexemes"
    " ON photos_phototext USING gin (lexemes) WITH (fastupdate = off)",
)
# Pictures looked at one by one, 2 µs each. A hit from the index costs about five times that, and all are needed.
WALK, LONG_WALK = 3_000, 15_000
_LIVE = "owner_id = %(owner)s AND trashed_at IS NULL AND NOT represented"
# "OFFSET 0" keeps the steps of a query apart: in one piece the planner may read all texts instead, which takes seconds.


def create() -> None:
    with connection.cursor() as cursor:
        for statement in CREATE:
            cursor.execute(statement)


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE photos_phototext DROP COLUMN IF EXISTS lexemes")


def clear() -> None:
    """Take everything out."""
    PhotoText.objects.all().delete()


def put(texts: list[PhotoText]) -> None:
    """Write rows with their vectors."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_phototext (photo_id, owner_id, shown_at, words, lexemes)"
            " VALUES (%s, %s, %s, %s, %s::tsvector)"
            " ON CONFLICT (photo_id) DO UPDATE SET owner_id = excluded.owner_id, shown_at = excluded.shown_at,"
            " words = excluded.words, lexemes = excluded.lexemes",
            [(text.photo_id, text.owner_id, text.shown_at, text.words, _vector(text)) for text in texts],
        )


def take_out(texts: list[PhotoText]) -> None:
    """Nothing to do: an entry is written over, or goes with its row."""


def entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM photos_phototext WHERE lexemes IS NOT NULL")
        return cursor.fetchone()[0]


def first(owner_id: int, query: Query, limit: int, at_most: int) -> tuple[list[int], int]:
    """The newest ids, and how many there are in all, counted no further than `at_most`."""
    values = _values(owner_id, query)
    ids = _walked(values, limit)
    if len(ids) == limit:
        return ids, count(owner_id, query, at_most)
    ids = _asked(values, at_most)
    return ids[:limit], len(ids)


def newest(owner_id: int, query: Query, limit: int, *, before=None, after=None) -> list[int]:
    """Ids of live pictures, newest first; right above `after`, oldest of them first. Places are (shown_at, id)."""
    values, order = _values(owner_id, query, before or after), "ASC" if after else "DESC"
    ids = _walked(values, limit, order)
    return ids if len(ids) == limit else _asked(values, limit, order)


def count(owner_id: int, query: Query, at_most: int) -> int:
    values = _values(owner_id, query)
    if len(_walked(values, at_most)) == at_most:
        return at_most
    return len(_asked(values, at_most, order=""))


def _walked(values: dict, limit: int, order: str = "DESC") -> list[int]:
    """Hits among the next pictures; further than WALK only where these promise to be enough."""
    ids = _walk(values, WALK, limit, order)
    if limit > len(ids) >= limit * WALK // LONG_WALK:
        return _walk(values, LONG_WALK, limit, order)
    return ids


def _walk(values: dict, pictures: int, limit: int, order: str) -> list[int]:
    return _ids(
        f"""
        SELECT photo.id FROM (
            SELECT id, shown_at FROM photos_photo WHERE {_LIVE} {_beyond("id", order) if "at" in values else ""}
            ORDER BY shown_at {order}, id {order} LIMIT {pictures}
        ) AS photo JOIN LATERAL (
            SELECT 1 FROM photos_phototext AS text
            WHERE text.photo_id = photo.id AND (text.lexemes @@ %(query)s::tsquery) IS TRUE OFFSET 0
        ) AS hit ON true
        ORDER BY photo.shown_at {order}, photo.id {order} LIMIT {limit}
        """,
        values,
    )


def _asked(values: dict, limit: int, order: str = "DESC") -> list[int]:
    """Hits from the index; all are sorted, then looked up until there are enough. In no order for order ""."""
    beyond = _beyond("photo_id", order) if "at" in values else ""
    inner = f"ORDER BY shown_at {order}, photo_id {order}" if order else ""
    outer = f"ORDER BY hit.shown_at {order}, hit.id {order}" if order else ""
    return _ids(
        f"""
        SELECT hit.id FROM (
            SELECT photo_id AS id, shown_at FROM photos_phototext
            WHERE lexemes @@ %(query)s::tsquery {beyond} {inner} OFFSET 0
        ) AS hit JOIN LATERAL (
            SELECT 1 FROM photos_photo WHERE id = hit.id AND {_LIVE} OFFSET 0
        ) AS photo ON true {outer} LIMIT {limit}
        """,
        values,
    )


def _values(owner_id: int, query: Query, place=None) -> dict:
    values = {"owner": owner_id, "query": _tsquery(owner_id, query)}
    return values | {"at": place[0], "pk": place[1]} if place else values


def _beyond(pk: str, order: str) -> str:
    """The guarded form: see `PhotoQuerySet.older_than`."""
    sign = "<" if order == "DESC" else ">"
    return f"AND shown_at {sign}= %(at)s AND (shown_at {sign} %(at)s OR {pk} {sign} %(pk)s)"


def _ids(sql: str, values: dict) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]


def _vector(text: PhotoText) -> str:
    owned = [f"{text.owner_id}_", *(f"{text.owner_id}_{word}" for word in text.words.split())]
    return " ".join(f"'{word}':{place}" for place, word in enumerate(owned, start=1))


def _tsquery(owner_id: int, query: Query) -> str:
    """The word "17_" stands at every picture of its owner."""
    wanted = [_term(owner_id, term) for term in query.wanted] or [f"'{owner_id}_'"]
    return " & ".join([*wanted, *(f"!({_term(owner_id, term)})" for term in query.unwanted)])


def _term(owner_id: int, term: Term) -> str:
    return " <-> ".join(f"'{owner_id}_{word}'" for word in term.words) + (":*" if term.prefix else "")
