"""Albums in a browser: arranged by hand and by buttons, filled by a key, looked at by others; without script too."""

from __future__ import annotations

import re

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from photos import albums, leafing
from photos.models import Album
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def album(alice, uploads) -> Album:
    made = albums.create(alice, title="Harbours", description="Of the north", access="public")
    albums.add(made, [photo.pk for photo in uploads])
    return made


def order_of(album) -> list[int]:
    close_old_connections()
    album.refresh_from_db()
    return [place.photo_id for place in leafing.page(album, order=album.order).places]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_of_albums_is_clean(open_page, alice, bob, album, uploads, violations, scheme, width):
    found, here, one = [], album.get_absolute_url(), f"/photos/{uploads[2].pk}/?album={album.pk}"
    albums.create(alice, title="Empty", access="accounts")
    pages = {
        alice: ("/albums/", here, f"{here}?arrange=1", f"/albums/{album.pk}/edit/", one),
        bob: ("/albums/", here, one),
        None: ("/", "/albums/", here, one, "/albums/999/"),
    }
    for user, addresses in pages.items():
        page = open_page(user, width=width, color_scheme=scheme)
        for address in addresses:
            page.goto(address)
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
            found += violations(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{address} scrolls sideways")
    assert found == []


def test_more_opens_what_the_bar_of_a_phone_has_no_room_for(open_page, alice, album, violations):
    page = open_page(alice, width=390)
    page.goto("/albums/")
    page.get_by_role("button", name="More", exact=True).click()
    assert violations(page) == []
    page.locator("#more").get_by_role("link", name="Finals").click()
    expect(page.locator("h1")).to_have_text("Finals")


def test_one_is_dragged_to_another_place(alice_page, album, uploads):
    ids = [photo.pk for photo in uploads]
    alice_page.goto(f"{album.get_absolute_url()}?arrange=1")
    with alice_page.expect_response(re.compile("/move/")):
        alice_page.locator(f"#p{ids[4]} .pic").drag_to(
            alice_page.locator(f"#p{ids[1]} .pic"), target_position={"x": 8, "y": 40}
        )
    then = [ids[0], ids[4], ids[1], ids[2], ids[3], ids[5]]
    expect(alice_page.locator("#said")).to_have_text("Place 2.")
    assert order_of(album) == then
    with alice_page.expect_response(re.compile("/move/")):
        alice_page.locator(f"#p{ids[0]} .pic").drag_to(
            alice_page.locator(f"#p{ids[5]} .pic"), target_position={"x": 150, "y": 40}
        )
    alice_page.wait_for_timeout(500)
    assert order_of(album) == [*then[1:], ids[0]]


def test_the_buttons_move_without_a_reload_and_keep_the_focus(alice_page, album, uploads):
    ids = [photo.pk for photo in uploads]
    alice_page.goto(f"{album.get_absolute_url()}?arrange=1")
    alice_page.evaluate("window.stayed = true")
    button = alice_page.locator(f"#p{ids[2]} [value^=up]")
    for _ in range(2):
        with alice_page.expect_response(re.compile("/move/")):
            button.press("Enter")
    expect(button).to_be_focused()
    assert alice_page.evaluate("window.stayed")
    assert alice_page.locator("[data-f=number]").all_inner_texts() == ["1", "2", "3", "4", "5", "6"]
    assert order_of(album) == [ids[2], ids[0], ids[1], *ids[3:]]


def test_without_script_an_album_is_made_filled_arranged_opened_and_emptied(open_page, alice, uploads):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/albums/")
    page.get_by_label("Title", exact=True).fill("Harbours")
    page.get_by_role("button", name="Make the album").click()
    expect(page.locator("h1")).to_have_text("Harbours")
    album = Album.objects.get()
    for photo in uploads[:3]:
        page.goto(f"/photos/{photo.pk}/")
        page.get_by_role("button", name="Add to album").click()
    expect(page.locator("#said")).to_contain_text("Added 1 image to “Harbours”")
    ids = [photo.pk for photo in uploads]
    page.get_by_role("link", name="Harbours").first.click()
    page.get_by_role("link", name="Arrange").click()
    page.locator(f"#p{ids[2]} [value^=up]").click()
    assert order_of(album) == [ids[0], ids[2], ids[1]]
    page.locator(f"#to-{ids[1]}").fill("1")
    page.locator(f"#to-{ids[1]}").press("Enter")
    assert order_of(album) == [ids[1], ids[0], ids[2]]
    page.get_by_role("link", name="Done").click()
    page.get_by_text("Who can see this album:").click()
    page.get_by_label("Everyone, also without an account").check()
    page.locator(".access").get_by_role("button", name="Save").click()
    visitor = open_page(java_script_enabled=False)
    visitor.goto(album.get_absolute_url())
    expect(visitor.locator(".cell img")).to_have_count(3)
    page.locator(f"#p{ids[0]} input").check()
    page.get_by_role("button", name="Remove from this album").click()
    expect(page.locator(".undo-line")).to_contain_text("removing is not deleting")
    visitor.goto(f"/photos/{ids[0]}/")
    expect(visitor.locator("h1")).to_have_text("Nothing here")
    page.get_by_role("button", name="Put back").click()
    assert order_of(album) == [ids[1], ids[0], ids[2]]


def test_b_puts_the_image_into_the_album_used_last_and_undo_takes_it_out(alice_page, alice, uploads):
    album = albums.create(alice, title="Harbours")
    alice_page.goto("/")
    alice_page.locator(f"#p{uploads[1].pk} > a").focus()
    alice_page.keyboard.press("b")
    expect(alice_page.locator("#said")).to_have_text("Added 1 image to “Harbours”.")
    assert order_of(album) == [uploads[1].pk]
    alice_page.locator("#status").get_by_role("button", name="Undo").click()
    expect(alice_page.locator("#said")).to_have_text("Undone.")
    assert order_of(album) == []


def test_b_without_an_album_asks_for_one(alice_page, uploads):
    alice_page.goto("/")
    alice_page.locator(f"#p{uploads[1].pk} > a").focus()
    alice_page.keyboard.press("b")
    alice_page.get_by_label("To a new album, called").fill("First")
    alice_page.get_by_role("button", name="Make and add").click()
    expect(alice_page.locator("#said")).to_contain_text("Added 1 image to “First”")


def test_the_keys_of_the_sheet_work_in_an_album(alice_page, album, uploads):
    alice_page.goto(album.get_absolute_url())
    alice_page.locator(f"#p{uploads[0].pk} > a").focus()
    for key in ("p", "ArrowRight", "x", "Enter"):
        alice_page.keyboard.press(key)
    expect(alice_page.locator("#large")).to_be_visible()
    alice_page.keyboard.press("Escape")
    expect(alice_page.locator(f"#p{uploads[0].pk}")).to_have_attribute("data-decision", "1")
    expect(alice_page.locator(f"#p{uploads[1].pk}")).to_have_attribute("data-decision", "2")


def test_a_visitor_leafs_by_arrow_keys_and_finds_the_way_in(page, album, uploads):
    page.goto(album.get_absolute_url())
    page.locator(".cell a").nth(1).click()
    for key, shown in (("", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key or "Shift")
        expect(page).to_have_url(re.compile(f"/photos/{uploads[shown].pk}/"))
        page.wait_for_load_state()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password", exact=True).fill("alice-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"/photos/{uploads[1].pk}/"))
    expect(page.get_by_role("link", name="Download the original")).to_be_visible()


def test_a_long_album_grows_as_a_visitor_scrolls(page, alice, live_server):
    from tests.factories import PhotoFactory

    long = albums.create(alice, title="Long", access="public")
    albums.add(long, [photo.pk for photo in PhotoFactory.create_batch(150, owner=alice)])
    page.goto(long.get_absolute_url())
    expect(page.locator(".cell")).to_have_count(100)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".cell")).to_have_count(150)
