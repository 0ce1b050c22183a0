"""Many at once in a browser: select, trash, undo, tags, albums, the whole list; with and without script."""

from __future__ import annotations

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from photos import curate, trash
from photos.models import Album, Photo
from tests.browser.test_keys import open_sheet, press, saved
from tests.factories import AN_HOUR, PhotoFactory, with_true_counts
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def in_trash(owner) -> int:
    close_old_connections()
    return trash.photos(owner).count()


def focus_first(page) -> None:
    page.locator("[data-photo] > a").first.focus()


def test_two_are_selected_with_s_trashed_with_del_and_come_back_by_undo(alice, alice_page, uploads):
    page = alice_page
    page.goto("/")
    before = [cell.get_attribute("id") for cell in page.locator("[data-photo]").all()]
    focus_first(page)
    press(page, "s", "ArrowRight", "s", "Delete")
    expect(page.locator("[data-photo]")).to_have_count(4)
    expect(page.locator("#said")).to_have_text("Moved 2 images to the trash.")
    saved(page)
    assert in_trash(alice) == 2
    page.locator("#status").get_by_role("button", name="Undo").click()
    saved(page)
    assert [cell.get_attribute("id") for cell in page.locator("[data-photo]").all()] == before
    assert in_trash(alice) == 0


def test_del_goes_on_to_the_next_image_and_undo_goes_back(alice, alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    press(page, "Delete", "Delete")
    expect(page.locator("#f03 > a")).to_be_focused()
    expect(page.locator("[data-f=decided]")).to_have_text("0 of 10 decided")
    press(page, "p", "Control+z", "Control+z")
    expect(page.locator("#f02 > a")).to_be_focused()
    saved(page)
    assert in_trash(alice) == 1 and not Photo.objects.filter(decision=1).exists()


def test_del_in_the_large_view_shows_the_next_and_the_last_one_closes_it(alice, alice_page, uploads):
    page = alice_page
    page.goto("/")
    focus_first(page)
    press(page, "Enter")
    for left in range(5, 0, -1):
        press(page, "Delete")
        expect(page.locator("[data-f=place]")).to_have_text(f"1 of {left}")
    press(page, "Delete")
    expect(page.locator("#large")).to_be_hidden()
    saved(page)
    assert in_trash(alice) == 6


def test_what_could_not_be_trashed_comes_back_and_is_tried_again(alice, alice_page, uploads):
    page = alice_page
    page.goto("/")
    page.route("**/bulk/", lambda route: route.abort())
    focus_first(page)
    press(page, "Delete")
    expect(page.locator("#said")).to_have_text("Not saved.")
    expect(page.locator("[data-photo]")).to_have_count(6)
    page.unroute("**/bulk/")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("[data-photo]")).to_have_count(5)
    saved(page)
    assert in_trash(alice) == 1


def test_the_bar_takes_the_place_of_the_header_and_nothing_moves(alice_page, uploads):
    page = alice_page
    page.goto("/")
    header, first = page.locator(".top").bounding_box(), page.locator("[data-photo]").first.bounding_box()
    focus_first(page)
    press(page, "s")
    bar = page.locator(".bulk").bounding_box()
    assert (bar["y"], bar["height"]) == (header["y"], header["height"])
    assert page.locator("[data-photo]").first.bounding_box() == first
    expect(page.locator(".top")).to_be_hidden()
    press(page, "Escape")
    expect(page.locator(".top")).to_be_visible()


def many(owner) -> None:
    for n in range(150):
        PhotoFactory(owner=owner, shown_at=AN_HOUR.replace(day=1 + n % 20))
    with_true_counts(owner)


def test_all_that_the_list_shows_is_selected_and_rejected_at_once(alice, alice_page, live_server):
    many(alice)
    page = alice_page
    page.goto("/")
    focus_first(page)
    press(page, "Control+a")
    page.get_by_role("button", name="Select all 150 this list shows").click()
    expect(page.locator("[data-f=selected]")).to_have_text("All 150 selected")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("#said")).to_have_text("Rejected 150 images.")
    assert Photo.objects.filter(decision=2).count() == 150
    page.locator("#status").get_by_role("button", name="Undo").click()
    expect(page.locator("#said")).to_have_text("Undone.")
    assert Photo.objects.filter(decision=2).count() == 0


