"""One outermost write, tried again when the database asks for it, and for no other reason."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from photos.db import ATTEMPTS, in_transaction, is_passing
from photos.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)


class Work:
    """Writes a row, then fails as often as there are `errors`; counts its runs."""

    def __init__(self, owner, *errors: Exception) -> None:
        self.owner, self.errors, self.runs = owner, list(errors), 0

    def __call__(self) -> str:
        self.runs += 1
        Tag.objects.create(owner=self.owner, name="sea", folded="sea")
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def locked() -> OperationalError:
    return OperationalError("database is locked")


def with_sqlstate(code: str, kind=OperationalError) -> Exception:
    cause = Exception()
    cause.sqlstate = code
    error = kind("the database said so")
    error.__cause__ = cause
    return error


def test_a_write_that_meets_a_lock_is_done_again_once_and_leaves_one_row(alice):
    work = Work(alice, locked())
    assert in_transaction(work) == "done"
    assert work.runs == 2 and Tag.objects.count() == 1


def test_after_four_attempts_the_error_itself_comes_out(alice):
    work = Work(alice, *(locked() for _ in range(9)))
    with pytest.raises(OperationalError, match="locked"):
        in_transaction(work)
    assert work.runs == ATTEMPTS and Tag.objects.count() == 0


@pytest.mark.parametrize("error", [IntegrityError("unique"), DataError("too long"), ValueError("x"),
                                   OperationalError("no such table: x"), OperationalError("disk is full")])  # fmt: skip
def test_what_would_fail_again_is_not_tried_again(alice, error):
    work = Work(alice, error)
    with pytest.raises(type(error)):
        in_transaction(work)
    assert work.runs == 1 and Tag.objects.count() == 0


def test_a_row_that_is_there_already_is_an_error_at_once(alice):
    Tag.objects.create(owner=alice, name="sea", folded="sea")
    work = Work(alice)
    with pytest.raises(IntegrityError):
        in_transaction(work)
    assert work.runs == 1


@pytest.mark.parametrize("code", ["40P01", "40001", "55P03", "57P01", "08006"])
def test_deadlock_serialisation_lock_and_lost_connection_pass(code):
    assert is_passing(with_sqlstate(code))


@pytest.mark.parametrize(
    ("error", "passing"),
    [(with_sqlstate("23505", IntegrityError), False), (with_sqlstate("42P01"), False),
     (InterfaceError("connection already closed"), True), (OperationalError("database is locked"), True),
     (OperationalError("server closed the connection unexpectedly"), True), (sqlite3.OperationalError("x"), False),
     (RuntimeError("connection"), False)],
)  # fmt: skip
def test_only_the_database_s_own_passing_faults_pass(error, passing):
    assert is_passing(error) is passing


def test_it_refuses_to_nest(alice):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        in_transaction(Work(alice))
    with pytest.raises(RuntimeError, match="durable"):
        in_transaction(lambda: in_transaction(Work(alice)))
    assert Tag.objects.count() == 0 and not connection.in_atomic_block


def test_what_is_to_happen_after_the_commit_happens_once(alice):
    happened = []

    class WithHook(Work):
        def __call__(self) -> str:
            transaction.on_commit(lambda: happened.append(1))
            return super().__call__()

    in_transaction(WithHook(alice, locked(), locked()))
    assert happened == [1]
