"""Signed-in devices: seen, and signed out."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from photos import devices
from photos.models import SignedInDevice

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"
)


@pytest.fixture(autouse=True)
def _nothing_was_seen_before():
    cache.clear()


def signed_in(user, password, **meta):
    client = Client(**meta)
    assert client.post("/accounts/login/", {"username": user, "password": password}).status_code == 302
    return client


def test_the_settings_name_the_browser_and_the_address(alice):
    client = signed_in("alice", "alice-password", HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7")
    page = client.get("/account/").content.decode()
    assert "<b>Firefox on Linux</b>" in page and "192.0.2.7, since" in page and "this device" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"), (SAFARI_PHONE, "Safari on iPhone"), (EDGE, "Edge on Windows"),
        ("curl/8.5.0", "curl"), ("", ""), ("<script>alert(1)</script>", ""), ("x" * 100_000, ""),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words_of_ours_alone(agent, words):
    assert devices.browser_of(agent) == words


def test_signing_out_takes_the_device_off_the_list(alice):
    client = signed_in("alice", "alice-password")
    assert alice.devices.count() == 1
    client.post("/accounts/logout/")
    assert alice.devices.count() == 0


def test_alice_signs_out_the_phone_she_lost(alice):
    laptop, phone = (
        signed_in("alice", "alice-password"),
        signed_in("alice", "alice-password", HTTP_USER_AGENT=SAFARI_PHONE),
    )
    lost = alice.devices.get(browser="Safari on iPhone")
    laptop.post("/account/devices/", {"device": lost.pk})
    assert phone.get("/account/").status_code == 302
    assert laptop.get("/account/").status_code == 200
    assert not Session.objects.filter(session_key=lost.session_key).exists()


def test_all_others_are_signed_out_at_once_and_nobody_elses(alice, bob):
    here, *others = [signed_in("alice", "alice-password") for _ in range(3)]
    bobs = signed_in("bob", "bob-password")
    said = here.post("/account/devices/", {"others": "1"}, follow=True).content.decode()
    assert "Signed out 2 devices." in said
    assert [client.get("/account/").status_code for client in (here, bobs, *others)] == [200, 200, 302, 302]


def test_signing_out_this_device_is_signing_out(alice):
    client = signed_in("alice", "alice-password")
    answer = client.post("/account/devices/", {"device": alice.devices.get().pk})
    assert answer["Location"] == "/accounts/login/"
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("device", ["", "0", "-1", "x", "9" * 30])
def test_nonsense_is_no_device(alice_client, device):
    assert alice_client.post("/account/devices/", {"device": device}).status_code == 404


def test_bob_cannot_sign_out_alice(alice, bob_client):
    hers = signed_in("alice", "alice-password")
    row = alice.devices.get()
    assert bob_client.post("/account/devices/", {"device": row.pk}).status_code == 404
    assert hers.get("/account/").status_code == 200


def test_expired_log_ins_leave_the_list(alice, alice_client):
    signed_in("alice", "alice-password", HTTP_USER_AGENT=SAFARI_PHONE)
    gone = alice.devices.get(browser="Safari on iPhone")
    Session.objects.filter(session_key=gone.session_key).update(expire_date=timezone.now())
    assert "Safari on iPhone" not in alice_client.get("/account/").content.decode()
    assert not SignedInDevice.objects.filter(pk=gone.pk).exists()


def test_log_ins_with_an_older_password_leave_the_list_when_the_administrator_changes_it(alice):
    signed_in("alice", "alice-password", HTTP_USER_AGENT=SAFARI_PHONE)
    alice.set_password("changed-on-the-command-line")
    alice.save()
    client = signed_in("alice", "changed-on-the-command-line", HTTP_USER_AGENT=FIREFOX)
    assert "Safari on iPhone" not in client.get("/account/").content.decode()


def test_a_log_in_from_before_devices_were_kept_is_listed(alice, alice_client):
    SignedInDevice.objects.all().delete()
    assert "this device" in alice_client.get("/account/").content.decode()


def writes_of(queries):
    return [
        query
        for query in queries
        if "photos_signedindevice" in query["sql"] and query["sql"].startswith("UPDATE")
    ]


def test_a_storm_of_requests_writes_last_seen_once_in_ten_minutes(
    alice, alice_client, django_assert_max_num_queries
):
    SignedInDevice.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    cache.clear()
    with django_assert_max_num_queries(500) as seen:
        for _ in range(20):
            alice_client.get("/finals/")
    assert len(writes_of(seen.captured_queries)) == 1
    assert alice.devices.get().last_seen_at > timezone.now() - timedelta(minutes=1)


def test_a_device_that_has_just_signed_in_costs_no_write(alice_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(50) as seen:
        alice_client.get("/finals/")
    assert writes_of(seen.captured_queries) == []
