"""Going on with a session that stopped: only what is missing, with the seeds it was to have."""

from __future__ import annotations

import pytest
from django_tasks_db.models import DBTaskResult

from generation import workflow
from generation.engines import EngineError
from generation.models import GenerationSession
from photos import curate
from photos.models import Photo
from tests.factories import SessionFactory, make_session, pictures_of

pytestmark = pytest.mark.django_db
BROKEN = EngineError("The model is not installed.", permanent=True)


def go_on(session: GenerationSession) -> GenerationSession:
    workflow.go_on(session)
    workflow.run()
    session.refresh_from_db()
    return session


def test_a_failed_session_makes_only_what_is_missing_with_the_same_seeds(alice, scripted):
    scripted.answers = [None, None, BROKEN]
    session = make_session(alice, count=5, seed=41)
    first = {photo.pk: photo.sha256 for photo in pictures_of(session)}
    session = go_on(session)
    assert (session.state, session.error, session.n_made) == ("ready", "", 5)
    assert scripted.requests[-1].seeds == (43, 44, 45)
    assert list(session.candidates.values_list("number", "seed")) == [(n, str(40 + n)) for n in range(1, 6)]
    assert first.items() <= {photo.pk: photo.sha256 for photo in pictures_of(session)}.items()


def test_a_stopped_session_goes_on_too(alice, scripted):
    scripted.answers = [None, lambda *_: workflow.cancel(GenerationSession.objects.get())]
    session = go_on(make_session(alice, count=3))
    assert (session.state, session.n_made) == ("ready", 3)


def test_what_was_thrown_away_meanwhile_is_not_made_again(alice, scripted):
    scripted.answers = [None, None, BROKEN]
    session = make_session(alice, count=4)
    trashed, purged = pictures_of(session)
    curate.trash(alice.pk, [trashed.pk])
    curate.purge(alice.pk, [purged.pk])
    session = go_on(session)
    assert scripted.requests[-1].seeds == (43, 44)
    assert session.state == "ready" and session.n_made == 2


def test_a_session_that_made_everything_has_nothing_to_go_on_with(alice, scripted):
    session = make_session(alice, count=2)
    workflow.go_on(session)
    workflow.run()
    session.refresh_from_db()
    assert session.state == "ready" and len(scripted.requests) == 1 and not session.can_go_on


def test_a_second_failure_is_a_new_sentence_and_a_new_start(alice, scripted):
    scripted.answers = [BROKEN, EngineError("The disk of the server is full.", permanent=True)]
    session = go_on(make_session(alice, count=2))
    assert (session.state, session.error) == ("failed", "The disk of the server is full.")
    assert go_on(session).state == "ready"


@pytest.mark.django_db(transaction=True)
def test_asking_twice_queues_it_once(alice, scripted):
    session = SessionFactory(owner=alice, state="failed", error="A sentence.", engine="scripted")
    workflow.go_on(session)
    workflow.go_on(session)
    session.refresh_from_db()
    assert (session.state, session.error) == ("queued", "") and DBTaskResult.objects.count() == 1


def test_numbers_left_by_a_dead_worker_in_the_middle_are_filled(alice, scripted):
    session = make_session(alice, count=4)
    gap = session.candidates.get(number=2)
    Photo.objects.filter(pk=gap.photo_id).delete()
    gap.delete()
    GenerationSession.objects.filter(pk=session.pk).update(state="failed", n_made=3)
    session = go_on(session)
    assert scripted.requests[-1].seeds == (42,) and session.n_made == 4
