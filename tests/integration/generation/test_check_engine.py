"""`check_engine` says what works, believes nothing it has not seen, and leaves nothing behind."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from django.conf import settings as gallery
from django.core.management import CommandError, call_command

from generation import checking, registry, setups
from generation.engines import EngineError, GeneratedImage, Option, Progress
from generation.models import EngineSetup, GenerationSession
from photos.models import Photo
from tests.doubles import flat
from tests.peers.openai import OpenAIPeer, says

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def only(settings):
    """Make one engine of the settings the only one: `only("openai", "generation....", url=...)`."""

    def only(alias: str, path: str, **options) -> None:
        settings.GALLERY_ENGINES = {alias: {"CLASS": path, "OPTIONS": options}}
        registry.forget()

    yield only
    registry.forget()


def table(alias: str) -> dict[str, str]:
    return {one.name: one.works for one in checking.check(alias)}


def test_it_prints_what_works_and_keeps_nothing(scripted, media_root):
    scripted.answers = [
        lambda request, index, report, cancelled: report(Progress(index=0, fraction=0.5, preview=flat(1)))
    ]
    out = io.StringIO()
    call_command("check_engine", "scripted", stdout=out)
    words = [" ".join(line.split()[:2]) for line in out.getvalue().splitlines()[2:]]
    assert (
        "image yes" in words and "progress yes" in words and "seeds yes" in words and "preview yes" in words
    )
    assert not Photo.objects.exists() and not GenerationSession.objects.exists()
    assert not [path for path in media_root.rglob("*") if path.is_file()]
    assert not list(Path(gallery.TMP_DIR).glob("ingest-*"))


@pytest.mark.parametrize(
    ("answers", "row", "works"),
    [
        ([b"<html>no image</html>"], "image", "no"),
        ([EngineError("The model is gone.", permanent=True)], "image", "no"),
        ([ZeroDivisionError()], "image", "no"),
        ([None, flat(9)], "seeds", "no"),
        ([GeneratedImage(index=0, data=flat(1), seed="9")] * 2, "seeds", "no"),
        ([None, None, EngineError("The server is gone.")], "cancel", "no"),
    ],
)
def test_what_does_not_work_is_said(scripted, answers, row, works):
    scripted.answers = answers
    assert table("scripted")[row] == works


def test_an_engine_that_cannot_be_used_gives_a_status(scripted):
    scripted.answers = [EngineError("The model is gone.")]
    with pytest.raises(CommandError, match="scripted"):
        call_command("check_engine", stdout=io.StringIO())


def test_an_engine_that_hears_nothing_holds_nobody_up(scripted, settings):
    scripted.answers = [lambda *_: time.sleep(3)]
    began = time.monotonic()
    found = list(checking.check("scripted", bounds=checking.Bounds(job_seconds=0.2, stop_seconds=0.2)))
    assert (found[-1].name, found[-1].works) == ("image", "no") and "did not end" in found[-1].sentence
    assert time.monotonic() - began < 2


def test_a_service_that_charges_is_asked_for_one_image(only):
    with OpenAIPeer(key="sk-1") as peer:
        only(
            "paid",
            "generation.engines.openai_images.OpenAIImagesEngine",
            url=peer.url,
            api_key="sk-1",
            model="gpt-image-2",
        )
        found = table("paid")
        assert [one["path"] for one in peer.asked] == ["/v1/images/generations"]
        assert (peer.asked[0]["fields"]["size"], peer.asked[0]["fields"]["quality"]) == ("816x816", "low")
    assert found == {"server": "yes", "models": "not tried", "image": "yes", "progress": "no", "preview": "no",
                     "seeds": "no", "cancel": "not tried", "image input": "not tried"}  # fmt: skip


def test_a_server_at_home_is_tried_in_every_way(only):
    with OpenAIPeer() as peer:
        only("home", "generation.engines.openai_images.OpenAIImagesEngine", url=peer.url, dialect="vllm")
        peer.script = [0, 0, 0.3, 3]
        found = table("home")
        assert found == {"server": "yes", "models": "yes", "image": "yes", "progress": "no", "preview": "no",
                         "seeds": "yes", "cancel": "yes", "image input": "yes"}  # fmt: skip
        peer.script = [says(500, {"error": "out of memory"})]
        assert table("home")["image"] == "no"


def test_a_server_that_is_away_is_said_at_once(only):
    only("away", "generation.engines.openai_images.OpenAIImagesEngine", url="http://127.0.0.1:9/v1")
    (found,) = checking.check("away")
    assert (found.works, found.sentence) == (
        "no",
        "http://127.0.0.1:9/v1 cannot be reached. Is the server running?",
    )


def test_an_engine_that_cannot_be_built_says_why_and_nothing_else():
    row = setups.add("diffusers", title="", alias="shed", options={"device": "cpu"}, secrets={})
    EngineSetup.objects.filter(pk=row.pk).update(kind="openai_images", options={"dialect": "strange"})
    registry.forget()
    (found,) = checking.check("shed")
    assert (found.name, found.works) == ("server", "no")


def test_what_leaves_the_model_to_the_server_is_no_model_and_patterns_need_no_previews(scripted):
    left = (("", "As the workflow says"), ("ink\x1b[2J", "ink\x1b[2J"), ("fog", "fog"))
    scripted.can = {
        "options": (Option(name="model", label="Model", kind="choice", default="", choices=left),)
    }
    found = {one.name: one for one in checking.check("scripted")}
    assert found["models"].sentence == "2: ink [2J, fog."
    assert (found["preview"].works, "started" in found["preview"].sentence) == ("not tried", False)
    scripted.answers = [lambda request, index, report, cancelled: report(Progress(index=0, fraction=0.5))]
    preview = {one.name: one for one in checking.check("scripted")}["preview"]
    assert (preview.works, preview.sentence) == ("no", "It shows an image once it is done.")
    scripted.can = {"options": (Option(name="model", label="Model", kind="text", default=""),)}
    assert {one.name: one.works for one in checking.check("scripted")}["models"] == "not tried"


@pytest.mark.parametrize("what", ["describe", "capabilities"])
def test_an_engine_that_breaks_when_it_is_asked_is_told_not_raised(scripted, what, caplog):
    setattr(scripted, what, lambda: 1 / 0)
    out = io.StringIO()
    with pytest.raises(CommandError, match="Not to be used"):
        call_command("check_engine", "scripted", stdout=out)
    assert "The engine broke: ZeroDivisionError" in out.getvalue() and "ZeroDivisionError" in caplog.text


def test_what_a_server_or_a_person_calls_things_is_no_markup_of_the_table(scripted):
    EngineSetup.objects.create(alias="scripted", title="[/red] [bold]")
    scripted.answers = [EngineError("[/] no [link=x]way\\", permanent=True)]
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_engine", "scripted", stdout=out)
    assert "[/red] [bold]" in out.getvalue() and "[/] no [link=x]way\\" in out.getvalue()
