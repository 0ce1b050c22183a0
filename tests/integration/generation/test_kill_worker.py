"""Real workers, really killed: exactly what was asked for, none lost, none doubled."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from generation.models import Candidate, GenerationSession
from photos import working
from photos.models import Photo
from tests.doubles import flat
from tests.factories import SessionFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def engines_worker(start_worker, monkeypatch) -> Callable[[], subprocess.Popen]:
    """Start a worker that draws slowly and whose leases are short (tests/worker_settings.py)."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.worker_settings")
    return lambda: start_worker("engines")


def queued(owner, count: int, engine: str = "slow") -> GenerationSession:
    session = SessionFactory(owner=owner, state="queued", engine=engine, count=count, width=64, height=64)
    working.enqueue("run_session", session.pk)
    return session


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not come to that in time"
        time.sleep(0.02)


def made(session: GenerationSession) -> int:
    return GenerationSession.objects.values_list("n_made", flat=True).get(pk=session.pk)


def is_ready(session: GenerationSession) -> bool:
    return GenerationSession.objects.filter(pk=session.pk, state="ready").exists()


def pause(worker: subprocess.Popen, session: GenerationSession) -> None:
    """Stop a process while it draws; one stopped in the middle of a write would hold up everybody else too."""
    while True:
        worker.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        if _can_write(session):
            return
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.03)


def _can_write(session: GenerationSession) -> bool:
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0.1, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            other.close()
        return True
    try:
        with transaction.atomic():
            GenerationSession.objects.select_for_update(nowait=True).get(pk=session.pk)
    except OperationalError:
        return False
    return True


def check_whole(session: GenerationSession, media_root: Path) -> None:
    """Every number once, with its own seed and bytes; as many rows and files as images."""
    session.refresh_from_db()
    assert (session.state, session.n_made, session.error) == ("ready", session.count, "")
    rows = list(Candidate.objects.filter(session=session).select_related("photo"))
    assert [row.number for row in rows] == list(range(1, session.count + 1))
    assert [row.seed for row in rows] == [str(session.seed_of(row.number)) for row in rows]
    for row in rows:
        assert (media_root / row.photo.file.name).read_bytes() == flat(int(row.seed))
        assert (media_root / row.photo.thumbnail_name("h320")).is_file()
    folder = media_root / "generated/sessions" / session.folder
    assert sorted(p.name for p in folder.iterdir()) == [Path(row.photo.file.name).name for row in rows]
    assert Photo.objects.count() == session.count


def test_a_worker_killed_three_times_at_random_moments_leaves_the_asked_count(
    alice, media_root, engines_worker
):
    session, dice = queued(alice, 12), random.Random()
    for _ in range(3):
        worker, before = engines_worker(), made(session)
        until(lambda before=before: made(session) > before)
        time.sleep(dice.uniform(0, 0.3))
        worker.kill()
        worker.wait()
    assert not is_ready(session)
    engines_worker()
    until(lambda: is_ready(session))
    check_whole(session, media_root)


def test_a_worker_paused_beyond_its_lease_cannot_write_over_its_successor(alice, media_root, engines_worker):
    session = queued(alice, 10)
    first = engines_worker()
    until(lambda: made(session) >= 2)
    pause(first, session)
    paused = GenerationSession.objects.get(pk=session.pk)
    assert paused.state == "running"
    engines_worker()
    until(
        lambda: (
            GenerationSession.objects.exclude(lease_holder=paused.lease_holder).filter(pk=session.pk).exists()
        )
    )
    first.send_signal(signal.SIGCONT)
    until(lambda: is_ready(session))
    check_whole(session, media_root)


def test_a_worker_told_to_end_lets_its_session_go_at_once(alice, engines_worker):
    session = queued(alice, 60)
    worker = engines_worker()
    until(lambda: made(session) >= 1)
    began = time.monotonic()
    worker.terminate()
    assert (
        worker.wait(timeout=10) == 0 and time.monotonic() - began < 6
    )  # seconds; the session itself takes nine
    session.refresh_from_db()
    assert (session.state, session.lease_token) == ("queued", None)
    assert session.n_made == Candidate.objects.count() >= 1


def test_two_workers_killed_together_and_started_again_finish_two_sessions(alice, media_root, engines_worker):
    sessions = [queued(alice, 4), queued(alice, 4)]
    pair = [engines_worker(), engines_worker()]
    until(lambda: made(sessions[0]) >= 1)
    for worker in pair:
        worker.kill()
        worker.wait()
    engines_worker()
    until(lambda: all(is_ready(session) for session in sessions))
    assert Candidate.objects.count() == Photo.objects.count() == 8
    assert [made(session) for session in sessions] == [4, 4]


@pytest.mark.any_database
def test_one_worker_runs_two_engines_side_by_side_and_ends_with_both(alice, engines_worker):
    sessions = [queued(alice, 60), queued(alice, 60, "other"), queued(alice, 60)]
    worker = engines_worker()
    until(lambda: min(made(sessions[0]), made(sessions[1])) >= 1)
    assert made(sessions[2]) == 0 and GenerationSession.objects.filter(state="running").count() == 2
    worker.terminate()
    assert worker.wait(timeout=10) == 0
    assert set(GenerationSession.objects.values_list("state", "lease_token")) == {("queued", None)}
