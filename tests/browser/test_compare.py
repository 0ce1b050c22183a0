"""Images beside each other, by hand: one zoom for all, marks for one, and the next comes when one goes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.factories import pictures_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two(alice_page, sheet):
    """Frames 3 and 4 beside each other, come to by key from the sheet."""
    alice_page.goto(f"/sessions/{sheet.pk}/")
    alice_page.locator("#f03 > a").focus()
    alice_page.keyboard.press("c")
    expect(alice_page.locator(".view[aria-current]")).to_be_focused()
    return alice_page


def shown(page) -> list[str]:
    return page.locator(".pane").evaluate_all("panes => panes.map(pane => pane.dataset.name)")


def scales(page) -> list[float]:
    read = "images => images.map(image => new DOMMatrix(getComputedStyle(image).transform).a)"
    return page.locator(".view img").evaluate_all(read)


def saved(page) -> None:
    expect(page.locator("html[data-unsaved]")).to_have_count(0)


def test_one_zoom_for_all_until_one_is_freed(two):
    two.keyboard.press("+")
    one, other = scales(two)
    assert one == other > 1
    two.keyboard.press("l")
    two.keyboard.press("-")
    assert scales(two) == [1, other]


def test_a_reject_makes_room_for_the_next_and_undo_brings_it_back(two, sheet, stands):
    two.keyboard.press("p")
    two.keyboard.press("Tab")
    two.keyboard.press("x")
    expect(two.locator(".pane[data-name='05']")).to_be_visible()
    assert shown(two) == ["03", "05"]
    two.keyboard.press("Control+z")
    expect(two.locator(".pane[data-name='04']")).to_be_visible()
    saved(two)
    assert shown(two) == ["03", "04"] and stands(sheet) == {3: (1, 0)}
    two.keyboard.press("Escape")
    expect(two).to_have_url(re.compile(rf"/sessions/{sheet.pk}/"))
    expect(two.locator("#f03 > a")).to_be_focused()


def test_two_lie_over_each_other_under_a_slider_and_blink(two):
    two.keyboard.press("m")
    two.locator("#cut").press("Home")
    expect(two.locator("#cut")).to_have_attribute("aria-valuetext", "0 % left image")
    two.keyboard.press("b")
    two.keyboard.press("b")  # by hand from now on
    expect(two.locator(".behind")).to_have_count(1)
    assert "mode=blink" in two.url
    two.reload()
    expect(two.locator("[data-do=blink]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_comparing_surveying_and_stacks_are_clean(open_page, alice, sheet, violations, scheme, width):
    page, found = open_page(alice, width=width, color_scheme=scheme), []
    ids = [photo.pk for photo in pictures_of(sheet)]
    compared, some = f"/compare/?ids={ids[0]},{ids[1]}", ",".join(map(str, ids[:6]))
    for address in (
        compared, f"{compared}&mode=slider", f"/survey/?ids={some}", f"/sessions/{sheet.pk}/?stacks=1",
        f"/sessions/{sheet.pk}/?stacks=1&open=1",
    ):  # fmt: skip
        page.goto(address)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    assert found == []
