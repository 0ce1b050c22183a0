"""Vary as a verdict: one more of that, in the same session, while choosing goes on."""

from __future__ import annotations

import pytest

from generation import varying, workflow
from generation.engines import GeneratedImage
from generation.models import Candidate, GenerationSession, Variation
from photos.models import Photo
from tests.doubles import flat
from tests.factories import SessionFactory, make_photo, make_session, pictures_of

pytestmark = pytest.mark.django_db


def run(session: GenerationSession) -> GenerationSession:
    workflow.run_here(session)
    session.refresh_from_db()
    return session


def numbers(session: GenerationSession) -> list[int]:
    return list(session.candidates.values_list("number", flat=True))


def test_a_variation_is_the_same_recipe_with_a_new_seed_in_the_same_session(alice, scripted):
    session = make_session(alice, count=3)
    parent = pictures_of(session)[1]
    assert varying.vary(session, [parent.pk]) == [4]
    session.refresh_from_db()
    assert (session.state, session.count, session.n_made) == ("queued", 4, 3)
    assert run(session).state == "ready" and (session.n_made, session.count) == (4, 4)
    asked = scripted.requests[-1]
    child = Candidate.objects.get(session=session, number=4)
    assert asked.prompt == session.prompt and asked.seeds == (int(child.seed),)
    assert child.seed not in {str(session.seed_of(n)) for n in range(1, 5)}
    assert varying.parents(session, [4]) == {4: 2} and Variation.objects.get().parent == parent


def test_what_is_asked_for_while_it_draws_is_made_too(alice, scripted):
    session = make_session(alice, count=1)
    (first,) = pictures_of(session)

    def ask_for_more(request, index, report, cancelled):
        varying.vary(session, [first.pk])

    scripted.answers = [ask_for_more, ask_for_more]
    varying.vary(session, [first.pk])
    run(session)
    assert (session.state, session.count, session.n_made) == ("ready", 4, 4)
    assert len(set(session.candidates.values_list("seed", flat=True))) == 4


def test_what_is_taken_back_before_it_is_made_is_not_made(alice, scripted):
    session = make_session(alice, count=2)
    ids = [photo.pk for photo in pictures_of(session)]
    assert varying.vary(session, ids) == [3, 4]
    assert varying.take_back(alice, session.pk, [3]) == 1
    assert numbers(run(session)) == [1, 2, 4] and (session.count, session.n_made) == (3, 3)
    assert varying.vary(session, ids[:1]) == [5]
    assert varying.take_back(alice, session.pk, [5]) == 1
    session.refresh_from_db()
    assert (session.state, session.count) == ("ready", 3)


def test_one_taken_back_while_it_is_drawn_is_not_kept(alice, scripted, media_root):
    session = make_session(alice, count=1)

    def taken_back(request, index, report, cancelled):
        varying.take_back(alice, session.pk, [2])
        seed = request.seeds[index]
        return GeneratedImage(index=index, data=flat(seed), seed=str(seed))

    scripted.answers = [taken_back]
    varying.vary(session, [pictures_of(session)[0].pk])
    assert numbers(run(session)) == [1] and (session.state, session.count) == ("ready", 1)
    assert len(list((media_root / "generated/sessions" / session.folder).iterdir())) == 1


def test_a_made_one_is_taken_back_to_the_trash(alice, scripted):
    session = make_session(alice, count=1)
    varying.vary(session, [pictures_of(session)[0].pk])
    run(session)
    assert varying.take_back(alice, session.pk, [1, 2]) == 1  # what was there before is no variation
    session.refresh_from_db()
    assert session.n_made == 1 and Photo.objects.trashed().get().candidate.number == 2


def test_what_was_stopped_stays_stopped(alice, scripted):
    session = make_session(alice, count=2)
    GenerationSession.objects.filter(pk=session.pk).update(count=9, state="cancelled")
    varying.vary(session, [pictures_of(session)[0].pk])
    assert numbers(run(session)) == [1, 2, 3] and (session.state, session.count) == ("ready", 3)


def test_a_worker_that_was_ended_goes_on_with_the_same_seeds(alice, scripted):
    session = make_session(alice, count=2)
    varying.vary(session, [photo.pk for photo in pictures_of(session)])
    planned = varying.missing(session)
    GenerationSession.objects.filter(pk=session.pk).update(state="cancelled")
    scripted.answers = [None, RuntimeError("killed")]
    run(session)
    assert session.state == "failed" and session.n_made == 3
    workflow.go_on(session)
    run(session)
    seeds = dict(session.candidates.filter(number__gt=2).values_list("number", "seed"))
    assert {number: int(seed) for number, seed in seeds.items()} == planned and session.state == "ready"


@pytest.mark.parametrize(("count", "words"), [(500, "has them all"), (499, "room for 1 more")])
def test_a_full_session_says_so(alice, scripted, count, words):
    session = make_session(alice, count=2)
    GenerationSession.objects.filter(pk=session.pk).update(count=count)
    with pytest.raises(workflow.WorkflowError, match=words):
        varying.vary(session, [photo.pk for photo in pictures_of(session)])


def test_only_images_of_the_session_and_engines_that_are_there(alice, scripted):
    session = make_session(alice, count=1)
    assert varying.vary(session, [make_photo(alice).pk]) == []
    session.refresh_from_db()
    assert session.state == "ready"
    with pytest.raises(workflow.WorkflowError, match="not set up"):
        varying.vary(SessionFactory(owner=alice, engine="sold"), [pictures_of(session)[0].pk])
