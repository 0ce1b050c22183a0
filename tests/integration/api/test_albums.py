"""Albums and tags for programs."""

from __future__ import annotations

import pytest

from photos import albums, curate, editing, search
from photos.models import Album, AlbumPhoto
from tests.factories import PhotoFactory, make_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(alice) -> Album:
    """Five pictures, as they were put in."""
    made = albums.create(alice, title="Lighthouses")
    albums.add(made, [PhotoFactory(owner=alice).pk for _ in range(5)])
    return made


def inside(call, album: Album, query="") -> list[int]:
    return [item["id"] for item in call("GET", f"/albums/{album.pk}/photos{query}").json()["items"]]


def every_page(call, address: str) -> list:
    found, cursor = [], ""
    while True:
        page = call("GET", f"{address}{cursor}").json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_an_album_is_made_changed_and_deleted(as_alice, alice):
    made = as_alice("POST", "/albums", {"title": "  Light\x00houses ", "description": "Autumn."})
    assert made.status_code == 201 and made.json()["title"] == "Light\ufffdhouses"
    address = made["Location"].removeprefix("/api/v1")
    changed = as_alice("PATCH", address, {"access": "public", "order": "date"}, If_Match='"1"').json()
    assert (changed["access"], changed["order"], changed["description"]) == ("public", "date", "Autumn.")
    late = as_alice("PATCH", address, {"title": "Late"}, If_Match='"1"')
    assert late.status_code == 412 and late.json()["current"]["revision"] == changed["revision"]
    assert as_alice("PATCH", address, {"title": "Late"}).json()["title"] == "Late"
    assert as_alice("DELETE", address).status_code == 204
    assert as_alice("GET", address).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {}, {"title": ""}, {"title": "  "}, {"title": "x" * 201}, {"title": "x", "owner": 2},
        {"title": "x", "access": "all"}, {"title": "x", "description": "x" * 5_001},
    ],
)  # fmt: skip
def test_an_album_that_cannot_be_is_refused(as_alice, body):
    assert as_alice("POST", "/albums", body).status_code == 422
    assert not Album.objects.exists()


def test_pictures_are_added_removed_and_moved(as_alice, alice, album):
    first, second, *_rest, last = inside(as_alice, album)
    assert as_alice("POST", f"/albums/{album.pk}/move", {"photo": last, "before": first}).status_code == 204
    assert inside(as_alice, album)[:2] == [last, first]
    assert as_alice("POST", f"/albums/{album.pk}/move", {"photo": last, "before": None}).status_code == 204
    assert inside(as_alice, album)[-1] == last
    taken = as_alice("POST", f"/albums/{album.pk}/remove", {"ids": [second, 10**9]})
    assert taken.json() == {"count": 1, "ids": [second]}
    assert as_alice("POST", f"/albums/{album.pk}/photos", {"ids": [second, last]}).json() == {"count": 1}
    assert inside(as_alice, album)[-1] == second
    gone = as_alice("POST", f"/albums/{album.pk}/move", {"photo": 10**9})
    assert (gone.status_code, gone.json()["code"]) == (409, "album")


def test_the_pages_of_an_album_cover_it_once(as_alice, alice, album):
    everything = every_page(as_alice, f"/albums/{album.pk}/photos?limit=2")
    assert everything == list(AlbumPhoto.objects.order_by("position").values_list("photo_id", flat=True))
    albums.remove(album, everything[1:2])
    gone = as_alice("GET", f"/albums/{album.pk}/photos?cursor={everything[1]}")
    assert (gone.status_code, gone.json()["code"]) == (422, "cursor_gone")


def test_the_pages_of_all_albums_cover_them_once(as_alice, alice):
    made = [albums.create(alice, title=f"No. {n}").pk for n in range(5)]
    assert every_page(as_alice, "/albums?limit=2") == made[::-1]


def test_tags_are_listed_with_what_they_are_on(as_alice, alice, bob):
    for words in (["Küste", "fog"], ["fog"], ["*", "küste", "fog"]):
        editing.edit(alice, make_photo(alice).pk, tags=words)
    editing.edit(bob, make_photo(bob).pk, tags=["bobs"])
    curate.trash(alice.pk, [alice.photos.order_by("pk").first().pk])
    found = {tag["name"]: tag["count"] for tag in as_alice("GET", "/tags").json()["items"]}
    assert found == {"*": 1, "fog": 2, "Küste": 1}
    pages = every_page(as_alice, "/tags?limit=1")
    assert len(pages) == len(set(pages)) == 3
    assert as_alice("GET", "/tags?cursor=_w").json()["code"] == "bad_cursor"


def test_a_smart_album_is_listed_with_its_query_and_shows_what_that_finds(as_alice, as_bob, alice):
    photos = [PhotoFactory(owner=alice, title="Lighthouse") for _ in range(3)]
    search.index([photo.pk for photo in photos])
    made = as_alice("POST", "/albums", {"title": "Towers", "query": "lighthouse"}).json()
    assert (made["query"], made["count"], made["access"]) == ("lighthouse", None, "private")
    first = as_alice("GET", f"/albums/{made['id']}/photos?limit=2").json()
    rest = as_alice("GET", f"/albums/{made['id']}/photos?limit=2&cursor={first['next']}").json()
    listed = [photo["id"] for photo in first["items"] + rest["items"]]
    assert listed == [photo.pk for photo in reversed(photos)] and rest["next"] is None
    refused = as_alice("POST", f"/albums/{made['id']}/photos", {"ids": [photos[0].pk]})
    assert refused.status_code == 409 and "smart album" in refused.json()["detail"]
    assert as_alice("PATCH", f"/albums/{made['id']}", {"access": "public"}).status_code in (409, 422)
    assert as_alice("PATCH", f"/albums/{made['id']}", {"query": "pier"}).json()["query"] == "pier"
    assert as_alice("GET", f"/photos?album={made['id']}").status_code == 422
    assert as_bob("GET", f"/albums/{made['id']}").status_code == 404
