"""`generate` and `complete`: a session from the command line, from the prompt to its finals."""

from __future__ import annotations

import io
import signal
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from generation.engines import EngineError
from generation.models import GenerationSession
from photos.models import Photo
from tests.factories import make_session

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str, **options) -> str:
    said = io.StringIO()
    call_command(command, *arguments, stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def generate(*arguments: str, size: str = "64x64", **options) -> str:
    return run("generate", "red lighthouse in fog", "--size", size, *arguments, **options)


def test_generate_returns_at_once_with_number_and_address(alice, scripted):
    said = generate("--count", "3")
    session = GenerationSession.objects.get()
    assert said == f"Session {session.pk}: http://127.0.0.1:8000/sessions/{session.pk}/\n"
    assert (session.state, session.count, session.owner, scripted.requests) == ("queued", 3, alice, [])


def test_the_address_is_that_of_the_gallery_that_runs(alice, scripted):
    lock = Path(settings.DATA_DIR) / "run" / "lock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("http://192.168.1.20:9000 (process 17)\n")
    try:
        assert "http://192.168.1.20:9000/sessions/" in generate()
    finally:
        lock.unlink()


def test_everything_that_was_said_is_kept(alice, scripted):
    generate("--seed", "41", "--negative", "people", "--title", "Fog", "--count", "2", size="128x64")
    session = GenerationSession.objects.get()
    assert (session.prompt, session.negative_prompt, session.title) == (
        "red lighthouse in fog",
        "people",
        "Fog",
    )
    assert (session.first_seed, session.width, session.height) == ("41", 128, 64)


def test_here_makes_the_images_in_this_process(alice, scripted):
    said = generate("--here", "--count", "3")
    session = GenerationSession.objects.get()
    assert f"Ready: 3 images. Choose at http://127.0.0.1:8000/sessions/{session.pk}/" in said
    assert (session.state, session.n_made, session.candidates.count()) == ("ready", 3, 3)


def test_here_runs_this_session_and_no_other(alice, scripted):
    generate("--count", "2")
    generate("--here", "--count", "1")
    assert list(GenerationSession.objects.order_by("pk").values_list("state", flat=True)) == [
        "queued",
        "ready",
    ]


def test_here_tries_again_after_a_passing_fault(alice, scripted):
    scripted.answers = [EngineError("The server is starting.", permanent=False)]
    assert "Ready: 2 images" in generate("--here", "--count", "2")


def test_a_session_that_fails_is_an_error_with_its_sentence(alice, scripted):
    scripted.answers = [EngineError("There is no such model.", permanent=True)]
    with pytest.raises(CommandError, match="failed after 0 images: There is no such model"):
        generate("--here")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--engine", "nothing"), "no engine “nothing”"),
        (("--count", "0"), "1 to 500"),
        (("--size", "9999x64"), "width must be"),
        (("--size", "big"), "no size"),
        (("--seed", "-1"), "seed is a whole number"),
        (("--option", "style=silk"), "no option of this engine"),
        (("--owner", "nobody"), "no user"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_a_sentence(alice, scripted, arguments, words):
    with pytest.raises(CommandError, match=words):
        generate(*arguments)
    assert not GenerationSession.objects.exists()


def test_options_are_read_as_the_engine_declares_them(alice):
    generate("--option", "style=silk", "--option", "contrast=1", size="256x256")
    session = GenerationSession.objects.get()
    assert session.options == {"style": "silk", "contrast": 1}


@pytest.mark.parametrize("option", ["style=photo", "contrast=much", "contrast=99", "contrast=nan", "style"])
def test_options_the_engine_cannot_do_are_refused(alice, option):
    with pytest.raises(CommandError):
        generate("--option", option, size="256x256")
    assert not GenerationSession.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_waiting_without_a_worker_says_what_is_missing(alice, manage):
    waiting = manage(
        "generate", "fog", "--owner", "alice", "--size", "256x256", "--wait", stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = next(line for line in waiting.stderr if "Nothing moves" in line)
    assert "./run_gallery.sh must be running, or say --here" in line
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=30)
    assert waiting.returncode == 130 and "makes the rest" in said


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_waiting_with_a_worker_ends_when_the_session_is_ready(alice, manage, start_worker):
    start_worker("engines")
    waiting = manage(
        "generate", "fog", "--owner", "alice", "--size", "256x256", "--count", "2", "--wait", stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    said, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and "Ready: 2 images." in said


# --- complete -------------------------------------------------------------------------------------


def test_complete_files_the_picks_and_names_them(alice, scripted, media_root):
    session = make_session(alice, 3)
    said = run("complete", str(session.pk), "--pick", "1,3")
    finals = Photo.objects.filter(collection="completed").order_by("pk")
    assert said.splitlines() == [f"01  {finals[0].file.name}", f"03  {finals[1].file.name}"]
    assert all((media_root / final.file.name).is_file() for final in finals)
    session.refresh_from_db()
    assert (session.n_picked, session.n_finals) == (2, 2)


def test_complete_again_files_only_what_is_new(alice, scripted):
    session = make_session(alice, 3)
    run("complete", str(session.pk), "--pick", "1")
    said = run("complete", str(session.pk), "--pick", "2")
    assert said.startswith("02  ") and len(said.splitlines()) == 1
    with pytest.raises(CommandError, match=r"Every pick of session \d+ is a final already"):
        run("complete", str(session.pk))


def test_completing_what_is_not_there_is_said_in_a_sentence(alice, scripted):
    session = make_session(alice, 2)
    for arguments, words in {
        ("999",): "There is no session 999 here",
        (str(session.pk),): r"Nothing is picked .* or say --pick 3,7",
        (str(session.pk), "--pick", "2,7"): "has no image 7",
        (str(session.pk), "--pick", "two"): "no numbers",
    }.items():
        with pytest.raises(CommandError, match=words):
            run("complete", *arguments)
    assert not Photo.objects.filter(collection="completed").exists()


def test_a_pick_whose_file_is_gone_is_named_and_the_others_are_filed(alice, scripted, media_root):
    session = make_session(alice, 2)
    first = session.candidates.get(number=1).photo
    (media_root / first.file.name).unlink()
    with pytest.raises(CommandError, match="1 of 2 could not be filed"):
        run("complete", str(session.pk), "--pick", "1,2")
    assert Photo.objects.filter(collection="completed").count() == 1
