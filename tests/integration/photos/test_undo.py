"""Undo takes back one's last gesture that still stands, whole, as often as there are gestures."""

from __future__ import annotations

import pytest

from photos import curate, undoing
from photos.models import Decision, Photo
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values


@pytest.fixture
def photos(alice) -> list[Photo]:
    return PhotoFactory.create_batch(3, owner=alice)


def decide(owner, photos, value, axis="decision"):
    return curate.decide(owner, [photo.pk for photo in photos], axis=axis, value=value)


def verdicts(photos) -> list[int]:
    return [Photo.objects.get(pk=photo.pk).decision for photo in photos]


def test_undo_takes_back_a_whole_gesture(alice, photos):
    decide(alice, photos[:1], REJECTED)
    decide(alice, photos, PICKED)
    change = undoing.undo(alice)
    assert verdicts(photos) == [REJECTED, UNDECIDED, UNDECIDED]
    assert sorted(change.photo_ids) == [photo.pk for photo in photos]


def test_undo_again_takes_back_the_one_before_and_then_there_is_nothing(alice, photos):
    decide(alice, photos[:1], PICKED)
    decide(alice, photos[:1], REJECTED)
    seen = []
    while undoing.undo(alice):
        seen.append(verdicts(photos)[0])
    assert seen == [PICKED, UNDECIDED] and undoing.undo(alice) is None


def test_undo_adds_to_the_book_and_never_takes_from_it(alice, photos):
    change = decide(alice, photos[:1], PICKED)
    undoing.undo(alice)
    events = Decision.objects.order_by("id").values_list("old", "new", "undoes")
    assert list(events) == [(UNDECIDED, PICKED, None), (PICKED, UNDECIDED, change.batch)]


def test_after_an_undo_a_new_gesture_is_the_next_to_be_taken_back(alice, photos):
    decide(alice, photos[:1], PICKED)
    undoing.undo(alice)
    decide(alice, photos[:1], REJECTED)
    undoing.undo(alice)
    assert verdicts(photos)[0] == UNDECIDED and undoing.undo(alice) is None


def test_what_was_decided_anew_elsewhere_keeps_what_it_has(alice, photos):
    decide(alice, photos, PICKED)
    Photo.objects.filter(pk=photos[0].pk).update(decision=REJECTED)
    change = undoing.undo(alice)
    assert verdicts(photos) == [REJECTED, UNDECIDED, UNDECIDED]
    assert change.photo_ids == [photos[1].pk, photos[2].pk]


def test_a_gesture_of_which_nothing_stands_is_skipped(alice, photos):
    decide(alice, photos[:1], PICKED)
    decide(alice, photos[1:2], PICKED)
    curate.trash(alice.pk, [photos[1].pk])
    assert undoing.undo(alice).photo_ids == [photos[0].pk]
    assert verdicts(photos)[:2] == [UNDECIDED, PICKED]


def test_undo_reaches_past_a_thousand_gestures_that_stand_no_more(alice, photos):
    """A long evening's verdicts, and then the session went to the trash."""
    decide(alice, photos[:1], PICKED)
    Decision.objects.bulk_create(
        Decision(photo=photos[1], actor=alice, axis="decision", old=n % 2, new=2, batch=_batch(n))
        for n in range(1_200)
    )
    assert undoing.undo(alice).photo_ids == [photos[0].pk]


def test_stars_are_undone_as_verdicts_are(alice, photos):
    decide(alice, photos[:1], 5, axis="rating")
    decide(alice, photos[:1], PICKED)
    undoing.undo(alice)
    assert (verdicts(photos)[0], Photo.objects.get(pk=photos[0].pk).rating) == (UNDECIDED, 5)
    undoing.undo(alice)
    assert Photo.objects.get(pk=photos[0].pk).rating == 0


def test_bob_s_undo_is_bob_s(alice, bob, photos):
    decide(alice, photos, PICKED)
    assert undoing.undo(bob) is None
    assert verdicts(photos) == [PICKED] * 3


def test_a_purged_picture_is_no_obstacle(alice, photos):
    decide(alice, photos[:2], PICKED)
    curate.purge(alice.pk, [photos[0].pk])
    assert undoing.undo(alice).photo_ids == [photos[1].pk]


def _batch(n: int):
    from uuid import UUID

    return UUID(int=n + 1)
