"""Asking for a session: what is wrong is said in a sentence, what is right is queued."""

from __future__ import annotations

import pytest
from django_tasks_db.models import DBTaskResult

from generation import workflow
from generation.engines import EngineError
from generation.models import MAX_COUNT, GenerationSession
from generation.workflow import MAX_SEED, WorkflowError

pytestmark = pytest.mark.django_db
WISH = {"prompt": "red lighthouse in fog", "engine": "scripted", "width": 64, "height": 64, "count": 3}


def start(owner, **wish) -> GenerationSession:
    return workflow.start(owner, **{**WISH, **wish})


@pytest.mark.parametrize(
    ("wish", "field", "sentence"),
    [
        ({"count": 0}, "count", "A session makes 1 to 500 images."),
        ({"count": MAX_COUNT + 1}, "count", "A session makes 1 to 500 images."),
        ({"prompt": "x" * 20_001}, "prompt", "The prompt is longer than 20,000 characters."),
        ({"seed": -1}, "seed", f"A seed is a whole number from 0 to {MAX_SEED - MAX_COUNT}."),
        ({"seed": MAX_SEED}, "seed", f"A seed is a whole number from 0 to {MAX_SEED - MAX_COUNT}."),
        ({"engine": "nowhere"}, "engine", "There is no engine “nowhere” here. Configured: scripted."),
        ({"width": 32}, "width", "The width must be from 64 to 1024 pixels."),
        ({"height": 1032}, "height", "The height must be from 64 to 1024 pixels."),
        ({"width": 1024, "height": 1024}, "width", "At most 0.5 megapixels can be made at once."),
        ({"height": 100}, "height", "The height must be a multiple of 8 pixels."),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_in_a_sentence(alice, scripted, wish, field, sentence):
    with pytest.raises(WorkflowError) as refused:
        start(alice, **wish)
    assert (refused.value.field, refused.value.sentence) == (field, sentence)
    assert not GenerationSession.objects.exists()


def test_an_engine_that_cannot_be_asked_says_why(alice, scripted):
    scripted.trouble = EngineError("The server at 192.168.1.5 does not answer. Is it running?")
    with pytest.raises(WorkflowError) as refused:
        start(alice)
    assert refused.value.field == "engine" and refused.value.sentence == scripted.trouble.sentence


def test_a_session_is_queued_with_a_folder_a_title_and_seeds_that_count_up(alice, scripted):
    session = start(alice, prompt="  red lighthouse\nin fog ", seed=41)
    session.refresh_from_db()
    assert (session.state, session.title, session.prompt) == (
        "queued",
        "Red lighthouse in fog",
        "red lighthouse\nin fog",
    )
    assert session.folder == f"{session.shown_at:%Y-%m-%d}-red-lighthouse-in-fog-{session.pk}"
    assert [session.seed_of(number) for number in (1, 2, 3)] == [41, 42, 43]
    assert session.is_open and session.state_line == "Waiting to start"


def test_without_a_seed_every_session_has_its_own(alice, scripted):
    seeds = {int(start(alice).first_seed) for _ in range(5)}
    assert len(seeds) == 5 and all(0 <= seed < 2**32 - MAX_COUNT for seed in seeds)


def test_an_empty_prompt_and_one_in_another_script_have_a_title_and_a_folder(alice, scripted):
    empty, other = start(alice, prompt=" "), start(alice, prompt="港の赤い灯台")
    assert (empty.title, other.title) == ("Untitled", "港の赤い灯台")
    assert empty.folder.endswith(f"-untitled-{empty.pk}") and other.folder.endswith(f"-{other.pk}")


def test_a_prompt_with_what_no_database_takes_is_cleaned(alice, scripted):
    session = start(alice, prompt="a\x00b\ud800", negative_prompt="c\x00", title="t\x00")
    session.refresh_from_db()
    assert (session.prompt, session.negative_prompt, session.title) == (
        "a\ufffdb\ufffd",
        "c\ufffd",
        "t\ufffd",
    )


def test_two_sessions_of_the_same_words_have_two_folders(alice, scripted):
    assert start(alice).folder != start(alice).folder


@pytest.mark.django_db(transaction=True)
def test_starting_asks_a_worker_for_it_once(alice, scripted):
    session = start(alice)
    asked = DBTaskResult.objects.get()
    assert (asked.task_path, asked.args_kwargs["args"]) == ("generation.tasks.run_session", [session.pk])
    assert asked.queue_name == "engines"


@pytest.mark.django_db(transaction=True)
def test_a_refused_wish_asks_nobody(alice, scripted):
    with pytest.raises(WorkflowError):
        start(alice, count=0)
    assert not DBTaskResult.objects.exists()


def test_bob_does_not_see_what_alice_started(alice, bob, scripted):
    start(alice)
    assert not GenerationSession.objects.visible_to(bob).exists()
