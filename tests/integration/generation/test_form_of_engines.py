"""The form offers what the chosen engine can do, and starts with the one used last."""

from __future__ import annotations

import pytest

from generation.engines import EngineError, Option
from generation.models import GenerationSession
from tests.factories import SessionFactory
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
