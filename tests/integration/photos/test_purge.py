"""The end of a picture: the row goes, nothing is served, and its files follow, whatever dies in between."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from photos import curate, deletion, media, storage
from photos.models import MonthCount, PendingFileDeletion, Photo, Recipe, Tag
from tests.factories import make_photo
from tests.pictures import draw


def files(media_root: Path) -> list[str]:
    return sorted(p.relative_to(media_root).as_posix() for p in media_root.rglob("*") if p.is_file())


@pytest.mark.django_db
def test_a_purged_picture_leaves_a_note_and_then_nothing(alice, media_root, client):
    kept, photo = make_photo(alice, name="a.png"), make_photo(alice, name="b.png")
    assert curate.purge(alice.pk, [photo.pk]) == 1
    note = PendingFileDeletion.objects.get()
    assert (note.name, note.sha256) == (photo.file.name, photo.sha256)
    assert deletion.delete_pending() == 1
    assert not PendingFileDeletion.objects.exists()
    assert files(media_root) == sorted(
        [kept.file.name, *(kept.thumbnail_name(v) for v in ("h320", "h640", "l1600"))]
    )


@pytest.mark.django_db
def test_from_the_moment_the_row_is_gone_nothing_is_served(alice, client, media_root):
    photo = make_photo(alice)
    addresses = [media.sign(photo, variant) for variant in ("h320", "h160", "original")]
    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]
    curate.purge(alice.pk, [photo.pk])
    assert (media_root / photo.file.name).is_file()
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]


@pytest.mark.django_db
def test_sizes_made_on_request_go_too(alice, client, media_root):
    photo = make_photo(alice)
    client.get(media.sign(photo, "l2560"))
    assert (media_root / photo.thumbnail_name("l2560")).is_file()
    curate.purge(alice.pk, [photo.pk])
    deletion.delete_pending()
    assert files(media_root) == []


@pytest.mark.django_db
def test_purging_counts_what_was_live_and_nothing_twice(alice):
    live, trashed, kept = (make_photo(alice) for _ in range(3))
    curate.trash(alice.pk, [trashed.pk])
    curate.purge(alice.pk, [live.pk, trashed.pk])
    assert MonthCount.objects.get().count == 1 and list(Photo.objects.all()) == [kept]


@pytest.mark.django_db
def test_what_hangs_on_a_picture_goes_with_it_and_its_tags_stay_a_person_s(alice):
    text = "words\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48"
    photo = make_photo(alice, draw("PNG", text={"parameters": text}), tags=("sea",))
    curate.decide(alice, [photo.pk], value=1)
    assert Recipe.objects.exists()
    curate.purge(alice.pk, [photo.pk])
    assert not Recipe.objects.exists() and Tag.objects.count() == 1


@pytest.mark.django_db
def test_a_file_that_cannot_be_deleted_is_tried_again_and_the_others_are_not_kept_waiting(alice, media_root):
    stuck, other = make_photo(alice, name="a.png"), make_photo(alice, name="b.png")
    curate.purge(alice.pk, [stuck.pk, other.pk])
    path = media_root / stuck.file.name
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    assert deletion.delete_pending() == 1
    note = PendingFileDeletion.objects.get()
    assert (note.name, note.attempts) == (stuck.file.name, 1) and note.last_error
    (path / "in the way").rmdir()
    path.rmdir()
    assert deletion.delete_pending() == 1


@pytest.mark.django_db(transaction=True)
def test_purging_asks_a_worker_to_delete_the_files(alice):
    photo = make_photo(alice)
    curate.purge(alice.pk, [photo.pk])
    assert DBTaskResult.objects.get().task_path == "photos.tasks.delete_files"


class SlowToDelete(storage.LocalMediaStorage):
    """Stops at the first original it is to delete, until it is told to go on."""

    at_the_first, go_on = threading.Event(), threading.Event()

    def remove(self, name: str) -> None:
        if name.startswith("uploaded/") and not self.at_the_first.is_set():
            self.at_the_first.set()
            self.go_on.wait(timeout=20)
        super().remove(name)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_delete_at_once_none_deletes_what_came_in_meanwhile(alice, media_root, settings):
    """One has read what is to go; the other deletes it all, and a name is used again at once."""
    slow = {**settings.STORAGES["media"], "BACKEND": f"{__name__}.SlowToDelete"}
    curate.purge(alice.pk, [make_photo(alice, name=f"{n}.png").pk for n in range(3)])
    settings.STORAGES = {**settings.STORAGES, "media": slow}
    came = []

    def delete_and_bring_again() -> None:
        deletion.delete_pending()
        came.append(make_photo(alice, name="2.png"))

    one = in_thread(deletion.delete_pending)
    assert SlowToDelete.at_the_first.wait(timeout=20)
    other = in_thread(delete_and_bring_again)
    other.join(timeout=0.5)  # where files are deleted under a lock it waits for the first
    SlowToDelete.go_on.set()
    one.join(timeout=60)
    other.join(timeout=60)
    assert (media_root / came[0].file.name).is_file()
    assert not PendingFileDeletion.objects.exists()


def in_thread(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


PURGE_AND_DIE = """
import os, signal
from photos import curate
from photos.models import Photo
photo = Photo.objects.get()
curate.purge(photo.owner_id, [photo.pk])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_row_and_files_leaves_nothing_that_is_served_or_adopted(
    alice, media_root, client, manage
):
    data = draw("PNG", seed=1)
    photo = make_photo(alice, data, name="harbour.png")
    address = media.sign(photo, "original")
    assert manage("shell", "-c", PURGE_AND_DIE).wait(timeout=60) == -signal.SIGKILL
    assert not Photo.objects.exists() and (media_root / photo.file.name).is_file()
    assert client.get(address).status_code == 404
    again = make_photo(alice, data, name="harbour.png")
    assert again.file.name != photo.file.name
    deletion.delete_pending()
    assert os.listdir(media_root / "uploaded/2026-11-22") == [Path(again.file.name).name]


@pytest.mark.django_db(transaction=True)
def test_a_candidate_s_file_that_waits_to_be_deleted_is_not_adopted(alice, media_root):
    place = storage.candidate("2026-11-22-red-lighthouse-17", 7, "41")
    made = {"place": place, "origin": Photo.Origin.MADE}
    data = draw("PNG", seed=1)
    purged = make_photo(alice, data, **made)
    curate.purge(alice.pk, [purged.pk])
    again = make_photo(alice, data, **made)
    deletion.delete_pending()
    assert again.file.name != purged.file.name
    assert (media_root / again.file.name).read_bytes() == data
