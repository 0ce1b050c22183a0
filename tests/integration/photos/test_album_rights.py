"""Who looks into an album, and what they learn: nothing but derived sizes, titles, captions and alternative text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from PIL import Image

from generation import finals
from generation.models import Candidate
from photos import albums, curate, media
from photos.models import Album, AlbumPhoto, Photo, Recipe, Tag
from tests.factories import (
    CandidateFactory,
    PhotoFactory,
    SessionFactory,
    make_photo,
    make_session,
    pictures_of,
)
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.pictures import draw

pytestmark = pytest.mark.django_db
SIZES = ("h160", "h320", "h640", "l1600", "l2560")
SECRETS = (
    "basilisk",
    "villa-secreta",
    "54.32",
    "10.13",
    "Ricoh",
    "GR III",
    "undisclosed",
    "hush-tag",
    "1987",
    "A1111",
)


@pytest.fixture
def photo(alice) -> Photo:
    """A final with everything in it that is nobody else's business."""
    exif = Image.Exif()
    exif.update({0x010F: "Ricoh", 0x0110: "GR III", 0x9003: "1987:05:04 03:02:01"})
    data = draw("JPEG", (400, 300), seed=7, exif=exif)
    made = make_photo(alice, data, name="villa-secreta.jpg", format="JPEG")
    session = SessionFactory(owner=alice, prompt="an undisclosed basilisk", title="undisclosed basilisk")
    Candidate.objects.create(session=session, number=4, seed="1987", photo=made)
    Photo.objects.filter(pk=made.pk).update(
        latitude=54.3233, longitude=10.1394, rating=4, decision=1, exif={"make": "Ricoh", "model": "GR III"},
        shown_at="1987-05-04T03:02:01Z",
    )  # fmt: skip
    Recipe.objects.update_or_create(
        photo=made, defaults={"generator": "A1111", "prompt": "an undisclosed basilisk", "seed": "1987"}
    )
    tag = Tag.objects.create(owner=alice, name="hush-tag", folded="hush-tag")
    made.tags.add(tag)
    made.refresh_from_db()
    return made


@pytest.fixture
def album(alice, photo) -> Album:
    made = albums.create(alice, title="Shown", description="A word", access="public")
    albums.add(made, [photo.pk, PhotoFactory(owner=alice, title="Second", caption="Its caption").pk])
    return made


def open_to(album, access: str) -> None:
    album.refresh_from_db()
    albums.edit(
        album, revision=album.revision, title=album.title, description="", access=access, order="manual"
    )


def everything(answer) -> str:
    """All that a stranger gets: the body and the headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return unescape(body.decode("utf-8", "replace")) + str(dict(answer.headers))


def likeness(answer, pk: int) -> tuple:
    """All of an answer but the number that was asked for."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Expires")
    }
    return (
        answer.status_code,
        re.sub(rf"(?<=s)(/|%2F){pk}\b", "/N", answer.content.decode()),
        sorted(headers.items()),
    )


def addresses(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r"/m/\d+/[^\s\"']+", page)]


# --- what guests learn ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["manual", "date"])
def test_a_guest_learns_no_prompt_place_file_name_camera_date_or_session(
    bob_client, visitor, album, photo, order
):
    Album.objects.update(order=order)
    other = album.photos.exclude(pk=photo.pk).get()
    for client in (bob_client, visitor):
        pages = [
            "/",
            "/albums/",
            album.get_absolute_url(),
            f"/photos/{photo.pk}/",
            f"/photos/{other.pk}/?album={album.pk}",
        ]
        pages += [
            f"{album.get_absolute_url()}?{query}"
            for query in ("arrange=1", f"after={photo.pk}", f"before={other.pk}")
        ]
        bodies = [everything(client.get(address)) for address in pages]
        bodies += [everything(client.get(address, headers={"HX-Request": "true"})) for address in pages]
        for address, body in zip([*pages, *pages], bodies, strict=True):
            leaked = [secret for secret in SECRETS if secret.casefold() in body.casefold()]
            assert not leaked, (address, leaked)
            assert photo.sha256 not in body and "uploaded/" not in body
            assert "data-decision" not in body or address == "/"


