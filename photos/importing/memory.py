"""What is remembered of files: by path, size and time the second run knows them without opening one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from photos import search
from photos.db import in_transaction
from photos.importing.found import Found
from photos.importing.words import Outcome
from photos.models import ImportedFile
from photos.text import clean

BATCH = 400  # files that are asked for, or noted, in one query


@dataclass(frozen=True, slots=True)
class Remembered:
    """A file as it was when it was met before. `photo_id` None: refused then, or purged since."""

    byte_size: int
    modified_ns: int | None
    became: str
    recipe: str
    reason: str
    photo_id: int | None
    trashed: bool

    def is_as_it_was(self, found: Found) -> bool:
        return (self.byte_size, self.modified_ns) == (found.byte_size, found.modified_ns)


class Memory:
    """Of one owner's files, as one run reads and writes it."""

    def __init__(self, owner_id: int, run_id: int | None) -> None:
        self.owner_id, self.run_id = owner_id, run_id
        self._waiting: dict[str, ImportedFile] = {}

    def of(self, batch: Iterable[Found]) -> dict[str, Remembered]:
        """What is remembered of these, by `Found.key`."""
        keys = {path_key(found.key): found.key for found in batch}
        rows = ImportedFile.objects.filter(owner_id=self.owner_id, path_key__in=list(keys)).order_by()
        values = rows.values_list(
            "path_key", "byte_size", "modified_ns", "became", "recipe", "reason", "photo_id",
            "photo__trashed_at",
        )  # fmt: skip
        return {keys[key]: Remembered(*told, trashed is not None) for key, *told, trashed in values}

    def note(self, found: Found, outcome: Outcome) -> None:
        """Write it down with the next of its kind; see `flush`."""
        self._waiting[found.key] = self._row(found, outcome)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        rows, self._waiting = list(self._waiting.values()), {}
        if rows:
            _and_found(rows) if connection.in_atomic_block else in_transaction(lambda: _and_found(rows))

    def note_now(self, *noted: tuple[Found, Outcome]) -> None:
        """Inside a transaction: a picture's path is known from the moment it is there."""
        _write([self._row(*one) for one in noted])

    def _row(self, found: Found, outcome: Outcome) -> ImportedFile:
        return ImportedFile(
            owner_id=self.owner_id,
            path=clean(found.key),
            path_key=path_key(found.key),
            byte_size=found.byte_size,
            modified_ns=found.modified_ns,
            photo_id=outcome.photo_id,
            run_id=self.run_id,
            became=outcome.became,
            recipe=outcome.recipe,
            reason=outcome.reason[:500],
        )


def path_key(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def _and_found(rows: list[ImportedFile]) -> None:
    """Their folders are words that pictures are found by. (What just came in is written to the index anyway.)"""
    _write(rows)
    if known := {row.photo_id for row in rows if row.photo_id}:
        search.index(sorted(known))


def _write(rows: list[ImportedFile]) -> None:
    """One row a path: an archive may hold a name twice, and PostgreSQL updates a row once in a statement."""
    ImportedFile.objects.bulk_create(
        {row.path_key: row for row in rows}.values(),
        update_conflicts=True,
        unique_fields=["owner", "path_key"],
        update_fields=["byte_size", "modified_ns", "photo", "run", "became", "recipe", "reason"],
    )
