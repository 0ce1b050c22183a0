"""A session to the trash and back: one batch, one restore; finals stay."""

from __future__ import annotations

import pytest

from generation import counting, finals, trashing, workflow
from generation.models import GenerationSession
from photos import bulk, counts, curate, trash
from photos.models import Photo
from tests.factories import make_session, pictures_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scripted")]


def test_its_images_go_with_it_as_one_batch_and_its_finals_stay(alice):
    session = make_session(alice, count=3)
    photos = pictures_of(session)
    curate.decide(alice, [photos[0].pk], value=Photo.Verdict.PICKED)
    finals.file_picks(session.pk)
    change = trashing.trash_session(session)
    session.refresh_from_db()
    assert sorted(change.photo_ids) == [photo.pk for photo in photos]
    assert (
        set(Photo.objects.trashed().values_list("trash_batch", flat=True))
        == {session.trash_batch}
        == {change.batch}
    )
    assert [photo.collection for photo in Photo.objects.live()] == ["completed"]
    assert not GenerationSession.objects.visible_to(alice).exists() and counts.drift(alice.pk) == {}


def test_one_restore_brings_back_what_went_with_it_and_nothing_else(alice):
    session = make_session(alice, count=3)
    before = pictures_of(session)[1]
    curate.trash(alice.pk, [before.pk])
    trashing.trash_session(session)
    change = trashing.restore_session(session)
    session.refresh_from_db()
    assert len(change.photo_ids) == 2 and session.trashed_at is None and session.n_made == 2
    assert list(Photo.objects.trashed()) == [before]
    assert counting.drift(session.pk) == {} and counts.drift(alice.pk) == {}


def test_twice_is_once(alice):
    session = make_session(alice, count=2)
    assert trashing.restore_session(session) is None
    batch = trashing.trash_session(session).batch
    assert trashing.trash_session(session) is None
    session.refresh_from_db()
    assert (
        session.trash_batch == batch
        and trashing.restore_session(session)
        and not trashing.restore_session(session)
    )


def test_a_session_that_is_being_made_is_stopped_first(alice):
    session = workflow.start(alice, prompt="fog", engine="scripted", width=64, height=64, count=3)
    token = workflow.claim(session.pk)
    trashing.trash_session(session)
    session.refresh_from_db()
    assert session.state == "cancelled" and session.lease_token is None
    with pytest.raises(Exception, match=str(token)):
        GenerationSession.hold_or_raise(session.pk, token)
    trashing.restore_session(session)
    workflow.go_on(session)
    session.refresh_from_db()
    assert session.state == "queued"


def test_a_batch_that_holds_a_session_brings_its_row_back_too(alice, monkeypatch):
    """Also when it comes back in more than one transaction."""
    monkeypatch.setattr(trash, "CHUNK", 2)
    session = make_session(alice, count=3)
    batch = trashing.trash_session(session).batch
    assert trash.restore_batch(alice, batch) == 3
    session.refresh_from_db()
    assert session.trashed_at is None and session.trash_batch is None and session.n_made == 3
    assert counting.drift(session.pk) == {}


def test_so_does_the_last_of_its_images_and_no_other(alice):
    session = make_session(alice, count=3)
    first, *others = [photo.pk for photo in pictures_of(session)]
    trashing.trash_session(session)
    bulk.do(alice, [first], "restore")
    assert not GenerationSession.objects.visible_to(alice).exists()
    curate.restore(alice.pk, others)
    assert GenerationSession.objects.visible_to(alice).get() == session
