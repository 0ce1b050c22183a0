"""A worker's work, done in this process: one session at a time for each engine, every image a picture."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from generation import registry, workflow
from generation.engines import GeneratedImage
from generation.models import Candidate, GenerationSession
from photos import working
from photos.models import MonthCount, Photo
from tests.doubles import flat
from tests.factories import SessionFactory, make_session, pictures_of
from tests.pictures import draw

pytestmark = pytest.mark.django_db


def queued(owner, **wish) -> GenerationSession:
    return SessionFactory(
        owner=owner,
        **{"state": "queued", "engine": "scripted", "count": 2, "width": 64, "height": 64, **wish},
    )


def state(session: GenerationSession) -> str:
    session.refresh_from_db()
    return session.state


def test_a_session_makes_what_was_asked_for_and_is_ready_to_choose(alice, scripted, media_root):
    session = make_session(alice, count=3)
    assert (session.state, session.n_made, session.error, session.progress) == ("ready", 3, "", 0)
    assert (session.lease_token, session.attempts, session.state_line) == (None, 0, "Ready to choose")
    assert session.started_at <= session.finished_at
    rows = session.candidates.values_list("number", "seed")
    assert list(rows) == [(1, "41"), (2, "42"), (3, "43")]
    for number, photo in enumerate(pictures_of(session), 1):
        assert photo.file.name == f"generated/sessions/{session.folder}/{number:04d}-{40 + number}.png"
        assert (media_root / photo.file.name).read_bytes() == flat(40 + number)
        assert (photo.collection, photo.origin, photo.dated_by) == ("session", "made", "generator")


def test_the_engine_is_told_all_a_person_asked_for(alice, scripted):
    make_session(alice, count=2, seed=7, negative_prompt="people", options={"detail": 3}, width=128)
    (request,) = scripted.requests
    assert (request.prompt, request.negative_prompt) == ("red lighthouse in fog", "people")
    assert (request.width, request.height, request.seeds, request.options) == (128, 64, (7, 8), {"detail": 3})


def test_every_image_keeps_its_recipe_and_says_that_a_machine_made_it(alice, scripted):
    photo = pictures_of(make_session(alice, count=1, negative_prompt="people"))[0]
    assert photo.digital_source_type == "trainedAlgorithmicMedia"
    recipe = photo.recipe
    assert (recipe.prompt, recipe.negative_prompt, recipe.seed) == ("red lighthouse in fog", "people", "41")
    assert (recipe.generator, recipe.width, recipe.reader) == ("Scripted", 64, "session/1")


def test_candidates_are_counted_by_month_but_do_not_stand_on_the_timeline_one_by_one(alice, scripted):
    make_session(alice, count=2)
    assert MonthCount.objects.get(owner=alice, collection="session").count == 2
    assert not Photo.objects.owned_by(alice).on_timeline().exists()


def test_an_engine_s_own_seeds_and_facts_may_be_anything(alice, scripted):
    nan = float("nan")
    scripted.answers = [
        GeneratedImage(
            index=0, data=draw("PNG", seed=1), seed="s" * 300, facts={"model": "x" * 500, "loss": nan}
        ),
        GeneratedImage(
            index=1, data=draw("JPEG", seed=2), seed="../x\x00", facts={"a\x00": ["b\ud800", {"c": nan}]}
        ),
    ]
    session = make_session(alice, count=2)
    assert (session.state, session.n_made) == ("ready", 2)
    one, other = session.candidates.all()
    assert (one.seed, one.facts["loss"], other.seed) == ("s" * 100, None, "../x\ufffd")
    assert other.facts == {"a\ufffd": ["b\ufffd", {"c": None}]}
    assert one.photo.file.name.endswith("/0001.png") and other.photo.file.name.endswith("/0002.jpg")


def test_a_session_can_be_claimed_once(alice, scripted):
    session = queued(alice)
    token = workflow.claim(session.pk)
    assert token and workflow.claim(session.pk) is None
    session.refresh_from_db()
    assert (session.state, session.lease_token, session.lease_holder) == ("running", token, working.holder())


def test_an_engine_runs_one_session_at_a_time(alice, bob, scripted):
    first, second = queued(alice), queued(bob)
    assert workflow.claim(first.pk) and workflow.claim(second.pk) is None
    assert state(second) == "queued" and workflow.next_queued() is None


def test_two_engines_run_side_by_side(alice, scripted, settings):
    settings.GALLERY_ENGINES = {
        name: {"CLASS": "tests.doubles.ScriptedEngine"} for name in ("scripted", "other")
    }
    registry.forget()
    first, waiting, other = queued(alice), queued(alice), queued(alice, engine="other")
    assert workflow.claim(first.pk)
    assert workflow.next_queued() == other.pk and workflow.claim(other.pk)
    assert state(waiting) == "queued"


def test_a_worker_goes_on_with_whatever_waits_oldest_first(alice, bob, scripted):
    first, second, third = queued(alice), queued(bob), queued(alice)
    workflow.run()
    assert [state(session) for session in (first, second, third)] == ["ready"] * 3
    order = Candidate.objects.order_by("pk").values_list("session_id", flat=True)
    assert list(order) == [first.pk] * 2 + [second.pk] * 2 + [third.pk] * 2


def test_running_it_again_makes_nothing_more(alice, scripted):
    make_session(alice, count=2)
    workflow.run()
    workflow.run()
    workflow.run()
    assert len(scripted.requests) == 1 and Photo.objects.count() == 2


def test_a_session_of_an_engine_that_is_configured_no_longer_fails_with_a_sentence(alice, scripted):
    session = queued(alice, engine="sold")
    workflow.run()
    assert state(session) == "failed"
    assert session.error == "There is no engine “sold” here. Configured: scripted."


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_reach_for_one_session_one_gets_it(alice, scripted):
    session = queued(alice)
    start, tokens = threading.Barrier(8), []

    def reach() -> None:
        start.wait()
        tokens.append(workflow.claim(session.pk))
        connection.close()

    run_in_threads([reach] * 8)
    assert len(tokens) == 8 and len([token for token in tokens if token]) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_four_sessions_and_every_image_is_made_once(alice, scripted):
    sessions = [queued(alice, count=3) for _ in range(4)]

    def work() -> None:
        for _ in sessions:
            workflow.run()
        connection.close()

    run_in_threads([work] * 2)
    workflow.run()
    assert [state(session) for session in sessions] == ["ready"] * 4
    assert sum(len(request.seeds) for request in scripted.requests) == 12
    assert Candidate.objects.count() == Photo.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_an_engine_works(alice, scripted):
    scripted.answers = [lambda *_: seen.append(connection.in_atomic_block)] * 2
    seen: list[bool] = []
    make_session(alice, count=2)
    assert seen == [False, False]


def run_in_threads(works) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
