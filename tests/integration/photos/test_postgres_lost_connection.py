"""A PostgreSQL connection that is ended under a write: the write is done again, once, and succeeds."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from photos import curate
from photos.db import in_transaction
from photos.models import Photo, Tag
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgres_only(transactional_db) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: SQLite has no connection that a server could end")


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(pid: int) -> None:
    """End a connection from another one, as a restart of the server or an administrator does."""

    def terminate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = threading.Thread(target=terminate)
    thread.start()
    thread.join(timeout=30)


def test_a_connection_ended_in_the_middle_of_a_write_is_replaced_and_the_write_done_once(alice):
    backends = []

    def work() -> str:
        backends.append(backend())
        Tag.objects.create(owner=alice, name="sea", folded="sea")
        if len(backends) == 1:
            end(backends[0])
        Tag.objects.create(owner=alice, name="fog", folded="fog")
        return "done"

    assert in_transaction(work) == "done"
    assert len(backends) == 2 and backends[0] != backends[1]
    assert Tag.objects.count() == 2


def test_a_connection_that_died_while_it_was_idle_is_noticed_by_the_next_write(alice):
    photo = PhotoFactory(owner=alice)
    end(backend())
    curate.decide(alice, [photo.pk], value=1)
    assert Photo.objects.get().decision == 1


def test_two_gestures_that_wait_for_each_other_both_succeed(alice):
    """A deadlock: the server ends one of them, and that one is done again."""
    first, second = PhotoFactory.create_batch(2, owner=alice)
    meet, runs = threading.Barrier(2), []

    def crosswise(one: int, other: int) -> None:
        def work() -> None:
            runs.append(one)
            Photo.objects.select_for_update().get(pk=one)
            if len(runs) <= 2:
                meet.wait(timeout=10)
            Photo.objects.filter(pk=other).update(rating=5)

        in_transaction(work)
        connection.close()

    threads = [
        threading.Thread(target=crosswise, args=pair)
        for pair in ((first.pk, second.pk), (second.pk, first.pk))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(runs) == 3 and set(Photo.objects.values_list("rating", flat=True)) == {5}
