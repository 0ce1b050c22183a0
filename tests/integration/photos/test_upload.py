"""The upload form, the address that takes one file at a time, and the page of what a batch brought."""

from __future__ import annotations

import errno
import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from photos import albums, curate, images, uploading
from photos.models import Album, AlbumPhoto, Photo, UploadBatch, UploadEntry
from photos.storage import LocalMediaStorage
from tests.factories import make_photo
from tests.integration.photos.test_ingest_race import all_at_once, originals
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db(transaction=True)

MARCH_2019 = int(datetime(2019, 3, 14, 12, 0, tzinfo=UTC).timestamp() * 1000)


def bring(client, *files: tuple[str, bytes], **fields):
    """The form as a browser without script sends it."""
    named = [SimpleUploadedFile(name, data, "image/png") for name, data in files]
    return client.post("/upload/", {"files": named, **fields})


def begin(client, **fields) -> int:
    return client.post("/upload/", fields, headers={"Accept": "application/json"}).json()["batch"]


def send(client, batch: int, data: bytes, name: str = "harbour.png", **query):
    """One file as the script sends it: the body is the file."""
    address = f"/upload/file/?{urlencode({'batch': batch, 'name': name, **query})}"
    headers = {"Accept": "application/json"}
    return client.post(address, data, content_type="application/octet-stream", headers=headers)


