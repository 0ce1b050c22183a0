"""What the keys send, and the bulk form of a list."""

from __future__ import annotations

import json

import pytest

from photos.models import Decision, Photo
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db


def send(client, *gestures, address: str = "/decide/"):
    body = json.dumps({"gestures": list(gestures)})
    return client.post(address, body, content_type="application/json", headers={"accept": "application/json"})


def gesture(*photos, axis="decision", value=1):
    return {"ids": [photo.pk for photo in photos], "axis": axis, "value": value}


def test_gestures_are_taken_in_order_each_as_one_of_its_own(alice, alice_client):
    one, two = PhotoFactory.create_batch(2, owner=alice)
    answer = send(
        alice_client, gesture(one, two), gesture(one, value=2), gesture(two, axis="rating", value=4)
    )
    assert answer.json()["photos"] == [
        {"id": one.pk, "decision": 2, "reason": "", "rating": 0, "label": 0},
        {"id": two.pk, "decision": 1, "reason": "", "rating": 4, "label": 0},
    ]
    assert Decision.objects.values("batch").distinct().count() == 3


def test_undo_takes_back_one_gesture_after_the_other(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    send(alice_client, gesture(photo), gesture(photo, value=2))
    for stands in (1, 0):
        answer = alice_client.post("/undo/", headers={"accept": "application/json"})
        assert answer.json()["photos"] == [
            {"id": photo.pk, "decision": stands, "reason": "", "rating": 0, "label": 0}
        ]
    assert alice_client.post("/undo/", headers={"accept": "application/json"}).json()["photos"] == []


def test_pictures_of_others_are_left_and_not_told_of(alice, bob):
    from tests.conftest import _client_of

    photo = PhotoFactory(owner=alice)
    assert send(_client_of(bob), gesture(photo)).json()["photos"] == []
    photo.refresh_from_db()
    assert photo.decision == Photo.Verdict.UNDECIDED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"gestures": []}', b'{"gestures": [1]}', b'{"gestures": "x"}',
        b'{"gestures": [{"ids": [], "axis": "decision", "value": 1}]}',
        b'{"gestures": [{"ids": [1], "axis": "owner", "value": 1}]}',
        b'{"gestures": [{"ids": [1], "axis": "decision", "value": true}]}',
        b'{"gestures": [{"ids": [1], "axis": "decision", "value": 7}]}',
        b'{"gestures": [{"ids": ["x"], "axis": "decision", "value": 1}]}',
        b'{"gestures": [{"ids": [99999999999999999999], "axis": "decision", "value": 1}]}',
        b"[" * 5000,
    ],
)  # fmt: skip
def test_nonsense_is_refused(alice_client, body):
    answer = alice_client.post("/decide/", body, content_type="application/json")
    assert answer.status_code == 400


def test_the_bulk_form_marks_what_is_ticked_and_goes_back(alice, alice_client):
    photos = PhotoFactory.create_batch(3, owner=alice)
    form = {"photo": [photo.pk for photo in photos[:2]], "do": "rate:3", "next": "/?show=uploads"}
    answer = alice_client.post("/decide/", form)
    assert (answer.status_code, answer["Location"]) == (303, "/?show=uploads")
    assert Photo.objects.filter(rating=3).count() == 2


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)", ""])
def test_a_form_leads_nowhere_but_here(alice, alice_client, elsewhere):
    form = {"photo": [PhotoFactory(owner=alice).pk], "do": "pick", "next": elsewhere}
    assert alice_client.post("/decide/", form)["Location"] == "/"


def test_a_link_marks_nothing(alice_client):
    assert list(alice_client.get("/decide/?do=pick&photo=1").json()) == [
        "token"
    ]  # for a page with an old one
    assert alice_client.get("/undo/").status_code == 405


def test_a_form_from_elsewhere_is_refused(alice):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/undo/").status_code == 403
