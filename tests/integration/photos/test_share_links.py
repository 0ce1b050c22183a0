"""Share links: what the receiver gets, and what nobody gets by one."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from photos import albums, curate, media, papers, sharing
from photos.models import Photo, Recipe, Share
from photos.sharing import names, packing, served, shown
from photos.sharing.proof import read_back
from tests.factories import PhotoFactory, make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db
PROMPT = "undisclosed basilisk"


@pytest.fixture(autouse=True)
def _no_guesses_yet():
    cache.clear()


@pytest.fixture
def pictures(alice) -> list[Photo]:
    """Two of Alice's; the first was made of a prompt, which only the database knows, and has no mark in its file."""
    made = make_photo(alice, draw("PNG", (900, 600)), name="basilisk-seed-4711.png", title="Morning")
    Recipe.objects.create(photo=made, generator="forge", prompt=PROMPT, seed="4711", raw=PROMPT)
    Photo.objects.filter(pk=made.pk).update(latitude=53.5, longitude=10.0)
    return [
        Photo.objects.get(pk=made.pk),
        make_photo(alice, draw("JPEG", (600, 900)), name="harbour walk.jpg"),
    ]


@pytest.fixture
def album(alice, pictures):
    made = albums.create(alice, title="Walk")
    albums.add(made, [photo.pk for photo in pictures])
    return made


def link(alice, pictures=(), **said) -> tuple[Share, str]:
    """A link, and the address it has."""
    said = {"title": "For you", "lasts": "30"} | said
    share, token = sharing.make(alice, photo_ids=[photo.pk for photo in pictures], **said)
    return share, f"/x/{token}/"


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def media_in(response) -> list[str]:
    return [
        address.replace("&amp;", "&") for address in re.findall(r'/m/x/[^" ]+', response.content.decode())
    ]


def dead(address: str) -> bytes:
    """What a stranger is told there: always 404, and always the same."""
    response = Client().get(address)
    assert response.status_code == 404
    return response.content


# --- what is shown ----------------------------------------------------------------------------------


def test_a_link_shows_its_images_to_somebody_without_account_and_cookie(alice, pictures, visitor):
    _share, address = link(alice, pictures, signed_by="A. Lice")
    page = visitor.get(address)
    assert page.status_code == 200 and not page.cookies
    assert "For you" in page.text and "A. Lice" in page.text and "2 images" in page.text
    assert len(set(media_in(page))) >= 2
    assert all(visitor.get(one).status_code == 200 for one in media_in(page))


def test_nothing_on_its_pages_tells_how_where_or_when(alice, pictures, visitor):
    share, address = link(alice, pictures)
    inner = [f"{address}{names.name_of(share.pk, photo.pk)}/" for photo in pictures]
    pages = [visitor.get(one) for one in (address, *inner)]
    said = "".join(page.text + str(page.headers) for page in pages)
    said += "".join(str(visitor.get(one).headers) for one in media_in(pages[0]))
    secrets = [PROMPT, "4711", "basilisk", "harbour", "53.5", "alice", "2026", "gallery", "Photo Gallery"]
    secrets += [pictures[0].sha256[:8], f"/{pictures[0].pk}/", f"p{pictures[0].pk}", "/photos/", "/albums/"]
    assert [word for word in secrets if word in said] == []


@pytest.mark.any_database
def test_its_pages_are_for_no_index_no_cache_and_no_referrer(alice, pictures, visitor):
    page = visitor.get(link(alice, pictures)[1])
    assert page["X-Robots-Tag"].startswith("noindex") and 'content="noindex' in page.text
    assert page["Referrer-Policy"] == "no-referrer" and page["Cache-Control"] == "private, no-store"
    assert "<script" not in page.text and "og:image" not in page.text


def test_what_was_made_says_so_on_the_page_and_in_the_file(alice, pictures, visitor, tmp_path):
    share, address = link(alice, pictures)
    assert visitor.get(address).text.count("Made with AI") == 1
    files = [visitor.get(served.sign(photo, "l1600", share)) for photo in pictures]
    (tmp_path / "web.webp").write_bytes(body(files[0]))
    found = papers.read(tmp_path / "web.webp", "WEBP")
    assert found.digital_source_type == "trainedAlgorithmicMedia"
    assert not (found.has_recipe or found.prompt or found.has_gps or found.other_text or found.title)
    (tmp_path / "web.webp").write_bytes(body(files[1]))
    assert papers.read(tmp_path / "web.webp", "WEBP").digital_source_type == ""


