"""Pictures for programs: lists that cover everything once, files brought in, words written, trash and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from photos import albums, curate
from photos.models import Photo
from tests.factories import AN_HOUR, PhotoFactory, make_photo, make_session, pictures_of
from tests.integration.api.conftest import ROOT
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in answer.json()["items"]]


def every_page(call, address: str) -> list[int]:
    found, cursor = [], ""
    while True:
        page = call("GET", f"{address}{cursor}").json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def bring(call, data: bytes, name="harbour.png", **fields):
    return call("POST", "/photos", form={"file": SimpleUploadedFile(name, data), **fields})


# --- lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["shown", "added"])
def test_the_pages_of_a_list_cover_everything_once(as_alice, alice, order):
    same = [PhotoFactory(owner=alice) for _ in range(5)]  # all of one moment: the id decides
    others = [
        PhotoFactory(
            owner=alice, shown_at=AN_HOUR + timedelta(hours=n), added_at=AN_HOUR - timedelta(hours=n)
        )
        for n in range(1, 4)
    ]
    found = every_page(as_alice, f"/photos?limit=2&order={order}")
    expected = sorted([*same, *others], key=lambda p: (getattr(p, f"{order}_at"), p.pk), reverse=True)
    assert found == [photo.pk for photo in expected]


def test_each_filter_narrows_and_they_narrow_each_other(as_alice, alice):
    old = PhotoFactory(owner=alice, shown_at=datetime(2024, 4, 13, tzinfo=UTC), rating=5)
    picked = PhotoFactory(owner=alice, decision=1, rating=3)
    final = PhotoFactory(owner=alice, final=True)
    gone = PhotoFactory(owner=alice, trashed=True)
    candidate = PhotoFactory(owner=alice, collection="session", origin="made")
    for query, expected in {
        "": [final, picked, old],
        "show=uploads": [picked, old],
        "show=finals": [final],
        "show=everything": [candidate, final, picked, old],
        "show=trash": [gone],
        "collection=session": [candidate],
        "decision=picked": [picked],
        "rating_min=3": [picked, old],
        "rating_min=3&decision=undecided": [old],
        "month=2024-04": [old],
        "after=2024-04-14": [final, picked],
        "before=2024-04-14": [old],
        "after=2024-04-13&before=2024-04-14": [old],
    }.items():
        assert ids(as_alice("GET", f"/photos?{query}")) == [photo.pk for photo in expected], query


def test_an_album_and_words_narrow_too(as_alice, alice):
    red, blue = make_photo(alice, title="red lighthouse"), make_photo(alice, title="blue lighthouse")
    curate.decide(alice, [blue.pk], value=1)
    album = albums.create(alice, title="Lighthouses")
    albums.add(album, [red.pk])
    assert ids(as_alice("GET", f"/photos?album={album.pk}")) == [red.pk]
    assert ids(as_alice("GET", "/photos?q=lighthouse")) == [blue.pk, red.pk]
    assert ids(as_alice("GET", "/photos?q=lighthouse&decision=picked")) == [blue.pk]
    assert every_page(as_alice, "/photos?q=lighthouse&limit=1") == [blue.pk, red.pk]


def test_a_session_narrows_to_its_candidates_and_finals(as_alice, alice, scripted):
    make_photo(alice)
    session = make_session(alice, count=2)
    assert sorted(ids(as_alice("GET", f"/photos?session={session.pk}"))) == [
        p.pk for p in pictures_of(session)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "cursor=7", "cursor=99999999999999999999-1", "show=mine", "rating_min=6",
        "month=2024-13", "month=0000-01", "after=yesterday", "after=2024-02-30", "colour=red", "q=", "album=0",
        "session=99999999999999999999", "order=added&q=x", "q=" + "x" * 501,
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused_by_its_name(as_alice, query):
    answer = as_alice("GET", f"/photos?{query}")
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == 422 and said["errors"] and query.partition("=")[0] in str(said["errors"])


@pytest.mark.parametrize(
    "query", ["month=9999-12", "before=0001-01-01", "after=9999-12-31", "q=%00", "q=%ED%A0%80"]
)
def test_the_edges_of_time_and_text_find_nothing(as_alice, query):
    assert ids(as_alice("GET", f"/photos?{query}")) == []


# --- bringing -----------------------------------------------------------------------------------------


def test_a_new_picture_is_added_and_a_known_one_is_answered(as_alice, alice):
    data = draw("PNG", seed=1)
    first = bring(as_alice, data)
    assert first.status_code == 201 and first.json()["outcome"] == "added"
    photo = Photo.objects.get()
    assert (photo.owner, first["Location"]) == (alice, f"{ROOT}/photos/{photo.pk}")
    again = bring(as_alice, data, name="other.png")
    assert (again.status_code, again.json()["outcome"], again.json()["photo"]["id"]) == (
        200,
        "known",
        photo.pk,
    )
    curate.trash(alice.pk, [photo.pk])
    back = bring(as_alice, data)
    assert (back.status_code, back.json()["outcome"]) == (200, "restored")
    assert back.json()["photo"]["trashed_at"] is None


def test_an_upload_may_say_its_date_and_its_album(as_alice, alice):
    album = albums.create(alice, title="Autumn")
    answer = bring(as_alice, draw("PNG", seed=2), modified_at="2024-04-13T20:35:31+02:00", album=album.pk)
    assert answer.json()["photo"]["shown_at"] == "2024-04-13T20:35:31"
    assert list(album.photos.values_list("pk", flat=True)) == [answer.json()["photo"]["id"]]


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"no picture", "a.png", 422, "not-accepted"),
        (b"", "a.png", 422, "empty"),
        (cut(draw("PNG", (640, 480)), 0.5), "a.png", 422, "truncated"),
        (b"0" * 1_000, "film.mp4", 422, "video"),
        (b"0" * 40_000, "a.png", 413, "too-large"),
    ],
)
def test_a_refused_file_says_why_by_its_code(as_alice, settings, data, name, status, code):
    settings.GALLERY_MAX_FILE_BYTES = 30_000 if code == "too-large" else settings.GALLERY_MAX_FILE_BYTES
    answer = bring(as_alice, data, name=name)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not Photo.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"owner": "1"}, {"modified_at": "yesterday"}, {"album": "x"}, {"title": "x"}]
)
def test_a_form_with_a_field_nobody_knows_is_refused(as_alice, fields):
    answer = bring(as_alice, draw("PNG"), **fields)
    assert answer.status_code == 422 and next(iter(fields)) in str(answer.json()["errors"])
    assert not Photo.objects.exists()


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(as_alice, settings):
    settings.GALLERY_MAX_FILE_BYTES = 1_000
    answer = bring(as_alice, b"0" * 100_000)
    assert answer.status_code == 413 and answer.json()["code"] == "too_large"
    answer = as_alice("POST", "/photos/trash", "[" * 1_100_000)
    assert answer.status_code == 413 and answer["Content-Type"] == "application/problem+json"


def test_an_upload_without_a_length_is_refused(as_alice):
    answer = as_alice("POST", "/photos", "x", Transfer_Encoding="chunked")
    assert answer.status_code == 411 and answer.json()["code"] == "length_required"


# --- one ----------------------------------------------------------------------------------------------


def test_the_facts_of_a_picture_are_all_there(as_alice, alice):
    photo = make_photo(alice, title="Harbour", tags=("sea", "Fog"), caption="Calm.")
    answer = as_alice("GET", f"/photos/{photo.pk}")
    said = answer.json()
    assert answer["ETag"] == '"1"'
    assert (said["title"], said["caption"], said["tags"]) == ("Harbour", "Calm.", ["Fog", "sea"])
    assert (said["file"], said["sha256"], said["decision"]) == (photo.file.name, photo.sha256, "undecided")
    assert said["links"]["page"] == f"/photos/{photo.pk}/"


def test_what_is_written_stays_and_what_is_left_out_too(as_alice, alice):
    photo = make_photo(alice, title="Old", caption="Stays.")
    answer = as_alice(
        "PATCH", f"/photos/{photo.pk}", {"title": "New\x00", "tags": ["sea"], "decision": "picked"}
    )
    said = answer.json()
    assert (said["title"], said["caption"], said["tags"], said["decision"]) == (
        "New\ufffd",
        "Stays.",
        ["sea"],
        "picked",
    )
    assert answer["ETag"] == f'"{said["revision"]}"' and said["revision"] > 1


def test_the_faster_of_two_editors_wins(as_alice, alice):
    photo = make_photo(alice)
    first = as_alice("PATCH", f"/photos/{photo.pk}", {"title": "A"}, If_Match='"1"')
    late = as_alice("PATCH", f"/photos/{photo.pk}", {"title": "B"}, If_Match='"1"')
    assert (first.status_code, late.status_code) == (200, 412)
    said = late.json()
    assert (said["code"], said["current"]["title"], late["ETag"]) == ("changed_meanwhile", "A", first["ETag"])
    again = as_alice("PATCH", f"/photos/{photo.pk}", {"title": "B"}, If_Match=late["ETag"])
    assert again.json()["title"] == "B"


@pytest.mark.parametrize(
    ("said", "status"), [("*", 200), ('W/"1"', 200), ("1", 200), ("x", 412), ('"1", "2"', 412)]
)
def test_an_if_match_is_a_revision_or_nothing(as_alice, alice, said, status):
    photo = make_photo(alice)
    assert as_alice("PATCH", f"/photos/{photo.pk}", {"title": "A"}, If_Match=said).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {"owner": 1}, {"title": None}, {"title": 7}, {"title": "x" * 501}, {"rating": 6}, {"rating": "5"},
        {"rating": True}, {"decision": 1}, {"tags": "sea"}, {"tags": [""]}, {"tags": ["x"] * 201}, [], 7, None,
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(as_alice, alice, body):
    photo = make_photo(alice)
    answer = as_alice("PATCH", f"/photos/{photo.pk}", body)
    assert answer.status_code == 422 and answer.json()["code"] == "invalid", answer.content
    photo.refresh_from_db()
    assert photo.revision == 1


@pytest.mark.parametrize("body", ["{", b"\xff", '{"rating":' + "9" * 5_000 + "}", "[" * 50_000])
def test_what_is_no_json_is_a_bad_request(as_alice, alice, body):
    photo = make_photo(alice)
    answer = as_alice("PATCH", f"/photos/{photo.pk}", body)
    assert answer.status_code == 400 and answer.json()["code"] == "bad_request"


def test_bytes_are_had_by_a_signed_address(as_alice, alice, client):
    photo = make_photo(alice)
    for variant in ("h160", "h320", "h640", "l1600", "l2560", "original"):
        answer = as_alice("GET", f"/photos/{photo.pk}/bytes/{variant}")
        assert answer.status_code == 302
        assert client.get(answer["Location"]).status_code == 200
    assert as_alice("GET", f"/photos/{photo.pk}/bytes/w9999").status_code == 422


# --- many ---------------------------------------------------------------------------------------------


def test_many_are_decided_and_rated_in_one_go(as_alice, alice, bob):
    mine, theirs = [PhotoFactory(owner=alice) for _ in range(3)], PhotoFactory(owner=bob)
    wanted = [*(photo.pk for photo in mine), theirs.pk, 10**15]
    answer = as_alice("POST", "/photos/decide", {"ids": wanted, "decision": "picked", "rating": 4})
    assert answer.json() == {"count": 3, "ids": [photo.pk for photo in mine]}
    assert set(Photo.objects.filter(owner=alice).values_list("decision", "rating")) == {(1, 4)}
    theirs.refresh_from_db()
    assert (theirs.decision, theirs.rating) == (0, 0)


def test_trash_and_back(as_alice, alice):
    photo = make_photo(alice)
    assert as_alice("POST", "/photos/trash", {"ids": [photo.pk]}).json()["count"] == 1
    assert ids(as_alice("GET", "/photos")) == [] and ids(as_alice("GET", "/photos?show=trash")) == [photo.pk]
    assert as_alice("GET", f"/photos/{photo.pk}").json()["trashed_at"]
    assert as_alice("PATCH", f"/photos/{photo.pk}", {"title": "x"}).status_code == 404
    assert as_alice("POST", "/photos/restore", {"ids": [photo.pk]}).json()["count"] == 1
    assert ids(as_alice("GET", "/photos")) == [photo.pk]


@pytest.mark.parametrize(
    "body", [{"ids": []}, {"ids": list(range(1, 1_002)), "rating": 1}, {"ids": [2**63], "rating": 1}, {"ids": [1]},
             {"ids": ["1"], "rating": 1}, {"ids": [1], "rating": 1, "why": "x"}],
)  # fmt: skip
def test_a_gesture_is_bounded(as_alice, body):
    assert as_alice("POST", "/photos/decide", body).status_code == 422
