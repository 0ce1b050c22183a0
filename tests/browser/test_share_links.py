"""A link opened in a browser that knows nothing, and made by its owner."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from photos import albums, sharing
from photos.models import Recipe
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def album(alice):
    made = albums.create(alice, title="Walk")
    photos = [make_photo(alice, draw("PNG", (300 + n, 200)), title=f"Step {n}") for n in range(3)]
    Recipe.objects.create(photo=photos[0], generator="forge", prompt="basilisk")
    albums.add(made, [photo.pk for photo in photos])
    return made


def test_the_receiver_leafs_by_keys_and_the_pages_are_accessible(alice, album, page):
    _share, token = sharing.make(
        alice, title="Walk", lasts="30", album=album, signed_by="A.", allows_download=True
    )
    page.goto(f"/x/{token}/")
    expect(page.locator(".rows img")).to_have_count(3)
    assert _violations(page) == []
    page.locator(".rows a").first.click()
    expect(page.get_by_role("heading", name="Step 0")).to_be_visible()
    expect(page.get_by_text("Made with AI")).to_be_visible()
    assert _violations(page) == []
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Step 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(rf"/x/{token}/#i"))
    assert page.context.cookies() == []


def test_the_owner_makes_a_link_without_script_and_somebody_opens_it(alice, album, open_page):
    page = open_page(alice, java_script_enabled=False, width=390)
    page.goto(album.get_absolute_url())
    page.get_by_role("link", name="Share").click()
    expect(page.get_by_text("AI mark kept in 1 of them, no prompts, no places")).to_be_visible()
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#share-address").input_value()
    visitor = open_page(java_script_enabled=False, width=390)
    visitor.goto(address)
    expect(visitor.locator(".rows img")).to_have_count(3)
    page.get_by_role("button", name="Switch off").click()
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_the_pages_of_links_are_accessible_to_their_owner(alice, album, alice_page):
    share, _token = sharing.make(alice, title="Walk", lasts="never", album=album)
    for address in ("/shares/", f"/shares/new/?album={album.pk}", share.get_absolute_url()):
        alice_page.goto(address)
        assert _violations(alice_page) == [], address


def _violations(page) -> list[str]:
    return [one["id"] for one in Axe().run(page).response["violations"]]