def test_keys_mean_the_whole_list_too_once_it_is_selected(alice, alice_page, live_server):
    many(alice)
    page = alice_page
    page.goto("/")
    focus_first(page)
    press(page, "Control+a")
    page.locator("[data-do=whole]").click()
    focus_first(page)
    press(page, "Delete")
    expect(page.locator("#said")).to_have_text("Moved 150 images to the trash.")
    assert in_trash(alice) == 150
    press(page, "Control+z")
    expect(page.locator("#said")).to_have_text("Undone.")
    assert in_trash(alice) == 0


def test_unticking_one_ends_the_whole_list(alice, alice_page, live_server):
    many(alice)
    page = alice_page
    page.goto("/")
    focus_first(page)
    press(page, "Control+a")
    page.locator("[data-do=whole]").click()
    focus_first(page)
    press(page, "s", "p")
    saved(page)
    assert 90 < Photo.objects.filter(decision=1).count() < 150


def test_tags_and_albums_from_the_bar(alice, alice_page, uploads):
    page = alice_page
    page.goto("/")
    focus_first(page)
    press(page, "s", "ArrowRight", "s")
    page.get_by_role("button", name="Tags").click()
    page.get_by_label("Tags, with commas between them").fill("sea, evening")
    press(page, "Enter")
    expect(page.locator("#said")).to_have_text("Tagged 2 images: sea, evening.")
    page.get_by_role("button", name="Add to album").click()
    page.get_by_label("To a new album, called").fill("Harbours")
    press(page, "Enter")
    expect(page.locator("#said")).to_have_text("Added 2 images to “Harbours”.")
    page.locator("#status").get_by_role("button", name="Undo").click()
    saved(page)
    assert Album.objects.get().places.count() == 0
    assert Photo.objects.filter(tags__name="sea").count() == 2


def test_a_finished_cull_offers_what_is_left_to_do_and_keeps_in_mind_what_was_said(alice, alice_page, sheet):
    page = open_sheet(alice_page, sheet)
    press(page, "Control+a", "x")
    expect(page.locator("#culled")).to_contain_text("Trash the 12 rejects")
    before = page.locator("#f01").bounding_box()
    page.locator("#culled").get_by_role("button", name="Keep").click()
    expect(page.locator("#culled")).to_be_hidden()
    assert page.locator("#f01").bounding_box() == before
    page.reload()
    expect(page.locator("#culled")).to_be_hidden()


def test_the_rejects_go_and_come_back_by_undo(alice, alice_page, sheet):
    curate.decide(alice, list(sheet.candidates.values_list("photo_id", flat=True)), value=2)
    page = alice_page
    page.goto(f"/sessions/{sheet.pk}/")
    page.locator("#culled").get_by_role("button", name="Trash").click()
    expect(page.locator("#said")).to_have_text("Moved 12 rejects to the trash.")
    page.locator("#status").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-photo]")).to_have_count(12)


def test_without_script_ticked_ones_go_to_the_trash_and_come_back(open_page, alice, uploads):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/")
    for n in (0, 1):
        page.locator(".check input").nth(n).check()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.locator("#said")).to_have_text("Moved 2 images to the trash.")
    assert in_trash(alice) == 2
    page.locator("#status").get_by_role("button", name="Undo").click()
    assert in_trash(alice) == 0


def test_without_script_the_whole_list_is_a_box_to_tick(open_page, alice, live_server):
    many(alice)
    page = open_page(alice, java_script_enabled=False)
    page.goto("/")
    page.locator(".check input").first.check()
    page.get_by_label("the whole list (150)").check()
    page.get_by_role("button", name="Pick", exact=True).click()
    expect(page.locator("#said")).to_have_text("Picked 150 images.")


def test_without_script_return_adds_the_tags_that_were_typed(open_page, alice, uploads):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/")
    page.locator(".check input").first.check()
    page.get_by_role("button", name="Tags").click()
    page.get_by_label("Tags, with commas between them").fill("sea")
    press(page, "Enter")
    expect(page.locator("#said")).to_have_text("Tagged 1 image: sea.")
    assert not Photo.objects.filter(decision=1).exists()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_bar_and_its_menus_are_clean(open_page, alice, uploads, violations, scheme, width):
    page = open_page(alice, width=width, color_scheme=scheme)
    page.goto("/")
    focus_first(page)
    press(page, "Control+a")
    found = violations(page)
    for menu in ("bulk-stars", "bulk-tags", "bulk-album"):
        page.locator(f"[popovertarget={menu}]").click()
        box = page.locator(f"#{menu}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 900
        found += violations(page)
        page.keyboard.press("Escape")
    assert found == [] and not page.evaluate("document.documentElement.scrollWidth > innerWidth")
