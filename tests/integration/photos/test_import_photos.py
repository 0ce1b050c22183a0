"""`import_photos`: many pictures at once, told what became of each, and gone on with after a stop."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from photos import curate, importing, working
from photos.models import Photo
from photos.parallel import in_threads
from tests.factories import make_photo
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db


def bring(owner, *paths: Path, **options) -> str:
    """What the command says on its standard output."""
    said = io.StringIO()
    call_command(
        "import_photos", *map(str, paths), owner=owner.username, stdout=said, stderr=io.StringIO(), **options
    )
    return said.getvalue()


def counted(said: str, words: str) -> int:
    """The number in the table at the end."""
    return int(re.findall(rf"^  {words} +([\d,]+)$", said, re.MULTILINE)[-1].replace(",", ""))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder "holiday" with three pictures, one of them two floors down."""
    holiday = tmp_path / "holiday"
    (holiday / "2019-07-03 Rome" / "evening").mkdir(parents=True)
    (holiday / "harbour.jpg").write_bytes(draw("JPEG", seed=1))
    (holiday / "2019-07-03 Rome" / "forum.png").write_bytes(draw("PNG", seed=2))
    (holiday / "2019-07-03 Rome" / "evening" / "bridge.webp").write_bytes(draw("WEBP", seed=3))
    return holiday


def test_a_folder_comes_in_with_all_below_it(alice, folder, media_root):
    said = bring(alice, folder)
    assert "Found 3 files" in said
    assert counted(said, "Added") == 3
    assert Photo.objects.filter(owner=alice, collection="uploaded", origin="brought").count() == 3
    assert all((media_root / photo.file.name).is_file() for photo in Photo.objects.all())


