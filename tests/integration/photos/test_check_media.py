"""`check_media`: files and rows held against each other; what is wrong is named, and nothing is ever lost by it."""

from __future__ import annotations

import io
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from photos import curate, deletion, storage, verifying
from photos.models import MonthCount, PendingFileDeletion, Photo
from tests.factories import SessionFactory, make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_shorter_second_look(monkeypatch):
    """Every file of a test is seconds old, and is looked at twice."""
    monkeypatch.setattr(verifying, "SECOND_LOOK_SECONDS", 0.05)


def check(*arguments: str, **options) -> tuple[bool, str]:
    """Whether all was well, and what was said."""
    said = io.StringIO()
    try:
        call_command("check_media", *arguments, stdout=said, stderr=io.StringIO(), **options)
    except CommandError as wrong:
        return False, f"{said.getvalue()}\n{wrong}"
    return True, said.getvalue()


def repair(**options) -> tuple[bool, str]:
    """As if everything that lies about had lain there for long."""
    return check(repair=True, older_than=0, **options)


def lay(media_root: Path, name: str, data: bytes) -> Path:
    """A file that came in through no door."""
    path = media_root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def originals(media_root: Path) -> dict[Path, bytes]:
    tops = (media_root / "uploaded", media_root / "generated")
    return {path: path.read_bytes() for top in tops for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def photo(alice) -> Photo:
    return make_photo(alice)


@pytest.fixture
def path(photo, media_root) -> Path:
    """Where the original of `photo` lies."""
    return media_root / photo.file.name


def test_an_empty_gallery_is_well(alice):
    assert check() == (True, "All is well: 0 photos, 0 bytes of originals.\n")


def test_all_is_well_after_pictures_came_in(alice, photo):
    make_photo(alice)
    curate.trash(alice.pk, [photo.pk])
    well, said = check(hash=True)
    assert well and "All is well: 2 photos (1 of them in the trash)" in said


def test_a_photo_without_its_file_is_named(photo, path):
    path.unlink()
    well, said = check()
    assert not well
    assert f"Missing: photo {photo.pk}, {photo.file.name}" in said


def test_a_photo_without_its_file_is_never_deleted_but_marked(photo, path):
    path.unlink()
    well, _ = repair()
    photo.refresh_from_db()
    assert not well
    assert (photo.derived, photo.derived_reason) == ("broken", "The original is missing.")


def test_a_file_that_came_back_makes_the_picture_whole_again(photo, path):
    data = path.read_bytes()
    path.unlink()
    repair()
    path.write_bytes(data)
    assert not check()[0]
    well, said = repair(hash=True)
    photo.refresh_from_db()
    assert well and "drawn" in said
    assert (photo.derived, photo.derived_reason) == ("ready", "")


def test_a_file_of_another_size_is_named(photo, path):
    path.write_bytes(b"shorter")
    well, said = check()
    assert not well and f"Wrong size: photo {photo.pk}" in said


def test_other_bytes_of_the_same_size_are_found_with_hash_alone(photo, path):
    path.write_bytes(bytes(photo.byte_size))
    assert check()[0]
    well, said = check(hash=True)
    assert not well and f"Other bytes: photo {photo.pk}" in said
    assert not repair(hash=True)[0] and path.read_bytes() == bytes(photo.byte_size)


def test_a_file_without_a_photo_is_named_at_once(alice, media_root):
    lay(media_root, "uploaded/2026-11-20/stray.png", draw("PNG"))
    well, said = check()
    assert not well and "No picture: uploaded/2026-11-20/stray.png" in said


def test_a_file_without_a_photo_is_adopted_where_it_lies(alice, media_root):
    stray = lay(media_root, "uploaded/2026-11-20/Stray 2019-05-06.png", draw("PNG"))
    well, said = repair()
    photo = Photo.objects.get()
    assert well and f"adopted as photo {photo.pk} of alice" in said
    assert (photo.owner, photo.file.name) == (alice, "uploaded/2026-11-20/Stray 2019-05-06.png")
    assert (photo.shown_at.date().isoformat(), photo.collection, photo.origin) == (
        "2019-05-06",
        "uploaded",
        "brought",
    )
    assert stray.is_file() and check(hash=True)[0]


def test_a_young_file_is_left_alone_because_it_may_be_coming_in(alice, media_root):
    lay(media_root, "uploaded/2026-11-20/stray.png", draw("PNG"))
    well, said = check(repair=True)
    assert not well and "may just be coming in" in said
    assert not Photo.objects.exists()


def test_a_file_whose_row_comes_a_moment_later_is_nothing_wrong(alice, photo, path):
    """As `verifying` sees an ingest that is half done."""
    lying = storage.look("media", photo.file.name)
    row_comes_late = iter([[lying], []])
    assert list(verifying._settled([lying], lambda batch: next(row_comes_late), lambda: None)) == []


def test_where_it_is_not_clear_whose_it_is_nothing_is_adopted(alice, bob, media_root):
    lay(media_root, "uploaded/2026-11-20/stray.png", draw("PNG"))
    well, said = repair()
    assert not well and "say --owner NAME" in said
    assert repair(owner="bob")[0] and Photo.objects.get().owner == bob


def test_a_spare_copy_is_named_and_neither_adopted_nor_deleted(alice, photo, path, media_root):
    copy = lay(media_root, "uploaded/2026-11-20/copy.png", path.read_bytes())
    well, said = repair()
    assert not well and f"a spare copy of photo {photo.pk}" in said
    assert copy.is_file() and Photo.objects.count() == 1


def test_what_is_no_picture_is_left_with_its_reason(alice, media_root):
    notes = lay(media_root, "uploaded/notes.txt", b"milk, bread")
    well, said = repair()
    assert not well and "This is a text file" in said and notes.is_file()


def test_a_file_beside_one_whose_name_differs_in_case_is_found(alice, photo, path, media_root):
    other = path.with_name(path.name.upper())
    if other.exists():
        pytest.skip("this file system takes both for one name")
    lay(media_root, str(other.relative_to(media_root)), draw("PNG", seed=500))
    well, said = repair()
    assert not well and other.name in said and other.is_file()


def test_what_a_person_deleted_is_not_adopted(alice, photo, path, media_root):
    lay(media_root, "uploaded/2026-11-20/again.png", path.read_bytes())
    PendingFileDeletion.objects.create(
        name="uploaded/x.png", name_folded="uploaded/x.png", sha256=photo.sha256
    )
    Photo.objects.all().delete()
    MonthCount.objects.all().delete()
    _, said = repair_without_deleting(media_root)
    assert "these bytes are being deleted" in said
    assert not Photo.objects.exists()


def repair_without_deleting(media_root: Path) -> tuple[bool, str]:
    before = originals(media_root)
    result = repair()
    assert originals(media_root) == before
    return result


def test_a_name_that_is_to_be_deleted_is_not_adopted_even_with_other_bytes(alice, media_root):
    stray = lay(media_root, "uploaded/2026-11-20/stray.png", draw("PNG"))
    PendingFileDeletion.objects.create(
        name="uploaded/2026-11-20/stray.png", name_folded="uploaded/2026-11-20/stray.png", sha256="0" * 64
    )
    assert check()[0]  # the task that deletes it has an hour
    well, said = check(older_than=0)
    assert not well and "Not deleted yet: uploaded/2026-11-20/stray.png" in said
    assert repair()[0]
    assert not stray.exists() and not Photo.objects.exists()


def test_a_deletion_that_failed_is_done_when_it_can_be(alice, photo, path):
    curate.purge(alice.pk, [photo.pk])
    PendingFileDeletion.objects.update(attempts=3, last_error="Permission denied")
    well, said = check()
    assert not well and "Permission denied" in said
    assert check(repair=True)[0] and not path.exists()


def test_missing_thumbnails_are_named_and_drawn(alice, photo, media_root):
    thumbnail = media_root / photo.thumbnail_name("h640")
    drawn = thumbnail.read_bytes()
    thumbnail.unlink()
    well, said = check()
    assert not well and f"No thumbnail h640: photo {photo.pk}" in said
    assert repair()[0]
    assert thumbnail.read_bytes() == drawn


def test_a_thumbnail_that_a_power_cut_left_empty_is_missing(photo, media_root):
    (media_root / photo.thumbnail_name("h320")).write_bytes(b"")
    assert not check()[0] and repair()[0] and check()[0]


def test_a_picture_that_cannot_be_drawn_is_marked_with_the_reason(photo, path, media_root):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(photo.byte_size - 8))
    (media_root / photo.thumbnail_name("h320")).unlink()
    well, _ = repair()
    photo.refresh_from_db()
    assert not well and photo.derived == "broken" and "damaged" in photo.derived_reason


