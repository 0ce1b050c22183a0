"""Labels, reasons, undo and redo by the keys; and what becomes of marks that cannot be saved."""

from __future__ import annotations

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from photos.models import Photo
from tests.browser.test_keys import open_sheet, press, saved

pytestmark = pytest.mark.browser


def marks(session) -> list[tuple]:
    """(number, decision, reason, label) of what is marked."""
    close_old_connections()
    rows = session.candidates.order_by("number")
    found = rows.values_list("number", "photo__decision", "photo__reason", "photo__label")
    return [row for row in found if any(row[1:])]


def test_labels_and_reasons_by_one_key_and_back_across_a_reload(alice_page, sheet):
    page = alice_page
    open_sheet(page, sheet)
    press(page, "h", "6", "ArrowRight", "8", "ArrowRight", "9", "9")
    saved(page)
    assert marks(sheet) == [(1, 2, "hands", 1), (2, 0, "", 3)]
    assert page.locator("[data-reasons]").inner_text() == "1 rejected: 1 hands"
    assert "rejected: hands, red label" in page.locator("#f01 > a").inner_text()
    page.reload()
    press(page, "Control+z")
    saved(page)  # the server knows: it was the last 9
    press(page, "Control+z", "Control+z", "Control+z", "Control+z")
    saved(page)
    assert marks(sheet) == []
    press(page, "Control+Shift+z", "Control+y")
    saved(page)
    assert marks(sheet) == [(1, 2, "hands", 1)]
    expect(page.locator("#said")).to_contain_text("Done again: red label, 1 image")
    assert page.locator("#f01").get_attribute("data-label") == "1"


def test_marks_survive_an_old_token_and_a_sign_out(alice_page, alice, sheet):
    """A token of an earlier sign-in is renewed quietly; signed out, what waits is told of and kept."""
    page = alice_page
    open_sheet(page, sheet)
    page.evaluate("document.querySelector('meta[name=csrf]').content = 'x'.repeat(64)")
    press(page, "p")
    saved(page)
    assert marks(sheet) == [(1, 1, "", 0)]
    cookies = page.context.cookies()
    page.context.clear_cookies(name="gallery_session")
    press(page, "ArrowRight", "x")
    expect(page.locator("#said")).to_contain_text("You are signed out. 1 mark is not saved.")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Retry").click()
    saved(page)
    assert marks(sheet) == [(1, 1, "", 0), (2, 2, "", 0)]


def test_a_lost_answer_and_a_slow_server_lose_nothing_and_do_nothing_twice(alice_page, sheet):
    """The first answer never arrives though the mark was kept; what came meanwhile goes together behind it."""
    page, seen = alice_page, []

    def lose_first(route):
        seen.append(len(route.request.post_data_json["gestures"]))
        if len(seen) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    open_sheet(page, sheet)
    page.route("**/decide/", lose_first)
    with page.expect_request("**/decide/"):
        press(page, "p")
    press(page, "ArrowRight", "x", "ArrowRight", "o")
    saved(page)
    assert [row[:3] for row in marks(sheet)] == [(1, 1, ""), (2, 2, ""), (3, 2, "off-prompt")]
    assert seen[0] == 1 and Photo.objects.get(candidate__session=sheet, candidate__number=1).revision == 2


@pytest.mark.parametrize("address", ["/", "/search/?q=is:undecided", "/uploads/1/"])
def test_the_same_keys_on_every_list(alice_page, uploads, sheet, address):
    from photos.models import UploadBatch, UploadEntry

    batch = UploadBatch.objects.create(pk=1, owner=uploads[0].owner)
    for photo in uploads:
        UploadEntry.objects.create(batch=batch, photo=photo, name="one.png", outcome="added")
    page = alice_page
    page.goto(address)
    page.locator("[data-photo] > a").first.focus()
    press(page, "q", "7", "3")
    saved(page)
    close_old_connections()
    pk = page.locator("[data-photo]").first.get_attribute("data-photo")
    assert Photo.objects.values_list("reason", "label", "rating").get(pk=pk) == ("artefact", 2, 3)
