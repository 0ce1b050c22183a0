"""Stopping a session: at once, with all that is there kept."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from generation import workflow
from generation.models import GenerationSession
from tests.factories import SessionFactory, make_session, pictures_of


def waits_without_a_word(request, index, report, cancelled) -> None:
    """An engine that waits for its server: it asks whether to go on, and has nothing to report."""
    while not cancelled():
        time.sleep(0.01)


def draws_for_long(request, index, report, cancelled) -> None:
    """An engine that reports every step, and looks up between them."""
    from generation.engines import Progress

    for step in range(1_000):
        if cancelled():
            return
        report(Progress(index=index, fraction=step / 1_000))
        time.sleep(0.01)


@pytest.mark.django_db
def test_a_session_that_waits_is_stopped_and_never_starts(alice, scripted):
    session = SessionFactory(owner=alice, state="queued", engine="scripted")
    workflow.cancel(session)
    workflow.run()
    session.refresh_from_db()
    assert (session.state, session.n_made, session.state_line) == ("cancelled", 0, "Stopped")
    assert scripted.requests == [] and session.finished_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("engine_works", [waits_without_a_word, draws_for_long])
def test_a_session_stops_in_less_than_a_second_and_keeps_what_is_there(alice, scripted, engine_works):
    scripted.answers = [None, None, engine_works]
    made: list[GenerationSession] = []

    def work() -> None:
        made.append(make_session(alice, count=8))
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    session = when_two_are_made()
    began = time.monotonic()
    workflow.cancel(session)
    worker.join(timeout=20)
    assert time.monotonic() - began < 1
    session.refresh_from_db()
    assert (session.state, session.n_made, session.lease_token) == ("cancelled", 2, None)
    assert len(pictures_of(session)) == 2 and session.can_go_on
    assert session.state_line == "Ready to choose"


def when_two_are_made() -> GenerationSession:
    for _ in range(1_000):
        if session := GenerationSession.objects.filter(n_made=2).first():
            return session
        time.sleep(0.01)
    raise AssertionError("No two images within ten seconds")


@pytest.mark.django_db
def test_an_image_that_is_finished_after_the_stop_is_not_kept(alice, scripted):
    scripted.answers = [None, lambda *_: workflow.cancel(GenerationSession.objects.get())]
    session = make_session(alice, count=4)
    assert (session.state, session.n_made, session.error) == ("cancelled", 1, "")
    assert len(pictures_of(session)) == 1


@pytest.mark.django_db
def test_an_engine_that_stumbles_over_the_stop_does_not_change_it(alice, scripted):
    def stumble(*_):
        workflow.cancel(GenerationSession.objects.get())
        return ConnectionResetError("gone")

    scripted.answers = [None, stumble]
    session = make_session(alice, count=4)
    assert (session.state, session.error) == ("cancelled", "")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["ready", "failed", "cancelled"])
def test_what_is_over_is_not_stopped_again(alice, state):
    session = SessionFactory(owner=alice, state=state, error="A sentence.")
    workflow.cancel(session)
    session.refresh_from_db()
    assert (session.state, session.error, session.finished_at) == (state, "A sentence.", None)


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_for_the_engine_may_start(alice, scripted):
    running = SessionFactory(owner=alice, state="queued", engine="scripted")
    waiting = SessionFactory(owner=alice, state="queued", engine="scripted", count=1, width=64, height=64)
    workflow.claim(running.pk)
    workflow.cancel(running)
    assert DBTaskResult.objects.get().args_kwargs["args"] == [0]
    workflow.run()
    waiting.refresh_from_db()
    assert waiting.state == "ready"