def test_no_byte_a_guest_gets_holds_more_than_the_picture(bob_client, visitor, album, photo):
    for client, kind in ((bob_client, media.GUEST), (visitor, media.PUBLIC)):
        for size in SIZES:
            answer = client.get(media.sign(photo, size, kind))
            assert answer.status_code == 200
            assert f'filename="image-{photo.pk}.webp"' in answer["Content-Disposition"]
            body = b"".join(answer.streaming_content)
            for secret in (*SECRETS, "Exif", "GPS", "parameters"):
                assert secret.encode() not in body, (size, secret)
        assert client.get(media.sign(photo, "original", kind)).status_code == 404


def test_a_saved_picture_is_called_after_its_title(visitor, album):
    second = make_photo(album.owner)
    Photo.objects.filter(pk=second.pk).update(title='A "quoted"\r\nX-Evil: 1 / title')
    albums.add(album, [second.pk])
    disposition = visitor.get(media.sign(second, "h320", media.PUBLIC))["Content-Disposition"]
    assert (
        "A-quoted-X-Evil" in disposition.replace('"A', "A").replace("--", "-") or "filename*" in disposition
    )
    assert "\r" not in disposition and "\n" not in disposition and "harbour" not in disposition


def test_guests_get_addresses_of_derived_sizes_for_their_own_kind_alone(bob_client, visitor, album, photo):
    for client, kind in ((bob_client, media.GUEST), (visitor, media.PUBLIC)):
        for page in (album.get_absolute_url(), f"/photos/{photo.pk}/", "/albums/"):
            found = addresses(everything(client.get(page)))
            assert found
            assert {re.search(r"s=(.)", address)[1] for address in found} == {kind}
            assert not any("/original" in address for address in found)


def test_a_picture_without_words_is_called_untitled_image(visitor, album, photo):
    page = visitor.get(album.get_absolute_url()).content.decode()
    assert 'alt="Untitled image"' in page and 'alt="Second"' in page
    page = visitor.get(f"/photos/{photo.pk}/").content.decode()
    assert "<title>Untitled image" in page and 'alt="Untitled image"' in page


def test_title_caption_and_alternative_text_are_shown(visitor, album):
    page = visitor.get(album.photos.get(title="Second").get_absolute_url()).content.decode()
    assert ">Second</h1>" in page and "Its caption" in page and "By alice" in page


def test_a_guest_leafs_within_the_album(visitor, alice, album, photo):
    other = albums.create(alice, title="Other", access="public")
    hidden = albums.create(alice, title="Hidden")
    third = PhotoFactory(owner=alice)
    albums.add(other, [photo.pk, third.pk])
    albums.add(hidden, [photo.pk, PhotoFactory(owner=alice).pk])
    for query, following in (
        (f"?album={other.pk}", third.pk),
        (f"?album={hidden.pk}", None),
        ("?album=x", None),
        ("", None),
    ):
        answer = visitor.get(f"/photos/{photo.pk}/{query}")
        following = following or album.photos.exclude(pk=photo.pk).get().pk
        assert answer.context["following"].startswith(f"/photos/{following}/?album=")
        assert "Hidden" not in answer.content.decode()


def test_only_a_public_album_may_be_found_by_search_engines(visitor, bob_client, album, photo):
    pages = (album.get_absolute_url(), f"/photos/{photo.pk}/")
    for page in pages:
        assert b"noindex" not in visitor.get(page).content
    open_to(album, "accounts")
    for page in (*pages, "/albums/"):
        assert b'content="noindex"' in bob_client.get(page).content


def test_a_link_to_a_public_album_is_drawn_by_messengers(visitor, bob_client, album):
    Album.objects.update(title='A "b" <i>', description="Words & <b>more</b>")
    album.refresh_from_db()
    page = visitor.get(album.get_absolute_url()).content.decode()
    assert '<meta property="og:title" content="A &quot;b&quot; &lt;i&gt;">' in page
    image = unescape(re.search(r'og:image" content="([^"]+)"', page)[1])
    assert visitor.get(image.removeprefix("http://testserver")).status_code == 200
    Album.objects.update(access="accounts")
    assert b"og:" not in bob_client.get(album.get_absolute_url()).content