def test_the_files_a_person_brings_are_copied_and_left_as_they_are(alice, folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    bring(alice, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_date_in_a_folders_name_counts_where_the_picture_has_none(alice, folder):
    bring(alice, folder)
    forum = Photo.objects.get(file__endswith="forum.png")
    assert (forum.shown_at.date().isoformat(), forum.dated_by) == ("2019-07-03", "name")


def test_else_the_date_of_the_file_counts(alice, folder):
    harbour = folder / "harbour.jpg"
    os.utime(harbour, (1_500_000_000, datetime(2017, 7, 14, 22, 40, tzinfo=UTC).timestamp()))
    bring(alice, harbour)
    photo = Photo.objects.get()
    assert (photo.shown_at, photo.dated_by) == (
        datetime(2017, 7, 15, 0, 40, tzinfo=UTC),
        "file",
    )  # Berlin's clock


def test_a_second_run_finds_everything_there(alice, folder):
    bring(alice, folder)
    said = bring(alice, folder)
    assert (counted(said, "Added"), counted(said, "Already there")) == (0, 3)


def test_the_same_picture_twice_in_one_folder_comes_in_once(alice, folder):
    shutil.copy(folder / "harbour.jpg", folder / "harbour copy.jpg")
    said = bring(alice, folder)
    assert (counted(said, "Added"), counted(said, "Already there")) == (3, 1)


def test_what_lies_in_the_trash_is_restored_and_said_so(alice, folder):
    bring(alice, folder)
    photo = Photo.objects.first()
    curate.trash(alice.pk, [photo.pk])
    said = bring(alice, folder)
    assert (counted(said, "Restored from trash"), counted(said, "Already there")) == (1, 2)
    assert not Photo.objects.trashed().exists()


def test_bad_files_are_named_with_their_reason_and_the_others_come_in(alice, folder):
    (folder / "half.jpg").write_bytes(cut(draw("JPEG", (640, 480)), 0.5))
    (folder / "page.jpg").write_text("<html>not found</html>")
    (folder / "empty.png").touch()
    said = bring(alice, folder)
    assert (counted(said, "Added"), counted(said, "Rejected")) == (3, 3)
    assert "is missing. Bring it again.\n  holiday/half.jpg" in said
    assert "web page" in said.split("holiday/page.jpg")[0].splitlines()[-2]
    assert "holiday/empty.png" in said


def test_strict_makes_a_rejected_file_an_error(alice, folder):
    (folder / "empty.png").touch()
    with pytest.raises(CommandError, match="rejected"):
        bring(alice, folder, strict=True)
    assert Photo.objects.count() == 3


def test_an_import_in_which_nothing_worked_is_an_error(alice, tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    with pytest.raises(CommandError, match="No picture came in"):
        bring(alice, tmp_path)


def test_a_dry_run_says_what_would_happen_and_stores_nothing(alice, folder, media_root):
    make_photo(alice, (folder / "harbour.jpg").read_bytes(), format="JPEG")
    shutil.copy(folder / "2019-07-03 Rome" / "forum.png", folder / "forum again.png")
    (folder / "empty.png").touch()
    before = sorted(media_root.rglob("*"))
    said = bring(alice, folder, dry_run=True)
    assert "Nothing was stored" in said
    assert [counted(said, words) for words in ("Added", "Already there", "Rejected")] == [2, 2, 1]
    assert (Photo.objects.count(), sorted(media_root.rglob("*"))) == (1, before)


def test_videos_and_papers_are_left_out_calmly(alice, folder):
    for name in ("clip.mp4", "clip2.MOV", "notes.txt", "list.json", "more.zip"):
        (folder / name).write_bytes(b"anything")
    said = bring(alice, folder)
    assert "2 videos left out: not kept yet." in said
    assert "1 ZIP archive left out" in said and "2 other files left out" in said
    assert (counted(said, "Rejected"), counted(said, "Left out")) == (0, 5)


def test_a_picture_with_an_odd_extension_is_taken_by_its_bytes(alice, tmp_path):
    (tmp_path / "scan.data").write_bytes(draw("PNG"))
    bring(alice, tmp_path)
    assert Photo.objects.get().file.name.endswith("/scan.png")


def test_what_systems_leave_beside_pictures_is_not_even_mentioned(alice, folder):
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "harbour.jpg").write_bytes(b"resource fork")
    for name in (".DS_Store", "Thumbs.db", "._harbour.jpg", ".hidden.png"):
        (folder / name).write_bytes(b"anything")
    said = bring(alice, folder)
    assert "Found 3 files" in said
    assert counted(said, "Left out") == 0


def test_links_are_not_followed(alice, folder, tmp_path):
    (tmp_path / "secret.png").write_bytes(draw("PNG", seed=9))
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "up").symlink_to(tmp_path)
    said = bring(alice, folder)
    assert "2 links left out" in said
    assert counted(said, "Added") == 3


def test_a_folder_that_is_named_by_a_link_is_meant(alice, folder, tmp_path):
    (tmp_path / "shortcut").symlink_to(folder)
    assert counted(bring(alice, tmp_path / "shortcut"), "Added") == 3


def test_pictures_are_not_imported_from_the_gallery_itself(alice, media_root, tmp_path):
    photo = make_photo(alice)
    (tmp_path / "shortcut").symlink_to(media_root)
    for place in (media_root, media_root / photo.file.name, tmp_path / "shortcut" / "uploaded"):
        with pytest.raises(CommandError, match="gallery's own folder"):
            bring(alice, place)


def test_the_gallery_within_a_folder_is_stepped_over(alice, media_root):
    make_photo(alice)
    (media_root.parent / "beside.png").write_bytes(draw("PNG", seed=77))
    try:
        said = bring(alice, media_root.parent)
    finally:
        (media_root.parent / "beside.png").unlink()
    assert counted(said, "Added") == 1
    assert "2 gallery folders left out" in said


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite only: another database has no file here")
def test_the_gallery_s_own_database_is_never_opened(alice, media_root, monkeypatch):
    opened, plainly = [], Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *how, **what: opened.append(path) or plainly(path, *how, **what)
    )
    (media_root.parent / "beside.png").write_bytes(draw("PNG", seed=77))
    database = Path(connection.settings_dict["NAME"])
    assert Path(f"{database}-wal").exists()
    try:
        said = bring(alice, media_root.parent)
    finally:
        (media_root.parent / "beside.png").unlink()
    assert counted(said, "Added") == 1
    assert {path.name for path in opened} >= {"beside.png"}
    assert not [path for path in opened if "sqlite3" in path.name]
    for name in (database, f"{database}-wal"):
        with pytest.raises(CommandError, match="own database"):
            bring(alice, Path(name))


