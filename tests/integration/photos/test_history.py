"""Undo and redo across reloads, devices and tasks, and the list of what was done."""

from __future__ import annotations

import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from photos import bulk, curate, gestures, history, undoing
from photos.models import Decision, Gesture, Photo
from tests.factories import PhotoFactory, make_photo

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values


@pytest.fixture
def photos(alice) -> list[Photo]:
    return PhotoFactory.create_batch(3, owner=alice)


def pks(photos) -> list[int]:
    return [photo.pk for photo in photos]


def stand(photos, field: str = "decision") -> list:
    return [getattr(Photo.objects.get(pk=photo.pk), field) for photo in photos]


def post(client, address: str, **values) -> dict:
    given = {"content_type": "application/json", "headers": {"accept": "application/json"}}
    return client.post(address, json.dumps(values), **given).json()


def test_a_reload_knows_what_was_done_and_what_was_taken_back(alice, photos, alice_client):
    curate.decide(alice, pks(photos), value=REJECTED, reason="hands")
    assert post(alice_client, "/undo/")["said"] == "Undone: rejected: hands, 3 images."
    assert stand(photos) == [UNDECIDED] * 3 and stand(photos, "reason") == [""] * 3
    assert post(alice_client, "/redo/")["said"] == "Done again: rejected: hands, 3 images."
    assert stand(photos, "reason") == ["hands"] * 3
    assert post(alice_client, "/redo/")["said"] == "Nothing to do again."


def test_undo_and_redo_go_up_and_down_as_often_as_one_likes(alice, photos):
    for value in (PICKED, REJECTED):
        curate.decide(alice, pks(photos[:1]), value=value)
    undoing.undo(alice)
    undoing.undo(alice)
    undoing.redo(alice)
    assert stand(photos[:1]) == [PICKED]
    undoing.redo(alice)
    assert stand(photos[:1]) == [REJECTED] and undoing.redo(alice) is None
    undoing.undo(alice)
    assert stand(photos[:1]) == [PICKED]


def test_nothing_is_done_again_once_something_new_was_decided(alice, photos):
    curate.decide(alice, pks(photos[:1]), value=PICKED)
    undoing.undo(alice)
    curate.decide(alice, pks(photos[1:]), axis="label", value=3)
    assert undoing.redo(alice) is None and stand(photos) == [UNDECIDED] * 3


def test_an_answer_that_was_lost_does_not_do_it_twice(alice, bob, photos, alice_client):
    """The page sends it again; meanwhile another device decided otherwise, and that is what stands."""
    named = uuid.uuid4().hex
    gesture = {"ids": pks(photos[:1]), "axis": "decision", "value": PICKED, "batch": named}
    post(alice_client, "/decide/", gestures=[gesture])
    curate.decide(alice, pks(photos[:1]), value=REJECTED)
    post(alice_client, "/decide/", gestures=[gesture])
    assert stand(photos[:1]) == [REJECTED] and Gesture.objects.filter(batch=named).count() == 1


@pytest.mark.any_database
def test_a_reason_goes_with_its_reject(alice, photos):
    curate.decide(alice, pks(photos), value=REJECTED, reason="hands")
    curate.decide(alice, pks(photos[:1]), value=REJECTED)  # already: it keeps its reason
    curate.decide(alice, pks(photos[1:2]), value=REJECTED, reason="text")
    curate.decide(alice, pks(photos[2:]), value=PICKED)
    assert stand(photos, "reason") == ["hands", "text", ""]
    undoing.undo(alice)
    assert stand(photos, "reason") == ["hands", "text", "hands"]
    with pytest.raises(curate.CurationError):
        curate.decide(alice, pks(photos), value=PICKED, reason="hands")


