"""Watched folders: what is complete comes in by itself, once, and nothing that its owner does not want."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from photos import curate, watchers, watching, working
from photos.importing import ImportProblem, Options
from photos.looking import Looker
from photos.models import Photo, WatchedFolder
from tests.integration.generation.test_leases import a_dead_process, ago
from tests.integration.photos.test_import_runs import let_import, wait_until, with_prompt
from tests.pictures import draw

pytestmark = pytest.mark.django_db
NEVER = threading.Event()


@pytest.fixture
def output(alice, tmp_path, settings) -> Path:
    let_import(alice)
    folder = tmp_path / "output"
    folder.mkdir()
    settings.GALLERY_IMPORT_FOLDERS = [str(tmp_path)]
    return folder


@pytest.fixture
def watch(alice, output) -> watching.Watch:
    """Watching the output folder from the beginning, as sessions."""
    found = watching.Watch(alice.pk, output, Options(as_sessions=True, watching=True), since=None)
    found.turn(NEVER)
    return found


def turns(watch: watching.Watch, n: int = 2) -> watching.Came:
    came = watching.Came()
    for _ in range(n):
        one = watch.turn(NEVER)
        came.counts += one.counts
        came.refused |= one.refused
    return came


def test_a_file_that_grows_comes_in_when_it_is_complete_and_not_before(watch, output):
    data = with_prompt(1)
    with open(output / "0001.png", "wb") as file:
        for start in range(0, len(data), len(data) // 4):
            file.write(data[start : start + len(data) // 4])
            file.flush()
            assert not watch.turn(NEVER).counts
    assert turns(watch, 1).n_new == 1 and not turns(watch, 3).counts
    assert Photo.objects.get().recipe.seed == "1" and Photo.objects.get().collection == "session"


def test_a_file_whose_writer_paused_is_refused_and_comes_in_when_it_goes_on(watch, output):
    data, path = draw("PNG", seed=1), output / "slow.png"
    path.write_bytes(data[:-400])
    came = turns(watch)
    assert list(came.refused) == ["output/slow.png"] and "slow.png: The end" in str(watch.refused)
    assert not turns(watch, 3).counts  # it is not refused over and over
    with open(path, "ab") as file:
        file.write(data[-400:])
    assert turns(watch, 3).n_new == 1 and not watch.refused


def test_a_burst_is_taken_piece_by_piece_and_the_rest_is_not_forgotten(tmp_path):
    looker = Looker(tmp_path, own=lambda path: False)
    for n in range(12):
        (tmp_path / f"{n}.png").write_bytes(b"x")
    looker.look(5)
    taken = []
    while piece := looker.look(5):
        taken.append(len(piece))
        for path in piece:
            looker.settled(path)
    assert taken == [5, 5, 2] and not looker.waiting


def test_what_is_no_image_of_its_own_is_left_alone(watch, output):
    (output / ".hidden.png").write_bytes(draw("PNG", seed=1))
    (output / "grid-0001.png").write_bytes(draw("PNG", seed=2))
    (output / "empty.png").write_bytes(b"")
    (output / "link.png").symlink_to(output / "empty.png")
    (output / "notes.txt").write_text("a lighthouse")
    assert not turns(watch, 4).counts and not watch.has_more


def test_what_its_owner_threw_away_stays_away(alice, watch, output):
    (output / "1.png").write_bytes(draw("PNG", seed=1))
    turns(watch)
    curate.trash(alice.pk, [Photo.objects.get().pk])
    (output / "again.png").write_bytes(draw("PNG", seed=1))
    assert turns(watch, 3).counts["left as deleted"] == 1
    assert Photo.objects.get().trashed_at


def test_a_folder_that_is_moved_in_comes_with_all_it_holds(watch, output, tmp_path):
    (tmp_path / "old" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "deep" / "1.png").write_bytes(draw("PNG", seed=1))
    os.utime(tmp_path / "old" / "deep" / "1.png", (1_000_000_000, 1_000_000_000))
    (tmp_path / "old").rename(output / "old")
    assert turns(watch, 3).n_new == 1


def test_a_file_written_over_in_place_is_found_by_a_thorough_look(tmp_path):
    path = tmp_path / "preview.png"
    path.write_bytes(b"one")
    looker = Looker(tmp_path, own=lambda path: False)
    assert [looker.look(9), looker.look(9)] == [[], [str(path)]]
    looker.settled(str(path))
    path.write_bytes(b"another")
    for _ in range(5):
        assert looker.look(9) == []
    looker._thorough_at = 0
    assert [looker.look(9), looker.look(9)] == [[], [str(path)]]


@pytest.mark.any_database
def test_a_disk_that_comes_back_brings_what_is_new_on_it_and_not_what_was_there(tmp_path):
    disk, away = tmp_path / "disk", tmp_path / "away"
    (disk / "old").mkdir(parents=True)
    for name in ("1.png", "old/2.png"):
        (disk / name).write_bytes(b"x")
    now = max((disk / name).stat().st_ctime for name in ("1.png", "old/2.png")) + 0.001
    looker = Looker(disk, since=now, own=lambda path: False)
    assert looker.look(9) == looker.look(9) == []
    disk.rename(away), disk.mkdir()
    assert looker.look(9) == []
    disk.rmdir(), away.rename(disk)
    (disk / "old" / "3.png").write_bytes(b"x")
    os.utime(disk / "old" / "3.png", (now + 5, now + 5))
    assert [looker.look(9), looker.look(9)] == [[], [f"{disk}/old/3.png"]]


# --- rows and workers -----------------------------------------------------------------------------


@pytest.fixture
def keeper() -> watchers.Keeper:
    return watchers.Keeper()


def rounds(keeper: watchers.Keeper, n: int = 3) -> None:
    for _ in range(n):
        keeper._rows_at = 0
        for held in keeper._held.values():
            held.due = held._look_at = 0
        keeper.round()


def test_new_images_of_a_watched_folder_come_in_and_old_ones_are_left(alice, output, keeper):
    (output / "old.png").write_bytes(draw("PNG", seed=1))
    os.utime(output / "old.png")
    time.sleep(0.05)
    row = watching.add(alice, str(output), Options(), existing=False)
    rounds(keeper)
    (output / "new.png").write_bytes(draw("PNG", seed=2))
    rounds(keeper)
    row.refresh_from_db()
    assert (row.n_brought, row.note, Photo.objects.count()) == (1, "", 1) and row.looked_at
    keeper.let_go()
    (output / "meanwhile.png").write_bytes(draw("PNG", seed=3))
    rounds(watchers.Keeper())  # the next worker finds what came while nobody looked
    assert Photo.objects.count() == 2


def test_one_watcher_for_a_folder_and_the_next_when_it_is_dead(alice, output):
    row = watching.add(alice, str(output), Options(), existing=False)
    assert watchers.claim(row)
    row.refresh_from_db()
    assert watchers.claim(row) is None
    row.lease_holder = working.holder().rpartition(":")[0] + f":{a_dead_process()}"
    row.save()
    assert watchers.claim(row)
    WatchedFolder.objects.update(lease_until=ago(1), lease_holder="elsewhere:1")
    row.refresh_from_db()
    assert watchers.claim(row)


def test_a_folder_that_is_away_says_so_and_takes_nothing_from_the_gallery(alice, output, keeper):
    row = watching.add(alice, str(output), Options(), existing=False)
    (output / "1.png").write_bytes(draw("PNG", seed=1))
    rounds(keeper)
    output.rename(output.parent / "unplugged")
    rounds(keeper)
    row.refresh_from_db()
    assert "Is its disk there?" in row.note and Photo.objects.live().count() == 1
    (output.parent / "unplugged").rename(output)
    (output / "2.png").write_bytes(draw("PNG", seed=2))
    rounds(keeper, 4)
    row.refresh_from_db()
    assert row.note == "" and Photo.objects.live().count() == 2


def test_switched_off_nothing_comes_and_on_again_it_goes_on_from_there(alice, output, keeper):
    row = watching.add(alice, str(output), Options(), existing=False)
    rounds(keeper)
    watching.switch(row, on=False)
    (output / "1.png").write_bytes(draw("PNG", seed=1))
    rounds(keeper)
    assert not Photo.objects.exists()
    watching.switch(row, on=True)
    rounds(keeper)
    assert Photo.objects.count() == 1


def test_without_the_right_a_watch_brings_nothing_more(alice, output, keeper):
    row = watching.add(alice, str(output), Options(), existing=False)
    alice.user_permissions.clear()
    (output / "1.png").write_bytes(draw("PNG", seed=1))
    rounds(keeper)
    row.refresh_from_db()
    assert "may not import" in row.note and not Photo.objects.exists()


@pytest.mark.any_database
def test_a_folder_is_watched_once_and_not_inside_another(alice, output):
    (output / "below").mkdir()
    watching.add(alice, str(output), Options(), existing=False)
    for place in (output, output / "below", output.parent):
        with pytest.raises(ImportProblem, match="is watched already"):
            watching.add(alice, str(place), Options(), existing=False)


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_the_command_brings_what_comes_says_it_calmly_and_ends_with_ctrl_c(alice, output, manage):
    (output / "there.png").write_bytes(draw("PNG", seed=1))
    command = manage(
        "watch_folder",
        str(output),
        "--owner",
        "alice",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wait_until(lambda: Photo.objects.count() == 1)
    for seed in (2, 3):
        (output / f"{seed}.png").write_bytes(draw("PNG", seed=seed))
    wait_until(lambda: Photo.objects.count() == 3)
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=15)
    assert (
        "1 image came in" in said
        and "2 images came in" in said
        and said.endswith("Ended. What came in stays.\n")
    )