def test_a_place_that_is_not_there_is_said_before_anything_is_done(alice, folder):
    with pytest.raises(CommandError, match="nothing at"):
        bring(alice, folder, folder / "nowhere")
    assert not Photo.objects.exists()


def test_names_that_would_steer_a_terminal_are_printed_harmlessly(alice, folder):
    (folder / "red\x1b[31m\nalert.png").touch()
    said = bring(alice, folder)
    assert "\x1b" not in said
    assert "red�[31m�alert.png" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(alice, folder):
    (folder / "2019-07-03 Rome").chmod(0)
    said = bring(alice, folder)
    (folder / "2019-07-03 Rome").chmod(0o755)
    assert "cannot be read" in said and counted(said, "Added") == 1


def test_an_import_that_would_fill_the_disk_is_refused(alice, tmp_path):
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(shutil.disk_usage(tmp_path).free * 2)  # a file with a hole: it takes no room itself
    with pytest.raises(CommandError, match="not enough room"):
        bring(alice, tmp_path)


def test_what_is_there_already_needs_no_room(alice, folder):
    bring(alice, folder)
    survey = importing.Import(alice.pk, [folder]).survey()
    assert (survey.files, survey.needed_bytes) == (3, 0)


def test_two_people_may_bring_the_same_picture(alice, bob, folder):
    bring(alice, folder)
    assert counted(bring(bob, folder), "Added") == 3


def test_whose_pictures_has_to_be_said_where_there_are_two_people(alice, bob, folder):
    with pytest.raises(CommandError, match="Say --owner NAME"):
        call_command("import_photos", str(folder), stderr=io.StringIO())


@pytest.mark.django_db(transaction=True)
def test_threads_bring_in_each_picture_once(alice, tmp_path):
    for number in range(24):
        (tmp_path / f"{number}.png").write_bytes(draw("PNG", seed=number % 12))
    said = bring(alice, tmp_path)
    assert (counted(said, "Added"), counted(said, "Already there")) == (12, 12)
    assert Photo.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(alice, tmp_path):
    for number in range(40):
        (tmp_path / f"{number:02}.png").write_bytes(draw("PNG", (400, 300), seed=number))
    run, outcomes = importing.Import(alice.pk, [tmp_path]), []
    for outcome in run.run(threads=2, stop=working.stopping):
        outcomes.append(outcome)
        working.stopping.set()
    working.stopping.clear()
    assert 0 < len(outcomes) == Photo.objects.count() < 40
    said = bring(alice, tmp_path)
    assert counted(said, "Already there") == len(outcomes)
    assert Photo.objects.count() == 40


def import_of(manage, alice, folder: Path) -> subprocess.Popen:
    """The command as a process of its own, once it has brought in some pictures."""
    process = manage(
        "import_photos", str(folder), "--owner", alice.username, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while Photo.objects.count() < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


@pytest.fixture
def many(tmp_path) -> Path:
    """60 pictures that take a while."""
    (tmp_path / "many").mkdir()
    for number in range(60):
        (tmp_path / "many" / f"{number:02}.png").write_bytes(draw("PNG", (900, 700), seed=number))
    return tmp_path / "many"


@pytest.mark.slow
def test_ctrl_c_at_the_terminal_says_how_to_go_on(alice, many, manage):
    process = import_of(manage, alice, many)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert counted(said, "Added") == Photo.objects.count() < 60


@pytest.mark.slow
def test_a_killed_import_goes_on_and_no_picture_is_lost_or_doubled(alice, many, manage, media_root):
    process = import_of(manage, alice, many)
    process.kill()
    process.wait()
    before = Photo.objects.count()
    assert 0 < before < 60
    said = bring(alice, many)
    assert counted(said, "Already there") >= before
    assert Photo.objects.count() == 60
    assert all((media_root / photo.file.name).is_file() for photo in Photo.objects.all())


@pytest.mark.django_db(transaction=True)
def test_results_come_in_the_order_of_the_items():
    def work(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number

    assert list(in_threads(work, range(40), threads=4)) == list(range(40))


@pytest.mark.django_db(transaction=True)
def test_an_error_in_a_thread_ends_the_work():
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda number: 1 / number, [3, 2, 1, 0, 5], threads=3))
