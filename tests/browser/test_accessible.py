"""No page breaks a rule of axe: light and dark, desk and phone, with dialogs and menus open."""

from __future__ import annotations

import pytest

from generation import finals
from photos import curate
from tests.factories import pictures_of
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    found = []
    for address in (
        "/", "/?show=everything", "/?order=added", "/trash/", "/finals/", "/sessions/", "/sessions/?show=generating",
        f"/sessions/{gallery.pk}/", f"/sessions/{gallery.pk}/?show=rejects", f"/photos/{uploads[0].pk}/",
        f"/photos/{pictures_of(gallery)[0].pk}/", "/generate/", f"/generate/?remix={gallery.pk}", "/nope/",
    ):  # fmt: skip
        page.goto(address)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
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
