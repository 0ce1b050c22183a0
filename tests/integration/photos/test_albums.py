"""Albums as their owner makes, fills and changes them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from photos import albums
from photos.models import Album, AlbumPhoto, Photo
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(alice) -> Album:
    return albums.create(alice, title="Family")


@pytest.fixture
def three(alice, family) -> list[Photo]:
    photos = PhotoFactory.create_batch(3, owner=alice)
    albums.add(family, [photo.pk for photo in photos])
    return photos


def shown(client, album, query: str = "") -> list[int]:
    answer = client.get(album.get_absolute_url() + query)
    return [cell.id for cell in answer.context["cells"]]


def said(client, address: str = "/albums/") -> str:
    return client.get(address).content.decode()


# --- making one -----------------------------------------------------------------------------------


def test_a_new_album_is_for_its_owner_alone(alice, alice_client):
    answer = alice_client.post(
        reverse("album_create"), {"title": "  Summer   in Øresund ", "description": "x"}
    )
    made = Album.objects.get()
    assert (made.title, made.access, made.owner) == ("Summer in Øresund", "private", alice)
    assert answer.status_code == 303
    assert answer["Location"] == f"/albums/{made.pk}-summer-in-resund/"


def test_a_title_of_no_latin_letter_has_an_address_too(alice, alice_client):
    made = albums.create(alice, title="夏の海")
    assert made.get_absolute_url() == f"/albums/{made.pk}/"
    assert alice_client.get(made.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\0b"])
def test_an_album_without_a_proper_title_is_not_made(alice_client, title):
    answer = alice_client.post(reverse("album_create"), {"title": title})
    assert answer.status_code == 422
    assert b'id="title-error"' in answer.content
    assert not Album.objects.exists()


def test_the_number_finds_the_album_and_a_wrong_name_leads_to_the_right_one(alice_client, bob_client, family):
    for ref in (f"{family.pk}", f"{family.pk}-", f"{family.pk}-old-name"):
        assert alice_client.get(f"/albums/{ref}/?x=1")["Location"] == f"/albums/{family.pk}-family/?x=1"
        assert bob_client.get(f"/albums/{ref}/?x=1").status_code == 404


def test_the_shelf_shows_covers_counts_and_the_range_of_dates(alice_client, family, three):
    page = said(alice_client)
    assert "3 images, 22 November 2026" in page
    assert page.count("<img") == 1


# --- what is in it --------------------------------------------------------------------------------


def test_images_are_added_in_the_order_they_were_given_and_once(alice, alice_client, family):
    first, second = PhotoFactory.create_batch(2, owner=alice)
    add = {"photo": [second.pk, first.pk, second.pk], "album": family.pk, "next": "/finals/"}
    answer = alice_client.post(reverse("album_add"), add)
    assert answer["Location"] == "/finals/"
    assert "Added 2 images to “Family”." in said(alice_client)
    alice_client.post(reverse("album_add"), add)
    assert "it was there already" in said(alice_client)
    assert shown(alice_client, family) == [second.pk, first.pk]


def test_a_script_is_answered_in_its_own_language(alice, alice_client, family):
    photo, album = (
        PhotoFactory(owner=alice),
        {"id": family.pk, "title": "Family", "address": family.get_absolute_url()},
    )
    as_json = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
    answer = alice_client.post(
        reverse("album_add"), {"photo": [photo.pk], "album": family.pk}, **as_json
    ).json()
    assert (answer["added"], answer["album"]) == (1, album)
    assert alice_client.post(reverse("album_add"), {"photo": [photo.pk]}, **as_json).status_code == 422
    for body in ('{"photo": 3}', "[]", "{", '{"photo": ["1e3"]}', "null"):
        assert alice_client.post(reverse("album_add"), body, **as_json).status_code == 400


def test_the_album_used_last_is_the_one_that_b_means(alice, alice_client, family):
    albums.create(alice, title="Older")
    photo = PhotoFactory(owner=alice)
    albums.add(family, [])
    alice_client.post(reverse("album_add"), {"photo": [photo.pk], "album": "last"})
    assert shown(alice_client, family) == [photo.pk]


def test_images_go_into_an_album_that_is_made_on_the_way(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    page = alice_client.post(reverse("album_add"), {"photo": [photo.pk], "next": "/"}).content.decode()
    assert f'<input type="hidden" name="photo" value="{photo.pk}">' in page
    alice_client.post(reverse("album_add"), {"photo": [photo.pk], "album": "new", "title": "Harbours"})
    assert shown(alice_client, Album.objects.get(title="Harbours")) == [photo.pk]


def test_an_image_is_in_many_albums_and_its_page_says_so(alice_client, family, three, alice):
    other = albums.create(alice, title="Harbours")
    albums.add(other, [three[0].pk])
    page = alice_client.get(three[0].get_absolute_url()).content.decode()
    assert family.get_absolute_url() in page
    assert other.get_absolute_url() in page
    assert other.get_absolute_url() not in alice_client.get(three[1].get_absolute_url()).content.decode()


def test_removing_is_not_deleting_and_is_undone_at_the_same_place(alice_client, family, three):
    ids = [photo.pk for photo in three]
    albums.set_cover(family, ids[1])
    answer = alice_client.post(reverse("album_remove", args=[family.pk]), {"photo": [ids[1]]})
    page = alice_client.get(answer["Location"])
    assert "removing is not deleting" in page.content.decode()
    assert [cell.id for cell in page.context["cells"]] == [ids[0], ids[2]]
    assert Photo.objects.live().count() == 3
    alice_client.post(reverse("album_put_back", args=[family.pk]))
    family.refresh_from_db()
    assert (shown(alice_client, family), family.cover_id) == (ids, ids[1])


def test_what_went_to_the_trash_meanwhile_is_not_put_back(alice_client, family, three):
    alice_client.post(reverse("album_remove", args=[family.pk]), {"photo": [three[0].pk, three[1].pk]})
    Photo.objects.filter(pk=three[0].pk).update(trashed_at="2026-11-23T00:00Z", trash_batch="0" * 32)
    alice_client.post(reverse("album_put_back", args=[family.pk]))
    assert shown(alice_client, family) == [three[1].pk, three[2].pk]


def test_what_lies_in_the_trash_is_not_shown_and_comes_back_where_it_was(alice, alice_client, family, three):
    from photos import curate

    curate.trash(alice.pk, [three[1].pk])
    assert shown(alice_client, family) == [three[0].pk, three[2].pk]
    curate.restore(alice.pk, [three[1].pk])
    assert shown(alice_client, family) == [photo.pk for photo in three]


def test_an_album_holds_no_more_than_it_may(alice, family, monkeypatch):
    monkeypatch.setattr(albums, "AT_MOST", 2)
    with pytest.raises(albums.AlbumError, match="at most 2"):
        albums.add(family, [photo.pk for photo in PhotoFactory.create_batch(3, owner=alice)])
    assert not AlbumPhoto.objects.exists()


def test_a_cover_is_one_of_the_album_s_own(alice, alice_client, family, three):
    with pytest.raises(albums.AlbumError):
        albums.set_cover(family, PhotoFactory(owner=alice).pk)
    alice_client.post(reverse("album_move", args=[family.pk]), {"move": f"cover:{three[2].pk}"})
    assert f"/m/{three[2].pk}/" in said(alice_client)


# --- changing it ----------------------------------------------------------------------------------


def edited(client, album, **changes):
    known = {name: getattr(album, name) for name in ("title", "description", "order", "revision")}
    return client.post(reverse("album_edit", args=[album.pk]), known | changes)


def test_title_description_and_order_are_changed(alice_client, family):
    answer = edited(alice_client, family, title="The family", description="All of us", order="date")
    assert answer["Location"] == f"/albums/{family.pk}-the-family/"
    family.refresh_from_db()
    assert (family.description, family.order, family.revision) == ("All of us", "date", 2)


def test_the_faster_of_two_editors_wins_and_nothing_typed_is_lost(alice_client, family):
    edited(alice_client, family, title="First")
    answer = edited(alice_client, family, title="Second")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert (
        "It is called “First” now" in page
        and 'value="Second"' in page
        and 'name="revision" value="2"' in page
    )


def test_an_upload_into_it_makes_no_editor_stale(alice_client, family, three):
    assert edited(alice_client, family, title="Still mine").status_code == 303


def test_access_is_chosen_in_plain_words(alice_client, family):
    page = alice_client.get(family.get_absolute_url()).content.decode()
    for words in (
        "Only me",
        "Everyone with an account here",
        "Everyone, also without an account",
        "never prompts",
    ):
        assert words in page
    address = reverse("album_access", args=[family.pk])
    assert alice_client.post(address, {"access": "public", "revision": 1}).status_code == 303
    assert alice_client.post(address, {"access": "friends", "revision": 2}).status_code == 400
    alice_client.post(address, {"access": "private", "revision": 1})  # an old page
    family.refresh_from_db()
    assert family.access == "public"
    assert "changed elsewhere" in said(alice_client)


def test_deleting_an_album_leaves_its_images(alice_client, family, three):
    alice_client.post(reverse("album_delete", args=[family.pk]))
    assert not Album.objects.exists()
    assert Photo.objects.live().count() == 3
    assert "Its images stay in your gallery" in said(alice_client)


def test_a_hostile_title_and_description_come_out_as_text(alice, alice_client, visitor):
    bad = '"><script>alert(1)</script>\u202e{{ 7*7 }}'
    album = albums.create(alice, title=bad, description=bad, access="public")
    albums.add(album, [PhotoFactory(owner=alice, title=bad, caption=bad, alt_text=bad).pk])
    for client in (alice_client, visitor):
        for address in (album.get_absolute_url(), "/albums/", album.photos.get().get_absolute_url()):
            page = client.get(address).content.decode()
            assert "<script>alert" not in page
            assert "&quot;&gt;&lt;script&gt;alert" in page and "{{ 7*7 }}" in page


# --- many -----------------------------------------------------------------------------------------


def test_a_long_album_is_leafed_through_in_both_directions(alice, alice_client, family):
    ids = [photo.pk for photo in PhotoFactory.create_batch(230, owner=alice)]
    albums.add(family, ids)
    pages, address, back = [], family.get_absolute_url(), []
    while address:
        answer = alice_client.get(address)
        pages += [cell.id for cell in answer.context["cells"]]
        address, back = answer.context["later"], [answer.context["earlier"], *back]
    assert pages == ids
    answer = alice_client.get(back[0])
    assert [cell.id for cell in answer.context["cells"]] == ids[100:200]
    assert [cell.id for cell in alice_client.get(answer.context["earlier"]).context["cells"]] == ids[:100]


def test_a_page_asks_the_database_at_most_twelve_times(alice, alice_client, bob_client, visitor, family, three,
                                                       django_assert_max_num_queries):  # fmt: skip
    Album.objects.update(access="public")
    for client in (alice_client, bob_client, visitor):
        for address in (family.get_absolute_url(), "/albums/", three[1].get_absolute_url()):
            with django_assert_max_num_queries(12):
                assert client.get(address).status_code == 200


def test_a_shelf_of_many_is_cut_into_pages(alice, alice_client, monkeypatch):
    from photos.views import albums as pages

    monkeypatch.setattr(pages, "SHELF", 3)
    titles = [albums.create(alice, title=f"Album {n}").title for n in range(7)]
    seen, query = [], ""
    while True:
        context = alice_client.get(f"/albums/{query}").context
        seen += [card.title for card in context["mine"]]
        if not context["mine_older"]:
            break
        query = f"?before={context['mine_older']}"
    assert seen == titles[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "?after=x",
        "?after=-1",
        "?before=99999999999999999999",
        "?after=9999&before=9998",
        "?arrange=1&after=7",
    ],
)
def test_a_strange_cursor_shows_the_first_page(alice_client, family, three, query):
    assert shown(alice_client, family, query) == [photo.pk for photo in three]


def test_before_the_first_there_is_the_first_page(alice_client, family, three):
    ids = [photo.pk for photo in three]
    assert shown(alice_client, family, f"?before={ids[0]}") == ids
    assert shown(alice_client, family, f"?after={ids[2]}&before={ids[1]}") == ids[:1]