def test_undo_does_not_overtake_a_task(alice, photos, monkeypatch):
    """Asked for while a task is at it, the task stops at its next chunk and takes back what it did."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 1)
    bulk.register_scope("three", lambda owner, rest: Photo.objects.live())
    batch = uuid.uuid4()
    assert bulk.do_all(alice, "three:", "reason", "crop", batch=batch).later
    curate.decide(alice, pks(photos[:1]), value=REJECTED, reason="crop", batch=batch)  # its first chunk
    asked = undoing.take_back(alice)
    assert asked.later and stand(photos) == [REJECTED, UNDECIDED, UNDECIDED]
    bulk.run(alice, "three:", "reason", "crop", batch, photos[-1].pk)
    assert stand(photos) == [UNDECIDED] * 3 and gestures.of(alice, batch).get().undone_at
    assert bulk.run(alice, "three:", "reason", "crop", batch, photos[-1].pk) == 0  # the task, once more


def test_what_a_task_did_is_one_gesture_that_can_be_taken_back(alice, photos, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 1)
    bulk.register_scope("three", lambda owner, rest: Photo.objects.live())
    batch = uuid.uuid4()
    bulk.do_all(alice, "three:", "label", "4", batch=batch)
    bulk.run(alice, "three:", "label", "4", batch, photos[-1].pk)
    assert gestures.of(alice, batch).values_list("count", "running").get() == (3, False)
    assert len(undoing.undo(alice).photo_ids) == 3 and stand(photos, "label") == [0] * 3


def test_the_history_says_who_did_what_and_offers_what_still_stands(alice, photos):
    curate.decide(alice, pks(photos), value=REJECTED, reason="hands")
    first = curate.decide(alice, pks(photos[:1]), value=PICKED)
    undoing.undo(alice)
    page = history.page(alice, Decision.objects.filter(photo__in=photos))
    undo, picked, rejected = page.entries
    assert undo.is_undo and picked.is_undone and picked.batch == first.batch and not picked.stands
    assert rejected.stands and rejected.actor == "alice"
    assert [(s.old, s.new, s.new_reason, s.count) for s in rejected.steps] == [(0, 2, "hands", 3)]


@pytest.mark.any_database
def test_a_long_history_comes_in_pages_of_a_few_queries(alice, photos):
    for n in range(7):
        curate.decide(alice, pks(photos), axis="rating", value=n % 2 + 1)
    events, seen, before = Decision.objects.filter(photo__in=photos), [], None
    while True:
        with CaptureQueriesContext(connection) as asked:
            page = history.page(alice, events, before=before, limit=3)
        seen += [entry.batch for entry in page.entries]
        assert len(asked) <= 4
        if (before := page.before) is None:
            break
    assert len(seen) == len(set(seen)) == 7


def test_an_administrators_gesture_is_in_the_history_and_can_be_taken_back_there(alice, photos, alice_client):
    boss = get_user_model().objects.create_superuser("boss", password="x")
    done = curate.decide(alice, pks(photos), value=REJECTED, actor=boss)
    assert post(alice_client, "/undo/")["said"] == "Nothing to undo."
    text = alice_client.get(f"/photos/{photos[0].pk}/history/").content.decode()
    assert "boss" in text and done.batch.hex in text
    alice_client.post("/undo/", {"batch": done.batch.hex})
    assert stand(photos) == [UNDECIDED] * 3


@pytest.mark.any_database
def test_nobody_takes_back_what_happened_to_the_pictures_of_others(alice, bob, photos, client):
    done = curate.decide(alice, pks(photos), value=PICKED)
    client.force_login(bob)
    assert post(client, "/undo/", batch=done.batch.hex)["photos"] == [] and stand(photos) == [PICKED] * 3


@pytest.mark.any_database
def test_without_a_script_labels_reasons_and_undo_are_forms(alice, alice_client):
    photo = make_photo(alice)
    alice_client.post(
        f"/photos/{photo.pk}/decide/", {"decision": "2", "reason": "text", "label": "2", "rating": "0"}
    )
    assert stand([photo], "reason") == ["text"] and stand([photo], "label") == [2]
    page = alice_client.get(f"/photos/{photo.pk}/").content.decode()
    assert 'value="text" data-key="w" selected' in page
    said = alice_client.post("/undo/", {"next": "/"}, follow=True).content.decode()
    assert "Undone: yellow label, 1 image." in said or "Undone: rejected: text, 1 image." in said
    cell = alice_client.get("/").content.decode()
    assert "rejected: text" in cell or "yellow label" in cell


@pytest.mark.any_database
def test_a_gesture_that_fills_more_than_a_look_stands_on_one_page_alone(alice, photos, monkeypatch):
    """Its events lie apart: a task went on with it after something else was decided."""
    monkeypatch.setattr(history, "WINDOW", 1)
    whole = uuid.uuid4()
    curate.decide(alice, pks(photos[:2]), axis="label", value=4, batch=whole)
    other = curate.decide(alice, pks(photos[:1]), axis="rating", value=3).batch
    curate.decide(alice, pks(photos[2:]), axis="label", value=4, batch=whole)
    events = Decision.objects.filter(photo__in=photos)
    first = history.page(alice, events, limit=1)
    second = history.page(alice, events, limit=1, before=first.before)
    assert [(one.batch, one.steps[0].count) for one in first.entries + second.entries] == [
        (whole, 3),
        (other, 1),
    ]
    assert history.page(alice, events, limit=1, before=second.before).entries == []
