"""Very many at once: all of it, chunk after chunk, whatever becomes of the list meanwhile, and once."""

from __future__ import annotations

import pytest

from photos import albums, bulk, curate, tasks, trash
from photos.models import Decision, Photo
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def photos(alice) -> list[Photo]:
    return PhotoFactory.create_batch(7, owner=alice)


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list:
    """Chunks of two; more than three are a task, and these are the tasks that were asked for."""
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(trash, "CHUNK", 2)
    found = []
    monkeypatch.setattr("photos.working.enqueue", lambda *task: found.append(task))
    return found


def work(asked: list) -> None:
    """Do what was asked for, as a worker does."""
    names = {
        "bulk": tasks.do_in_bulk,
        "take_back": tasks.take_back,
        "delete_batch": tasks.delete_batch,
        "delete_files": tasks.delete_files,
    }
    while asked:
        name, *arguments = asked.pop(0)
        names[name].func(*arguments)


def values(field: str) -> list:
    return list(Photo.objects.order_by("pk").values_list(field, flat=True))


def dies_in_chunk(monkeypatch, n: int) -> None:
    """The worker is killed before it does the nth chunk."""
    real, chunks = bulk._do_chunk, []

    def mortal(*arguments):
        chunks.append(arguments)
        if len(chunks) == n:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(bulk, "_do_chunk", mortal)


@pytest.mark.parametrize(
    ("action", "argument", "field", "done"),
    [("reject", "", "decision", 2), ("rate", "4", "rating", 4), ("tag", "sea", "tags__name", "sea")],
)
def test_all_of_it_is_done_however_many_chunks_that_takes(
    alice, photos, asked, action, argument, field, done
):
    assert bulk.do_all(alice, "timeline:pictures", action, argument).later
    work(asked)
    assert values(field) == [done] * 7


def test_a_list_that_shrinks_while_it_is_walked_is_walked_to_its_end(alice, asked):
    session = SessionFactory(owner=alice, n_made=7)
    for number in range(1, 8):
        CandidateFactory(session=session, number=number)
    bulk.do_all(alice, f"session:{session.pk}:undecided", "pick")
    work(asked)
    assert values("decision") == [1] * 7
    bulk.do_all(alice, f"session:{session.pk}:all", "trash")
    work(asked)
    assert trash.photos(alice).count() == 7 and len(set(values("trash_batch"))) == 1


def test_what_came_in_after_it_was_asked_for_is_left(alice, photos, asked):
    bulk.do_all(alice, "timeline:pictures", "trash")
    later = PhotoFactory(owner=alice)
    work(asked)
    assert list(Photo.objects.live()) == [later]


def test_its_ids_are_never_all_in_memory(alice, photos, asked, monkeypatch):
    sizes = []
    real = curate.trash
    monkeypatch.setattr(
        curate, "trash", lambda owner, ids, **k: sizes.append(len(ids)) or real(owner, ids, **k)
    )
    bulk.do_all(alice, "timeline:pictures", "trash")
    work(asked)
    assert sizes == [2, 2, 2, 1]


