"""What is remembered of files by their paths: the second run, what is refused, and where pictures came from."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from photos import curate, pending, search
from photos.importing import Import, Options
from photos.models import DuplicateSearch, ImportedFile, ImportRun, Photo
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db


def became(alice, *places: Path, only=(), **options) -> list[str]:
    run = Import(alice.pk, places, Options(**options), only=only)
    return [str(outcome.became) for outcome in run.run()]


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "märz").mkdir()
    for number in range(3):
        (tmp_path / "märz" / f"{number}.png").write_bytes(draw("PNG", seed=number))
    return tmp_path / "märz"


def test_a_second_run_opens_no_file(alice, folder, monkeypatch):
    (folder / "page.jpg").write_text("<html>")
    with zipfile.ZipFile(folder.parent / "more.zip", "w") as archive:
        archive.writestr("a/b.png", draw("PNG", seed=9))
    places = (folder, folder.parent / "more.zip")
    assert became(alice, *places) == ["added"] * 3 + ["rejected", "added"]
    first = list(Import(alice.pk, places).run())
    assert next(outcome.reason for outcome in first if outcome.became == "rejected").startswith(
        "This is a web"
    )
    monkeypatch.setattr("photos.importing.bringing.Bringer.bring", None)
    assert became(alice, *places) == ["already there"] * 3 + ["rejected", "already there"]
    assert Import(alice.pk, places).survey().unchanged == 5
    paths = set(ImportedFile.objects.values_list("path", flat=True))
    assert {f"{folder}/0.png", f"{folder.parent}/more.zip/a/b.png"} < paths


def test_a_file_that_changed_is_opened_again(alice, folder):
    became(alice, folder)
    (folder / "0.png").write_bytes(draw("PNG", seed=77))
    os.utime(folder / "1.png", (1, 1))
    os.utime(folder / "2.png", (10**10, 10**10))  # in nanoseconds more than a column holds
    assert became(alice, folder) == ["added", "already there", "already there"]
    assert ImportedFile.objects.get(path__endswith="1.png").modified_ns == 10**9


@pytest.mark.any_database
def test_a_refused_file_is_tried_again_when_it_is_asked_for(alice, folder):
    (folder / "half.png").write_bytes(cut(draw("PNG", (640, 480)), 0.5))
    run = ImportRun.objects.create(owner=alice, places=[str(folder)])
    outcomes = list(Import(alice.pk, [folder], run_id=run.pk).run())
    assert [outcome.recipe for outcome in outcomes] == ["none"] * 3 + [""]
    refused = ImportedFile.objects.get(run=run, became="rejected")
    status = os.stat(folder / "half.png")
    (folder / "half.png").write_bytes(draw("PNG", seed=8).ljust(status.st_size, b"\0"))
    os.utime(folder / "half.png", ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert became(alice, folder)[3] == "rejected", "by its size and time it is the same"
    assert became(alice, folder, only=[refused.path, f"{folder}/gone.png"]) == ["added", "rejected"]


@pytest.mark.any_database
def test_what_cannot_be_linked_can_be_copied_afterwards(alice, tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(draw("PNG"))
    assert became(alice, tmp_path, link=True) == ["rejected"]
    assert became(alice, tmp_path) == ["added"]


def test_what_is_trashed_comes_back_and_what_was_purged_comes_anew(alice, folder):
    became(alice, folder)
    first, second = Photo.objects.order_by("pk").values_list("pk", flat=True)[:2]
    curate.trash(alice.pk, [first, second])
    curate.purge(alice.pk, [second])
    assert became(alice, folder, dry_run=True) == ["restored from trash", "added", "already there"]
    assert became(alice, folder) == ["restored from trash", "added", "already there"]


def test_folder_finds_where_a_picture_was_imported_from(alice, folder, alice_client):
    (folder.parent / "copies").mkdir()
    (folder.parent / "copies" / "same.png").write_bytes((folder / "0.png").read_bytes())
    became(alice, folder)
    assert len(search.find(alice, search.parse("folder:märz")).photos) == 3
    became(alice, folder.parent / "copies")
    (photo,) = search.find(alice, search.parse("folder:copies")).photos
    assert f"{folder}/0.png" in alice_client.get(photo.get_absolute_url()).content.decode()
    facts = alice_client.get(f"/api/v1/photos/{photo.pk}").json()
    assert facts["imported_from"] == [f"{folder}/0.png", f"{folder.parent}/copies/same.png"]


def test_grid_sheets_are_left_out_and_counted(alice, tmp_path):
    (tmp_path / "txt2img-grids" / "2026-03-04").mkdir(parents=True)
    for name in ("grid-0001.png", "xyz_grid-0002-41.png", "txt2img-grids/2026-03-04/a.png", "grid-paper.png"):
        (tmp_path / name).write_bytes(draw("PNG", seed=len(name)))
    survey = Import(alice.pk, [tmp_path]).survey()
    assert (survey.files, survey.left_out["grid"]) == (1, 3)
    assert became(alice, tmp_path) == ["added"]
    assert became(alice, tmp_path / "grid-0001.png") == ["added"], "who names one wants it"


@pytest.mark.django_db(transaction=True)
def test_rows_come_first_and_thumbnails_behind(alice, alice_client, folder, media_root):
    (folder / "half.png").write_bytes(cut(draw("PNG", (640, 480)), 0.6))
    DuplicateSearch.objects.create(owner=alice, reached=10**6)
    assert became(alice, folder, thumbnails_later=True) == ["added"] * 4
    assert set(Photo.objects.values_list("derived", flat=True)) == {"pending"}
    assert alice_client.get("/").status_code == 200
    assert not list((media_root / "thumbnails").rglob("*.webp"))
    assert pending.draw(chunk=3) == 3 and pending.draw() == 1
    good, bad = Photo.objects.filter(derived="ready"), Photo.objects.get(derived="broken")
    assert good.count() == 3 and len(list((media_root / "thumbnails").rglob("*.webp"))) == 9
    assert "#808080" not in good.values_list("color", flat=True) and not good.filter(phash0=None).exists()
    assert "missing" in bad.derived_reason and bad.file.name.endswith("half.png")
    assert DuplicateSearch.objects.get().reached < good.first().pk
    assert DBTaskResult.objects.filter(task_path="photos.tasks.find_duplicates").exists(), (
        "they have a look now"
    )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads through the value of a parameter")
def test_what_waits_for_thumbnails_is_found_by_an_index():
    assert "photo_pending" in pending.waiting()[:200].explain()


@pytest.mark.slow
@pytest.mark.any_database
def test_five_thousand_files_a_second_are_known_again(alice, tmp_path):
    for number in range(4_000):
        (tmp_path / f"{number}.png").write_bytes(b"%d" % number)
    became(alice, tmp_path)
    began = time.process_time()
    assert set(became(alice, tmp_path)) == {"rejected"}
    assert time.process_time() - began < 0.8


@pytest.mark.any_database
def test_a_file_that_proves_to_be_cut_when_it_is_drawn_is_listed_as_refused(alice, folder):
    (folder / "half.png").write_bytes(cut(draw("PNG", (640, 480)), 0.5))
    run = ImportRun.objects.create(owner=alice, places=[str(folder)], counts={"added": 4})
    list(Import(alice.pk, [folder], Options(thumbnails_later=True), run_id=run.pk).run())
    pending.draw()
    run.refresh_from_db()
    assert run.counts == {"added": 3, "rejected": 1}
    refused = ImportedFile.objects.get(became="rejected")
    assert refused.path.endswith("half.png") and refused.reason == refused.photo.derived_reason != ""