def test_no_page_of_an_album_may_be_kept_by_others(visitor, bob_client, alice_client, album, photo):
    for client in (visitor, bob_client, alice_client):
        for page in (album.get_absolute_url(), f"/photos/{photo.pk}/", "/albums/"):
            assert "private" in client.get(page)["Cache-Control"]


# --- what ends ------------------------------------------------------------------------------------


def endings(alice, album, photo):
    return {
        "made private": lambda: open_to(album, "private"),
        "taken out": lambda: albums.remove(album, [photo.pk]),
        "trashed": lambda: curate.trash(alice.pk, [photo.pk]),
        "album deleted": lambda: albums.delete(album),
        "purged": lambda: curate.purge(alice.pk, [photo.pk]),
    }


@pytest.mark.parametrize("how", ["made private", "taken out", "trashed", "album deleted", "purged"])
def test_what_is_shared_no_more_is_gone_at_once(alice, bob_client, visitor, album, photo, how):
    held = [(client, media.sign(photo, size, kind))
            for client, kind in ((bob_client, media.GUEST), (visitor, media.PUBLIC)) for size in SIZES]  # fmt: skip
    pages = [(client, f"/photos/{photo.pk}/") for client in (bob_client, visitor)]
    assert {client.get(address).status_code for client, address in held + pages} == {200}
    endings(alice, album, photo)[how]()
    for client, address in held:
        answer = client.get(
            address, headers={"If-None-Match": "*", "If-Modified-Since": "Sun, 22 Nov 2099 00:00:00 GMT"}
        )
        assert answer.status_code == 404
    for client, page in pages:
        forbidden, absent = client.get(page), client.get("/photos/999999/")
        assert likeness(forbidden, photo.pk) == likeness(absent, 999999)
        assert absent.status_code == 404


def test_closing_an_album_to_visitors_keeps_it_open_to_accounts(bob_client, visitor, album, photo):
    before = media.sign(photo, "h320", media.PUBLIC)
    open_to(album, "accounts")
    assert visitor.get(before).status_code == 404
    assert visitor.get(album.get_absolute_url()).status_code == 404
    page = bob_client.get(album.get_absolute_url())
    assert page.status_code == 200
    assert bob_client.get(addresses(page.content.decode())[0]).status_code == 200


def test_what_is_shown_in_another_open_album_is_still_shown(alice, visitor, album, photo):
    other = albums.create(alice, title="Other", access="public")
    albums.add(other, [photo.pk])
    albums.remove(album, [photo.pk])
    page = visitor.get(f"/photos/{photo.pk}/")
    assert page.status_code == 200
    assert visitor.get(addresses(page.content.decode())[0]).status_code == 200


def test_an_absent_and_a_private_album_look_the_same(alice, bob_client, visitor):
    private = albums.create(alice, title="Private")
    for client in (bob_client, visitor):
        one, other = client.get(f"/albums/{private.pk}/"), client.get("/albums/999999/")
        assert likeness(one, private.pk) == likeness(other, 999999)
        assert client.get(private.get_absolute_url()).status_code == 404


def test_a_visitor_who_finds_nothing_is_told_where_to_sign_in(visitor):
    assert b"/accounts/login/?next=%2Falbums%2F12%2F" in visitor.get("/albums/12/").content


# --- what grants nothing --------------------------------------------------------------------------


def test_adding_somebody_else_s_picture_grants_nothing(alice, bob, bob_client, visitor):
    private = PhotoFactory(owner=alice, title="Alice's own")
    mine = albums.create(bob, title="Bob's", access="public")
    bob_client.post(reverse("album_add"), {"photo": [private.pk], "album": mine.pk})
    assert not AlbumPhoto.objects.exists()
    AlbumPhoto.objects.create(
        album=mine, photo=private, position=1, shown_at=private.shown_at
    )  # however it came there
    mine.cover = private
    mine.save()
    for viewer, client in ((bob, bob_client), (AnonymousUser(), visitor)):
        assert not Photo.objects.visible_to(viewer).filter(pk=private.pk).exists()
        assert client.get(f"/photos/{private.pk}/").status_code == 404
        for page in (mine.get_absolute_url(), "/albums/", "/"):
            assert "Alice" not in everything(client.get(page)) and not addresses(everything(client.get(page)))


