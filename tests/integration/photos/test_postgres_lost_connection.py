"""A PostgreSQL connection that is ended under a write: the write is done again, once, and succeeds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection

from photos import curate, uploading, verifying
from photos.db import in_transaction
from photos.models import Photo, Tag
from photos.storage import LocalMediaStorage
from tests.conftest import _database_url
from tests.factories import PhotoFactory
from tests.integration.photos.test_check_media import check, originals, repair
from tests.integration.photos.test_upload import send
from tests.pictures import draw

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


# --- gone, and back ---------------------------------------------------------------------------------------


class LastFile(LocalMediaStorage):
    """Right after an original was written, something happens."""

    happens: Callable[[], None] = staticmethod(lambda: None)

    def write_once(self, source, name: str, **how) -> None:
        super().write_once(source, name, **how)
        LastFile.happens()


@pytest.fixture
def database(transactional_db, monkeypatch) -> Iterator[Callable[[bool], None]]:
    """`database(False)`: it lets nobody in and whoever was in is out, as while its server starts again."""
    name = connection.settings_dict["NAME"]
    outside = psycopg.connect(_database_url().replace(f"/{name}?", "/postgres?"), autocommit=True)

    def let_in(anybody: bool) -> None:
        monkeypatch.setattr(connection.pool, "timeout", 15 if anybody else 0.3)
        outside.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {anybody}')
        if not anybody:
            outside.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    yield let_in
    let_in(True)
    outside.close()
    connection.close()
    connection.pool.check()


def test_a_database_that_goes_and_comes_back_loses_nothing(
    alice, alice_client, media_root, settings, monkeypatch, database
):
    monkeypatch.setattr(verifying, "SECOND_LOOK_SECONDS", 0)
    batch, first, second = uploading.begin(alice), draw("PNG", seed=1), draw("PNG", seed=2)
    assert send(alice_client, batch.pk, first).json()["outcome"] == "added"
    whole = settings.STORAGES
    settings.STORAGES = {
        **whole,
        "media": {**whole["media"], "BACKEND": f"{__name__}.LastFile"},
    }
    monkeypatch.setattr(LastFile, "happens", staticmethod(lambda: database(False)))
    alice_client.raise_request_exception, began = False, time.monotonic()
    assert send(alice_client, batch.pk, second, "two.png").status_code == 500
    assert alice_client.get("/").status_code == 500 and time.monotonic() - began < 15
    settings.STORAGES = whole
    database(True)
    connection.close()
    assert send(alice_client, batch.pk, second, "two.png").json()["outcome"] == "added"
    assert repair(owner="alice")[0] and check(hash=True)[0]
    assert sorted(originals(media_root).values()) == sorted([first, second])