def test_a_link_to_an_album_follows_it(alice, pictures, album, visitor):
    share, address = link(alice, album=album)
    albums.remove(album, [pictures[0].pk])
    assert "1 image" in visitor.get(address).text
    albums.add(album, [make_photo(alice, draw("PNG", (100, 100))).pk])
    assert "2 images" in visitor.get(address).text
    assert shown.count(share) == 2


def test_large_links_are_leafed_through_in_both_directions(alice, visitor):
    photos = [make_photo(alice, draw("PNG", (60 + n, 50))) for n in range(5)]
    share, _address = link(alice, photos)
    first = shown.leaf(share, limit=2)
    second = shown.leaf(share, after=first.photos[-1].pk, limit=2)
    back = shown.leaf(share, before=second.photos[0].pk, limit=2)
    assert [photo.pk for photo in first.photos + second.photos] == [photo.pk for photo in photos[:4]]
    assert back.photos == first.photos and second.has_later and second.has_earlier
    found = shown.one(share, photos[2].pk)
    assert (found.previous, found.following) == (photos[1].pk, photos[3].pk)


@pytest.mark.any_database
def test_a_page_of_a_link_stays_within_its_queries(
    alice, pictures, album, visitor, django_assert_max_num_queries
):
    for share, address in (link(alice, pictures), link(alice, album=album)):
        with django_assert_max_num_queries(8):
            visitor.get(address)
        with django_assert_max_num_queries(9):
            assert visitor.get(f"{address}{names.name_of(share.pk, pictures[0].pk)}/").status_code == 200
        with django_assert_max_num_queries(1):
            assert visitor.get(served.sign(pictures[0], "h320", share)).status_code == 200


# --- when it ends -----------------------------------------------------------------------------------


def test_wrong_off_ended_deleted_and_closed_accounts_are_one_and_the_same_page(alice, pictures, caplog):
    never = dead("/x/" + "a" * 43 + "/")
    share, address = link(alice, pictures)
    ends = {
        "off": lambda: sharing.switch(share, on=False),
        "ended": lambda: Share.objects.update(is_on=True, expires_at=timezone.now()),
        "account": lambda: (
            Share.objects.update(expires_at=None),
            type(alice).objects.update(is_active=False),
        ),
        "deleted": lambda: Share.objects.all().delete(),
    }
    for end in ends.values():
        end()
        assert dead(address) == dead(f"{address}download/") == dead(address[:-2] + "/") == never
    name = names.name_of(share.pk, pictures[0].pk)
    assert dead(f"{address}{name}/") == never
    assert "Not Found: /x/.../" in caplog.text and address[3:-1] not in caplog.text


@pytest.mark.parametrize(
    "end", ["off", "ended", "renewed", "deleted", "account", "trashed", "purged", "taken out"]
)
def test_bytes_already_addressed_end_at_once_and_so_do_downloads(alice, pictures, album, visitor, end):
    share, address = link(alice, album=album, allows_download=True)
    before = [*media_in(visitor.get(address)), served.sign(pictures[0], "l1600", share)]
    of_first = [one for one in before if names.name_of(share.pk, pictures[0].pk) in one]
    assert visitor.get(of_first[0]).status_code == 200
    packed = iter(packing.Packed(share))
    next(packed)
    {
        "off": lambda: sharing.switch(share, on=False),
        "ended": lambda: Share.objects.update(expires_at=timezone.now()),
        "renewed": lambda: sharing.renew(share),
        "deleted": lambda: sharing.delete(Share.objects.get(pk=share.pk)),
        "account": lambda: type(alice).objects.update(is_active=False),
        "trashed": lambda: curate.trash(alice.pk, [photo.pk for photo in pictures]),
        "purged": lambda: curate.purge(alice.pk, [photo.pk for photo in pictures]),
        "taken out": lambda: albums.remove(album, [photo.pk for photo in pictures]),
    }[end]()
    assert {visitor.get(one).status_code for one in of_first} == {404}
    cached = {visitor.get(one, headers={"If-None-Match": "*"}).status_code for one in of_first}
    assert cached == {404}
    if end in ("off", "ended", "renewed", "deleted", "account"):
        rest = b"".join(packed)  # a whole archive that says so: one broken off is saved as a good one
        assert b"PK\x05\x06" in rest and b"image 2 and those after it are missing" in rest
        assert b"For-you-02" not in rest
    else:
        rest = b"".join(packed)
        assert b"PK\x05\x06" in rest and b"For-you-02" not in rest  # whole, without what has gone


