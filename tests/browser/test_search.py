"""The search page in a browser: clean by axe, narrowed by a click, completed while one types, and without a script."""

from __future__ import annotations

import pytest

from photos import albums, search
from photos.ingest import tag
from photos.models import Recipe
from tests.factories import make_photo, pictures_of
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/search/?q=lighthouse+-rain+modle%3Aflux"


@pytest.fixture
def library(alice, sheet):
    """Three uploads of a lighthouse and a session with candidates of one."""
    for n in range(3):
        photo = make_photo(alice, name=f"lighthouse-{n}.png", size=(96, 64))
        tag(photo, ["sea"])
        Recipe.objects.create(
            photo=photo, generator="test", prompt="a red lighthouse, sea", model="Flux dev", steps=20
        )
        search.index([photo.pk])
    smart = albums.create(alice, title="Lighthouses", query='lighthouse -rain model:"Flux dev" sort:oldest')
    return photo, pictures_of(sheet), smart


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_searching_is_clean(open_page, alice, library, violations, scheme, width):
    page = open_page(alice, width=width, color_scheme=scheme)
    found = []
    smart = library[2]
    for address in (ADDRESS, "/search/", "/search/?q=nothing+here", "/search/narrow/?q=lighthouse",
                    f"/photos/{library[0].pk}/?q=light", "/albums/", smart.get_absolute_url(),
                    f"/search/?q=light&smart={smart.pk}"):  # fmt: skip
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found += violations(page)
        if page.locator("details.save-search").count():
            page.locator(".save-search summary").click()
            found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    page.goto(ADDRESS)
    if page.locator("#q").is_visible():
        page.locator("#q").fill("is:")
        page.locator("#q").press("End")
        page.locator("#q").press_sequentially("pi")
        page.locator("#offers li").first.wait_for()
        found += violations(page)
    assert found == []


def test_a_search_is_narrowed_by_clicks_and_terms_are_taken_away(alice_page, library):
    alice_page.goto("/search/?q=lighthouse")
    alice_page.locator("aside.narrowing a", has_text="Flux dev").click()
    assert alice_page.locator("h1").inner_text() == '3 images for “lighthouse model:="Flux dev"”'
    alice_page.get_by_role("link", name='Remove model:="Flux dev"').click()
    assert "q=lighthouse" in alice_page.url and "model" not in alice_page.url


def test_keys_and_values_are_completed_while_one_types(alice_page, library):
    alice_page.goto("/")
    box = alice_page.locator("#q")
    box.click()
    box.press_sequentially("light mo")
    alice_page.locator("#offers li", has_text="model:").wait_for()
    box.press("ArrowDown")
    box.press("Enter")
    alice_page.locator("#offers li", has_text="Flux dev").wait_for()
    box.press("ArrowDown")
    box.press("Enter")
    assert box.input_value() == 'light model:"Flux dev" '
    box.press("Enter")
    alice_page.wait_for_url("**/search/**")
    assert "3 images" in alice_page.locator("h1").inner_text()


def test_everything_works_without_a_script(open_page, alice, library):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/search/?q=lighthouse")
    page.get_by_role("link", name="Months, models, stars, tags").click()
    page.locator(".narrowing a", has_text="Flux dev").click()
    assert "3 images" in page.locator("h1").inner_text()
    page.locator(".save-search summary").click()
    page.locator("#smart-title").fill("Lighthouses of Flux")
    page.locator(".save-search button").click()
    assert page.locator("h1").inner_text() == "Lighthouses of Flux" and page.locator(".cell").count() == 3
    page.get_by_role("link", name="Edit search").click()
    page.get_by_role("link", name="Search by form").click()
    page.get_by_label("None of these").fill("red")
    page.locator(".search-form").get_by_role("button", name="Search").click()
    assert "No images" in page.locator("h1").inner_text()
    page.locator(".save-search button").click()
    assert "finds nothing at the moment" in page.locator(".nothing").inner_text()
