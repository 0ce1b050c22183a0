"""Who may call, and what a stranger is told: nothing, in the same words whatever there is."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from photos import albums, sharing, tokens
from photos.models import Album
from tests.factories import SessionFactory, make_photo, make_session, pictures_of
from tests.integration.api.conftest import ROOT, caller, operations, token_of

pytestmark = pytest.mark.django_db
BODIES = {
    "POST /photos/decide": {"ids": ["photo"], "decision": "picked"},
    "POST /photos/trash": {"ids": ["photo"]},
    "POST /photos/restore": {"ids": ["photo"]},
    "PATCH /photos/{photo_id}": {"title": "mine now"},
    "PATCH /albums/{album_id}": {"title": "mine now"},
    "POST /albums/{album_id}/photos": {"ids": ["photo"]},
    "POST /albums/{album_id}/remove": {"ids": ["photo"]},
    "POST /albums/{album_id}/move": {"photo": "photo"},
    "POST /sessions/{session_id}/decide": {"numbers": [1], "decision": "picked"},
    "POST /sessions/{session_id}/vary": {"numbers": [1]},
    "POST /sessions": {
        "prompt": "fog",
        "engine": "scripted",
        "width": 64,
        "height": 64,
        "remix_of": "session",
    },
    "POST /albums": {"title": "Mine"},
    "POST /shares": {"title": "Mine", "album": "album"},
    "PATCH /shares/{share_id}": {"is_on": False},
}


@pytest.fixture(autouse=True)
def nobody_failed_yet():
    cache.clear()


@pytest.fixture
def things(alice, scripted) -> dict[str, int]:
    """What Alice has: name -> id."""
    photo, album = make_photo(alice), albums.create(alice, title="Private")
    albums.add(album, [photo.pk])
    share, _address = sharing.make(alice, title="For you", lasts="30", album=album)
    session = make_session(alice, count=1)
    return {"photo": photo.pk, "album": album.pk, "session": session.pk, "share": share.pk}


def address(path: str, things: dict[str, int]) -> str:
    path = re.sub(r"\{(\w+)_id\}", lambda found: str(things[found[1]]), path.removeprefix(ROOT))
    return path.replace("{variant}", "h320")


def body(method: str, path: str, things: dict[str, int]):
    known = BODIES.get(f"{method} {path.removeprefix(ROOT)}")
    named = {name: [things.get(one, one) for one in value] if isinstance(value, list) else things.get(value, value)
             for name, value in (known or {}).items()}  # fmt: skip
    return named if known else None


def answer(response) -> tuple:
    """All a caller can see of an answer."""
    headers = sorted(item for item in response.headers.items() if item[0] != "Expires")  # the time
    return response.status_code, response.content, headers


# --- no way in ----------------------------------------------------------------------------------------


def test_without_a_token_every_operation_is_refused_alike(schema, as_nobody, things):
    for method, path, _operation in operations(schema):
        refused = as_nobody(method, address(path, things), body(method, path, things))
        assert refused.status_code == 401, (method, path)
        assert (
            refused["WWW-Authenticate"].startswith("Bearer")
            and refused["Content-Type"] == "application/problem+json"
        )
        assert (refused.json()["code"], refused.json()["status"]) == ("no_token", 401)


@pytest.mark.parametrize("text", ["", "pg_", "pg_" + "a" * 43, "pg_" + "ä" * 43, "x" * 5_000])
def test_a_wrong_token_opens_nothing(alice, text):
    as_sent = text.encode().decode("latin-1")  # as servers hand headers on
    refused = Client().get(f"{ROOT}/photos", headers={"Authorization": f"Bearer {as_sent}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_token")


def test_a_revoked_token_and_one_of_a_disabled_account_open_nothing(alice):
    row, text = tokens.make(alice, "x")
    other = token_of(alice)
    tokens.revoke(row)
    assert caller(text)("GET", "/photos").status_code == 401
    assert caller(other)("GET", "/photos").status_code == 200
    alice.is_active = False
    alice.save()
    assert caller(other)("GET", "/photos").status_code == 401


def test_wrong_tokens_have_to_wait_and_right_ones_never(alice, as_alice):
    wrong = caller("pg_" + "a" * 43)
    statuses = [wrong("GET", "/photos").status_code for _ in range(14)]
    assert statuses[:9] == [401] * 9 and statuses[-1] == 429
    refused = wrong("GET", "/photos")
    assert int(refused["Retry-After"]) > 0 and refused.json()["code"] == "too_many_failures"
    assert as_alice("GET", "/photos").status_code == 200
    assert wrong("GET", "/docs").status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").get(
        f"{ROOT}/photos", headers={"Authorization": "Bearer pg_x"}
    )
    assert elsewhere.status_code == 401


def test_the_body_of_a_stranger_is_not_read(db):
    class Unread:
        def read(self, *size):
            raise AssertionError("read")

        readline = read

    refused = Client().generic("POST", f"{ROOT}/photos", b"x", "multipart/form-data; boundary=x",
                               **{"wsgi.input": Unread(), "CONTENT_LENGTH": "1000"})  # fmt: skip
    assert refused.status_code == 401


# --- the log-in session -------------------------------------------------------------------------------


def test_a_signed_in_browser_may_read_and_changes_something_only_with_its_csrf_token(alice, things):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(f"{ROOT}/photos").status_code == 200
    change = (f"{ROOT}/photos/trash", {"ids": [things["photo"]]}, "application/json")
    refused = client.post(*change)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert client.post(*change, headers={"X-CSRFToken": "x" * 64}).status_code == 403
    found = re.search(r'name="csrf" content="(\w+)"', client.get("/").content.decode())
    assert client.post(*change, headers={"X-CSRFToken": found[1]}).status_code == 200


def test_a_token_wins_over_a_session_and_a_proxys_password_does_not_matter(alice, bob):
    client = Client()
    client.force_login(alice)
    photo = make_photo(alice)
    as_bob = {"Authorization": f"Bearer {token_of(bob)}"}
    assert client.get(f"{ROOT}/photos/{photo.pk}", headers=as_bob).status_code == 404
    assert client.get(f"{ROOT}/photos/{photo.pk}", headers={"Authorization": "Basic eDp5"}).status_code == 200
    assert client.get(f"{ROOT}/photos/{photo.pk}", headers={"Authorization": "Bearer x"}).status_code == 401


# --- somebody else's ----------------------------------------------------------------------------------


def test_what_is_alices_is_absent_for_bob_in_every_operation(schema, as_bob, bob, things):
    absent = dict.fromkeys(things, 10**9)
    tried = 0
    for method, path, _operation in operations(schema):
        is_about_a_thing = "_id}" in path or path.endswith(("/decide", "/trash", "/restore"))
        if not is_about_a_thing:
            continue
        forbidden = as_bob(method, address(path, things), body(method, path, things))
        nothing = as_bob(method, address(path, absent), body(method, path, absent))
        assert forbidden.status_code == 404, (method, path, forbidden.content)
        assert answer(forbidden) == answer(nothing), (method, path)
        tried += 1
    assert tried >= 20


def test_bobs_lists_know_nothing_of_alices(schema, as_bob, things):
    for address_ in ("/photos?show=everything", "/photos?q=harbour", "/albums", "/albums?whose=shared", "/tags",
                     "/sessions", "/sessions?show=trash", "/photos?show=trash"):  # fmt: skip
        assert as_bob("GET", address_).json() == {"items": [], "next": None}, address_
    for address_ in (f"/photos?album={things['album']}", f"/photos?session={things['session']}"):
        assert as_bob("GET", address_).status_code == 404


def test_bob_puts_none_of_alices_pictures_into_his_album(as_bob, bob, things):
    mine = albums.create(bob, title="Mine")
    assert as_bob("POST", f"/albums/{mine.pk}/photos", {"ids": [things["photo"]]}).json() == {"count": 0}
    upload = as_bob("POST", "/sessions", body("POST", "/sessions", things))
    assert upload.status_code in (403, 404)


def test_without_the_right_nothing_is_generated(as_bob, bob, scripted):
    refused = as_bob("POST", "/sessions", {"prompt": "fog", "width": 64, "height": 64})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "administrator" in refused.json()["detail"]
    session = SessionFactory(owner=bob, state="cancelled")
    assert as_bob("POST", f"/sessions/{session.pk}/go-on").status_code == 403


def test_a_guest_sees_words_and_sizes_of_an_open_album_and_nothing_else(
    as_alice, as_bob, alice, scripted, client
):
    session = make_session(alice, count=1, prompt="secret prompt")
    photo = pictures_of(session)[0]
    as_alice("PATCH", f"/photos/{photo.pk}", {"title": "Fog", "caption": "Calm.", "tags": ["hidden"]})
    album = albums.create(alice, title="Open", access="accounts")
    albums.add(album, [photo.pk])
    listed = as_bob("GET", "/albums?whose=shared").json()["items"]
    shown = as_bob("GET", f"/albums/{album.pk}").json()
    assert listed == [shown]
    assert {name for name, value in shown.items() if value is None} == {
        "access", "query", "order", "cover", "created_at", "changed_at", "revision",
    }  # fmt: skip
    inside = as_bob("GET", f"/albums/{album.pk}/photos").json()
    assert inside["items"] == [
        {"id": photo.pk, "title": "Fog", "caption": "Calm.", "alt_text": "", "width": 64, "height": 64}
    ]
    assert as_bob("GET", f"/photos/{photo.pk}").status_code == 404
    leads = as_bob("GET", f"/photos/{photo.pk}/bytes/l1600")
    assert leads.status_code == 302 and client.get(leads["Location"]).status_code == 200
    assert as_bob("GET", f"/photos/{photo.pk}/bytes/original").status_code == 404
    for method, path, sent in (
        ("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/photos", {"ids": [photo.pk]}),
        ("POST", "/remove", {"ids": [photo.pk]}), ("POST", "/move", {"photo": photo.pk}),
    ):  # fmt: skip
        assert as_bob(method, f"/albums/{album.pk}{path}", sent).status_code == 404, path
    Album.objects.update(access="private")
    assert as_bob("GET", f"/albums/{album.pk}/photos").status_code == 404
    assert as_bob("GET", f"/photos/{photo.pk}/bytes/l1600").status_code == 404
