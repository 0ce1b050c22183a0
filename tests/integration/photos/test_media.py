"""The route of the bytes: one query, every size once, and names that say nothing of this machine."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from PIL import Image

from photos import curate, media, storage
from photos.models import Photo
from photos.thumbnails import VARIANTS
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif",
           "GIF": "image/gif", "TIFF": "image/tiff"}  # fmt: skip


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("format", FORMATS)
def test_the_original_is_served_byte_for_byte_under_its_own_type(alice, client, format):
    data = draw(format)
    photo = make_photo(alice, data)
    response = client.get(media.sign(photo, "original"))
    assert body(response) == data and response["Content-Type"] == FORMATS[format]
    assert int(response["Content-Length"]) == len(data)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_size_is_served_in_the_pixels_a_page_reserves(alice, client, variant, tmp_path):
    photo = make_photo(alice, draw("JPEG", (3000, 1000)))
    response = client.get(media.sign(photo, variant))
    (tmp_path / "served").write_bytes(body(response))
    with Image.open(tmp_path / "served") as served:
        assert served.size == photo.size_of(variant)
    assert response["Content-Type"] == "image/webp"


def test_a_warm_thumbnail_costs_one_query_and_so_does_an_original(alice, client, django_assert_num_queries):
    photo = make_photo(alice)
    for variant in ("h320", "original"):
        with django_assert_num_queries(1):
            assert client.get(media.sign(photo, variant)).status_code == 200


def test_a_missing_size_costs_one_query_as_well(alice, client, media_root, django_assert_num_queries):
    photo = make_photo(alice)
    (media_root / photo.thumbnail_name("h320")).unlink()
    with django_assert_num_queries(1):
        assert client.get(media.sign(photo, "h320")).status_code == 200
    assert (media_root / photo.thumbnail_name("h320")).is_file()


def test_browsers_keep_what_they_have_until_the_address_ends_and_nobody_else_does(alice, client):
    response = client.get(media.sign(make_photo(alice), "h320"))
    private, immutable, age = response["Cache-Control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 86_400 - 5 <= int(age.removeprefix("max-age=")) <= 2 * 86_400
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "ETag" not in response and "Set-Cookie" not in response


def test_an_address_is_the_same_all_day(alice):
    photo = make_photo(alice)
    first = media.sign(photo, "h320")
    time.sleep(1.1)
    assert media.sign(Photo.objects.get(pk=photo.pk), "h320") == first
    assert media.sign_values(photo.pk, photo.sha256, photo.access_revision, "h320") == first


def test_neither_address_nor_answer_names_a_file_or_a_folder(alice, client, media_root):
    photo = make_photo(alice, name="secret harbour.png")
    for variant in ("h320", "h160", "original"):
        address = media.sign(photo, variant)
        said = address + repr(client.get(address).headers)
        assert str(media_root) not in said and "uploaded" not in said and "thumbnails" not in said
        assert "secret" not in said or variant == "original"  # which is its owner's alone


def test_a_size_saved_from_a_page_has_the_name_of_its_title(alice, client):
    titled, other = make_photo(alice, title="Red lighthouse"), make_photo(alice)
    names = [client.get(media.sign(photo, "l1600"))["Content-Disposition"] for photo in (titled, other)]
    assert names[0].startswith('inline; filename="Red-lighthouse.webp"')
    assert names[1].startswith(f'inline; filename="image-{other.pk}.webp"')


@pytest.mark.parametrize(
    ("title", "header"),
    [
        (
            "Red lighthouse",
            "attachment; filename=\"Red-lighthouse.png\"; filename*=UTF-8''Red-lighthouse.png",
        ),
        ("Küste", "attachment; filename=\"Kste.png\"; filename*=UTF-8''K%C3%BCste.png"),
        ("day / night", "attachment; filename=\"day-night.png\"; filename*=UTF-8''day-night.png"),
    ],
)
def test_a_saved_file_has_the_name_of_its_title(alice, client, title, header):
    response = client.get(media.sign(make_photo(alice, title=title), "original") + "&save=1")
    assert response["Content-Disposition"] == header


@pytest.mark.parametrize(
    "title",
    ['x"; filename="evil.exe', "a\r\nSet-Cookie: b=1", "../../etc/passwd", "\u202egnp.exe", "CON", ".", "💥" * 200,
     "%22%0d%0a", "'; drop", "a\\b"],
)  # fmt: skip
def test_no_title_breaks_out_of_the_name_of_a_saved_file(alice, client, title):
    response = client.get(media.sign(make_photo(alice, title=title), "original") + "&save=1")
    header = response["Content-Disposition"]
    plain = header.split('filename="')[1].split('"')[0]
    full = unquote(header.split("filename*=UTF-8''")[1])
    assert header.count('"') == 2 and "\n" not in header and "\\" not in header
    assert "/" not in plain + full and "\u202e" not in full and full.endswith(".png")
    assert "Set-Cookie" not in response and Path(full).name == full


def test_shown_in_a_page_an_original_is_not_a_download(alice, client):
    response = client.get(media.sign(make_photo(alice), "original"))
    assert response["Content-Disposition"].startswith("inline")


def test_a_damaged_or_missing_original_is_absent_and_gives_no_path_away(alice, client, media_root):
    photo = make_photo(alice)
    (media_root / photo.file.name).write_bytes(b"no picture any more")
    response = client.get(media.sign(photo, "h160"))
    assert response.status_code == 404 and str(media_root).encode() not in response.content
    (media_root / photo.file.name).unlink()
    assert client.get(media.sign(photo, "original")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_missing_size_asked_for_by_many_is_drawn_once(alice, media_root, settings):
    """The others get the colour of the picture, and are told when to ask again."""
    photo = make_photo(alice, draw("JPEG", (2400, 1600)))
    address, start, answers = media.sign(photo, "l2560"), threading.Barrier(8), []
    settings.STORAGES = {
        **settings.STORAGES,
        "thumbnails": {**settings.STORAGES["thumbnails"], "BACKEND": f"{__name__}.Recording"},
    }

    def ask() -> None:
        start.wait()
        response = Client().get(address)
        answers.append((response.status_code, response.get("Retry-After"), response["Content-Type"]))
        response.close()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert set(answers) <= {(200, None, "image/webp"), (503, "2", "image/svg+xml")} and len(answers) == 8
    assert (200, None, "image/webp") in answers and (503, "2", "image/svg+xml") in answers
    assert Recording.put_names == [photo.thumbnail_name("l2560")]
    assert Client().get(address).status_code == 200


class Recording(storage.LocalMediaStorage):
    """Remembers what was put into it."""

    put_names: list[str] = []

    def put(self, source: Path, name: str) -> None:
        self.put_names.append(name)
        super().put(source, name)


def test_what_is_trashed_can_be_shown_in_the_trash_and_only_there(alice, client):
    photo = make_photo(alice)
    in_lists, in_trash = media.sign(photo, "h320"), media.sign(photo, "h320", media.TRASH)
    assert [client.get(address).status_code for address in (in_lists, in_trash)] == [200, 404]
    curate.trash(alice.pk, [photo.pk])
    photo.refresh_from_db()
    in_lists, in_trash = media.sign(photo, "h320"), media.sign(photo, "h320", media.TRASH)
    assert [client.get(address).status_code for address in (in_lists, in_trash)] == [404, 200]


def test_behind_nginx_a_header_names_the_file_and_nobody_else_is_told(alice, client, settings, media_root):
    settings.GALLERY_ACCEL = "/media-files/"
    photo = make_photo(alice, name="Hafen 100% süß?.png")
    for variant in ("original", "h320"):
        response = client.get(media.sign(photo, variant))
        inside = unquote(response["X-Accel-Redirect"]).removeprefix("/media-files/")
        assert (media_root / inside).is_file() and not response.content
        assert response["X-Accel-Redirect"].isascii() and not {"?", " "} & set(response["X-Accel-Redirect"])
        assert (
            response["Content-Type"] in ("image/png", "image/webp") and "private" in response["Cache-Control"]
        )
    assert "X-Accel-Redirect" not in client.get(media.sign(photo, "h320") + "x")
    (media_root / photo.file.name).unlink()
    assert client.get(media.sign(photo, "original")).status_code == 404


def test_behind_nginx_a_missing_size_is_made_as_ever(alice, client, settings, media_root):
    settings.GALLERY_ACCEL = "/media-files/"
    photo = make_photo(alice)
    (media_root / photo.thumbnail_name("h320")).unlink()
    assert client.get(media.sign(photo, "h320"))["X-Accel-Redirect"].startswith("/media-files/thumbnails/")
    assert (media_root / photo.thumbnail_name("h320")).is_file()
