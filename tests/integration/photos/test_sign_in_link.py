"""The one-time link that the start prints: for one person, once, for a quarter of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user
from django.test import Client

from photos import accounts

pytestmark = pytest.mark.django_db


class Later(accounts._Tokens):
    """The same tokens, checked `seconds` from now."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds

    def _now(self) -> datetime:
        return super()._now() + timedelta(seconds=self.seconds)


def token(link: str) -> str:
    return link.strip("/").split("/")[-1]


def signed_in(client: Client):
    return get_user(client)


def test_the_link_signs_its_person_in_and_leads_home(alice, client):
    response = client.get(accounts.sign_in_link(alice))
    assert response.status_code == 302 and response["Location"] == "/"
    assert signed_in(client) == alice


def test_it_works_once(alice, client):
    link = accounts.sign_in_link(alice)
    client.get(link)
    second = Client()
    response = second.get(link)
    assert response.status_code == 410 and signed_in(second).is_anonymous


def test_it_works_once_also_for_somebody_who_has_just_signed_in(alice, client):
    client.force_login(alice)
    alice.refresh_from_db()
    link = accounts.sign_in_link(alice)
    assert Client().get(link).status_code == 302
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize(
    ("seconds", "works"), [(0, True), (14 * 60, True), (15 * 60 + 5, False), (86_400, False)]
)
def test_it_works_for_a_quarter_of_an_hour(alice, monkeypatch, seconds, works):
    link = accounts.sign_in_link(alice)
    monkeypatch.setattr(accounts, "_tokens", Later(seconds))
    assert accounts.user_for(token(link)) == (alice if works else None)


def test_a_new_password_ends_it(alice):
    link = accounts.sign_in_link(alice)
    alice.set_password("another")
    alice.save()
    assert accounts.user_for(token(link)) is None


def test_an_account_that_was_closed_is_not_opened_by_it(alice):
    link = accounts.sign_in_link(alice)
    alice.is_active = False
    alice.save()
    assert accounts.user_for(token(link)) is None


def test_it_cannot_be_turned_into_somebody_else_s(alice, bob):
    name, _, secret = token(accounts.sign_in_link(alice)).partition(".")
    bobs = token(accounts.sign_in_link(bob)).partition(".")[0]
    assert accounts.user_for(f"{bobs}.{secret}") is None and accounts.user_for(f"{name}.{secret}") == alice


def test_a_password_reset_token_is_no_sign_in_link(alice):
    from django.contrib.auth.tokens import default_token_generator

    name = token(accounts.sign_in_link(alice)).partition(".")[0]
    assert accounts.user_for(f"{name}.{default_token_generator.make_token(alice)}") is None


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        ".",
        "x.y",
        "MQ.x-y",
        "MQ",
        "💥.💥",
        "%00.%00",
        "LTE.x",
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk5.x",
        "." * 500,
    ],
)
def test_nonsense_is_answered_like_an_old_link(alice, nonsense):
    assert accounts.user_for(nonsense) is None


def test_it_is_not_kept_by_anybody_on_the_way(alice, client):
    response = client.get(accounts.sign_in_link(alice))
    assert "no-store" in response["Cache-Control"]


def test_it_cannot_be_used_by_a_form_from_elsewhere(alice, client):
    assert client.post(accounts.sign_in_link(alice)).status_code == 405
