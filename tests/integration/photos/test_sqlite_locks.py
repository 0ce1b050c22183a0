"""Many who read and then write, in a SQLite file: they wait for each other, and nobody is told "locked"."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models import F

from photos import counts, curate, uploading
from photos.db import in_transaction
from photos.models import Decision, MonthCount, Photo
from tests.factories import AN_HOUR, PhotoFactory
from tests.integration.photos.test_check_media import check, originals
from tests.integration.photos.test_upload import send
from tests.pictures import draw

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


HOLD = """
import sqlite3, sys
library = sqlite3.connect(sys.argv[1], isolation_level=None)
library.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder(transactional_db) -> Iterator[subprocess.Popen]:
    """Another process that has the write lock until it is told a line: a backup, a command, a database browser."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: another database has no lock for all of it")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, connection.settings_dict["NAME"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.communicate("\n", timeout=10)


def test_while_another_process_holds_the_lock_pages_are_read_and_writes_wait(
    transactional_db, alice, alice_client, request
):
    photo, batch = PhotoFactory(owner=alice), uploading.begin(alice)
    holder, held = request.getfixturevalue("holder"), time.monotonic()
    assert alice_client.get("/").status_code == 200 and time.monotonic() - held < 1
    threading.Timer(1.5, lambda: print(file=holder.stdin, flush=True)).start()
    curate.decide(alice, [photo.pk], value=1)
    assert time.monotonic() - held > 1.4
    assert send(alice_client, batch.pk, draw("PNG")).json()["outcome"] == "added"
    assert Photo.objects.get(pk=photo.pk).decision == 1


def test_an_upload_that_waited_in_vain_leaves_nothing_and_is_taken_later(
    transactional_db, alice, alice_client, media_root, monkeypatch, request
):
    batch = uploading.begin(alice)
    holder = request.getfixturevalue("holder")
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)  # in place of 20 seconds
    connection.close()
    alice_client.raise_request_exception = False
    assert send(alice_client, batch.pk, draw("PNG")).status_code == 500
    assert originals(media_root) == {} and not Photo.objects.exists()
    print(file=holder.stdin, flush=True)
    holder.wait(timeout=10)
    assert send(alice_client, batch.pk, draw("PNG")).json()["outcome"] == "added"
    assert check(hash=True)[0]
