"""A search kept as an album: it shows what fits on the day one looks, to its owner alone, and nothing is put in."""

from __future__ import annotations

import uuid
from html import unescape

import pytest
from django.db import IntegrityError, transaction

from photos import albums, bulk, search
from photos.models import Album, Photo
from tests.factories import AN_HOUR, PhotoFactory

pytestmark = pytest.mark.django_db
REFUSED = "This is a smart album"


def picture(owner, title: str, **fields):
    photo = PhotoFactory(owner=owner, title=title, **fields)
    search.index([photo.pk])
    return photo


def text_of(answer) -> str:
    return unescape(answer.content.decode())


@pytest.fixture
def smart(alice) -> Album:
    return albums.create(alice, title="Clear days", query="lighthouse -fog")


def test_a_search_is_saved_as_an_album_that_shows_what_fits_today(alice, alice_client):
    first = picture(alice, "Lighthouse")
    page = text_of(alice_client.get("/search/", {"q": 'lighthouse tag:"sea shells" is:picked rating:>=4'}))
    assert (
        'name="title" maxlength="200" required dir="auto" value="Lighthouse, sea shells, picked, rating:>=4"'
        in page
    )
    answer = alice_client.post(
        "/albums/smart/", {"query": "lighthouse -fog", "title": "Clear days"}, follow=True
    )
    assert "Clear days</h1>" in text_of(answer) and f'id="p{first.pk}"' in text_of(answer)
    later, _foggy = picture(alice, "Lighthouse at noon"), picture(alice, "Lighthouse in fog")
    page = text_of(alice_client.get(Album.objects.get().get_absolute_url()))
    assert f'id="p{later.pk}"' in page and "2 images" in page and 'value="search:lighthouse -fog"' in page


def test_the_shelf_marks_it_and_shows_its_newest_picture_until_that_is_thrown_away(
    alice, alice_client, smart
):
    photo = picture(alice, "Lighthouse")
    alice_client.get(smart.get_absolute_url())
    shelf = text_of(alice_client.get("/albums/"))
    assert "Smart album:" in shelf and "<bdi>lighthouse -fog</bdi>" in shelf and f"/m/{photo.pk}/" in shelf
    Photo.objects.filter(pk=photo.pk).update(trashed_at=AN_HOUR, trash_batch=uuid.uuid4())
    assert f"/m/{photo.pk}/" not in text_of(alice_client.get("/albums/"))


def test_its_search_is_edited_on_the_search_page(alice, alice_client, smart):
    edit = f"/search/?q=lighthouse+-fog&smart={smart.pk}"
    assert f'href="{edit}"' in text_of(alice_client.get(smart.get_absolute_url()))
    page = text_of(alice_client.get(edit))
    assert "the search of the smart album “Clear days”" in page
    assert f'href="/search/?q=lighthouse&smart={smart.pk}" aria-label="Remove -fog"' in page
    alice_client.post("/albums/smart/", {"query": "harbour", "album": smart.pk, "revision": smart.revision})
    smart.refresh_from_db()
    assert smart.query == "harbour" and smart.title == "Clear days"
    stale = {"query": "pier", "album": smart.pk, "revision": smart.revision - 1}
    assert "changed elsewhere" in text_of(alice_client.post("/albums/smart/", stale, follow=True))


@pytest.mark.parametrize("query", ["", "  ", "()", "steps:many", "x" * 501])
def test_a_search_that_asks_for_nothing_is_not_saved(alice_client, query):
    answer = alice_client.post("/albums/smart/", {"query": query, "title": "Nothing"})
    assert answer.status_code == 303 and not Album.objects.exists()


def test_nothing_is_put_into_it_by_hand(alice, alice_client, smart):
    photo = picture(alice, "Harbour")
    albums.create(alice, title="By hand")
    for address in ("/search/?q=harbour", "/upload/", f"/photos/{photo.pk}/"):
        page = text_of(alice_client.get(address))
        assert "By hand" in page and "Clear days" not in page
    said = alice_client.post(
        "/albums/add/", {"photo": photo.pk, "album": smart.pk}, headers={"Accept": "application/json"}
    )
    assert said.status_code == 409 and REFUSED in said.json()["sentence"]
    with pytest.raises(albums.AlbumError, match=REFUSED):
        bulk.do_all(alice, "search:harbour", "album", str(smart.pk))
    assert not smart.places.exists()


def test_it_is_its_owners_alone_and_the_database_holds_that(alice, alice_client, bob_client, visitor, smart):
    alice_client.post(f"/albums/{smart.pk}/access/", {"access": "public", "revision": smart.revision})
    with pytest.raises(IntegrityError), transaction.atomic():
        Album.objects.filter(pk=smart.pk).update(access="accounts")
    for client in (bob_client, visitor):
        assert client.get(smart.get_absolute_url()).status_code == 404
    wish = {"query": "pier", "album": smart.pk, "revision": smart.revision}
    assert bob_client.post("/albums/smart/", wish).status_code == 404
    assert "Clear days" not in text_of(bob_client.get("/search/", {"q": "lighthouse", "smart": smart.pk}))


def test_album_finds_what_a_smart_album_shows_and_a_circle_is_empty(alice, smart):
    photo, _foggy = picture(alice, "Lighthouse"), picture(alice, "Lighthouse in fog")
    by_hand = picture(alice, "Harbour")
    albums.add(albums.create(alice, title="Clear nights"), [by_hand.pk])
    albums.create(alice, title="Ouroboros", query="album:ouroboros or album:days")
    found = {words: search.find(alice, search.parse(words)).photos for words in
             ("album:days", "album:clear", "album:days harbour", "-album:clear", "album:ouroboros")}  # fmt: skip
    assert found == {"album:days": [photo], "album:clear": [by_hand, photo], "album:days harbour": [],
                     "-album:clear": [_foggy], "album:ouroboros": [photo]}  # fmt: skip


def test_a_search_that_became_invalid_says_so_and_can_be_mended(alice, alice_client, smart):
    Album.objects.filter(pk=smart.pk).update(query="steps:many")
    page = text_of(alice_client.get(smart.get_absolute_url()))
    assert "asks for nothing any more" in page and "Edit search" in page and "steps: is a number" in page


def test_everything_a_search_finds_is_done_to_all_of_it(alice, monkeypatch):
    photos = [picture(alice, "Lighthouse", rating=4) for _ in range(7)]
    picture(alice, "Lighthouse")
    monkeypatch.setattr("photos.bulk.FOUND_AT_ONCE", 2)
    batch, newest = uuid.uuid4(), photos[-1].pk
    for words in (
        "lighthouse rating:4",
        "-harbour rating:>3 added:>=2000",
        "steps:>3 or lighthouse rating:4",
    ):
        assert set(bulk.photos_in(alice, f"search:{words}")) == set(photos)
    assert bulk.run(alice, "search:lighthouse rating:4", "tag", "sea", batch, newest) == 7
