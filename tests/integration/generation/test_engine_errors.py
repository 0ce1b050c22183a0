"""Engines fail in every way there is: a person reads a sentence, and what was made stays."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from generation import faults, workflow
from generation.engines import EngineError, GeneratedImage
from generation.models import Candidate, GenerationSession
from photos.models import Photo
from tests.doubles import END, flat
from tests.factories import make_session
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db
BUSY = EngineError("The server is busy.")
BROKEN = EngineError("The model is not installed. Install it, or choose another.", permanent=True)


def time_passes(session: GenerationSession) -> GenerationSession:
    """The pause after a fault is over, and a worker looks around."""
    GenerationSession.objects.filter(pk=session.pk).update(not_before=timezone.now())
    workflow.run()
    session.refresh_from_db()
    return session


def run_all(session: GenerationSession) -> GenerationSession:
    while session.is_pausing:
        time_passes(session)
    return session


def pause_of(session: GenerationSession) -> float:
    return round((session.not_before - timezone.now()).total_seconds())


def test_a_permanent_error_fails_at_once_with_its_sentence_and_keeps_what_is_there(alice, scripted):
    scripted.answers = [None, BROKEN]
    session = make_session(alice, count=3)
    assert (session.state, session.error, session.n_made) == ("failed", BROKEN.sentence, 1)
    assert session.can_go_on and session.n_missing == 2 and len(scripted.requests) == 1


def test_a_passing_error_is_tried_again_and_leaves_no_trace_when_it_has_passed(alice, scripted):
    scripted.answers = [None, BUSY]
    session = run_all(make_session(alice, count=3))
    assert (session.state, session.error, session.n_made, session.attempts) == ("ready", "", 3, 0)
    assert [request.seeds for request in scripted.requests] == [(41, 42, 43), (42, 43)]


def test_while_it_is_tried_again_the_session_waits_and_says_why(alice, scripted):
    scripted.answers = [BUSY]
    session = make_session(alice, count=3)
    assert (session.state, session.error, session.attempts) == ("queued", BUSY.sentence, 1)
    assert session.state_line == "Pausing at 0 of 3" and workflow.next_queued() is None
    workflow.run()
    assert len(scripted.requests) == 1


def test_the_pauses_grow_and_at_last_it_is_a_person_s_turn(alice, scripted):
    scripted.answers, pauses = [BUSY] * 10, []
    session = make_session(alice, count=2)
    while session.is_pausing:
        pauses.append(pause_of(session))
        time_passes(session)
    assert pauses == pytest.approx(faults.PAUSES_SECONDS, abs=2)
    assert (session.state, session.error) == ("failed", BUSY.sentence)
    assert len(scripted.requests) == faults.MAX_ATTEMPTS


@pytest.mark.parametrize(("asked", "pause"), [(90.0, 90), (1.0, 5), (86_400.0, 300)])
def test_a_server_that_wants_to_be_left_alone_is_up_to_five_minutes(alice, scripted, asked, pause):
    scripted.answers = [EngineError("Too many requests.", retry_after_seconds=asked)]
    assert pause_of(make_session(alice, count=1)) == pytest.approx(pause, abs=2)


def test_a_session_that_pauses_keeps_no_other_from_running(alice, bob, scripted):
    scripted.answers = [BUSY]
    pausing, other = make_session(alice, count=1), make_session(bob, count=1)
    assert (other.state, pausing.is_pausing) == ("ready", True)


def test_the_queue_itself_wakes_a_session_after_its_pause(
    alice, scripted, django_capture_on_commit_callbacks
):
    scripted.answers = [BUSY]
    with django_capture_on_commit_callbacks(execute=True):
        session = make_session(alice, count=1)
    task = DBTaskResult.objects.get(args_kwargs__args=[session.pk], run_after__gt=timezone.now())
    assert task.run_after >= session.not_before and not DBTaskResult.objects.ready().filter(pk=task.pk)


def test_hiccups_far_apart_do_not_end_a_long_session(alice, scripted):
    """Each time something was made in between, so the server is not dead."""
    scripted.answers = [None, BUSY] * 6
    session = run_all(make_session(alice, count=8))
    assert (session.state, session.n_made) == ("ready", 8)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>502 Bad Gateway</html>", "web page"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (cut(draw("PNG"), 0.5), "end"),
    ],
)
def test_bytes_that_are_no_picture_fail_with_a_sentence(alice, scripted, data, words, media_root):
    scripted.answers = [None, data]
    session = make_session(alice, count=2)
    assert (session.state, session.n_made) == ("failed", 1) and session.error
    assert Photo.objects.count() == Candidate.objects.count() == 1
    assert len(list((media_root / "generated/sessions" / session.folder).iterdir())) == 1


def test_an_engine_that_ends_early_says_how_many_are_missing(alice, scripted):
    scripted.answers = [None, END]
    session = make_session(alice, count=5)
    assert (session.state, session.n_made) == ("failed", 1)
    assert session.error == "The engine ended 4 images early." and session.can_go_on


def test_an_engine_that_ends_one_image_early_says_so_in_good_english(alice, scripted):
    scripted.answers = [None, END]
    assert make_session(alice, count=2).error == "The engine ended 1 image early."


def test_what_nobody_expected_is_written_to_the_log_and_said_in_a_sentence(alice, scripted, caplog):
    scripted.answers = [ZeroDivisionError("division by zero")]
    session = make_session(alice, count=2)
    assert session.state == "failed" and "ZeroDivisionError" in caplog.text
    assert session.error == "Something unexpected went wrong; the log of the worker says what."
    assert "division" not in session.error


@pytest.mark.parametrize("index", [0, -1, 7])
def test_an_engine_that_counts_wrong_harms_nothing(alice, scripted, index):
    scripted.answers = [None, GeneratedImage(index=index, data=flat(99), seed="99")]
    session = make_session(alice, count=3)
    assert session.state == "failed" and session.error
    assert list(session.candidates.values_list("number", "seed")) == [(1, "41")]


def test_a_failed_session_lets_the_next_one_have_the_engine(alice, scripted):
    scripted.answers = [BROKEN]
    make_session(alice, count=1)
    assert make_session(alice, count=1).state == "ready"


def test_a_long_sentence_is_cut_not_refused(alice, scripted):
    scripted.answers = [EngineError("word " * 500, permanent=True)]
    assert len(make_session(alice, count=1).error) <= 500


def test_going_on_does_not_wait_for_the_end_of_a_pause(alice, scripted):
    scripted.answers = [None, BUSY]
    session = make_session(alice, count=3)
    workflow.cancel(session)
    workflow.go_on(session)
    workflow.run()
    session.refresh_from_db()
    assert (session.state, session.n_made, len(scripted.requests)) == ("ready", 3, 2)
