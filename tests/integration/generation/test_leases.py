"""Leases: whoever is silent too long is succeeded, and can write nothing any more."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from generation import workflow
from generation.models import Candidate, GenerationSession
from photos import working
from photos.models import LeaseLost
from tests.factories import SessionFactory, make_session, pictures_of

pytestmark = pytest.mark.django_db


def running(owner, **fields) -> GenerationSession:
    defaults = {
        "state": "running", "engine": "scripted", "width": 64, "height": 64, "count": 2, "progress": 0.5,
        "lease_token": uuid.uuid4(), "lease_holder": working.holder(),
        "lease_until": timezone.now() + timedelta(seconds=45),
    }  # fmt: skip
    return SessionFactory(owner=owner, **{**defaults, **fields})


def state(session: GenerationSession) -> str:
    session.refresh_from_db()
    return session.state


def ago(seconds: float):
    return timezone.now() - timedelta(seconds=seconds)


def a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_session_whose_lease_ran_out_is_queued_again(alice):
    session = running(alice, lease_until=ago(1))
    workflow.sweep()
    assert state(session) == "queued"
    assert (session.lease_token, session.lease_until, session.progress) == (None, None, 0)


def test_a_session_that_is_renewed_in_time_is_left_alone(alice):
    session = running(alice)
    workflow.sweep()
    assert state(session) == "running" and session.lease_token


def test_nobody_waits_for_the_lease_of_a_process_that_is_no_more(alice):
    host = working.holder().rpartition(":")[0]
    session = running(alice, lease_holder=f"{host}:{a_dead_process()}")
    workflow.sweep()
    assert state(session) == "queued"


@pytest.mark.parametrize("holder", ["another-host:1", "another-host:999999", "", "nonsense", ":"])
def test_of_a_process_elsewhere_only_its_lease_tells(alice, holder):
    assert not working.is_dead(holder)
    session = running(alice, lease_holder=holder)
    workflow.sweep()
    assert state(session) == "running"


def test_a_renewal_counts_from_now_on_the_database_s_clock(alice, settings):
    settings.LEASE_SECONDS = 30
    session = running(alice, lease_until=ago(100))
    assert GenerationSession.renew(session.pk, session.lease_token)
    session.refresh_from_db()
    assert 25 < (session.lease_until - timezone.now()).total_seconds() < 35
    assert not GenerationSession.run_out().exists()


def test_a_lease_that_was_taken_over_cannot_be_renewed(alice):
    session = running(alice)
    assert not GenerationSession.renew(session.pk, uuid.uuid4())


def test_only_the_holder_of_the_token_may_write(alice):
    session = running(alice)
    with transaction.atomic():
        GenerationSession.hold_or_raise(session.pk, session.lease_token)
    with transaction.atomic(), pytest.raises(LeaseLost):
        GenerationSession.hold_or_raise(session.pk, uuid.uuid4())


def test_a_sweep_asks_once_for_what_is_queued_however_often_it_comes(
    alice, django_capture_on_commit_callbacks
):
    running(alice, lease_until=ago(1))
    with django_capture_on_commit_callbacks(execute=True):
        workflow.sweep()
    with django_capture_on_commit_callbacks(execute=True):
        workflow.sweep()
    assert DBTaskResult.objects.get().args_kwargs["args"] == [0]


def test_finals_that_were_asked_for_and_forgotten_are_asked_for_again(
    alice, django_capture_on_commit_callbacks
):
    session = SessionFactory(owner=alice, filing_since=ago(120))
    SessionFactory(owner=alice, filing_since=ago(5))
    with django_capture_on_commit_callbacks(execute=True):
        workflow.sweep()
    assert DBTaskResult.objects.get().args_kwargs["args"] == [session.pk]


def test_a_worker_that_was_succeeded_keeps_nothing_and_its_successor_makes_the_rest(alice, scripted):
    """It was paused in the middle of an image; meanwhile its lease ran out and another took over."""

    def succeed(*_):
        GenerationSession.objects.update(lease_until=ago(1))
        workflow.sweep()
        workflow.run()

    scripted.answers = [None, succeed]
    session = make_session(alice, count=3)
    assert (session.state, session.n_made, session.error) == ("ready", 3, "")
    assert [request.seeds for request in scripted.requests] == [(41, 42, 43), (42, 43)]
    assert list(session.candidates.values_list("number", flat=True)) == [1, 2, 3]
    assert len(pictures_of(session)) == 3


def test_a_worker_asked_to_end_lets_go_at_once_and_loses_nothing(alice, scripted):
    scripted.answers = [None, lambda *_: working.stopping.set()]
    session = make_session(alice, count=4)
    assert (session.state, session.lease_token, session.n_made, session.attempts) == ("queued", None, 2, 0)
    working.stopping.clear()
    workflow.run()
    assert state(session) == "ready" and Candidate.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_keeps_the_lease_while_an_engine_works(alice, settings):
    settings.LEASE_SECONDS = 0.6
    session = running(alice)
    GenerationSession.renew(session.pk, session.lease_token)
    with working.Heartbeat(GenerationSession, session.pk, session.lease_token) as heartbeat:
        assert not heartbeat.lost.wait(timeout=1.5)
        assert not GenerationSession.run_out().exists()
        GenerationSession.objects.update(lease_token=uuid.uuid4())
        assert heartbeat.lost.wait(timeout=5)


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_hand_a_session_on_once(alice):
    session = running(alice, lease_until=ago(1))
    start = threading.Barrier(8)

    def sweep() -> None:
        start.wait()
        workflow.sweep()
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert state(session) == "queued"
    tokens = [workflow.claim(session.pk) for _ in range(3)]
    assert len([token for token in tokens if token]) == 1


def test_the_database_itself_allows_one_running_session_an_engine_and_only_a_held_one(alice):
    from django.db import IntegrityError

    running(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        running(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        running(alice, engine="other", lease_token=None)
