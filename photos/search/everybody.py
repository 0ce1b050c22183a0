"""The search of the admin: among the pictures of everybody, or of some, live or in the trash.

Every word of the index bears its owner, so that one question has to name them all. Of a query only the words count
here; for the rest the admin has filters of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from photos.search import filters, postgres, sqlite
from photos.search.tree import And, Node, Query, all_of

# As in postgres.py: the newest pictures are looked at one by one, the index is asked for what is rarer.
_PEOPLE = "unnest(%(owners)s::bigint[], %(queries)s::text[]::tsquery[]) AS person(id, query)"
_NEWEST = f"SELECT photo_id, owner_id, lexemes FROM photos_phototext ORDER BY photo_id DESC LIMIT {postgres.LONG_WALK}"
_WALKED = f"""
    SELECT photo_id FROM ({_NEWEST}) AS text JOIN {_PEOPLE} ON person.id = owner_id
    WHERE (lexemes @@ query) IS TRUE
"""
_INDEXED = f"""
    SELECT photo_id FROM {_PEOPLE}
    CROSS JOIN LATERAL (SELECT photo_id FROM photos_phototext WHERE lexemes @@ person.query OFFSET 0) AS hit
"""


def find_among(owner_ids: Iterable[int], query: Query, limit: int) -> list[int]:
    """Ids of at most `limit` pictures, the newest."""
    people, words = list(owner_ids), _words_of(query)
    if words is None or not people:
        return []
    return (_on_postgres if connection.vendor == "postgresql" else _on_sqlite)(people, words, limit)


def _words_of(query: Query) -> Node | None:
    parts = query.tree.parts if isinstance(query.tree, And) else (query.tree,)
    return all_of([part for part in parts if part is not None and filters.is_text(part)])


def _on_sqlite(people: list[int], words: Node, limit: int) -> list[int]:
    match = " OR ".join(f"({sqlite.match(owner_id, words)})" for owner_id in people)
    sql = f"SELECT rowid & {sqlite._ID} FROM photos_words WHERE photos_words MATCH %s ORDER BY rowid DESC"
    return _ids(f"{sql} LIMIT {int(limit)}", [match])


def _on_postgres(people: list[int], words: Node, limit: int) -> list[int]:
    values = {"owners": people, "queries": [postgres.tsquery(owner_id, words) for owner_id in people]}
    newest = f"ORDER BY photo_id DESC LIMIT {int(limit)}"
    walked = _ids(f"{_WALKED} {newest}", values)
    return walked if len(walked) == limit else _ids(f"{_INDEXED} {newest}", values)


def _ids(sql: str, values) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]