def test_switched_on_again_the_same_address_works_and_a_new_one_ends_the_old(alice, pictures, visitor):
    share, address = link(alice, pictures)
    sharing.switch(share, on=False)
    sharing.switch(share, on=True)
    assert visitor.get(address).status_code == 200
    token = sharing.renew(share)
    assert dead(address) and visitor.get(f"/x/{token}/").status_code == 200


def test_an_album_made_private_again_still_shows_by_its_link_until_that_is_switched_off(
    alice, pictures, album, visitor, alice_client
):
    share, address = link(alice, album=album)
    albums.edit(album, revision=1, title="Walk", description="", access="public", order="manual")
    old = media_in(visitor.get(address))[0]
    albums.edit(album, revision=2, title="Walk", description="", access="private", order="manual")
    assert visitor.get(old).status_code == 404
    assert visitor.get(media_in(visitor.get(address))[0]).status_code == 200
    assert "and whoever has its share link" in alice_client.get(album.get_absolute_url()).text
    sharing.switch(share, on=False)
    assert dead(address)
    assert "and whoever has its share link" not in alice_client.get(album.get_absolute_url()).text


# --- what nobody gets by one ------------------------------------------------------------------------


def test_no_address_of_one_link_serves_for_another_nor_for_what_is_beside_it(alice, pictures, visitor):
    one, address = link(alice, pictures[:1])
    two, other = link(alice, pictures[1:])
    assert dead(f"{address}{names.name_of(two.pk, pictures[1].pk)}/")
    assert dead(f"{address}{names.name_of(one.pk, pictures[1].pk)}/")
    assert dead(f"{address}{pictures[0].pk}/") and dead(f"{other}{names.name_of(one.pk, pictures[0].pk)}/")
    three, _address = link(alice, pictures)  # the same picture has another name in it
    assert dead(f"{address}{names.name_of(three.pk, pictures[0].pk)}/")
    beyond = served.sign(pictures[1], "h320", one)  # signed, and yet not in it
    assert visitor.get(beyond).status_code == 404
    good = served.sign(pictures[0], "h320", one)
    assert visitor.get(good).status_code == 200
    forged = [
        good.replace("h320", "h640"),
        good.replace("h320", "original"),
        good.replace("h320", "l2560"),
        good.replace(names.name_of(one.pk, pictures[0].pk), names.name_of(two.pk, pictures[1].pk)),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("/m/x/", "/m/"),
        re.sub(r"e=\d+", "e=1", good),
        re.sub(r"e=\d+", "e=99999999999", good),
        media.sign(pictures[0], "h320").replace(f"/m/{pictures[0].pk}/", f"/m/x/{'A' * 22}/"),
    ]
    assert {visitor.get(address).status_code for address in forged} == {404}


def test_nobody_makes_a_link_to_what_is_somebody_elses(alice, bob, bob_client, pictures, album):
    with pytest.raises(sharing.ShareError):
        sharing.make(bob, title="x", lasts="30", photo_ids=[photo.pk for photo in pictures])
    with pytest.raises(sharing.ShareError):
        sharing.make(bob, title="x", lasts="30", album=album)
    said = {"make": "1", "title": "x", "lasts": "30"}
    assert bob_client.post("/shares/new/", said | {"album": album.pk}).status_code == 404
    bob_client.post("/shares/new/", said | {"photo": [photo.pk for photo in pictures]})
    bob_client.post("/shares/new/", said | {"whole": "1", "scope": f"album:{album.pk}"})
    assert not Share.objects.exists()


def test_guesses_are_slowed_down_and_right_addresses_are_not(alice, pictures, visitor):
    _share, address = link(alice, pictures)
    met = [visitor.get(f"/x/guess-{n}/").status_code for n in range(40)]
    assert met[:29] == [404] * 29 and met[-1] == 429
    assert visitor.get(address).status_code == 200


@pytest.mark.any_database
@pytest.mark.parametrize(
    "token", ["a", "../../etc", "a" * 5000, "%00", "%ff%fe", "null", "💥", "' OR 1=1 --"]
)
def test_no_token_breaks_anything(visitor, db, token):
    assert visitor.get(f"/x/{token}/").status_code in (404, 400)


@pytest.mark.any_database
def test_head_and_range_and_other_methods_give_nothing_more(alice, pictures, visitor):
    share, address = link(alice, pictures, allows_download=True)
    picture = served.sign(pictures[0], "l1600", share)
    assert (
        body(visitor.head(address))
        == body(visitor.head(picture))
        == body(visitor.head(f"{address}download/"))
        == b""
    )
    ranged = visitor.get(picture, headers={"Range": "bytes=0-9"})
    assert ranged.status_code in (200, 206)
    assert {visitor.post(one).status_code for one in (address, f"{address}download/")} == {405}
    assert visitor.post(picture).status_code == 404
    assert Share.objects.get().n_opened == 0


