"""Log-in: whoever guesses waits, nobody is locked out, and nobody learns which names exist."""

import logging

import pytest
from django.core.cache import cache
from django.test import Client

from photos import accounts, throttle

LOGIN = "/accounts/login/"
HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a\nFAKE LINE: everything is fine",
    "nul\x00inside",
    "\u202egnp.exe",
    "x" * 1_000_000,
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()
    yield
    cache.clear()


def try_in(client, name="alice", password="wrong", **meta):
    return client.post(LOGIN, {"username": name, "password": password}, **meta)


def fail(client, times, name="alice", **meta):
    return [try_in(client, name, **meta) for _ in range(times)]


def wait_is_over(name="alice", address="127.0.0.1"):
    """As if the wait had passed; the count of failures stays."""
    cache.delete(throttle._keys(name, address)[1])


def test_ten_wrong_passwords_are_answered_and_the_eleventh_has_to_wait(visitor, alice):
    assert {answer.status_code for answer in fail(visitor, 10)} == {200}
    answer = try_in(visitor)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) in range(1, 31)
    assert "Too many wrong passwords for this name came from your address" in answer.content.decode()
    assert "max-age=0" in answer["Cache-Control"]


def test_even_the_right_password_has_to_wait_or_the_answer_would_tell(visitor, alice):
    fail(visitor, 10)
    assert try_in(visitor, password="alice-password").status_code == 429


def test_the_owner_comes_in_from_another_address_meanwhile(visitor, alice):
    fail(visitor, 12, REMOTE_ADDR="203.0.113.9")
    assert try_in(visitor, password="alice-password", REMOTE_ADDR="192.0.2.4").status_code == 302


def test_another_name_from_the_same_address_is_not_touched(visitor, alice, bob):
    fail(visitor, 12)
    assert try_in(visitor, "bob", "bob-password").status_code == 302


def test_the_sign_in_link_works_whatever_was_tried(visitor, alice):
    fail(visitor, 12)
    assert visitor.get(accounts.sign_in_link(alice)).status_code == 302
    assert visitor.get("/account/").status_code == 200


def test_after_the_wait_one_try_is_free_and_the_next_wait_is_twice_as_long(visitor, alice):
    fail(visitor, 10)
    wait_is_over()
    assert try_in(visitor).status_code == 200
    answer = try_in(visitor)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) in range(31, 61)


def test_waits_grow_to_an_hour_and_no_further():
    waits = [throttle.wait_after(n) for n in (10, 11, 12, 16, 17, 400)]
    assert waits == [30, 60, 120, 1920, 3600, 3600]


def test_tries_during_a_wait_do_not_make_it_longer(visitor, alice):
    fail(visitor, 40)
    wait_is_over()
    assert try_in(visitor, password="alice-password").status_code == 302


def test_a_right_password_starts_anew(visitor, alice):
    fail(visitor, 9)
    assert try_in(visitor, password="alice-password").status_code == 302
    assert {answer.status_code for answer in fail(Client(), 10)} == {200}


def test_names_that_do_not_exist_are_answered_and_made_to_wait_just_the_same(visitor, alice):
    known, unknown = fail(visitor, 11, "alice"), fail(visitor, 11, "nobody-here")
    assert [a.status_code for a in known] == [a.status_code for a in unknown]
    assert known[0].context["form"].sentence == unknown[0].context["form"].sentence
    assert known[10].content == unknown[10].content


def test_a_disabled_account_is_answered_as_a_wrong_password(visitor, alice):
    alice.is_active = False
    alice.save()
    right, wrong = try_in(visitor, password="alice-password"), try_in(visitor)
    assert right.status_code == wrong.status_code == 200
    assert right.context["form"].sentence == wrong.context["form"].sentence


def test_a_made_up_forwarded_address_is_no_way_round(visitor, alice):
    answers = [try_in(visitor, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(11)]
    assert answers[-1].status_code == 429


def test_behind_a_trusted_proxy_the_last_forwarded_address_counts(visitor, alice, settings):
    settings.GALLERY_TRUST_PROXY = True
    answers = [try_in(visitor, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}, 203.0.113.9") for n in range(11)]
    assert answers[-1].status_code == 429
    assert try_in(visitor, HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7").status_code == 200


def test_one_ipv6_household_is_one_address(visitor, alice):
    answers = [try_in(visitor, REMOTE_ADDR=f"2001:db8:1:2::{n:x}") for n in range(1, 12)]
    assert answers[-1].status_code == 429
    assert try_in(visitor, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_the_admin_is_no_door_beside_this_one(visitor, alice):
    for _ in range(11):
        answer = visitor.post("/admin/login/", {"username": "alice", "password": "no"})
    assert answer.status_code == 429 or answer["Location"].startswith(LOGIN)


def test_a_script_gets_one_line_of_json(visitor, alice):
    fail(visitor, 10)
    answer = try_in(visitor, HTTP_ACCEPT="application/json")
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_failures"


def test_a_stranger_who_guesses_writes_nothing_to_the_database(visitor, alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(4) as seen:  # the account is looked up; the page lists public albums
        try_in(visitor)
    assert not [query for query in seen.captured_queries if not query["sql"].startswith("SELECT")]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name[:24]))
def test_hostile_names_come_out_escaped_or_not_at_all(visitor, caplog, name):
    caplog.set_level(logging.INFO)
    answers = fail(visitor, 11, name)
    for answer in answers:
        page = answer.content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "\x00" not in page
        assert len(page) < 50_000
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert all(len(record.getMessage()) < 1_000 for record in caplog.records)


def test_a_megabyte_as_password_is_only_a_wrong_password(visitor, alice):
    assert try_in(visitor, password="x" * 1_000_000).status_code == 200
    assert try_in(visitor, password="").status_code == 200
