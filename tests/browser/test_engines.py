"""In a browser: the form follows the engine that is chosen, and an engine is added and tested."""

from __future__ import annotations

import re

import pytest

from generation import registry, trying
from generation.engines import Option
from generation.models import EngineSetup
from tests.peers.sdapi import SdServer
from tests.rights import let_generate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_form_shows_what_the_chosen_engine_can_do(open_page, alice, scripted, settings):
    let_generate(alice)
    settings.GALLERY_ENGINES = settings.GALLERY_ENGINES | {
        "procedural": {"CLASS": "generation.engines.procedural.ProceduralEngine"}
    }
    scripted.can = {
        "negative_prompt": False, "sizes": ((512, 512), (768, 512)),
        "options": (Option(name="steps", label="Steps", kind="number", default=20, minimum=1, maximum=50, step=1),),
    }  # fmt: skip
    page = open_page(alice)
    page.goto("/generate/")
    assert page.get_by_label("Steps").is_visible() and not page.get_by_label("Leave out").is_visible()
    assert page.locator(".shapes label:visible").count() == 2 and not page.locator("#edges").is_visible()
    page.get_by_label("Engine").select_option("procedural")
    assert not page.get_by_label("Steps").is_visible() and page.get_by_label("Leave out").is_visible()
    page.get_by_label("Other", exact=True).check()
    page.get_by_label("Width").fill("320")
    page.get_by_label("Height").fill("256")
    page.locator("#id_prompt").fill("fog")
    page.get_by_label("How many").press("Enter")  # the session, not the button of those without a script
    page.wait_for_url(re.compile(r"/sessions/\d+/"))


def test_without_a_script_an_engine_is_added_and_tested(open_page, django_user_model, live_server):
    with SdServer("forge") as forge:
        page = open_page(django_user_model.objects.create_superuser("root"), java_script_enabled=False)
        page.goto("/engines/")
        page.get_by_role("link", name="Stable Diffusion web UI").click()
        page.get_by_label("Address").fill(forge.url)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Test", exact=True).click()
        page.wait_for_url(re.compile(r"#test$"))
        trying.run(EngineSetup.objects.get(kind="sdapi").pk)
        page.reload()
        assert "Forge" in page.locator(".findings").inner_text()
    registry.forget()
