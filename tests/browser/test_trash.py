"""The trash in a browser: restore, a session as one entry, and the typed word before all of it goes."""

from __future__ import annotations

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from generation import trashing
from photos import curate, trash
from photos.models import Photo
from tests.browser.test_keys import press
from tests.browser.waiting import until
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def thrown(alice, uploads) -> list[Photo]:
    """Two that went together, and one alone."""
    curate.trash(alice.pk, [photo.pk for photo in uploads[:2]])
    curate.trash(alice.pk, [uploads[2].pk])
    return uploads[:3]


def in_trash(owner) -> int:
    close_old_connections()
    return trash.photos(owner).count()


@pytest.mark.parametrize("script", [True, False])
def test_a_ticked_image_is_restored_and_undo_puts_it_back(open_page, alice, thrown, script):
    page = open_page(alice, java_script_enabled=script)
    page.goto("/trash/")
    page.locator(".cell").first.hover()
    page.locator(".check input").first.check()
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.locator("#said")).to_have_text("Restored 1 image.")
    assert in_trash(alice) == 2
    page.locator("#status").get_by_role("button", name="Undo").click()
    expect(page.locator("#said")).to_have_text("Undone.")
    assert in_trash(alice) == 3


def test_its_pictures_are_really_shown(alice_page, thrown):
    alice_page.goto("/trash/")
    until(alice_page, "[...document.querySelectorAll('.cell img')].filter(i => i.naturalWidth).length", 3)
    alice_page.goto(f"/photos/{thrown[0].pk}/")
    until(alice_page, "document.querySelector('.hero img').naturalWidth > 0")
    alice_page.get_by_role("button", name="Restore").click()
    expect(alice_page.get_by_label("Title", exact=True)).to_be_visible()


def test_only_selecting_keys_work_there(alice, alice_page, thrown):
    page = alice_page
    page.goto("/trash/")
    page.locator("[data-photo] > a").first.focus()
    press(page, "p", "Delete", "s")
    expect(page.locator("[data-f=selected]")).to_have_text("1 selected")
    press(page, "?")
    page.locator("dialog.keys dt").first.wait_for()
    listed = page.locator("dialog.keys dt").evaluate_all("all => all.map(one => one.dataset.does)")
    assert "select" in listed and not {"pick", "trash", "rate", "open"} & set(listed)
    assert in_trash(alice) == 3


def test_a_session_goes_by_its_menu_and_comes_back_as_one_entry(alice, alice_page, sheet):
    page = alice_page
    page.goto(f"/sessions/{sheet.pk}/")
    page.get_by_role("button", name="More").first.click()
    page.get_by_role("button", name="Move the session to the trash").click()
    expect(page.locator("#said")).to_contain_text("with 12 images to the trash.")
    page.goto("/trash/")
    expect(page.locator(".bundles")).to_contain_text("Session Red lighthouse in fog, 12 images")
    page.locator(".bundles").get_by_role("button", name="Restore").click()
    assert in_trash(alice) == 0


def test_emptying_asks_for_a_typed_word(alice, alice_page, thrown):
    page = alice_page
    page.goto("/trash/")
    page.get_by_role("link", name="Empty the trash").click()
    dialog = page.locator("#ask")
    expect(dialog).to_contain_text("3 images")
    dialog.get_by_role("button", name="Empty the trash").click()
    assert in_trash(alice) == 3
    dialog.get_by_label("Type “delete” to go on").fill("no")
    press(page, "Enter")
    assert in_trash(alice) == 3
    page.get_by_role("link", name="Keep it all").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Empty the trash").click()
    dialog.get_by_label("Type “delete” to go on").fill("delete")
    press(page, "Enter")
    expect(page.locator("#said")).to_have_text("The trash is empty: 3 images deleted.")
    assert in_trash(alice) == 0


def test_without_script_it_is_a_page_that_asks(open_page, alice, thrown):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/trash/")
    page.get_by_role("link", name="Empty the trash").click()
    page.get_by_label("Type “delete” to go on").fill("delete")
    page.get_by_role("button", name="Empty the trash").click()
    expect(page.locator("#said")).to_have_text("The trash is empty: 3 images deleted.")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_trash_is_clean_in_every_state(open_page, alice, thrown, sheet, violations, scheme, width):
    trashing.trash_session(sheet)
    page = open_page(alice, width=width, color_scheme=scheme)
    page.goto("/trash/")
    found = violations(page)
    page.locator("[data-photo] > a").first.focus()
    press(page, "s")
    found += violations(page)
    press(page, "Escape")
    page.get_by_role("link", name="Empty the trash").click()
    found += violations(page)
    page.goto("/trash/empty/")
    found += violations(page)
    page.goto(f"/photos/{thrown[0].pk}/")
    found += violations(page)
    assert found == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
