"""API tokens: shown once, kept as a hash, revoked for good."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from photos import tokens
from photos.models import ApiToken

pytestmark = pytest.mark.django_db


def shown_on(page):
    found = re.search(r"pg_[A-Za-z0-9_-]{43}", page.content.decode())
    return found and found[0]


def test_a_new_token_is_shown_on_the_following_page_and_never_again(alice_client, alice):
    page = alice_client.post("/account/tokens/", {"name": "backup"}, follow=True)
    text = shown_on(page)
    assert tokens.owner_of(text) == alice
    again = alice_client.get("/account/")
    assert shown_on(again) is None and "backup" in again.content.decode()


def test_nothing_but_the_hash_is_kept_anywhere(alice_client, alice):
    text = shown_on(alice_client.post("/account/tokens/", {"name": "backup"}, follow=True))
    with connection.cursor() as cursor:
        for table in ("photos_apitoken", "django_session", "photos_signedindevice"):
            cursor.execute(f"SELECT * FROM {table}")
            assert text not in str(cursor.fetchall())
    assert ApiToken.objects.get().hint == text[:8]


def test_the_page_that_shows_it_is_kept_by_no_cache(alice_client):
    page = alice_client.post("/account/tokens/", {"name": "backup"}, follow=True)
    assert "no-store" in page["Cache-Control"]


def test_bob_on_the_same_browser_does_not_see_the_token_of_alice(alice_client, bob):
    alice_client.post("/account/tokens/", {"name": "backup"})
    alice_client.force_login(bob)
    assert shown_on(alice_client.get("/account/")) is None


def test_a_hundred_tokens_have_nothing_in_common(alice):
    made = {tokens.make(alice, "x")[1] for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"pg_[A-Za-z0-9_-]{43}", text) for text in made)
    assert len({text[3:8] for text in made}) > 90


def test_a_revoked_token_opens_nothing(alice, alice_client):
    row, text = tokens.make(alice, "backup")
    alice_client.post(f"/account/tokens/{row.pk}/revoke/")
    assert tokens.owner_of(text) is None
    assert alice_client.post(f"/account/tokens/{row.pk}/revoke/").status_code == 404


def test_a_disabled_account_has_no_way_in_by_token(alice):
    _, text = tokens.make(alice, "backup")
    alice.is_active = False
    alice.save()
    assert tokens.owner_of(text) is None


@pytest.mark.parametrize(
    "text",
    [None, "", "pg_", "pg_" + "a" * 43, "pg_" + "ä" * 43, "x" * 1_000_000, 7, b"pg_", "pg_\x00", ["pg_"]],
)
def test_what_is_no_token_is_nobodys(alice, text):
    assert tokens.owner_of(text) is None


def test_use_is_noted_once_a_day_and_not_more_exactly(alice, django_assert_num_queries):
    _, text = tokens.make(alice, "backup")
    tokens.owner_of(text)
    noted = timezone.localtime(ApiToken.objects.get().last_used_at)
    assert (noted.hour, noted.minute, noted.second) == (0, 0, 0)
    with django_assert_num_queries(1):
        tokens.owner_of(text)
    ApiToken.objects.update(last_used_at=noted - timedelta(days=2))
    tokens.owner_of(text)
    assert timezone.localtime(ApiToken.objects.get().last_used_at) == noted


def test_bob_neither_sees_nor_revokes_the_tokens_of_alice(alice, bob_client):
    row, text = tokens.make(alice, "her backup")
    assert "her backup" not in bob_client.get("/account/").content.decode()
    assert bob_client.post(f"/account/tokens/{row.pk}/revoke/").status_code == 404
    assert tokens.owner_of(text) == alice


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_token_needs_a_name_that_fits(alice_client, name):
    answer = alice_client.post("/account/tokens/", {"name": name})
    assert answer.status_code == 422 and 'id="name-error"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_hostile_name_is_only_text(alice_client):
    page = alice_client.post("/account/tokens/", {"name": "<b>\x00x</b>"}, follow=True).content.decode()
    assert "&lt;b&gt;\ufffdx&lt;/b&gt;" in page


def test_the_command_prints_the_token_once_and_alone(alice):
    out, err = io.StringIO(), io.StringIO()
    call_command("create_api_token", "nightly import", "--owner", "alice", stdout=out, stderr=err)
    assert tokens.owner_of(out.getvalue().strip()) == alice
    assert "shown only now" in err.getvalue() and "pg_" not in err.getvalue()


def test_the_command_asks_whose_token_it_is_to_be(alice, bob):
    with pytest.raises(CommandError, match="Whose"):
        call_command("create_api_token", "x", stderr=io.StringIO())
    with pytest.raises(CommandError, match="There is no user"):
        call_command("create_api_token", "x", "--owner", "carol", stderr=io.StringIO())