def text_of(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


# --- the form -----------------------------------------------------------------------------------------


def test_a_form_with_good_bad_and_known_files_ends_on_the_page_of_its_batch(alice, alice_client):
    known = make_photo(alice, draw("PNG", seed=1), name="old.png")
    answer = bring(
        alice_client,
        ("new.png", draw("PNG", seed=2)),
        ("same.png", draw("PNG", seed=1)),
        ("cut.png", cut(draw("PNG", seed=3), 0.5)),
    )
    batch = UploadBatch.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/uploads/{batch.pk}/")
    page = alice_client.get(answer["Location"])
    refusal = batch.entries.get(outcome="refused")
    assert "1 added, 1 already here, 1 refused" in text_of(page)
    assert f"cut.png {refusal.sentence}" in text_of(page)
    assert f'<a href="/photos/{known.pk}/">same.png</a>' in page.content.decode()
    assert page.content.decode().count("data-photo=") == 1


def test_a_form_without_a_file_is_asked_for_one(alice_client):
    answer = alice_client.post("/upload/", {})
    assert answer.status_code == 422 and "Choose at least one image." in text_of(answer)
    assert not UploadBatch.objects.exists()


def test_a_video_is_listed_calmly(alice_client):
    page = alice_client.get(bring(alice_client, ("beach.MOV", b"video")).url)
    assert "beach.MOV Videos are not kept yet." in text_of(page)


def test_the_form_puts_its_files_into_an_album(alice, alice_client):
    album = albums.create(alice, title="Family")
    make_photo(alice, draw("PNG", seed=1))
    bring(alice_client, ("new.png", draw("PNG", seed=2)), ("same.png", draw("PNG", seed=1)), album=album.pk)
    assert AlbumPhoto.objects.filter(album=album).count() == 2


def test_a_new_album_without_a_title_costs_no_files(alice, alice_client):
    bring(alice_client, ("new.png", draw("PNG")), album="new", new_album="  ")
    assert Album.objects.get().title.startswith("Upload from ") and AlbumPhoto.objects.count() == 1


def test_the_album_of_somebody_else_costs_no_files_and_gets_none(alice_client, bob):
    album = albums.create(bob, title="Bob's")
    bring(alice_client, ("new.png", draw("PNG")), album=album.pk)
    assert Photo.objects.count() == 1 and not AlbumPhoto.objects.exists()


def test_a_picture_from_the_trash_comes_back_and_the_page_says_so(alice, alice_client):
    photo = make_photo(alice, draw("PNG", seed=1))
    curate.trash(alice.pk, [photo.pk])
    page = alice_client.get(bring(alice_client, ("harbour.png", draw("PNG", seed=1))).url)
    assert "1 back from the trash" in text_of(page) and f'data-photo="{photo.pk}"' in page.content.decode()


def test_a_form_with_too_many_files_says_how_many_it_takes(alice_client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    answer = bring(alice_client, *((f"{n}.png", draw("PNG", seed=n)) for n in range(4)))
    assert answer.status_code == 413 and "A form takes 3 files at a time" in text_of(answer)
    assert not Photo.objects.exists()


# --- one file at a time -------------------------------------------------------------------------------


def test_a_file_is_answered_with_its_page_and_its_thumbnail(alice_client):
    text = "a lighthouse\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48, Model: x"
    data = draw("PNG", text={"parameters": text})
    answer = send(alice_client, begin(alice_client), data).json()
    photo = Photo.objects.get()
    assert answer["outcome"] == "added" and answer["sentence"] == "Kept, with its prompt"
    assert answer["address"] == f"/photos/{photo.pk}/"
    assert alice_client.get(answer["thumb"]).status_code == 200


def test_the_date_of_the_file_is_the_date_of_the_picture(alice, alice_client):
    batch = begin(alice_client)
    send(alice_client, batch, draw("PNG"), modified=MARCH_2019)
    photo = Photo.objects.get()
    assert photo.shown_at.date().isoformat() == "2019-03-14"
    page = alice_client.get(f"/uploads/{batch}/")
    assert f'<a href="/timeline/2019/3/#p{photo.pk}">14 March 2019</a>' in page.content.decode()


def test_a_folder_in_the_name_is_not_a_folder_on_the_disk(alice_client, media_root):
    send(alice_client, begin(alice_client), draw("PNG"), "../../Holiday/2024/beach.png")
    assert Photo.objects.get().file.name.endswith("/beach.png") and len(originals(media_root)) == 1
    assert UploadEntry.objects.get().name == "../../Holiday/2024/beach.png"


def test_a_refusal_is_written_down_with_its_reason(alice_client, media_root):
    batch = begin(alice_client)
    answer = send(alice_client, batch, b"no picture", "letter.txt").json()
    entry = UploadEntry.objects.get()
    assert (answer["outcome"], answer["sentence"]) == ("refused", entry.sentence)
    assert (entry.name, entry.code) == ("letter.txt", "not-accepted") and originals(media_root) == []


def test_what_is_too_large_is_announced_without_its_bytes(alice_client, settings):
    settings.GALLERY_MAX_FILE_BYTES = 1024 * 1024
    answer = send(alice_client, begin(alice_client), b"", "huge.tif", size=2 * 1024 * 1024).json()
    assert answer["sentence"] == "The file is larger than 1 MB, the most taken here."


def test_a_video_is_named_without_its_bytes(alice_client):
    answer = send(alice_client, begin(alice_client), b"", "clip", size=10**9, type="video/mp4").json()
    assert answer["code"] == "video"


def test_a_try_whose_answer_was_lost_is_answered_as_if_it_were_the_first(alice_client):
    batch, data = begin(alice_client), draw("PNG")
    first = send(alice_client, batch, data).json()
    assert send(alice_client, batch, data).json() == first
    assert UploadEntry.objects.count() == 1


def test_the_same_bytes_under_another_name_are_known(alice_client):
    batch, data = begin(alice_client), draw("PNG")
    send(alice_client, batch, data, "one.png")
    answer = send(alice_client, batch, data, "two.png").json()
    assert (answer["outcome"], answer["sentence"]) == ("known", "Already here")


def test_the_same_bytes_on_three_lines_at_once_are_one_picture(alice, media_root):
    clients = []
    for _ in range(3):
        client = Client()
        client.force_login(alice)
        clients.append(client)
    batch, data = begin(clients[0]), draw("PNG")
    answers = all_at_once([
        lambda n=n, client=client: send(client, batch, data, f"{n}.png").json()["outcome"]
        for n, client in enumerate(clients)
    ])  # fmt: skip
    assert sorted(answers) == ["added", "known", "known"]
    assert Photo.objects.count() == len(originals(media_root)) == 1


def test_an_album_chosen_while_files_come_in_gets_all_of_them(alice, alice_client):
    album = albums.create(alice, title="Family")
    batch = begin(alice_client)
    send(alice_client, batch, draw("PNG", seed=1))
    answer = alice_client.post(
        f"/uploads/{batch}/album/", {"album": album.pk}, headers={"Accept": "application/json"}
    )
    send(alice_client, batch, draw("PNG", seed=2))
    assert answer.json()["sentence"] == "1 image added to “Family”."
    assert AlbumPhoto.objects.filter(album=album).count() == 2


def test_an_album_deleted_while_files_come_in_costs_none(alice, alice_client):
    album = albums.create(alice, title="Family")
    batch = begin(alice_client, album=album.pk)
    albums.delete(album)
    assert send(alice_client, batch, draw("PNG")).json()["outcome"] == "added"


def test_a_batch_is_its_owners_alone(alice_client, bob_client, visitor):
    batch = begin(alice_client)
    assert send(bob_client, batch, draw("PNG")).status_code == 404
    assert bob_client.get(f"/uploads/{batch}/").status_code == 404
    assert bob_client.post(f"/uploads/{batch}/album/", {"album": "new"}).status_code == 404
    assert visitor.get(f"/uploads/{batch}/").status_code == 302
    assert not Photo.objects.exists() and not Album.objects.exists()


# --- the page of a batch ------------------------------------------------------------------------------


def test_a_long_batch_has_pages_of_a_hundred_in_the_order_of_the_timeline(alice, alice_client):
    batch = uploading.begin(alice)
    for n in range(103):
        photo = make_photo(alice, seed=n, size=(16, 12))
        UploadEntry.objects.create(batch=batch, name=f"{n}.png", outcome="added", photo=photo)
    first = alice_client.get(f"/uploads/{batch.pk}/").content.decode()
    older = re.search(r'href="([^"]+)" rel="next"', first)[1]
    second = alice_client.get(older, headers={"HX-Request": "true"}).content.decode()
    seen = [int(pk) for page in (first, second) for pk in re.findall(r'data-photo="(\d+)"', page)]
    assert seen == list(uploading.came_in(batch).values_list("pk", flat=True)) and len(seen) == 103


def test_what_was_trashed_since_is_not_shown_and_is_counted(alice, alice_client):
    answer = bring(alice_client, ("a.png", draw("PNG", seed=1)), ("b.png", draw("PNG", seed=2)))
    curate.trash(alice.pk, [Photo.objects.first().pk])
    page = alice_client.get(answer.url)
    assert "2 added 1 is in the trash or gone by now" in text_of(page)
    assert page.content.decode().count("data-photo=") == 1


def test_hostile_names_are_shown_as_they_are(alice_client):
    name = "<script>alert(1)</script>\u202egnp.png"
    batch = begin(alice_client)
    send(alice_client, batch, b"no picture", name)
    page = alice_client.get(f"/uploads/{batch}/").content.decode()
    assert escape("<script>alert(1)</script>") in page and "<script>alert" not in page


def test_the_page_of_a_batch_takes_few_queries(alice, alice_client, django_assert_max_num_queries):
    files = [(f"{n}.png", draw("PNG", seed=n)) for n in range(12)]
    address = bring(alice_client, *files, ("x.txt", b"no")).url
    alice_client.get(address)
    with django_assert_max_num_queries(12):
        alice_client.get(address)


# --- when nothing can be kept -------------------------------------------------------------------------


class BrokenStorage(LocalMediaStorage):
    """A disk that is full, or may not be written to, for originals or for thumbnails."""

    number, breaks = errno.ENOSPC, "write_once"

    def write_once(self, source, name, **how) -> None:
        self._break("write_once")
        super().write_once(source, name, **how)

    def put(self, source, name) -> None:
        self._break("put")
        super().put(source, name)

    def _break(self, what: str) -> None:
        if what == self.breaks:
            raise OSError(self.number, "broken for this test")


@pytest.fixture
def broken(settings, monkeypatch):
    """`broken(errno.ENOSPC, "put")`: from now on that fails."""

    def breaks(number: int, what: str) -> None:
        monkeypatch.setattr(BrokenStorage, "number", number)
        monkeypatch.setattr(BrokenStorage, "breaks", what)
        storage = {**settings.STORAGES["media"], "BACKEND": f"{__name__}.BrokenStorage"}
        settings.STORAGES = {**settings.STORAGES, "media": storage, "thumbnails": storage}

    return breaks


@pytest.mark.parametrize("what", ["write_once", "put"])
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The gallery's disk is full. Nothing of this file was kept."),
        (errno.EROFS, "The gallery may not write to its own folder. Nothing of this file was kept."),
    ],
)
def test_a_disk_that_takes_nothing_is_named_and_keeps_nothing(
    alice_client, media_root, broken, number, sentence, what
):
    broken(number, what)
    answer = send(alice_client, begin(alice_client), draw("PNG")).json()
    assert (answer["outcome"], answer["sentence"], answer["passing"]) == ("refused", sentence, True)
    assert originals(media_root) == [] and not Photo.objects.exists()
    assert not [path for path in media_root.rglob("*") if path.is_file()]


def test_a_later_try_takes_the_place_of_the_one_that_was_refused(alice_client, settings, broken):
    batch, whole = begin(alice_client), settings.STORAGES
    broken(errno.ENOSPC, "write_once")
    refused = send(alice_client, batch, draw("PNG")).json()
    settings.STORAGES = whole
    assert send(alice_client, batch, draw("PNG"), again=refused["entry"]).json()["outcome"] == "added"
    assert [entry.outcome for entry in UploadEntry.objects.all()] == ["added"]


def test_a_form_on_a_full_disk_names_every_file(alice_client, broken):
    broken(errno.ENOSPC, "write_once")
    page = text_of(
        alice_client.get(bring(alice_client, ("a.png", draw("PNG", seed=1)), ("b.png", draw("PNG"))).url)
    )
    assert "a.png The gallery's disk is full" in page and "b.png The gallery's disk is full" in page


def test_the_words_of_the_page_name_what_is_taken(alice_client):
    page = text_of(alice_client.get("/upload/"))
    megabytes = django_settings.GALLERY_MAX_FILE_BYTES // 1024**2
    assert f"JPEG, PNG, WebP, AVIF, GIF, HEIC and TIFF, up to {megabytes} MB each." in page
    assert len(images.FORMATS) == 7
