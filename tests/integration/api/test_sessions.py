"""Sessions for programs: started, watched, chosen from, filed, stopped, thrown away and back."""

from __future__ import annotations

import pytest

from generation import finals, workflow
from generation.models import GenerationSession
from photos.images import RecipeFacts
from photos.models import Photo
from tests.doubles import flat
from tests.factories import SessionFactory, make_photo, make_session, pictures_of

pytestmark = pytest.mark.django_db
WISH = {"prompt": "red lighthouse in fog", "width": 64, "height": 64, "count": 3}


def start(call, **more):
    return call("POST", "/sessions", WISH | more)


def test_a_session_is_started_and_watched(as_alice, alice, scripted):
    started = start(as_alice, seed=41, title="Fog\x00")
    said = started.json()
    assert started.status_code == 201 and started["Location"] == f"/api/v1/sessions/{said['id']}"
    assert (said["state"], said["is_generating"], said["title"]) == ("queued", True, "Fog\ufffd")
    assert (said["engine"], said["first_seed"], said["count"]) == ("scripted", "41", 3)
    workflow.run()
    said = as_alice("GET", f"/sessions/{said['id']}").json()
    assert (said["state"], said["is_generating"], said["n_made"]) == ("ready", False, 3)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"prompt": 7}, "prompt"), ({"prompt": "x" * 20_001}, "prompt"), ({"count": 0}, "count"),
        ({"count": 501}, "count"), ({"count": True}, "count"), ({"width": 65}, "width"), ({"width": 10**6}, "width"),
        ({"width": 2_048}, "width"), ({"engine": "none"}, ""), ({"seed": -1}, "seed"), ({"seed": 2**63}, "seed"),
        ({"options": {"colour": 1}}, "options"), ({"options": {"a": {"b": 1}}}, "options"), ({"owner": 2}, "owner"),
        ({"options": {f"o{n}": 1 for n in range(51)}}, "options"), ({"title": "x" * 201}, "title"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_by_the_name_of_its_field(as_alice, scripted, wish, field):
    refused = start(as_alice, **wish)
    assert refused.status_code == 422, refused.content
    said = refused.json()
    assert field in str(said.get("errors", "")) and not GenerationSession.objects.exists()


def test_options_are_those_of_the_engine_with_its_defaults(as_alice, settings):
    options = as_alice("POST", "/sessions", {"prompt": "fog", "options": {}}).json()["options"]
    assert options  # the built-in engine has some
    name = next(iter(options))
    refused = as_alice("POST", "/sessions", {"prompt": "fog", "options": {name: "no such choice"}})
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == f"options.{name}"


def test_candidates_come_in_pages_and_are_decided_by_number(as_alice, alice, scripted):
    session = make_session(alice, count=5)
    address = f"/sessions/{session.pk}"
    first = as_alice("GET", f"{address}/candidates?limit=3").json()
    rest = as_alice("GET", f"{address}/candidates?limit=3&cursor={first['next']}").json()
    assert [one["number"] for one in first["items"] + rest["items"]] == [1, 2, 3, 4, 5] and rest[
        "next"
    ] is None
    decided = as_alice(
        "POST", f"{address}/decide", {"numbers": [2, 4, 99], "decision": "picked", "rating": 5}
    )
    assert decided.json()["ids"] == [pictures_of(session)[n].pk for n in (1, 3)]
    picks = as_alice("GET", f"{address}/candidates?decision=picked").json()["items"]
    said = [(one["number"], one["photo"]["rating"], one["has_final"]) for one in picks]
    assert said == [(2, 5, False), (4, 5, False)]
    assert as_alice("GET", address).json()["n_picked"] == 2
    assert as_alice("POST", f"{address}/decide", {"numbers": [99], "decision": "picked"}).status_code == 404


def test_picks_are_filed_as_finals(as_alice, alice, scripted):
    session = make_session(alice, count=2)
    as_alice("POST", f"/sessions/{session.pk}/decide", {"numbers": [1], "decision": "picked"})
    asked = as_alice("POST", f"/sessions/{session.pk}/complete")
    assert asked.status_code == 202 and asked.json()["is_filing"]
    finals.file_picks(session.pk)
    assert as_alice("GET", f"/sessions/{session.pk}").json()["is_filing"] is False
    [final] = as_alice("GET", f"/photos?session={session.pk}&collection=completed").json()["items"]
    facts = as_alice("GET", f"/photos/{final['id']}").json()
    assert facts["source"] == pictures_of(session)[0].pk
    assert facts["links"]["session"] == f"/api/v1/sessions/{session.pk}"


def test_a_session_is_stopped_and_goes_on(as_alice, alice, scripted):
    number = start(as_alice).json()["id"]
    assert as_alice("POST", f"/sessions/{number}/cancel").json()["state"] == "cancelled"
    again = as_alice("POST", f"/sessions/{number}/go-on").json()
    assert (again["state"], again["can_go_on"]) == ("queued", False)
    ready = SessionFactory(owner=alice)
    assert as_alice("POST", f"/sessions/{ready.pk}/cancel").json()["state"] == "ready"
    assert as_alice("POST", f"/sessions/{ready.pk}/go-on").json()["state"] == "ready"


def test_a_session_goes_to_the_trash_and_comes_back(as_alice, alice, scripted):
    session = make_session(alice, count=2)
    assert as_alice("POST", f"/sessions/{session.pk}/trash").json()["trashed_at"]
    assert as_alice("GET", f"/sessions/{session.pk}").status_code == 404
    assert [one["id"] for one in as_alice("GET", "/sessions?show=trash").json()["items"]] == [session.pk]
    assert not Photo.objects.live().exists()
    assert as_alice("POST", f"/sessions/{session.pk}/restore").json()["trashed_at"] is None
    assert Photo.objects.live().count() == 2


def test_images_are_varied_in_their_session_and_others_in_one_of_their_own(as_alice, alice, scripted):
    session = make_session(alice, count=2, width=64, height=64)
    varied = as_alice("POST", f"/sessions/{session.pk}/vary", {"numbers": [2, 1, 99]})
    assert varied.status_code == 202 and (varied.json()["id"], varied.json()["count"]) == (session.pk, 4)
    picture = pictures_of(session)[0]
    assert as_alice("POST", f"/photos/{picture.pk}/vary").json()["count"] == 5
    assert as_alice("POST", f"/sessions/{session.pk}/vary", {"numbers": [99]}).status_code == 404
    elsewhere = make_photo(
        alice, recipe=RecipeFacts(generator="elsewhere", prompt="old pier", seed="7", reader="test/1")
    )
    made = as_alice("POST", f"/photos/{elsewhere.pk}/vary").json()
    assert (made["id"] != session.pk, made["prompt"], made["is_generating"]) == (True, "old pier", True)
    refused = as_alice("POST", f"/photos/{make_photo(alice, flat(9)).pk}/vary")
    assert refused.status_code == 422 and "Nothing is known" in refused.content.decode()


def test_the_pages_of_all_sessions_cover_them_once(as_alice, alice):
    made = [SessionFactory(owner=alice).pk for _ in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        page = as_alice("GET", f"/sessions?limit=2&cursor={cursor}" if cursor else "/sessions?limit=2").json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert found == made[::-1]
    assert as_alice("GET", "/sessions?show=waiting").json()["items"] == []
