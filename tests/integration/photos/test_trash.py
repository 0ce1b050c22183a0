"""The trash: out of every list at once, back as it was, one batch a gesture."""

from __future__ import annotations

import pytest

from photos import curate
from photos.models import MonthCount, Photo
from tests.factories import PhotoFactory, make_photo

pytestmark = pytest.mark.django_db


def lists(owner) -> list[int]:
    owned = Photo.objects.owned_by(owner)
    return [owned.live().count(), owned.on_timeline().count(), owned.everything().count()]


def test_what_is_trashed_leaves_every_list_and_its_file_stays(alice, media_root):
    photo, kept = make_photo(alice), make_photo(alice)
    change = curate.trash(alice.pk, [photo.pk])
    assert change.photo_ids == [photo.pk] and lists(alice) == [1, 1, 1]
    assert list(Photo.objects.visible_to(alice)) == [kept]
    assert list(Photo.objects.owned_by(alice).trashed()) == [photo]
    assert (media_root / photo.file.name).is_file()


def test_one_gesture_is_one_batch(alice):
    photos = PhotoFactory.create_batch(3, owner=alice)
    first = curate.trash(alice.pk, [photo.pk for photo in photos[:2]])
    curate.trash(alice.pk, [photos[2].pk])
    assert Photo.objects.filter(trash_batch=first.batch).count() == 2


def test_what_comes_back_is_as_it_was(alice):
    photo = make_photo(alice, rating=4, tags=("sea",))
    curate.decide(alice, [photo.pk], value=Photo.Verdict.PICKED)
    curate.trash(alice.pk, [photo.pk])
    curate.restore(alice.pk, [photo.pk])
    photo.refresh_from_db()
    assert (photo.rating, photo.decision, photo.tags.get().name) == (4, Photo.Verdict.PICKED, "sea")
    assert photo.trashed_at is None and photo.trash_batch is None and lists(alice) == [1, 1, 1]


def test_trashing_and_restoring_end_the_addresses_given_out_before(alice):
    photo = make_photo(alice)
    before = photo.access_revision
    curate.trash(alice.pk, [photo.pk])
    curate.restore(alice.pk, [photo.pk])
    photo.refresh_from_db()
    assert photo.access_revision == before + 2


def test_bob_can_neither_trash_nor_restore_nor_purge_what_is_alice_s(alice, bob):
    live, trashed = make_photo(alice), make_photo(alice)
    curate.trash(alice.pk, [trashed.pk])
    assert curate.trash(bob.pk, [live.pk]).photo_ids == []
    assert curate.restore(bob.pk, [trashed.pk]).photo_ids == []
    assert curate.purge(bob.pk, [live.pk, trashed.pk]) == 0
    assert Photo.objects.count() == 2 and lists(alice) == [1, 1, 1]


def test_trashing_twice_and_restoring_twice_count_once(alice):
    photo = make_photo(alice)
    for _ in range(2):
        curate.trash(alice.pk, [photo.pk])
    assert MonthCount.objects.get().count == 0
    for _ in range(2):
        curate.restore(alice.pk, [photo.pk])
    assert MonthCount.objects.get().count == 1
