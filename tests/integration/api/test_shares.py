"""Share links by program, and at the desk of the administrator."""

from __future__ import annotations

import pytest
from django.urls import reverse

from photos import albums, sharing
from photos.models import Share
from tests.factories import PhotoFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def photo(alice):
    return PhotoFactory(owner=alice)


def test_a_program_makes_lists_switches_and_deletes_a_link(alice, photo, alice_client, visitor):
    json = {"content_type": "application/json"}
    made = alice_client.post("/api/v1/shares", {"title": "For you", "ids": [photo.pk]}, **json)
    assert made.status_code == 201, made.content
    address = made.json()["address"].removeprefix("http://testserver")
    assert visitor.get(address).status_code == 200
    one = f"/api/v1/shares/{made.json()['id']}"
    listed = alice_client.get("/api/v1/shares").json()["items"]
    assert [line["title"] for line in listed] == ["For you"] and "address" not in listed[0]
    assert alice_client.patch(one, {"is_on": False}, **json).json()["is_open"] is False
    assert visitor.get(address).status_code == 404
    assert alice_client.delete(one).status_code == 204 and not Share.objects.exists()


def test_a_program_shares_nothing_of_somebody_elses(alice, bob, photo, bob_client):
    album = albums.create(alice, title="Walk")
    share, _token = sharing.make(alice, title="x", lasts="30", album=album)
    for said, status in (({"ids": [photo.pk]}, 422), ({"album": album.pk}, 404), ({}, 422)):
        answer = bob_client.post("/api/v1/shares", {"title": "x"} | said, content_type="application/json")
        assert answer.status_code == status
    for method in (bob_client.patch, bob_client.delete):
        answer = method(f"/api/v1/shares/{share.pk}", {"is_on": False}, content_type="application/json")
        assert answer.status_code == 404
    assert bob_client.get("/api/v1/shares").json()["items"] == []


def test_an_administrator_sees_links_without_their_addresses_and_switches_them_off(
    alice, photo, client, django_user_model, visitor
):
    share, token = sharing.make(alice, title="For you", lasts="30", photo_ids=[photo.pk])
    client.force_login(django_user_model.objects.create_superuser("root"))
    desk = reverse("admin:photos_share_changelist")
    pages = client.get(desk).text + client.get(reverse("admin:photos_share_change", args=[share.pk])).text
    assert "For you" in pages and share.digest not in pages and token not in pages
    assert "For you" in client.get(f"{desk}?open=1").text
    client.post(desk, {"action": "switch_off", "_selected_action": share.pk})
    assert visitor.get(f"/x/{token}/").status_code == 404
    assert "For you" not in client.get(f"{desk}?open=1").text
