"""The main job with JavaScript off: sign in, choose, complete, find."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from generation import finals
from generation.models import GenerationSession
from photos.models import Photo
from tests.rights import let_generate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_alice_signs_in_picks_and_completes(open_page, alice, sheet, stands):
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password", exact=True).fill("alice-password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Sessions").first.click()
    page.get_by_role("link", name="Red lighthouse in fog", exact=True).click()
    page.get_by_label("Select frame 02").check()
    page.get_by_label("Select frame 05").check()
    page.get_by_role("button", name="Pick", exact=True).click()
    assert stands(sheet) == {2: (1, 0), 5: (1, 0)}
    expect(page.locator("#said")).to_have_text("Picked 2 images.")
    expect(page.locator("[data-f=decided]")).to_have_text("2 of 12 decided")
    page.get_by_role("button", name="Complete 2 picks").click()
    expect(page.get_by_label("Creator")).to_have_value("alice")  # asked once
    page.get_by_label("Rights").fill("(c) Alice")
    page.get_by_role("button", name="Complete 2 picks").click()
    expect(page.locator("#live")).to_contain_text("Filing 0 of 2")
    finals.file_picks(sheet.pk)
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("link", name="See the finals").click()
    expect(page.locator("[data-photo]")).to_have_count(2)
    page.get_by_role("link", name="Titles").click()
    page.get_by_label("Title of “Red lighthouse in fog, 05”").fill("Fog")
    page.get_by_role("button", name="Save titles").click()
    expect(page.locator("#said")).to_have_text("The titles are saved; the files are being written anew.")
    assert Photo.objects.finals().filter(title="Fog").count() == 1


def test_a_picture_is_marked_on_its_page(open_page, alice, uploads):
    page = open_page(alice, java_script_enabled=False)
    page.goto(f"/photos/{uploads[0].pk}/")
    page.get_by_label("Reject", exact=True).check(force=True)
    page.get_by_label("3 stars").check(force=True)
    page.get_by_role("button", name="Save", exact=True).click()
    uploads[0].refresh_from_db()
    assert (uploads[0].decision, uploads[0].rating) == (2, 3)


def test_a_session_is_asked_for(open_page, alice, live_server):
    let_generate(alice)
    page = open_page(alice, java_script_enabled=False)
    page.goto("/generate/")
    page.get_by_label("Prompt", exact=True).fill("a harbour at night")
    page.get_by_label("3:2").check(force=True)
    page.locator("main button.primary").click()
    expect(page.locator("h1")).to_have_text("A harbour at night")
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    assert GenerationSession.objects.get().width == 1216