@pytest.mark.parametrize("action", ["reject", "trash", "tag", "album"])
def test_a_task_whose_worker_was_killed_goes_on_and_nothing_is_done_twice(
    alice, photos, asked, monkeypatch, action
):
    album = albums.create(alice, title="Foxes")
    done = bulk.do_all(
        alice, "timeline:pictures", action, {"tag": "sea", "album": str(album.pk)}.get(action, "")
    )
    task = list(asked)
    with monkeypatch.context() as patch:
        dies_in_chunk(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            work(asked)
    asked[:] = task * 2
    work(asked)
    assert {
        "reject": lambda: Decision.objects.count() == 7 and values("decision") == [2] * 7,
        "trash": lambda: trash.photos(alice).count() == 7 and len(set(values("trash_batch"))) == 1,
        "tag": lambda: values("tags__name") == ["sea"] * 7,
        "album": lambda: (
            list(album.places.order_by("position").values_list("photo", flat=True)) == values("pk")
        ),
    }[action]()
    if done.way_back:
        bulk.take_back(alice, done.way_back)
        work(asked)
        assert values("decision") == [0] * 7 and values("trashed_at") == [None] * 7


def test_what_a_person_decided_after_the_worker_died_stands(alice, photos, asked, monkeypatch):
    done = bulk.do_all(alice, "timeline:pictures", "reject")
    task = list(asked)
    with monkeypatch.context() as patch:
        dies_in_chunk(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            work(asked)
    curate.decide(alice, [photos[0].pk], value=1)
    asked[:] = task
    work(asked)
    assert values("decision") == [1] + [2] * 6
    bulk.take_back(alice, done.way_back)
    work(asked)
    assert values("decision") == [1] + [0] * 6


def test_more_than_an_album_holds_is_said_at_once(alice, photos, asked, monkeypatch):
    album = albums.create(alice, title="Foxes")
    monkeypatch.setattr(albums, "AT_MOST", 6)
    with pytest.raises(bulk.BulkError, match="at most 6 images"):
        bulk.do_all(alice, "timeline:pictures", "album", str(album.pk))
    assert asked == []


def test_a_large_selection_is_done_and_taken_back_by_a_task(alice, bob, alice_client, photos, asked):
    bobs = PhotoFactory(owner=bob)
    form = {"do": "trash", "photo": [photo.pk for photo in [*photos[:5], bobs]]}
    way_back = alice_client.post("/bulk/", form, headers=JSON).json()["way_back"]
    assert trash.photos(alice).count() == 0
    work(asked)
    assert trash.photos(alice).count() == 5 and bobs in Photo.objects.live()
    answer = alice_client.post("/take-back/", {"way_back": way_back}, headers=JSON)
    assert "in the background" in answer.json()["sentence"] and trash.photos(alice).count() == 5
    work(asked)
    assert trash.photos(alice).count() == 0


# --- out of the trash -------------------------------------------------------------------------------


@pytest.fixture
def thrown(alice, photos):
    return curate.trash(alice.pk, [photo.pk for photo in photos]).batch


def said(client) -> str:
    return client.get("/trash/").content.decode().partition('id="said">')[2].partition("</span>")[0]


def way_back(client) -> str:
    return client.get("/trash/").content.decode().partition('name="way_back" value="')[2].partition('"')[0]


def test_a_large_batch_is_restored_in_the_background(alice, alice_client, thrown, asked):
    alice_client.post("/trash/restore/", {"batch": thrown.hex})
    assert trash.photos(alice).count() == 7 and "in the background" in said(alice_client)
    work(asked)
    assert trash.photos(alice).count() == 0


def test_restoring_a_large_batch_is_taken_back_in_the_background(alice, alice_client, thrown, asked):
    alice_client.post("/trash/restore/", {"batch": thrown.hex})
    token = way_back(alice_client)
    work(asked)
    alice_client.post("/take-back/", {"way_back": token})
    assert trash.photos(alice).count() == 0
    work(asked)
    assert trash.of_batch(alice, thrown).count() == 7


def test_the_way_back_of_a_restored_batch_does_not_grow_with_it(alice, alice_client):
    lengths = []
    for n in (1, 40):
        thrown = curate.trash(
            alice.pk, [photo.pk for photo in PhotoFactory.create_batch(n, owner=alice)]
        ).batch
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulk, "AT_ONCE", 100)
            alice_client.post("/trash/restore/", {"batch": thrown.hex})
        lengths.append(len(way_back(alice_client)))
    assert trash.photos(alice).count() == 0 and abs(lengths[0] - lengths[1]) < 20


def test_what_was_trashed_anew_since_stays_in_its_own_batch(alice, alice_client, photos, thrown, asked):
    alice_client.post("/trash/restore/", {"batch": thrown.hex})
    token = way_back(alice_client)
    work(asked)
    anew = curate.trash(alice.pk, [photos[0].pk]).batch
    curate.restore(alice.pk, [photos[1].pk])
    alice_client.post("/take-back/", {"way_back": token})
    work(asked)
    assert trash.of_batch(alice, anew).get() == photos[0] and trash.of_batch(alice, thrown).count() == 6


def test_a_large_batch_is_deleted_for_ever_in_the_background(alice, alice_client, thrown, asked):
    kept = PhotoFactory(owner=alice)
    alice_client.post("/trash/delete/", {"batch": thrown.hex})
    assert Photo.objects.count() == 8 and "in the background" in said(alice_client)
    work(asked)
    assert Photo.objects.get() == kept


def test_bob_restores_and_deletes_nothing_of_alices_batch(alice, bob, bob_client, thrown, asked):
    for address in ("/trash/restore/", "/trash/delete/"):
        bob_client.post(address, {"batch": thrown.hex})
    bulk.take_back(bob, [("restore", thrown.hex), ("trash_again", thrown.hex)])
    bulk.do_all(bob, f"trashed:{thrown.hex}", "restore")
    tasks.delete_batch.func(bob.pk, thrown.hex)
    assert asked == [] and trash.photos(alice).count() == 7