@pytest.mark.parametrize(
    "name",
    [
        "thumbnails/uploaded/2026-11-22/ghost.jpg.0123abcd.h320.webp",
        "thumbnails/uploaded/2026-11-22/harbour.png.0123abcd.h320.webp",  # of older content
        "thumbnails/uploaded/2026-11-22/cover.gif",
    ],
)
def test_a_thumbnail_of_nothing_is_named_and_removed(photo, media_root, name):
    lay(media_root, name, b"RIFF")
    well, said = check()
    assert not well and f"Of no picture: {name}" in said
    assert not check(repair=True)[0]  # it is young
    assert repair()[0] and not (media_root / name).exists()
    assert check(hash=True)[0]


def test_a_size_that_is_made_no_longer_is_removed(photo, media_root):
    old = photo.thumbnail_name("h320").replace("h320", "h200")
    lay(media_root, old, b"RIFF")
    assert repair()[0] and not (media_root / old).exists()


def test_sizes_drawn_on_request_are_nothing_wrong(photo, media_root):
    lay(media_root, photo.thumbnail_name("l2560"), b"RIFF")
    assert check()[0]


def test_what_killed_processes_left_in_tmp_is_removed_after_an_hour(alice):
    left = Path(settings.TMP_DIR) / "ingest-abc"
    left.mkdir()
    (left / "original").write_bytes(b"half")
    assert check()[0]
    well, said = check(older_than=0)
    assert not well and "Leftover: tmp/ingest-abc" in said
    assert repair()[0] and not left.exists()


