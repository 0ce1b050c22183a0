"""Many who read and then write, in a SQLite file: they wait for each other, and nobody is told "locked"."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.db.models import F

from photos import counts, curate
from photos.db import in_transaction
from photos.models import Decision, MonthCount, Photo
from tests.factories import AN_HOUR, PhotoFactory

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, ROUNDS = 8, 15


def by_eight_threads(work) -> list[Exception]:
    start, troubles = threading.Barrier(THREADS), []

    def run(number: int) -> None:
        start.wait()
        try:
            for turn in range(ROUNDS):
                work(number, turn)
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return troubles


def test_the_tests_run_on_a_file_with_a_write_ahead_log_as_a_library_does():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: another database has no such log")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous")
        assert (mode, cursor.fetchone()[0]) == ("wal", 2)
    assert not connection.is_in_memory_db()


def test_eight_threads_that_read_and_then_write_lose_nothing(alice):
    """No retry helps here: the plain settings have to be enough."""
    photo = PhotoFactory(owner=alice)
    from django.db import transaction

    def read_then_write(number: int, turn: int) -> None:
        with transaction.atomic():
            revision = Photo.objects.select_for_update().get(pk=photo.pk).revision
            Photo.objects.filter(pk=photo.pk).update(revision=revision + 1)

    assert by_eight_threads(read_then_write) == []
    photo.refresh_from_db()
    assert photo.revision == 1 + THREADS * ROUNDS


def test_eight_threads_that_count_come_to_the_true_sum(alice):
    def count(number: int, turn: int) -> None:
        in_transaction(lambda: counts.add(alice.pk, "uploaded", AN_HOUR))

    assert by_eight_threads(count) == []
    assert MonthCount.objects.get().count == THREADS * ROUNDS


def test_eight_tabs_that_decide_the_same_pictures_leave_a_whole_book(alice):
    photos = PhotoFactory.create_batch(6, owner=alice)
    pks = [photo.pk for photo in photos]

    def decide(number: int, turn: int) -> None:
        curate.decide(alice, pks if number % 2 else pks[::-1], value=(number + turn) % 3)

    assert by_eight_threads(decide) == []
    for photo in Photo.objects.all():
        book = list(Decision.objects.filter(photo=photo).order_by("id"))
        assert [event.old for event in book] == [0, *(event.new for event in book[:-1])]
        assert book[-1].new == photo.decision and photo.revision == 1 + len(book)


def test_readers_are_not_kept_waiting_by_a_writer(alice):
    photo = PhotoFactory(owner=alice)
    seen, written = [], threading.Event()

    def read() -> None:
        seen.append(Photo.objects.get(pk=photo.pk).revision)
        connection.close()
        written.set()

    def write_slowly() -> None:
        Photo.objects.filter(pk=photo.pk).update(revision=F("revision") + 1)
        threading.Thread(target=read).start()
        assert written.wait(timeout=10)

    in_transaction(write_slowly)
    assert seen == [1]
