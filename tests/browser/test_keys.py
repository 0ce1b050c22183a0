"""Choosing by keyboard: what is painted, what is saved, and what must not move."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from photos.models import Photo
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_sheet(page, session, query: str = ""):
    page.goto(f"/sessions/{session.pk}/{query}")
    expect(page.locator("#f01 > a")).to_be_focused()
    return page


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page) -> None:
    """Wait until what was marked is on the server."""
    page.locator("html:not([data-unsaved])").wait_for(state="attached")
    page.wait_for_timeout(50)


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('.item')?.id ?? ''")


def test_pick_reject_rate_and_undo_are_saved_in_order(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    press(page, "p", "ArrowRight", "x", "ArrowRight", "3", "ArrowRight", "p", "x", "Control+z", "Control+z")
    saved(page)
    assert stands(sheet) == {1: (1, 0), 2: (2, 0), 3: (0, 3)}
    expect(page.locator("[data-f=decided]")).to_have_text("2 of 12 decided")


def test_marks_are_painted_before_they_are_saved(alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    page.route("**/decide/", lambda route: route.abort())
    press(page, "p")
    expect(page.locator("#f01")).to_have_attribute("data-decision", "1")
    expect(page.locator("#said")).to_have_text("Picked 01. 1 of 12 decided")
    expect(page.get_by_role("button", name="Complete 1 pick")).to_be_visible()


def test_what_could_not_be_saved_is_said_and_tried_again(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    page.route("**/decide/", lambda route: route.abort())
    press(page, "p", "ArrowRight", "x")
    expect(page.locator("#said")).to_contain_text("not saved", timeout=8000)
    page.unroute("**/decide/")
    page.get_by_role("button", name="Retry").click()
    saved(page)
    assert stands(sheet) == {1: (1, 0), 2: (2, 0)}


def test_a_decision_never_moves_the_list(open_page, alice, sheet):
    page = open_sheet(open_page(alice, height=500), sheet)
    page.locator("#f09 > a").focus()
    before = page.locator("#f09").bounding_box(), page.evaluate("scrollY")
    press(page, "p", "x", "4", "u")
    assert (page.locator("#f09").bounding_box(), page.evaluate("scrollY")) == before
    assert focused(page) == "f09"


def test_arrows_move_as_seen_on_the_screen(alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    top = page.locator("#f01").bounding_box()
    columns = page.locator(".frame").evaluate_all(
        "(all, y) => all.filter(f => f.getBoundingClientRect().y === y).length", top["y"]
    )
    press(page, "ArrowDown")
    assert focused(page) == f"f{columns + 1:02d}"
    press(page, "ArrowUp", "End")
    assert focused(page) == "f12"
    press(page, "Home")
    assert focused(page) == "f01"


def test_the_sheet_is_one_tab_stop(alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    press(page, "ArrowRight", "Tab")
    assert focused(page) == ""
    press(page, "Shift+Tab")
    assert focused(page) == "f02"


def test_marks_go_to_all_selected_and_the_message_counts_them(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    press(page, "s", "ArrowRight", "s", "ArrowRight", "s", "x")
    expect(page.locator("#said")).to_have_text("Rejected 3 images. 3 of 12 decided")
    press(page, "Escape")
    expect(page.locator(".bulk")).to_be_hidden()
    saved(page)
    assert stands(sheet) == dict.fromkeys((1, 2, 3), (2, 0))
    press(page, "Control+z")
    saved(page)
    assert stands(sheet) == {}


def test_going_on_after_a_mark_is_off_on_the_sheet_and_remembered(alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    press(page, "p")
    assert focused(page) == "f01"
    press(page, "Shift+X")
    assert focused(page) == "f02"
    press(page, "a", "p")
    assert focused(page) == "f03"
    saved(page)
    page.reload()
    press(page, "p")
    assert focused(page) == "f04"


def test_keys_do_nothing_while_one_types(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    page.evaluate("document.querySelector('.sheet').insertAdjacentHTML('beforeend', '<li><input id=t></li>')")
    page.locator("#t").focus()
    page.keyboard.type("px5?gt")
    assert page.locator("#t").input_value() == "px5?gt"
    page.locator("#f01 > a").focus()
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'p', isComposing: true, bubbles: true}))"
    )
    press(page, "Alt+x")
    saved(page)
    assert stands(sheet) == {}


def test_single_keys_can_be_switched_off(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    press(page, "?")
    page.get_by_label("Single-key shortcuts").uncheck()
    press(page, "Escape")
    page.locator("#f01 > a").focus()
    press(page, "p", "5", "e", "ArrowRight")
    assert focused(page) == "f02"
    saved(page)
    assert stands(sheet) == {}


def test_digits_are_found_where_the_keyboard_has_other_signs_on_them(alice_page, sheet, stands):
    page = open_sheet(alice_page, sheet)
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: '\"', code: 'Digit3', bubbles: true, cancelable: true}))"
    )
    saved(page)
    assert stands(sheet) == {1: (0, 3)}


def test_the_help_is_true(alice_page, sheet):
    """Each key of the table does what can be seen; the table is read from the help itself."""
    page = open_sheet(alice_page, sheet)
    press(page, "?")
    page.locator("dialog.keys dt").first.wait_for()
    listed = page.locator("dialog.keys dt").evaluate_all("all => all.map(one => one.dataset.does)")
    press(page, "Escape")
    decision = "document.activeElement.closest('.item').dataset.decision"
    rating = "document.activeElement.closest('.item').dataset.rating"
    large, at = (
        "Boolean(document.querySelector('#large[open]'))",
        "document.activeElement.closest('.item')?.id",
    )
    shown = "document.querySelectorAll('[data-photo]').length"
    ticked = "document.querySelectorAll('.check input:checked').length"
    walk = [
        ("pick", "p", decision, "1"), ("reject", "x", decision, "2"), ("clear", "u", decision, "0"),
        ("toggle", "`", decision, "1"), ("rate", "3", rating, "3"), ("less", "[", rating, "2"),
        ("more", "]", rating, "3"), ("undo", "Control+z", rating, "2"), ("redo", "Control+Shift+z", rating, "3"),
        ("redo", "Control+z", rating, "2"), ("redo", "Control+y", rating, "3"), ("undo", "Control+z", rating, "2"),
        ("label", "6", rating.replace("rating", "label"), "1"),
        ("reason", "h", rating.replace("rating", "reason"), "hands"), ("next", "ArrowRight", at, "f02"),
        ("previous", "ArrowLeft", at, "f01"), ("last", "End", at, "f12"), ("first", "Home", at, "f01"),
        ("select", "s", ticked, 1), ("selectAll", "Control+a", ticked, 12), ("deselect", "Escape", ticked, 0),
        ("advance", "a", "localStorage['advance.list']", "on"), ("advance", "a", "localStorage['advance.list']", "off"),
        ("open", "Enter", large, True), ("info", "i", "document.getElementById('panel').hidden", False),
        ("zoom", "z", "document.getElementById('large').classList.contains('zoomed')", True),
        ("close", "g", large, False), ("open", "e", large, True), ("close", "Escape", large, False),
        ("trash", "Delete", shown, 11), ("undo", "Control+z", shown, 12),
        ("trash", "Backspace", shown, 11), ("undo", "Control+z", shown, 12),
        ("help", "?", "Boolean(document.querySelector('dialog.keys'))", True),
    ]  # fmt: skip
    for _does, key, seen, wanted in walk:
        press(page, key)
        until(page, seen, wanted, seconds=3)
    press(page, "Escape", "ArrowDown")
    below = focused(page)
    assert below > "f01"
    press(page, "ArrowUp")
    assert focused(page) == "f01"
    for does, letter, address in (
        ("goTimeline", "t", "/"), ("goSessions", "s", "/sessions/"), ("goFinals", "f", "/finals/"),
        ("goAlbums", "a", "/albums/"),
    ):  # fmt: skip
        page.goto(f"/sessions/{sheet.pk}/")
        press(page, "g", letter)
        page.wait_for_url(re.compile(rf"://[^/]+{address}$")), does
    elsewhere = {"album", "compare", "survey", "vary", "peek", "full", "lights"}  # see the tests of those
    goes = {"goTimeline", "goSessions", "goFinals", "goAlbums"}
    assert set(listed) == {one[0] for one in walk} | {"down", "up"} | goes | elsewhere


@pytest.mark.parametrize("address", ["/", "/?show=everything"])
def test_the_same_keys_work_on_the_timeline(alice_page, uploads, address):
    alice_page.goto(address)
    alice_page.locator("[data-photo] > a").first.focus()
    press(alice_page, "p", "ArrowRight", "5")
    saved(alice_page)
    assert Photo.objects.filter(decision=1).count() == 1
    assert Photo.objects.filter(rating=5).count() == 1


def test_the_same_keys_work_on_the_page_of_a_picture(alice_page, uploads):
    alice_page.goto(f"/photos/{uploads[0].pk}/")
    press(alice_page, "x", "4")
    saved(alice_page)
    uploads[0].refresh_from_db()
    assert (uploads[0].decision, uploads[0].rating) == (2, 4)
    press(alice_page, "Control+z")
    saved(alice_page)
    uploads[0].refresh_from_db()
    assert (uploads[0].decision, uploads[0].rating) == (2, 0)