def test_bob_can_look_and_do_nothing(alice, bob_client, album, photo):
    """Whoever may see a picture may not decide about it, download it or take it back."""
    before = Photo.objects.filter(pk=photo.pk).values().get()
    as_json = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
    for name in ("decide", "download", "uncomplete"):
        assert bob_client.post(reverse(name, args=[photo.pk]), {"decision": "2"}).status_code in (404, 405)
        assert bob_client.get(reverse(name, args=[photo.pk])).status_code in (404, 405)
    gesture = {"gestures": [{"ids": [photo.pk], "axis": "decision", "value": 2}]}
    assert bob_client.post(reverse("decide_many"), gesture, **as_json).json() == {"photos": []}
    for name in (
        "album_edit",
        "album_access",
        "album_delete",
        "album_move",
        "album_remove",
        "album_put_back",
        "album_download",
    ):
        fields = {
            "photo": [photo.pk],
            "access": "private",
            "revision": 1,
            "title": "x",
            "order": "manual",
            "move": f"up:{photo.pk}",
        }
        assert bob_client.post(reverse(name, args=[album.pk]), fields).status_code in (404, 405)
        assert bob_client.get(reverse(name, args=[album.pk])).status_code in (404, 405)
    assert bob_client.post(reverse("album_add"), {"photo": [photo.pk], "album": album.pk}).status_code == 404
    assert b"zip" not in everything(bob_client.post(reverse("download_many"), {"photo": [photo.pk]})).encode()
    assert Photo.objects.filter(pk=photo.pk).values().get() == before


def test_a_shared_candidate_s_prompt_cannot_be_remixed_by_a_guest(alice, bob, bob_client, album):
    from django.contrib.auth.models import Permission

    bob.user_permissions.add(Permission.objects.get(codename="generate"))
    candidate = CandidateFactory(session=SessionFactory(owner=alice, prompt="an undisclosed basilisk"))
    albums.add(album, [candidate.photo.pk])
    answer = bob_client.get(f"/generate/?from={candidate.photo.pk}")
    assert answer.status_code == 404 and b"basilisk" not in answer.content


def test_a_superuser_is_a_guest_on_the_gallery_s_pages(django_user_model, album, photo):
    from tests.conftest import _client_of

    client = _client_of(django_user_model.objects.create_superuser("root", password="x"))
    page = everything(client.get(f"/photos/{photo.pk}/"))
    assert not [secret for secret in SECRETS if secret.casefold() in page.casefold()]
    open_to(album, "private")
    assert client.get(f"/photos/{photo.pk}/").status_code == 404


@pytest.mark.parametrize("gone", ["", "session"])
def test_a_final_called_after_its_prompt_is_untitled(alice, visitor, bob_client, album, scripted, gone):  # noqa: F811
    session = make_session(alice, count=2, prompt="an undisclosed basilisk")
    curate.decide(alice, [photo.pk for photo in pictures_of(session)], value=1)
    finals.file_picks(session.pk)
    first, second = Photo.objects.filter(collection="completed").order_by("pk")
    Photo.objects.filter(pk=second.pk).update(title="Typed by a person")
    albums.add(album, [first.pk, second.pk])
    if gone:
        curate.purge(alice.pk, [photo.pk for photo in pictures_of(session)])
        session.delete()
    for client, kind in ((visitor, media.PUBLIC), (bob_client, media.GUEST)):
        bodies = [
            everything(client.get(page))
            for page in (album.get_absolute_url(), f"/photos/{first.pk}/", "/albums/")
        ]
        bodies += [everything(client.get(media.sign(first, size, kind))) for size in SIZES]
        assert not [body for body in bodies if "basilisk" in body.casefold()]
        assert "Typed by a person" in bodies[0]
        assert ">Typed by a person</h1>" in everything(client.get(f"/photos/{second.pk}/"))
