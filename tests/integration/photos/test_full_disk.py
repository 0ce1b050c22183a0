"""A disk that is full, whoever is just writing to it: said in a sentence, nothing half kept, and later gone on with."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection

from generation import finals, workflow
from generation.models import GenerationSession
from photos import curate, importing, uploading
from photos.models import Photo
from tests.factories import make_photo, make_session, pictures_of
from tests.integration.api.conftest import as_alice  # noqa: F401
from tests.integration.api.test_photos import bring as bring_by_api
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.integration.photos.test_check_media import check, originals
from tests.integration.photos.test_import_photos import bring, counted
from tests.integration.photos.test_upload import BrokenStorage, begin, broken, send  # noqa: F401
from tests.pictures import draw

pytestmark = pytest.mark.django_db(transaction=True)

FULL = "The gallery's disk is full. Nothing of this file was kept."
SEAMS = ["write_once", "put"]  # of an original, of a thumbnail


@pytest.fixture
def fill(settings, broken) -> Callable[[str], Callable[[], None]]:  # noqa: F811
    """`make_room = fill("put")`: nothing more fits there until `make_room()`."""
    whole = settings.STORAGES

    def make_room() -> None:
        settings.STORAGES = whole

    def fill(seam: str) -> Callable[[], None]:
        broken(errno.ENOSPC, seam)
        return make_room

    return fill


@pytest.mark.parametrize("seam", SEAMS)
def test_a_program_is_told_and_may_send_it_again(alice, as_alice, media_root, fill, seam):  # noqa: F811
    make_room = fill(seam)
    refused = bring_by_api(as_alice, draw("PNG"))
    assert (refused.status_code, refused.json()["code"], refused.json()["detail"]) == (507, "disk-full", FULL)
    assert originals(media_root) == {} and check(hash=True)[0]
    make_room()
    assert bring_by_api(as_alice, draw("PNG")).status_code == 201


@pytest.mark.parametrize("seam", SEAMS)
def test_an_import_stops_and_goes_on_later(alice, media_root, tmp_path, fill, seam):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(draw("PNG", seed=number))
    make_photo(alice, seed=0)
    make_room = fill(seam)
    with pytest.raises(CommandError, match=r"Nothing more can be stored: .*Run the same command again"):
        bring(alice, tmp_path)
    assert len(originals(media_root)) == 1 and check(hash=True)[0]
    make_room()
    said = bring(alice, tmp_path)
    assert (counted(said, "Added"), counted(said, "Already there")) == (2, 1)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_session_says_so_and_goes_on_later(alice, scripted, fill, seam):  # noqa: F811
    make_room = fill(seam)
    session = make_session(alice, count=2)
    assert session.state == "failed" and "disk is full" in session.error
    make_room()
    workflow.go_on(session)
    workflow.run()
    session.refresh_from_db()
    assert (session.state, session.n_made) == ("ready", 2) and check(hash=True)[0]


@pytest.mark.parametrize("seam", SEAMS)
def test_picks_are_filed_once_there_is_room(alice, scripted, media_root, fill, seam):  # noqa: F811
    session = make_session(alice, count=2)
    curate.decide(alice, [photo.pk for photo in pictures_of(session)], value=Photo.Verdict.PICKED)
    before = originals(media_root)
    make_room = fill(seam)
    assert finals.file_picks(session.pk).made == 0
    assert "disk is full" in GenerationSession.objects.get().error
    assert originals(media_root) == before and check(hash=True)[0]
    make_room()
    assert finals.file_picks(session.pk).made == 2 and check(hash=True)[0]


def test_a_database_that_may_not_grow_keeps_nothing_half(alice, alice_client, media_root):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: a server's disk is the server's")
    batch, data = begin(alice_client), draw("PNG", text={"parameters": "words " * 100_000})
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    refused = send(alice_client, batch, data).json()
    assert (refused["code"], refused["sentence"], refused["passing"]) == ("disk-full", FULL, True)
    assert originals(media_root) == {} and not Photo.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {pages * 1000}")
    assert send(alice_client, batch, data).json()["outcome"] == "added" and check(hash=True)[0]


# --- a real one ---------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path, settings) -> Iterator[Path]:
    """Media and temporary files on a disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a small disk here")
    folders = {"location": disk / "media"}
    settings.MEDIA_ROOT, settings.TMP_DIR = disk / "media", disk / "tmp"
    settings.STORAGES = {
        **settings.STORAGES,
        **{name: {**settings.STORAGES[name], "OPTIONS": folders} for name in ("media", "thumbnails")},
    }
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_fills_up_under_way_loses_nothing(alice, alice_client, small_disk, tmp_path, monkeypatch):
    """Each write there is may be the one that does not fit: the copy, the decoder's thumbnails, the original."""
    pictures = [draw("PNG", (320 + 8 * number, 320), seed=number) for number in range(12)]
    for number, data in enumerate(pictures):
        (tmp_path / f"{number:02}.png").write_bytes(data)
    batch = uploading.begin(alice)
    answers = [send(alice_client, batch.pk, data, f"{n}.png").json() for n, data in enumerate(pictures)]
    kept = [data for data, answer in zip(pictures, answers, strict=True) if answer["outcome"] == "added"]
    assert {answer["code"] for answer in answers} == {"", "disk-full"} and kept
    monkeypatch.setattr(
        importing.room, "ROOM_TO_LEAVE_BYTES", -(10**9)
    )  # it was empty when the import looked
    with pytest.raises(CommandError, match="Nothing more can be stored"):
        bring(alice, *sorted(tmp_path.glob("*.png")))
    assert set(kept) <= set(originals(small_disk / "media").values()) and check(hash=True)[0]
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    bring(alice, *sorted(tmp_path.glob("*.png")))
    assert sorted(originals(small_disk / "media").values()) == sorted(pictures) and check(hash=True)[0]
