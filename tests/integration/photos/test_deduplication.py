"""The same bytes: one picture for what a person brings, as many as there were runs for what is made."""

from __future__ import annotations

import hashlib

import pytest

from photos import curate, storage
from photos.ingest import Arrival, ingest, known
from photos.models import MonthCount, Photo
from tests.factories import A_DAY
from tests.pictures import draw

pytestmark = pytest.mark.django_db
DATA = draw("PNG", seed=1)


def bring(owner, data: bytes = DATA, name: str = "harbour.png"):
    return ingest(data, Arrival(owner_id=owner.pk, place=storage.uploaded(name, A_DAY), name=name))


def make(owner, number: int = 1, data: bytes = DATA):
    place = storage.candidate("2026-11-22-red-lighthouse-17", number, "41")
    return ingest(data, Arrival(owner_id=owner.pk, place=place, origin=Photo.Origin.MADE))


def test_bringing_a_picture_again_answers_with_the_one_that_is_there(alice):
    first, again = bring(alice), bring(alice, name="another name.png")
    assert first.created and not again.created and not again.restored
    assert again.photo == first.photo and Photo.objects.count() == 1


def test_the_answer_costs_no_decoding(alice, django_assert_max_num_queries):
    bring(alice)
    with django_assert_max_num_queries(2):
        bring(alice)


def test_a_picture_in_the_trash_comes_back_when_it_is_brought_again(alice):
    photo = bring(alice).photo
    curate.trash(alice.pk, [photo.pk])
    again = bring(alice)
    assert again.photo == photo and again.restored and not again.created
    assert again.photo.trashed_at is None and MonthCount.objects.get().count == 1


def test_a_picture_that_was_purged_comes_in_anew(alice, media_root):
    photo = bring(alice).photo
    curate.purge(alice.pk, [photo.pk])
    again = bring(alice)
    assert again.created and again.photo.pk != photo.pk
    assert (media_root / again.photo.file.name).read_bytes() == DATA


def test_two_people_with_the_same_bytes_each_have_their_own(alice, bob):
    hers, his = bring(alice), bring(bob)
    assert hers.created and his.created
    assert hers.photo.file.name != his.photo.file.name


def test_seven_people_bring_the_same_file_on_the_same_day(django_user_model):
    people = [django_user_model.objects.create_user(f"guest{n}") for n in range(7)]
    assert all(bring(person).created for person in people)
    assert Photo.objects.values("name_folded").distinct().count() == 7


def test_what_engines_make_is_never_deduplicated(alice):
    one, other = make(alice, 1), make(alice, 2)
    assert one.created and other.created and one.photo.sha256 == other.photo.sha256


def test_bringing_what_one_s_own_session_made_answers_with_the_candidate(alice):
    candidate = make(alice).photo
    assert bring(alice).photo == candidate


def test_of_several_with_the_same_bytes_a_live_one_is_the_answer(alice):
    trashed, live = make(alice, 1).photo, make(alice, 2).photo
    curate.trash(alice.pk, [trashed.pk])
    answer = bring(alice)
    assert answer.photo == live and not answer.restored


def test_asking_what_is_known_changes_nothing(alice, bob):
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert known(alice.pk, sha256) is None
    photo = bring(alice).photo
    curate.trash(alice.pk, [photo.pk])
    assert known(alice.pk, sha256) == photo and known(bob.pk, sha256) is None
    photo.refresh_from_db()
    assert photo.trashed_at is not None


def test_same_size_and_name_but_other_bytes_is_another_picture(alice):
    one, other = draw("TIFF", seed=1), draw("TIFF", seed=2)
    assert len(one) == len(other)
    assert bring(alice, one).created and bring(alice, other).created