def test_a_browser_keeps_a_picture_and_asks_before_it_shows_it_again(alice, pictures, visitor):
    share, _address = link(alice, pictures)
    address = served.sign(pictures[0], "h320", share)
    first = visitor.get(address)
    assert first["Cache-Control"] == "private, no-cache" and pictures[0].sha256[:8] not in first["ETag"]
    assert visitor.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    sharing.switch(share, on=False)
    assert visitor.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 404


@pytest.mark.any_database
def test_no_title_breaks_out_of_a_header_or_a_page(alice, pictures, visitor):
    title = 'x"; filename="evil.exe\r\nSet-Cookie: b=1 <script>alert(1)</script>'
    _share, address = link(alice, pictures, title=title, signed_by="<b>me</b>", allows_download=True)
    page, archive = visitor.get(address), visitor.get(f"{address}download/")
    assert "<script>" not in page.text and "<b>me" not in page.text
    kept = archive["Content-Disposition"]
    assert "Set-Cookie" not in archive.headers and "\n" not in kept and kept.endswith('.zip"')
    assert kept.count('"') == 2
    archive.close()


# --- the download -----------------------------------------------------------------------------------


def test_a_download_holds_every_image_marked_and_nothing_that_tells(alice, pictures, visitor, tmp_path):
    _share, address = link(alice, pictures, allows_download=True)
    answer = visitor.get(f"{address}download/")
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))
    assert archive.testzip() is None and archive.namelist() == ["For-you-01.png", "For-you-02.jpg"]
    for name, term in zip(archive.namelist(), ("trainedAlgorithmicMedia", ""), strict=True):
        (tmp_path / name).write_bytes(archive.read(name))
        found = papers.read(tmp_path / name, "PNG" if name.endswith("png") else "JPEG")
        assert found.digital_source_type == term and not (found.has_recipe or found.has_gps or found.camera)


@pytest.mark.any_database
def test_a_download_that_is_not_allowed_or_not_wanted_is_not_begun(alice, pictures, visitor):
    share, address = link(alice, pictures)
    assert dead(f"{address}download/")
    sharing.edit(share, title="x", signed_by="", allows_download=True)
    assert visitor.get(f"{address}download/", headers={"Sec-Purpose": "prefetch"}).status_code == 503


@pytest.mark.any_database
def test_a_link_too_large_for_one_download_says_so(alice, visitor):
    rows = Photo.objects.bulk_create(PhotoFactory.build_batch(packing.MOST + 1, owner=alice))
    album = albums.create(alice, title="All")
    albums.add(album, [row.pk for row in rows])
    _share, address = link(alice, album=album, allows_download=True)
    refused, page = visitor.get(f"{address}download/"), visitor.get(address)
    assert refused.status_code == 409 and "at most 2,000 images" in refused.text
    assert (
        "1,000+ images" in page.text and "at most 2,000 images" in page.text and "download/" not in page.text
    )


# --- the owner's side -------------------------------------------------------------------------------


def test_the_owner_sees_what_goes_out_read_back_from_it(alice, pictures, alice_client):
    asked = alice_client.post("/shares/new/", {"photo": [photo.pk for photo in pictures]})
    assert (
        "AI mark kept in 1 of them" in asked.text and "no prompts" in asked.text and "no places" in asked.text
    )
    share, _address = link(alice, pictures, allows_download=True)
    proof = read_back(shown.first(share, 50), title="x", downloads=True)
    assert (proof.n_read, proof.n_files, proof.n_made, proof.n_marked) == (2, 2, 2, 2)
    assert proof.is_clean and proof.is_all


def test_a_link_is_made_on_a_page_and_its_address_shown_once(alice, pictures, album, alice_client, visitor):
    asked = alice_client.get(f"/shares/new/?album={album.pk}")
    assert 'value="Walk"' in asked.text
    said = {"album": album.pk, "make": "1", "title": "Our walk", "lasts": "7", "allows_download": ""}
    page = alice_client.post("/shares/new/", said, follow=True)
    address = re.search(r'value="http://testserver(/x/[^"]+/)"', page.text)[1]
    assert visitor.get(address).status_code == 200
    share = Share.objects.get()
    assert 6 <= (share.expires_at - timezone.now()).days <= 7
    assert address[3:-1] not in str(list(Share.objects.values())) and len(address) == 47
    assert address not in alice_client.get(share.get_absolute_url()).text


