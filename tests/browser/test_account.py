"""Coming in and the settings page, in a real browser: light and dark, desk and phone, with and without script."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache

from photos import albums, tokens
from photos.models import Album
from tests.factories import make_photo
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def public_album(alice, live_server):
    album = albums.create(alice, title="Winter, on foot", access=Album.Access.PUBLIC)
    albums.add(album, [make_photo(alice, size=(96, 64)).pk])
    return album


def sign_in(page, password="alice-password"):
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_front_page_with_albums_is_clean(open_page, public_album, violations, scheme, width):
    page = open_page(width=width, color_scheme=scheme)
    page.goto("/")
    assert page.get_by_role("link", name="Winter, on foot").is_visible()
    assert page.locator(".albums img").evaluate("image => image.complete && image.naturalWidth") > 0
    assert violations(page) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_settings_are_clean_whatever_they_say(open_page, alice, violations, scheme, width):
    tokens.make(alice, "backup")
    page = open_page(alice, width=width, color_scheme=scheme)
    page.goto("/account/")
    found = violations(page)
    page.get_by_label("What will use it").fill("nightly import")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_text("it is not shown again").wait_for()
    found += violations(page)
    for label in ("Old password", "New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill("short")
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("The password was not changed.").wait_for()
    found += violations(page)
    assert found == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_error_pages_are_clean(open_page, bob, violations, scheme, width):
    page = open_page(bob, width=width, color_scheme=scheme)
    found = []
    for address, heading in (("/nope/", "Nothing here"), ("/generate/", "Not allowed")):
        page.goto(address)
        assert page.get_by_role("heading", name=heading).is_visible()
        assert (
            page.locator("main").evaluate("main => getComputedStyle(main).marginTop") != "0px"
        )  # its own style
        found += violations(page)
    assert found == []


def test_the_password_can_be_shown_and_nothing_moves(page, alice):
    page.goto("/accounts/login/")
    field, button = page.locator("#id_password"), page.get_by_role("button", name="Show password")
    before = field.bounding_box()
    button.click()
    assert field.get_attribute("type") == "text" and button.get_attribute("aria-pressed") == "true"
    assert field.bounding_box() == before


@pytest.mark.parametrize("script", [True, False])
def test_alice_signs_in_makes_a_token_and_signs_out(open_page, alice, live_server, script):
    page = open_page(java_script_enabled=script)
    page.goto("/account/")
    sign_in(page, "wrong")
    assert page.locator("#sign-error").inner_text() == "Name or password is wrong. Capital letters count."
    sign_in(page)
    assert page.url.endswith("/account/")
    page.get_by_label("What will use it").fill("nightly import")
    page.get_by_role("button", name="Make a token").click()
    shown = page.locator(".alert code").inner_text()
    assert tokens.owner_of(shown) == alice
    page.reload()
    assert shown not in page.content()
    page.get_by_role("button", name=re.compile("Sign out.*this device")).click()
    assert page.url.endswith("/accounts/login/")


def test_a_form_that_was_open_too_long_is_sent_again_by_one_button(alice_page):
    alice_page.goto("/generate/")
    alice_page.locator("#id_prompt").fill("a fox & a hen")
    alice_page.locator("#generate [name=csrfmiddlewaretoken]").evaluate(
        "field => { field.value = 'x'.repeat(64); }"
    )
    alice_page.locator("#generate").evaluate("form => form.submit()")
    alice_page.get_by_role("heading", name="This page was open too long").wait_for()
    alice_page.get_by_role("button", name="Send again").click()
    alice_page.get_by_role("heading", name="a fox & a hen").wait_for()


def test_whoever_guesses_is_asked_to_wait(page, alice, violations):
    page.goto("/accounts/login/")
    for _ in range(11):
        sign_in(page, "wrong")
    assert page.get_by_role("heading", name="Too many tries").is_visible()
    assert violations(page) == []
