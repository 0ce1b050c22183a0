"""Words about a picture, typed in a browser: saved on leaving a field; two who write at once lose nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from photos import editing
from photos.models import Photo
from tests.browser.test_keys import saved
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def photo(uploads) -> Photo:
    return uploads[0]


def open_photo(page, photo):
    page.goto(f"/photos/{photo.pk}/")
    return page


def test_a_field_is_saved_when_one_leaves_it(alice_page, photo):
    page = open_photo(alice_page, photo)
    page.get_by_label("Title", exact=True).fill("Old harbour")
    page.get_by_label("Caption", exact=True).fill("Two boats\nand fog")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-f=edited]")).to_have_text("Saved")
    expect(page.locator("h1")).to_have_text("Old harbour")
    saved(page)
    photo.refresh_from_db()
    assert (photo.title, photo.caption) == ("Old harbour", "Two boats\nand fog")


def test_tags_are_suggested_and_shown_as_they_are_kept(alice, alice_page, photo, uploads):
    editing.edit(alice, uploads[1].pk, tags=["Evening"])
    page = open_photo(alice_page, photo)
    page.get_by_label("Tags", exact=True).focus()
    expect(page.locator("datalist option")).to_have_count(1)
    page.get_by_label("Tags", exact=True).fill("sea , EVENING,")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tags", exact=True)).to_have_value("Evening, sea")


def test_keys_typed_into_a_field_mark_nothing(alice_page, photo):
    page = open_photo(alice_page, photo)
    page.get_by_label("Caption", exact=True).press_sequentially("px5")
    page.keyboard.press("Backspace")
    page.get_by_label("Title", exact=True).focus()
    saved(page)
    photo.refresh_from_db()
    assert (photo.caption, photo.decision, photo.trashed_at) == ("px", 0, None)


def test_what_could_not_be_saved_is_said_and_tried_again(alice_page, photo):
    page = open_photo(alice_page, photo)
    page.route("**/edit/", lambda route: route.abort())
    page.get_by_label("Title", exact=True).fill("Fog")
    page.keyboard.press("Enter")
    expect(page.locator("[data-f=edited]")).to_contain_text("Not saved.")
    page.unroute("**/edit/")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("[data-f=edited]")).to_have_text("Saved")


def both_write(alice, page, photo):
    open_photo(page, photo)
    editing.edit(alice, photo.pk, title="Theirs")
    page.get_by_label("Title", exact=True).fill("Mine")
    page.keyboard.press("Enter")
    expect(page.locator(".theirs .words")).to_have_text("Theirs")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Mine")


def test_of_two_writers_the_slower_may_keep_his(alice, alice_page, photo):
    both_write(alice, alice_page, photo)
    alice_page.get_by_role("button", name="Keep mine").click()
    expect(alice_page.locator("[data-f=edited]")).to_have_text("Saved")
    photo.refresh_from_db()
    assert photo.title == "Mine"


def test_an_open_question_stays_under_the_hand_that_answers_it(alice, alice_page, photo):
    """Leaving the field, as pressing the button does, must not ask anew: the button would be gone before the click."""
    both_write(alice, alice_page, photo)
    alice_page.evaluate("document.querySelector('[data-ask]').dataset.first = 'yes'")
    alice_page.get_by_label("Caption", exact=True).focus()
    alice_page.wait_for_load_state("networkidle")
    expect(alice_page.locator("[data-ask]")).to_have_attribute("data-first", "yes")
    expect(alice_page.locator("[data-f=edited]")).to_have_text("Not saved: choose above.")


def test_or_take_theirs(alice, alice_page, photo):
    both_write(alice, alice_page, photo)
    alice_page.get_by_role("button", name="Take theirs").click()
    expect(alice_page.get_by_label("Title", exact=True)).to_have_value("Theirs")
    expect(alice_page.locator("h1")).to_have_text("Theirs")
    photo.refresh_from_db()
    assert photo.title == "Theirs"


def test_a_mark_by_key_is_no_conflict_with_oneself(alice_page, photo):
    page = open_photo(alice_page, photo)
    page.keyboard.press("p")
    saved(page)
    page.get_by_label("Title", exact=True).fill("Fog")
    page.keyboard.press("Enter")
    expect(page.locator("[data-f=edited]")).to_have_text("Saved")


def test_without_script_both_texts_stand_side_by_side(open_page, alice, photo):
    page = open_page(alice, java_script_enabled=False)
    open_photo(page, photo)
    editing.edit(alice, photo.pk, title="Theirs")
    page.get_by_label("Title", exact=True).fill("Mine")
    page.get_by_label("Alt text", exact=True).fill("Boats")
    page.get_by_role("button", name="Save words").click()
    expect(page.locator(".both")).to_contain_text("Theirs")
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator("#said")).to_have_text("Saved.")
    photo.refresh_from_db()
    assert (photo.title, photo.alt_text) == ("Mine", "Boats")


def test_del_moves_the_picture_to_the_trash_and_goes_on(alice_page, uploads):
    page = open_photo(alice_page, uploads[3])
    page.keyboard.press("Delete")
    expect(page.locator("#said")).to_have_text("Moved 1 image to the trash.")
    expect(page).to_have_url(re.compile(rf"/photos/(?!{uploads[3].pk}/)\d+/"))
    page.keyboard.press("Control+z")
    expect(page.locator("#said")).to_have_text("Undone.")
    uploads[3].refresh_from_db()
    assert uploads[3].trashed_at is None


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_form_and_its_conflict_are_clean(open_page, alice, photo, violations, scheme, width):
    page = open_page(alice, width=width, color_scheme=scheme)
    both_write(alice, page, photo)
    found = violations(page)
    page.locator("[data-edit]").evaluate("form => form.submit()")
    page.get_by_role("heading", name="Changed elsewhere meanwhile").wait_for()
    assert found + violations(page) == []
