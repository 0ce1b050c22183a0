"""No page breaks a rule of axe: light and dark, desk and phone, with dialogs and menus open."""

from __future__ import annotations

import pytest

from generation import finals, registry, setups
from generation.engines import Option
from generation.models import EngineSetup
from photos import curate
from photos.models import Photo
from tests.factories import make_photo, pictures_of
from tests.integration.generation.test_engines_page import GRAPH
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORKFLOW = [{"name": "Ink", "graph": GRAPH}]
ENGINE_OPTIONS = (
    Option(name="denoise", label="Change", kind="number", default=0.5, minimum=0, maximum=1, step=0.05),
    Option(name="loras", label="LoRAs", kind="text", default="", suggestions=("ink", "fog"), group="Details"),
    Option(
        name="tiling", label="Tiling", kind="switch", default=False, group="Details", help="Without a seam."
    ),
)


@pytest.fixture
def gallery(alice, sheet, uploads):
    """Uploads, a session with picks and rejects, and two finals."""
    photos = pictures_of(sheet)
    curate.decide(alice, [photos[0].pk, photos[4].pk], value=1)
    curate.decide(alice, [photos[1].pk], value=2)
    curate.decide(alice, [photos[0].pk], axis="rating", value=4)
    finals.file_picks(sheet.pk)
    return sheet


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_clean(open_page, alice, gallery, uploads, violations, scheme, width):
    page = open_page(alice, width=width, color_scheme=scheme)
    found, final = [], Photo.objects.finals().latest("added_at")
    Photo.objects.filter(pk=final.pk).update(marking=1)
    Photo.objects.filter(pk=uploads[0].pk).update(marking=4)
    for address in (
        "/", "/?show=everything", "/?order=added", "/trash/", "/finals/", "/sessions/", "/sessions/?show=generating",
        f"/sessions/{gallery.pk}/", f"/sessions/{gallery.pk}/?show=rejects", f"/photos/{uploads[0].pk}/",
        f"/sessions/{gallery.pk}/complete/", f"/finals/?titles={final.pk}", "/finals/audit/",
        "/finals/audit/?show=camera", f"/photos/{pictures_of(gallery)[0].pk}/", "/generate/",
        f"/generate/?remix={gallery.pk}", "/nope/", "/export/?scope=all%3A",
    ):  # fmt: skip
        page.goto(address)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_engines_and_a_form_with_an_image_are_clean(
    open_page, django_user_model, live_server, scripted, violations, scheme, width
):
    root = django_user_model.objects.create_superuser("root")
    scripted.can = {"source_image": True, "options": ENGINE_OPTIONS}
    page, found, photo = open_page(root, width=width, color_scheme=scheme), [], make_photo(root)
    setups.add(
        "sdapi", title="Away", alias="away", options={"url": "http://127.0.0.1:9"}, secrets={"password": "x"}
    )
    row = setups.add("comfyui", title="Comfy", alias="comfy", options={"templates": WORKFLOW}, secrets={})
    EngineSetup.objects.filter(pk=row.pk).update(
        checked={"state": "done", "findings": [["server", "yes", "It."]]}
    )
    for address in (
        "/engines/", "/engines/?found=sdapi:7860", "/engines/away/", "/engines/comfy/", "/engines/comfy/workflows/1/",
        "/engines/add/?kind=openai_images", f"/generate/?source={photo.pk}", f"/photos/{photo.pk}/",
    ):  # fmt: skip
        page.goto(address)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    registry.forget()
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_opened_thing_is_clean(open_page, alice, gallery, violations, scheme, width):
    page = open_page(alice, width=width, color_scheme=scheme)
    found = []
    page.goto(f"/sessions/{gallery.pk}/")
    page.locator("#f03 > a").focus()
    for keys in (["p"], ["s"], ["Escape", "?"], ["Escape", "Enter"], ["i"], ["?"]):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(350)
        found += violations(page)
    page.goto("/")
    page.locator(".avatar").click()
    found += violations(page)
    page.goto("/generate/")
    page.locator("#generate").evaluate("form => { form.noValidate = true; }")
    page.locator("#id_count").fill("900")
    page.locator("[data-f=submit]").click()
    page.locator("#summary").wait_for()
    found += violations(page)
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_pages_of_a_visitor_are_clean(open_page, live_server, violations, scheme, width):
    page = open_page(width=width, color_scheme=scheme)
    page.goto("/")
    found = violations(page)
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#sign-error").wait_for()
    assert found + violations(page) == []


def test_a_list_of_any_length_is_one_tab_stop(alice_page, gallery):
    alice_page.goto("/")
    alice_page.locator("[data-list] .item > a[tabindex='0']").focus()
    alice_page.keyboard.press("Tab")
    assert not alice_page.evaluate("Boolean(document.activeElement.closest('[data-list]'))")
