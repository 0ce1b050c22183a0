"""Verdicts and stars: one's own live pictures, one gesture at a time, and nothing is forgotten."""

from __future__ import annotations

import pytest

from photos import curate
from photos.models import Decision, Photo
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values


def verdicts(*photos: Photo) -> list[int]:
    return [Photo.objects.get(pk=photo.pk).decision for photo in photos]


def test_a_gesture_decides_many_pictures_as_one_batch(alice):
    photos = PhotoFactory.create_batch(3, owner=alice)
    change = curate.decide(alice, [photo.pk for photo in photos], value=PICKED)
    assert verdicts(*photos) == [PICKED] * 3
    assert change.photo_ids == [photo.pk for photo in photos]
    events = Decision.objects.all()
    assert {event.batch for event in events} == {change.batch}
    assert {(e.actor_id, e.axis, e.old, e.new) for e in events} == {(alice.pk, "decision", UNDECIDED, PICKED)}


def test_bob_cannot_decide_what_is_alice_s(alice, bob):
    photo = PhotoFactory(owner=alice)
    assert curate.decide(bob, [photo.pk], value=PICKED).photo_ids == []
    assert verdicts(photo) == [UNDECIDED] and not Decision.objects.exists()


def test_what_lies_in_the_trash_is_not_decided(alice):
    live, trashed = PhotoFactory(owner=alice), PhotoFactory(owner=alice, trashed=True)
    change = curate.decide(alice, [live.pk, trashed.pk], value=REJECTED)
    assert change.photo_ids == [live.pk] and verdicts(live, trashed) == [REJECTED, UNDECIDED]


def test_what_stands_so_already_is_left_and_not_written_down(alice):
    picked, other = PhotoFactory(owner=alice, decision=PICKED), PhotoFactory(owner=alice)
    change = curate.decide(alice, [picked.pk, other.pk], value=PICKED)
    assert change.photo_ids == [other.pk] and Decision.objects.count() == 1
    assert Photo.objects.get(pk=picked.pk).revision == 1 and Photo.objects.get(pk=other.pk).revision == 2


def test_a_picture_named_twice_and_one_that_is_not_there_do_no_harm(alice):
    photo = PhotoFactory(owner=alice)
    assert curate.decide(alice, [photo.pk, photo.pk, 999_999], value=PICKED).photo_ids == [photo.pk]
    assert curate.decide(alice, [], value=PICKED).photo_ids == []


def test_stars_are_an_axis_of_their_own(alice):
    photo = PhotoFactory(owner=alice, decision=PICKED)
    curate.decide(alice, [photo.pk], axis="rating", value=4)
    photo.refresh_from_db()
    assert (photo.rating, photo.decision) == (4, PICKED)


@pytest.mark.parametrize(
    ("axis", "value"),
    [("decision", 3), ("decision", -1), ("rating", 6), ("decision", "1"), ("colour", 1), ("", 0)],
)
def test_a_mark_that_does_not_exist_is_an_error_with_a_sentence(alice, axis, value):
    photo = PhotoFactory(owner=alice)
    with pytest.raises(curate.CurationError, match=r"^There is no .*\.$"):
        curate.decide(alice, [photo.pk], axis=axis, value=value)
    assert verdicts(photo) == [UNDECIDED]


def test_five_hundred_pictures_are_decided_with_few_queries(alice, django_assert_max_num_queries):
    photos = PhotoFactory.create_batch(500, owner=alice)
    with django_assert_max_num_queries(12):
        curate.decide(alice, [photo.pk for photo in photos], value=REJECTED)
    assert Photo.objects.filter(decision=REJECTED).count() == 500
