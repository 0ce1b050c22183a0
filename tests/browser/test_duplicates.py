"""The duplicates page in a browser: keys, undo in place, without a script, and by axe."""

from __future__ import annotations

import re

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from photos import albums, curate, lookalikes
from photos.models import Photo
from tests.browser.test_keys import press
from tests.factories import make_photo
from tests.integration.photos.test_duplicates import scene
from tests.looks import LOOKS
from tests.pictures import encode

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def copies(alice, live_server) -> list[Photo]:
    """Two pictures, each with a smaller copy; one of those has stars and is in an album that everyone sees."""
    photos = []
    for seed in (1, 5):
        photos.append(make_photo(alice, encode(scene(seed)), name=f"{seed}.png"))
        small = encode(scene(seed).resize((160, 120)), "JPEG", quality=80)
        photos.append(make_photo(alice, small, name=f"{seed}-small.jpg"))
    curate.decide(alice, [photos[1].pk], axis="rating", value=4)
    albums.add(albums.create(alice, title="Holiday", access="public"), [photos[1].pk])
    lookalikes.search(alice.pk)
    return photos


def live() -> set[int]:
    close_old_connections()
    return set(Photo.objects.live().values_list("pk", flat=True))


def test_d_clears_a_pair_and_undo_puts_it_back(alice_page, copies):
    page, all_of_them = alice_page, live()
    page.goto("/duplicates/")
    expect(page.locator(".dup")).to_have_count(2)
    press(page, "n")
    expect(page.locator(".dup").nth(1)).to_be_focused()
    press(page, "2", "d")
    expect(page.locator("#said")).to_contain_text("Moved 1 image to the trash.")
    expect(page.locator(".dup")).to_have_count(1)
    assert len(live()) == 3 and live() < all_of_them
    press(page, "Control+z")
    expect(page.locator("#said")).to_have_text("Undone.")
    expect(page.locator(".dup")).to_have_count(2)
    assert live() == all_of_them


def test_k_keeps_all_and_the_help_lists_the_keys(alice_page, copies):
    page = alice_page
    page.goto("/duplicates/")
    press(page, "?")
    page.locator("dialog.keys dt").first.wait_for()
    listed = page.locator("dialog.keys dt").evaluate_all("all => all.map(one => one.dataset.does)")
    assert {"keeper", "keepAll", "trashRest", "nextGroup", "undo"} <= set(listed)
    press(page, "Escape", "k")
    expect(page.locator(".dup")).to_have_count(1)
    press(page, "k")
    expect(page.locator("#all-done")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    expect(page.locator(".nothing")).to_contain_text("No image of yours is here twice.")
    assert len(live()) == 4


def test_without_script_it_is_a_form(open_page, alice, copies):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/duplicates/")
    group = page.locator(".dup").filter(has_text="Holiday")
    expect(group).to_contain_text("This goes too: 4 stars, in “Holiday”, which everyone sees")
    group.get_by_role("button", name="Trash the rest").click()
    expect(page.locator("#said")).to_contain_text("1 had stars: the most are kept.")
    assert len(live()) == 3
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(r"/duplicates/$"))
    assert len(live()) == 4


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_its_pages_are_clean(open_page, alice, copies, violations, scheme, width):
    page, found = open_page(alice, width=width, color_scheme=scheme), []
    for address in (
        "/duplicates/",
        "/duplicates/exact/",
        f"/photos/{copies[0].pk}/look-alikes/",
        "/?stacks=1",
    ):
        page.goto(address)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    page.goto(f"/photos/{copies[0].pk}/")
    page.locator(".alike").scroll_into_view_if_needed()
    page.locator(".alike-strip img").first.wait_for()
    assert found + violations(page) == []
