"""Signing in and out, the link of the start, light and dark, and what watches the server."""

from __future__ import annotations

import pytest

from photos.accounts import sign_in_link

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
ALICE = {"username": "alice", "password": "alice-password"}


def test_alice_signs_in_and_comes_where_she_wanted(alice, visitor):
    answer = visitor.post(LOGIN, ALICE | {"next": "/sessions/"})
    assert answer["Location"] == "/sessions/"


def test_signing_in_leads_nowhere_but_here(alice, visitor):
    assert visitor.post(LOGIN, ALICE | {"next": "https://example.org/"})["Location"] == "/"


def test_a_wrong_password_is_said_beside_the_form(alice, visitor):
    page = visitor.post(LOGIN, ALICE | {"password": "wrong"})
    assert page.status_code == 200
    assert b'id="sign-error"' in page.content
    assert b'aria-describedby="sign-error"' in page.content


def test_the_link_of_the_start_signs_in_once(alice, visitor):
    link = sign_in_link(alice)
    assert visitor.get(link)["Location"] == "/"
    assert visitor.get("/").status_code == 200
    visitor.logout()
    again = visitor.get(link)
    assert again.status_code == 410
    assert b"That link was used" in again.content


def test_signing_out_needs_a_form(alice_client):
    assert alice_client.get("/accounts/logout/").status_code == 405
    assert alice_client.post("/accounts/logout/")["Location"] == LOGIN


def test_the_theme_is_kept_in_a_cookie_and_printed_by_the_server(alice_client):
    answer = alice_client.post("/theme/", {"theme": "dark", "next": "/finals/"})
    assert answer["Location"] == "/finals/"
    assert b'data-theme="dark"' in alice_client.get("/finals/").content


def test_a_theme_that_does_not_exist_is_not_kept(alice_client):
    assert not alice_client.post("/theme/", {"theme": "<b>", "density": "9"}).cookies


def test_the_watcher_is_told_ok_without_signing_in(visitor, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = visitor.get("/healthz/")
    assert answer.content == b"ok\n"


@pytest.mark.parametrize("address", ["/nope/", "/photos/1/", "/sessions/1/"])
def test_what_is_not_there_is_said_kindly(alice_client, address):
    page = alice_client.get(address)
    assert page.status_code == 404
    assert b"Nothing here" in page.content


def test_the_browser_finds_an_icon(visitor):
    assert visitor.get("/favicon.ico")["Location"].endswith("favicon.svg")