def test_locks_are_no_leftovers(alice):
    with storage.only_one("something"):
        assert check(older_than=0)[0]


def test_month_counts_that_are_off_are_counted_again(alice, photo):
    MonthCount.objects.update(count=7)
    well, said = check()
    assert not well and "Count of alice, uploaded" in said and "7, not 1" in said
    assert repair()[0] and MonthCount.objects.get().count == 1


def test_counters_of_a_session_that_are_off_are_counted_again(alice):
    session = SessionFactory(owner=alice, n_made=5, n_picked=2)
    well, said = check()
    assert not well and f"Session {session.pk}: n_made 5, not 0, n_picked 2, not 0" in said
    assert repair()[0]
    session.refresh_from_db()
    assert (session.n_made, session.n_picked) == (0, 0)


@pytest.mark.parametrize(
    ("state", "words"), [("cancelled", "takes it in when it goes on"), ("ready", "is finished")]
)
def test_a_file_in_a_sessions_folder_is_left_to_the_session(alice, media_root, state, words):
    session = SessionFactory(owner=alice, state=state)
    lay(media_root, f"generated/sessions/{session.folder}/0001-41.png", draw("PNG"))
    well, said = repair_without_deleting(media_root)
    assert not well and words in said and not Photo.objects.exists()


def test_hidden_files_are_none_of_ours(alice, media_root):
    lay(media_root, "uploaded/.DS_Store", b"anything")
    lay(media_root, "uploaded/2026-11-22/Thumbs.db", b"anything")
    assert check()[0]