def test_openings_are_counted_but_not_the_owners_nor_what_a_browser_thinks_of(
    alice, pictures, alice_client, visitor
):
    share, address = link(alice, pictures)
    visitor.get(address)
    visitor.get(address, headers={"Sec-Purpose": "prefetch;prerender"})
    alice_client.get(address)
    share.refresh_from_db()
    assert (share.n_opened, share.opened_on) == (1, timezone.localdate())
    assert "opened once" in alice_client.get("/shares/").text


def test_links_are_listed_switched_renewed_changed_and_deleted(alice, pictures, alice_client, visitor):
    share, address = link(alice, pictures)
    assert "For you" in alice_client.get("/shares/").text
    alice_client.post(reverse("share_switch", args=[share.pk]), {"on": "0"})
    assert dead(address)
    alice_client.post(reverse("share_switch", args=[share.pk]), {"on": "1"})
    said = {"title": "Yours", "signed_by": "", "lasts": "never", "allows_download": "on"}
    alice_client.post(reverse("share_change", args=[share.pk]), said)
    share.refresh_from_db()
    assert (share.title, share.expires_at, share.allows_download) == ("Yours", None, True)
    page = alice_client.post(reverse("share_renew", args=[share.pk]), follow=True)
    assert dead(address) and "/x/" in page.text
    alice_client.post(reverse("share_delete", args=[share.pk]))
    assert not Share.objects.exists() and Photo.objects.live().count() == 2


def test_the_owner_looks_at_it_as_the_receiver_does(alice, pictures, alice_client, visitor):
    share, address = link(alice, pictures)
    preview = alice_client.get(reverse("share_preview", args=[share.pk]))
    same = preview.text.replace(reverse("share_preview", args=[share.pk]), address)
    assert same == visitor.get(address).text
    inner = re.search(r'href="(/shares/\d+/preview/[^"]+/)"', preview.text)[1]
    assert alice_client.get(inner).status_code == 200


@pytest.mark.any_database
@pytest.mark.parametrize(("typed", "sentence"), [
    ({"title": " "}, "needs a name"),
    ({"title": "x" * 201}, "At most 200"),
    ({"signed_by": "x" * 81}, "At most 80"),
    ({"lasts": "9999"}, "valid choice"),
])  # fmt: skip
def test_what_cannot_be_is_said_beside_the_field(alice, pictures, alice_client, typed, sentence):
    said = {"photo": pictures[0].pk, "make": "1", "title": "x", "lasts": "30"} | typed
    answer = alice_client.post("/shares/new/", said)
    assert answer.status_code == 422 and sentence in answer.text
    assert not Share.objects.exists()


@pytest.mark.any_database
def test_the_colours_of_its_pages_are_the_houses():
    from django.conf import settings

    house, ours = ((settings.BASE_DIR / f"static/css/{name}.css").read_text() for name in ("site", "shared"))
    colours = re.findall(r"--[\w-]+: (?:light-dark|rgb)\([^;]+;", ours.partition("}")[0])
    assert len(colours) > 8 and [one for one in colours if one not in house] == []


def test_where_nobody_is_named_files_of_the_download_name_nobody_either(alice):
    """Finals and other made images carry their owner's credit: a link that names nobody must not tell it."""
    from generation.models import FinalWishes

    FinalWishes.objects.create(owner=alice, creator="Alice Liddell", rights="(c) Alice Liddell")
    made = make_photo(alice, draw("PNG", (90, 60)), origin=Photo.Origin.MADE)
    named = {}
    for signed_by in ("", "A. L."):
        share, address = link(alice, [made], signed_by=signed_by, allows_download=True)
        packed = zipfile.ZipFile(io.BytesIO(body(Client().get(f"{address}download/"))))
        named[signed_by] = b"Liddell" in packed.read(packed.namelist()[0])
        proof = read_back(
            shown.first(share, 5), title=share.title, downloads=True, credited=share.names_its_owner
        )
        assert proof.is_clean and (proof.n_credits == 1) == bool(signed_by)
    assert named == {"": False, "A. L.": True}


def test_an_ended_link_that_is_switched_on_is_not_said_to_work(alice, alice_client, pictures):
    share, address = link(alice, pictures)
    Share.objects.filter(pk=share.pk).update(is_on=False, expires_at=timezone.now())
    said = alice_client.post(reverse("share_switch", args=[share.pk]), {"on": "1"}, follow=True)
    assert "its time is over" in said.content.decode() and "works again" not in said.content.decode()
    dead(address)
