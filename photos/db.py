"""Writes that meet others: one short transaction, tried again when the database asks for it.

The settings come first (the write lock taken at the start, a busy timeout, WAL); this is the second line
of defence, used at the outermost write of a flow and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections, transaction
from django.db.models import QuerySet
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

T = TypeVar("T")

# deadlock, serialisation failure, lock not available, connection ended by the server in four ways
RETRIED_SQLSTATES = {"40P01", "40001", "55P03", "57P01", "57P02", "57P03", "08006", "08003", "08000"}
ATTEMPTS = 4


def in_transaction(work: Callable[[], T]) -> T:
    """Run `work` in one outermost transaction and return what it returns.

    Tried again, at most 4 times with jitter, on a lock, deadlock, serialisation failure or lost connection.
    `work` touches nothing but the database, so that running it twice is safe. Raises RuntimeError when called
    inside another transaction: what is inside cannot be retried alone.
    """
    retrying = Retrying(
        retry=retry_if_exception(is_passing),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.05, max=1.0),
        before_sleep=lambda state: _forget_broken_connection(),
        reraise=True,
    )
    return retrying(_once, work)


def in_chunks(rows: QuerySet, size: int, *, after: int = 0) -> Iterator[list[int]]:
    """The ids of these rows, the oldest first, so many at a time.

    A chunk is asked for when the one before is done with: what is done to that may change which rows there are.
    """
    ids = rows.order_by("pk").values_list("pk", flat=True)
    while chunk := list(ids.filter(pk__gt=after)[:size]):
        after = chunk[-1]
        yield chunk


def lift_timeouts(using: str = "default", **kwargs) -> None:
    """Let a migration take its time: building an index over a million rows lasts longer than any page may."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")


def is_database_file(path: Path) -> bool:
    """Whether this file belongs to a SQLite database in use here: itself, its log or its shared memory.

    Nothing of ours may open one. Closing any handle on it ends all locks that SQLite holds in this process, and
    the next process that leaves takes the log away from under us (sqlite.org/howtocorrupt.html, 2.2).
    """
    for one in connections.all():
        name = os.fspath(one.settings_dict["NAME"]) if one.vendor == "sqlite" else ""
        if name and path.name in {os.path.basename(name) + end for end in ("", "-wal", "-shm", "-journal")}:
            try:
                return path.parent.samefile(os.path.dirname(name))
            except OSError:
                continue
    return False


def is_passing(error: BaseException) -> bool:
    """Whether the same write may well succeed a moment later."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) in RETRIED_SQLSTATES:
        return True
    if not isinstance(error, OperationalError):
        return False
    text = str(error).lower()
    lost = ("database is locked", "database table is locked", "connection", "server closed", "terminat")
    return any(words in text for words in lost)


def _once(work: Callable[[], T]) -> T:
    with transaction.atomic(durable=True):
        return work()


def _forget_broken_connection() -> None:
    """A connection the server ended stays broken; the next attempt opens another."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