def test_an_unmounted_disk_is_no_deletion(alice, media_root, tmp_path):
    photos = [make_photo(alice) for _ in range(22)]
    (media_root / "uploaded").rename(tmp_path / "uploaded")
    well, said = repair()
    assert not well and "22 of 22 originals are missing. Is the disk mounted? Nothing was repaired." in said
    assert not Photo.objects.filter(derived="broken").exists()
    shutil.move(tmp_path / "uploaded", media_root / "uploaded")
    assert check(hash=True)[0] and Photo.objects.count() == len(photos)


def test_the_media_folder_may_move(alice, photo, media_root, tmp_path, settings):
    """Names are kept below the root, never as whole paths: nothing is missing, and nothing is new."""
    shutil.copytree(media_root, tmp_path / "elsewhere")
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    media = {"BACKEND": "photos.storage.LocalMediaStorage", "OPTIONS": {"location": tmp_path / "elsewhere"}}
    settings.STORAGES = {**settings.STORAGES, "media": media, "thumbnails": media}
    shutil.rmtree(media_root / "uploaded")
    assert check(hash=True)[0]


def test_a_stale_report_deletes_nothing_that_became_a_picture(alice, media_root):
    """A thumbnail was found to be of nothing; before it is removed its picture comes in."""
    data = draw("PNG", seed=41)
    photo = make_photo(alice, data, name="late.png")
    name = photo.thumbnail_name("h320")
    curate.purge(alice.pk, [photo.pk])
    PendingFileDeletion.objects.all().delete()
    findings = verifying.phases(hashes=False, older_than=timedelta(0), owner=alice)[2].look(lambda: None)
    finding = next(each for each in findings if name in each.sentence)
    (media_root / photo.file.name).unlink()
    make_photo(alice, data, name="late.png")
    assert finding.mend().words == "it belongs to a picture by now"
    assert (media_root / name).is_file()


def test_no_original_is_ever_deleted_by_a_repair(alice, media_root):
    """All that can be wrong at once."""
    for number in range(4):
        make_photo(alice, name=f"{number}.png")
    lost, cut_short, *_ = Photo.objects.order_by("pk")
    (media_root / lost.file.name).unlink()
    (media_root / cut_short.file.name).write_bytes(b"x")
    lay(media_root, "uploaded/notes.txt", b"x")
    lay(media_root, "generated/sessions/nobody-knows-1/0001.png", draw("PNG", seed=901))
    lay(media_root, "generated/odd.png", draw("PNG", seed=902))
    lay(media_root, "generated/completed/nobody-knows-1/0001.png", draw("PNG", seed=903))
    repair_without_deleting(media_root)
    assert Photo.objects.count() == 7


def test_ten_thousand_files_are_checked_within_seconds(alice, media_root):
    """Bounded by look-ups in batches: a query a file would take ten times as long."""
    for number in range(10_000):
        if number % 1000 == 0:
            (media_root / f"uploaded/2026-11-{number // 1000 + 1:02}").mkdir(parents=True)
        (media_root / f"uploaded/2026-11-{number // 1000 + 1:02}/{number}.png").touch()
    os.utime(media_root, (time.time() - 9000,) * 2)
    began = time.monotonic()
    well, said = check()
    assert not well and "10,000 things wrong" in said
    assert time.monotonic() - began < 20


def test_deletions_that_are_on_their_way_are_nothing_wrong(alice, photo):
    curate.purge(alice.pk, [photo.pk])
    PendingFileDeletion.objects.update(asked_at=timezone.now())
    assert check()[0]
    deletion.delete_pending()
    assert check(hash=True)[0]
