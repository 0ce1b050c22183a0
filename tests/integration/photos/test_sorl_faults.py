"""What sorl-thumbnail does wrong at scale (reference/photo-galleries.md, 6.3) does not happen here."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from PIL import Image
from sorl.thumbnail.models import KVStore

from photos import curate, deletion, media
from photos.models import Photo
from photos.thumbnail_tag import MirrorBackend
from photos.thumbnails import VARIANTS
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db
TAG = Template(
    "{% load thumbnail %}{% thumbnail photo size as im %}"
    "{{ im.url }} {{ im.width }}x{{ im.height }}{% endthumbnail %}"
)
WITH_OPTIONS = Template(
    '{% load thumbnail %}{% thumbnail photo "h320" crop="center" quality=10 as im %}{{ im.url }}{% endthumbnail %}'
)


def tag(photo: Photo, size: str) -> str:
    return TAG.render(Context({"photo": photo, "size": size, "autoescape": False}))


def files(media_root) -> list[str]:
    return sorted(p.relative_to(media_root).as_posix() for p in media_root.rglob("*") if p.is_file())


def test_a_page_of_sixty_cold_thumbnails_in_two_sizes_asks_nothing(
    alice, media_root, django_assert_num_queries
):
    """sorl: 9.5 queries each, in the request."""
    photos = [make_photo(alice, draw("PNG", (8, 6), seed=n)) for n in range(60)]
    for path in (media_root / "thumbnails").rglob("*.webp"):
        path.unlink()
    with django_assert_num_queries(0):
        for photo in photos:
            tag(photo, "h320"), tag(photo, "h160")
    assert len(files(media_root)) == 60 and not KVStore.objects.exists()


def test_the_tag_says_address_and_size_of_our_own(alice, client):
    photo = make_photo(alice, draw("JPEG", (2000, 900)))
    address, size = tag(photo, "h320").replace("&amp;", "&").split()
    assert size == "{}x{}".format(*photo.size_of("h320"))
    assert address == media.sign(photo, "h320") and client.get(address).status_code == 200


def test_a_smaller_size_asked_for_second_is_not_the_original(alice, client, media_root, tmp_path):
    """sorl, in mirrored folders: 640 first, then 320, gave the full original as the small one."""
    photo = make_photo(alice, draw("PNG", (1024, 768)))
    for variant in ("h640", "h320", "h160"):
        response = client.get(media.sign(photo, variant))
        (tmp_path / variant).write_bytes(b"".join(response.streaming_content))
        with Image.open(tmp_path / variant) as served:
            assert served.size == photo.size_of(variant) != (1024, 768)
    assert (
        len({photo.thumbnail_name(variant) for variant in VARIANTS} | {photo.file.name}) == len(VARIANTS) + 1
    )


@pytest.mark.django_db(transaction=True)
def test_all_sizes_asked_for_at_once_are_all_gone_after_the_picture_is(alice, media_root):
    """sorl: a list read, changed and written without a lock; one to three files stayed, and were served."""
    photo = make_photo(alice, draw("JPEG", (1600, 1200)))
    for path in (media_root / "thumbnails").rglob("*.webp"):
        path.unlink()
    addresses = [media.sign(photo, variant) for variant in VARIANTS]
    start = threading.Barrier(len(addresses) * 2)

    def ask(address: str) -> None:
        start.wait()
        Client().get(address).close()
        connection.close()

    threads = [threading.Thread(target=ask, args=(address,)) for address in addresses * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(files(media_root)) == 1 + len(VARIANTS)
    curate.purge(alice.pk, [photo.pk])
    deletion.delete_pending()
    assert files(media_root) == []
    assert {Client().get(address).status_code for address in addresses} == {404}


@pytest.mark.parametrize("size", ["320x240", "x9999", "original", ""])
def test_sizes_are_named_and_nobody_can_ask_for_another(alice, size, media_root):
    photo = make_photo(alice)
    before = files(media_root)
    assert tag(photo, size).strip() == "" and files(media_root) == before
    with pytest.raises(ValueError, match="Only photos"):
        MirrorBackend().get_thumbnail(photo, size)


def test_a_text_is_no_source_so_nothing_is_fetched():
    """sorl fetches what looks like an address (T44)."""
    address = "http://169.254.169.254/latest/"
    assert TAG.render(Context({"photo": address, "size": "h320"})).strip() == ""
    with pytest.raises(ValueError, match="Only photos"):
        MirrorBackend().get_thumbnail(address, "h320")


def test_other_options_do_not_orphan_what_is_there(alice, media_root):
    photo = make_photo(alice)
    before = files(media_root)
    assert WITH_OPTIONS.render(Context({"photo": photo})).startswith("/m/")
    assert files(media_root) == before
