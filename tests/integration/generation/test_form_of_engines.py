"""The form offers what the chosen engine can do, and starts with the one used last."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from generation import workflow
from generation.engines import EngineError, Option
from generation.models import EngineSetup, GenerationSession
from tests.factories import SessionFactory
from tests.peers.comfyui import ComfyPeer, waits
from tests.peers.sdapi import SdServer

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
GENERATE = "/generate/"
WISH = {"prompt": "a harbour", "engine": "scripted", "shape": "720x720", "count": "1"}


@pytest.fixture
def two(scripted, settings):
    """`scripted`, and behind it the built-in patterns."""
    settings.GALLERY_ENGINES = settings.GALLERY_ENGINES | {
        "procedural": {"CLASS": "generation.engines.procedural.ProceduralEngine"}
    }
    return scripted


def test_it_starts_with_the_engine_used_last(alice, alice_client, two):
    assert alice_client.get(GENERATE).context["form"].chosen == "scripted"  # a newcomer's: the first
    SessionFactory(owner=alice, engine="procedural")
    assert alice_client.get(GENERATE).context["form"].chosen == "procedural"
    SessionFactory(owner=alice, engine="gone")
    assert alice_client.get(GENERATE).context["form"].chosen == "procedural"


def test_without_a_script_another_engine_is_chosen_by_a_button(alice_client, two):
    typed = {
        "prompt": "typed so far",
        "engine": "procedural",
        "count": "3",
        "shape": "832x1216",
        "do": "engine",
    }
    page = alice_client.post(GENERATE, typed)
    form = page.context["form"]
    assert page.status_code == 200 and not form.is_bound and not GenerationSession.objects.exists()
    assert (form.chosen, form["prompt"].value(), form["count"].value()) == ("procedural", "typed so far", "3")
    assert '<div class="pair settings" data-engine="procedural">' in page.content.decode()


def test_sizes_are_those_of_the_engine(alice_client, scripted):
    scripted.can = {"sizes": ((512, 512), (768, 512))}
    form = alice_client.get(GENERATE).context["form"]
    assert [shape.value for shape in form.shapes] == ["512x512", "768x512"] and not form.takes_any_size
    refused = alice_client.post(GENERATE, WISH | {"shape": "other", "width": "640", "height": "512"})
    assert refused.status_code == 422 and "512 × 512" in str(refused.context["form"].errors)
    assert alice_client.post(GENERATE, WISH | {"shape": "768x512"}).status_code == 303


def test_a_size_of_one_s_own_is_typed(alice_client, scripted):
    said = alice_client.post(GENERATE, WISH | {"shape": "other"})
    assert "How many pixels?" in said.context["form"].errors["width"]
    said = alice_client.post(GENERATE, WISH | {"shape": "other", "width": "641", "height": "512"})
    assert "multiple of 8" in str(said.context["form"].errors["width"])
    alice_client.post(GENERATE, WISH | {"shape": "other", "width": "640", "height": "488"})
    session = GenerationSession.objects.get()
    assert (session.width, session.height) == (640, 488)


def test_options_stand_in_groups_with_suggestions(alice_client, scripted):
    loras = Option(
        name="loras", label="LoRAs", kind="text", default="", suggestions=("ink", "fog"), group="Details"
    )
    scripted.can = {"options": (loras, Option(name="raw", label="Raw", kind="long", default=""))}
    shown = alice_client.get(GENERATE).content.decode()
    assert '<datalist id="scripted-loras-list"><option value="ink"><option value="fog"></datalist>' in shown
    assert "<summary>" in shown and "Details" in shown
    alice_client.post(GENERATE, WISH | {"scripted-raw": "x" * 5000})
    assert GenerationSession.objects.get().options == {"loras": "", "raw": "x" * 5000}


def test_a_silent_engine_is_offered_but_cannot_be_chosen(alice_client, two):
    two.trouble = EngineError("It is switched off.")
    shown = alice_client.get(GENERATE).content.decode()
    assert '<option value="scripted" disabled>Scripted</option>' in shown and "It is switched off." in shown


def test_what_the_engine_objected_to_is_said_beside_its_field_on_remix(alice, alice_client, scripted):
    scripted.can = {"options": (Option(name="model", label="Model", kind="text", default=""),)}
    session = SessionFactory(
        owner=alice, engine="scripted", state="failed", error="There is no such model.", error_field="model"
    )
    shown = alice_client.get(GENERATE, {"remix": session.pk})
    assert shown.context["failed_before"] == ("scripted-model", "There is no such model.")
    assert "The last time: There is no such model." in shown.content.decode()


def test_the_form_asks_the_database_at_most_twelve_times(
    alice, alice_client, settings, django_assert_max_num_queries
):
    with SdServer("forge") as forge, SdServer("sdnext") as other:
        settings.GALLERY_ENGINES = {
            name: {"CLASS": "generation.engines.sdapi.SdapiEngine", "OPTIONS": {"url": url}}
            for name, url in (("one", forge.url), ("two", other.url), ("away", "http://127.0.0.1:9"))
        }
        session = SessionFactory(owner=alice, engine="two")
        with django_assert_max_num_queries(12):
            page = alice_client.get(GENERATE, {"remix": session.pk})
        assert page.context["form"].chosen == "two" and "away" in page.context["form"].silent


def test_a_field_that_was_objected_to_is_seen_though_its_group_is_folded(alice, alice_client, two):
    lora = Option(name="lora", label="LoRA", kind="text", default="", group="Details")
    two.can = {"options": (lora,)}
    why = "LoRA: the server does not have <b>“ink”</b>."
    session = SessionFactory(
        owner=alice, engine="scripted", state="failed", error=why, error_field="lora", count=2
    )
    page = alice_client.get(f"/sessions/{session.pk}/").content.decode()
    assert f'href="/generate/?remix={session.pk}">Remix, and change it' in page and "<b>“ink”" not in page
    shown = alice_client.get(GENERATE, {"remix": session.pk}).content.decode()
    assert '<details class="more" data-engine="scripted" open' in shown
    assert 'aria-describedby="scripted-lora-error"' in shown and 'id="scripted-lora-error"' in shown
    two.trouble = EngineError("It is switched off.")  # then another engine is chosen, which is not meant
    assert alice_client.get(GENERATE, {"remix": session.pk}).context["failed_before"] is None


@pytest.mark.parametrize("field", ["width", "prompt", "seed"])
def test_an_objection_to_what_every_engine_has_stands_there_too(alice, alice_client, scripted, field):
    session = SessionFactory(
        owner=alice, engine="scripted", state="failed", error="Too much.", error_field=field
    )
    shown = alice_client.get(GENERATE, {"remix": session.pk}).content.decode()
    assert shown.count("The last time: Too much.") == 1


def test_remix_of_what_a_removed_engine_made_says_so(alice, alice_client, scripted):
    EngineSetup.objects.create(alias="shed", title="Shed of anna", kind="sdapi", removed_at=timezone.now())
    session = SessionFactory(owner=alice, engine="shed", state="cancelled")
    shown = alice_client.get(GENERATE, {"remix": session.pk})
    assert "“Shed of anna”, which it was made with, is not connected" in shown.content.decode()
    assert shown.context["form"].chosen == "scripted"
    alice_client.post(f"/sessions/{session.pk}/go-on/")
    workflow.run()
    page = alice_client.get(f"/sessions/{session.pk}/").content.decode()
    assert "The engine “Shed of anna” was removed. Remix the session to use another one: scripted." in page


def test_an_engine_that_takes_no_seeds_is_asked_for_none_and_shows_none(alice, alice_client, scripted):
    waiting = SessionFactory(owner=alice, engine="scripted", state="queued", first_seed="90817", count=2)
    address = f"/sessions/{waiting.pk}/"
    assert "90818" in alice_client.get(address).content.decode()
    scripted.can = {"seeds": False}
    assert "90818" not in alice_client.get(address).content.decode()
    assert '<div class="field" data-group="seed" hidden>' in alice_client.get(GENERATE).content.decode()
    alice_client.post(GENERATE, WISH | {"seed": "90817"})
    assert GenerationSession.objects.latest("pk").first_seed != "90817"


def test_servers_that_say_nothing_hold_the_form_up_once_together_and_are_named(alice_client, settings):
    with ComfyPeer() as mute, SdServer("forge") as forge:
        mute.script = {"/system_stats": [waits(20)] * 2}
        comfy, sd = "generation.engines.comfyui.ComfyUIEngine", "generation.engines.sdapi.SdapiEngine"
        settings.GALLERY_ENGINES = {
            name: {"CLASS": kind, "OPTIONS": {"url": url}}
            for name, kind, url in (
                ("forge", sd, forge.url), ("mute", comfy, mute.url), ("mute2", comfy, mute.url),
                ("away", comfy, "http://127.0.0.1:9"),
            )
        }  # fmt: skip
        began = time.monotonic()
        form = alice_client.get(GENERATE).context["form"]
        assert time.monotonic() - began < 2.5 and form.chosen == "forge"
        assert "not answered yet" in form.silent["mute"][1] and "cannot be reached" in form.silent["away"][1]
