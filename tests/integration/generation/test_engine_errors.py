"""Engines fail in every way there is: a person reads a sentence, and what was made stays."""

from __future__ import annotations

import pytest

from generation import workflow
from generation.engines import EngineError, GeneratedImage
from generation.models import Candidate, GenerationSession
from photos import working
from photos.models import Photo
from tests.doubles import END, flat
from tests.factories import make_session
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db
BUSY = EngineError("The server is busy.")
BROKEN = EngineError("The model is not installed. Install it, or choose another.", permanent=True)


@pytest.fixture(autouse=True)
def _no_pause(settings) -> None:
    """A worker pauses between two tries, at most for as long as a sweep takes to come."""
    settings.LEASE_SWEEP_SECONDS = 0


def run_all(session: GenerationSession) -> GenerationSession:
    workflow.run(0)
    session.refresh_from_db()
    return session


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
    session = make_session(alice, count=1)
    assert (session.state, session.error, session.attempts) == ("queued", BUSY.sentence, 1)


def test_an_error_that_does_not_pass_is_a_person_s_turn_after_three_tries(alice, scripted):
    scripted.answers = [BUSY] * 10
    session = run_all(make_session(alice, count=2))
    assert (session.state, session.error) == ("failed", BUSY.sentence)
    assert len(scripted.requests) == workflow.MAX_ATTEMPTS


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


def test_a_worker_that_is_to_end_does_not_pause(alice, scripted, settings):
    settings.LEASE_SWEEP_SECONDS = 60
    scripted.answers = [lambda *_: working.stopping.set() or BUSY]
    session = make_session(alice, count=1)
    assert session.state == "queued"
