"""ZIP archives: what is in them, what they are called, what they promise, and whom they are for."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from generation import finals
from photos import albums, curate, downloads, storage
from photos.models import Photo
from tests.factories import PhotoFactory, make_photo, make_session, pictures_of
from tests.integration.generation.conftest import scripted  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(alice) -> list[Photo]:
    return [make_photo(alice, name=name) for name in ("harbour.png", "ice.png", "rope.png")]


def called(photo: Photo, title: str) -> None:
    Photo.objects.filter(pk=photo.pk).update(title=title)


def unpacked(answer) -> zipfile.ZipFile:
    """The archive as it arrived; its length is what was promised."""
    body = b"".join(answer.streaming_content)
    assert len(body) == int(answer["Content-Length"])
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    return archive


def selection(client, photos) -> zipfile.ZipFile:
    return unpacked(client.post(reverse("download_many"), {"photo": [photo.pk for photo in photos]}))


def original(photo: Photo) -> bytes:
    return storage.local_path(photo.root, photo.file.name).read_bytes()


def test_a_selection_holds_the_originals_byte_for_byte(alice_client, three):
    archive = selection(alice_client, three[:2])
    assert sorted(archive.namelist()) == ["harbour.png", "ice.png"]
    assert archive.read("harbour.png") == original(three[0])


def test_an_album_comes_in_its_order_under_its_title(alice, alice_client, three):
    album = albums.create(alice, title='Us / "Them"')
    albums.add(album, [photo.pk for photo in reversed(three)])
    answer = alice_client.get(reverse("album_download", args=[album.pk]))
    assert "Us-" in answer["Content-Disposition"] and ".zip" in answer["Content-Disposition"]
    assert answer["Content-Type"] == "application/zip" and "private" in answer["Cache-Control"]
    assert unpacked(answer).namelist() == ["rope.png", "ice.png", "harbour.png"]


def test_a_session_s_finals_come_in_the_order_of_its_sheet(alice, alice_client, scripted):  # noqa: F811
    session = make_session(alice, count=3)
    for photo in pictures_of(session)[:2]:
        curate.decide(alice, [photo.pk], value=1)
    finals.file_picks(session.pk)
    archive = unpacked(alice_client.get(reverse("session_download", args=[session.pk])))
    filed = Photo.objects.live().filter(collection="completed").order_by("source__candidate__number")
    assert [archive.read(name) for name in archive.namelist()] == [original(photo) for photo in filed]
    assert len(filed) == 2


def test_names_follow_the_titles_and_are_unique_on_every_file_system(alice_client, three):
    for photo, title in zip(three, ("Harbour", "HARBOUR", "harbour"), strict=True):
        called(photo, title)
    names = selection(alice_client, three).namelist()
    assert len({storage.fold(name) for name in names}) == 3
    assert all(storage.fold(name).startswith("harbour") for name in names)


@pytest.mark.parametrize(
    "title",
    ["../../etc/passwd", "C:\\Windows\\system32", "/absolute", "con", "a\u202egnp.exe", "new\nline", "missing.txt",
     ".hidden", "x" * 500, "🌊" * 120, "..", "dir/", "a\x7fb", '"; rm -rf'],
)  # fmt: skip
def test_a_hostile_title_names_a_plain_file(alice_client, three, title):
    called(three[0], title)
    called(three[1], title)
    for name in selection(alice_client, three).namelist():
        assert "/" not in name and "\\" not in name and ".." not in name and not name.startswith(".")
        assert name.isprintable() and name.endswith(".png") and len(name.encode()) < 140


def test_a_picture_called_missing_txt_does_not_hide_the_list_of_the_missing(alice_client, three):
    Photo.objects.filter(pk=three[0].pk).update(title="missing", file=three[0].file.name)
    os.unlink(storage.local_path(three[1].root, three[1].file.name))
    archive = selection(alice_client, three)
    assert sorted(archive.namelist()) == ["missing.png", "missing.txt", "rope.png"]
    assert "ice.png" in archive.read("missing.txt").decode()


def test_what_others_own_or_what_lies_in_the_trash_is_not_in_it(alice, bob, alice_client, three):
    theirs = make_photo(bob, name="theirs.png")
    album = albums.create(bob, title="Open", access="public")
    albums.add(album, [theirs.pk])
    curate.trash(alice.pk, [three[0].pk])
    assert sorted(selection(alice_client, [*three, theirs]).namelist()) == ["ice.png", "rope.png"]
    assert alice_client.get(reverse("album_download", args=[album.pk])).status_code == 404


def test_nothing_to_download_is_said_on_the_page_one_came_from(alice, alice_client):
    answer = alice_client.post(reverse("download_many"), {"photo": ["999999"], "next": "/finals/"})
    assert answer["Location"] == "/finals/"
    assert b"nothing to download" in alice_client.get("/finals/").content
    album = albums.create(alice, title="Empty")
    assert (
        alice_client.get(reverse("album_download", args=[album.pk]))["Location"] == album.get_absolute_url()
    )


def test_more_than_fits_is_refused_before_anything_is_sent(alice, alice_client, three, monkeypatch):
    monkeypatch.setattr(downloads, "AT_MOST", 2)
    answer = alice_client.post(reverse("download_many"), {"photo": [photo.pk for photo in three]})
    assert answer.status_code == 303
    assert b"At most 2 images" in alice_client.get("/").content


def test_what_is_too_much_is_not_named_and_measured_first(
    alice, three, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(downloads, "AT_MOST", 2)
    monkeypatch.setattr(storage, "local_path", lambda *_: pytest.fail("it was looked for"))
    album = albums.create(alice, title="Row")
    albums.add(album, [photo.pk for photo in three])
    for photos in (downloads.of(Photo.objects.owned_by(alice)), downloads.of_places(album.places.all())):
        with django_assert_num_queries(1), pytest.raises(downloads.DownloadError, match="At most 2 images"):
            downloads.archive(photos)


@pytest.mark.parametrize("ids", [["x"], ["-1"], ["1"] * 5001, ["9" * 30], ["1.0"]])
def test_a_list_that_is_none_is_refused(alice_client, ids):
    assert alice_client.post(reverse("download_many"), {"photo": ids}).status_code == 400


def test_a_look_at_the_length_sends_nothing(alice, alice_client, three):
    album = albums.create(alice, title="Row")
    albums.add(album, [photo.pk for photo in three])
    address = reverse("album_download", args=[album.pk])
    head = alice_client.head(address)
    assert int(head["Content-Length"]) == len(b"".join(alice_client.get(address).streaming_content))
    assert b"".join(head.streaming_content) == b""


@pytest.mark.parametrize("change", ["grown", "cut", "gone"])
def test_a_file_that_changes_on_the_way_breaks_the_download_off(alice, three, change, caplog):
    """The length was promised: a broken download is honest, an archive that lies is not."""
    archive = downloads.archive(downloads.of(Photo.objects.owned_by(alice).order_by("pk")))
    path = storage.local_path(three[2].root, three[2].file.name)
    path.chmod(0o644)
    {
        "grown": lambda: path.write_bytes(path.read_bytes() + b"x"),
        "cut": lambda: path.write_bytes(b"x"),
        "gone": path.unlink,
    }[change]()
    sent = bytearray()
    with pytest.raises((OSError, RuntimeError)):
        for piece in archive.stream:
            sent += piece
    assert "broke off" in caplog.text
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(bytes(sent)))


def test_an_archive_of_rows_costs_two_queries(alice, django_assert_num_queries):
    album = albums.create(alice, title="Rows")
    albums.add(album, [photo.pk for photo in PhotoFactory.create_batch(5, owner=alice)])
    from photos import leafing

    with django_assert_num_queries(2):
        archive = downloads.archive(downloads.of_places(leafing.places_of(album)))
    assert (archive.count, archive.missing) == (0, 5)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_is_sent(alice, alice_client, three):
    answer = alice_client.post(reverse("download_many"), {"photo": [photo.pk for photo in three]})
    pieces = iter(answer.streaming_content)
    next(pieces)
    assert not connection.in_atomic_block and connection.get_autocommit()
    if connection.vendor == "postgresql":
        assert connection.connection.info.transaction_status.name == "IDLE"
    Photo.objects.filter(pk=three[0].pk).update(title="written meanwhile")
    assert b"".join(pieces)


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="this system does not say what a process holds"
)
@pytest.mark.django_db(transaction=True)
def test_a_large_archive_needs_no_more_memory_than_a_small_one(alice, alice_client):
    """300 MB of made files: what the process holds grows by less than 20 MB while they are sent."""
    ids = []
    for n in range(6):
        photo = PhotoFactory(owner=alice, file=f"uploaded/2026-11-22/large-{n}.jpg", title=f"Large {n}")
        path = storage.local_path("media", photo.file.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        ids.append(photo.pk)
    answer = alice_client.post(reverse("download_many"), {"photo": ids})
    sent, before = 0, _resident_bytes()
    most = before
    for piece in answer.streaming_content:
        sent += len(piece)
        most = max(most, _resident_bytes()) if sent % (8 * 1024 * 1024) < len(piece) else most
    assert sent == int(answer["Content-Length"]) > 300 * 1024 * 1024
    assert most - before < 20 * 1024 * 1024


def _resident_bytes() -> int:
    """What this process holds right now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
