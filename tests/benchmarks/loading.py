"""Many rows at once into either database: what the ORM does in minutes, without its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

from django.core.management.color import no_style
from django.db import connection, transaction

from photos.models import PhotoText
from photos.search import keeping, postgres

CHUNK = 10_000
# Indexes that no constraint stands behind: those are kept, as the database needs them for the constraint.
_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
    "(SELECT conname FROM pg_constraint)",
}  # fmt: skip


@contextmanager
def without_indexes(*tables: str) -> Iterator[None]:
    """Drop the indexes of these tables and build them again afterwards: one sort each, not a million searches."""
    with connection.cursor() as cursor:
        dropped = []
        for table in tables:
            cursor.execute(_INDEXES[connection.vendor], [table])
            dropped += cursor.fetchall()
        for name, _definition in dropped:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _name, definition in dropped:
            cursor.execute(definition)


def fill(table: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert rows whose values are as Python has them: aware times, True and False."""
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['?'] * len(columns))})"
    # A final may come before its source: with its index away, SQLite would look for such rows at every insert.
    with connection.constraint_checks_disabled(), transaction.atomic():
        connection.connection.executemany(sql, (tuple(map(_plain, row)) for row in rows))


def fill_texts(texts: Iterable[PhotoText]) -> None:
    """Rows of the search with their index."""
    if connection.vendor == "postgresql":
        columns = ("photo_id", "owner_id", "shown_at", "words", "lexemes")
        rows = ((t.photo_id, t.owner_id, t.shown_at, t.words, postgres._vector(t)) for t in texts)
        with without_indexes("photos_phototext"):
            fill("photos_phototext", columns, rows)
        return
    for chunk in chunks(texts):
        with transaction.atomic():
            keeping.backend().put(chunk)


def finish(*models: type) -> None:
    """Leave the library as one that has grown: PostgreSQL counts its tables by itself, SQLite is never told to."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        cursor.execute(
            "VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
        )


def chunks(items: Iterable) -> Iterator[list]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _plain(value):
    """As Django writes it on SQLite: times as text, in UTC and without saying so."""
    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value
