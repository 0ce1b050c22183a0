"""Imports asked for on the page: what may be named, how they go on, and what they report."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission

from photos import importing_runs, server_folders, working
from photos.importing import ImportProblem, Options
from photos.models import ImportedFile, ImportRun, Photo
from tests.integration.generation.test_leases import a_dead_process
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db

PARAMETERS = "a red lighthouse in fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 64x48"


def with_prompt(seed: int) -> bytes:
    return draw("PNG", seed=seed, text={"parameters": PARAMETERS.format(seed=seed)})


def let_import(user) -> None:
    user.user_permissions.add(Permission.objects.get(codename="import_from_server"))
    for known in ("_perm_cache", "_user_perm_cache"):
        user.__dict__.pop(known, None)


@pytest.fixture
def output(alice, tmp_path, settings) -> Path:
    """Alice may import from it: two images that know their prompt, a photograph, a grid and half a file."""
    let_import(alice)
    folder = tmp_path / "comfy" / "output"
    folder.mkdir(parents=True)
    settings.GALLERY_IMPORT_FOLDERS = [str(tmp_path / "comfy")]
    for seed in (1, 2):
        (folder / f"000{seed}.png").write_bytes(with_prompt(seed))
    (folder / "harbour.jpg").write_bytes(draw("JPEG", seed=3))
    (folder / "grid-0001.png").write_bytes(draw("PNG", seed=4))
    (folder / "half.png").write_bytes(cut(draw("PNG", seed=5), 0.6))
    return folder


def bring(owner, folder: Path, **options) -> ImportRun:
    run = importing_runs.start(owner, [str(folder)], Options(**options))
    return carried_on(run)


def carried_on(run: ImportRun) -> ImportRun:
    importing_runs.run(run.pk)
    run.refresh_from_db()
    return run


def test_a_folder_comes_in_and_the_run_says_what_became_of_each_file(alice, output):
    run = bring(alice, output)
    assert (run.state, run.error, run.n_files, run.n_done) == ("done", "", 4, 4)
    counts = run.counts
    assert [counts[word] for word in ("added", "rejected", "full", "none", "grid")] == [3, 1, 2, 1, 1]
    assert ImportedFile.objects.filter(run=run, became="added", recipe="full").count() == 2
    assert sum(counts["reasons"].values()) == 1 and run.lease_token is None


def test_looking_first_stores_nothing_and_says_what_would_come(alice, output):
    looked = bring(alice, output, dry_run=True)
    assert not Photo.objects.exists() and not ImportedFile.objects.exists()
    assert looked.counts["added"] == 3 and looked.counts["examples"][0][0] == "output/half.png"
    run = carried_on(importing_runs.start_looked(looked))
    assert run.counts["added"] == 3 and Photo.objects.count() == 3


def test_a_refused_file_is_tried_again_when_it_is_mended(alice, output):
    run = bring(alice, output)
    assert importing_runs.retry(run) == 1
    assert carried_on(run).counts["rejected"] == 1
    (output / "half.png").write_bytes(draw("PNG", seed=5))
    importing_runs.retry(run)
    counts = carried_on(run).counts
    assert counts["added"] == 4 and "rejected" not in counts and not counts["reasons"] and run.n_done == 4
    assert importing_runs.retry(run) == 0


def test_what_was_stopped_goes_on_and_what_has_come_in_is_not_counted_twice(alice, output):
    first = importing_runs.start(alice, [str(output)], Options())
    importing_runs.stop(first)
    assert carried_on(first).state == "stopped" and not Photo.objects.exists()
    importing_runs.go_on(first)
    assert carried_on(first).counts["added"] == 3
    second = bring(alice, output)
    assert second.counts["already there"] == 3 and second.counts["rejected"] == 1


@pytest.mark.any_database
@pytest.mark.parametrize("wish", ["..", "../..", "away", ".hidden", "nothing", "output/half.png"])
def test_only_what_lies_below_an_allowed_folder_can_be_named(alice, output, tmp_path, wish):
    (tmp_path / "secret").mkdir()
    (output.parent / "away").symlink_to(tmp_path / "secret")
    (output.parent / ".hidden").mkdir()
    with pytest.raises(ImportProblem, match="no such folder among those"):
        importing_runs.start(alice, [f"{output.parent}/{wish}"], Options())
    assert not ImportRun.objects.exists()


@pytest.mark.any_database
def test_the_gallery_s_own_folder_is_refused_by_name(alice, output, media_root, settings):
    settings.GALLERY_IMPORT_FOLDERS = [str(media_root.parent)]
    with pytest.raises(ImportProblem, match="in the gallery's own folder"):
        importing_runs.start(alice, [str(media_root)], Options())


def test_a_folder_that_became_a_link_leading_out_is_not_followed(alice, output, tmp_path):
    run = importing_runs.start(alice, [str(output)], Options())
    output.rename(tmp_path / "elsewhere")
    output.symlink_to(tmp_path / "elsewhere")
    assert carried_on(run).state == "failed" and not Photo.objects.exists()


def test_whoever_may_not_import_any_more_is_told_so(alice, output):
    run = importing_runs.start(alice, [str(output)], Options())
    alice.user_permissions.clear()
    assert "may not import" in carried_on(run).error and not Photo.objects.exists()


def test_a_worker_that_was_succeeded_writes_nothing_more(alice, output):
    run = importing_runs.start(alice, [str(output)], Options())
    assert importing_runs.claim(run.pk) and importing_runs.claim(run.pk) is None
    ImportRun.objects.filter(pk=run.pk).update(
        lease_holder=working.holder().rpartition(":")[0] + f":{a_dead_process()}"
    )
    importing_runs.sweep()
    assert carried_on(run).state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_is_taken_up_and_ends_with_the_same_library(alice, output, start_worker, monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.worker_settings")
    monkeypatch.setenv("GALLERY_TEST_IMPORT_FOLDERS", str(output.parent))
    for seed in range(10, 50):
        (output / f"{seed:04d}.png").write_bytes(with_prompt(seed))
    run = importing_runs.start(alice, [str(output)], Options(as_sessions=True))
    worker = start_worker("library")
    wait_until(lambda: Photo.objects.count() >= 5)
    worker.kill()
    worker.wait()
    there = Photo.objects.count()
    assert there < 43
    start_worker("library")
    wait_until(lambda: ImportRun.objects.get(pk=run.pk).state == "done")
    run.refresh_from_db()
    assert Photo.objects.count() == len(set(Photo.objects.values_list("sha256", flat=True))) == 43
    assert (run.counts["added"], run.counts["rejected"], run.n_done) == (43, 1, 44)
    assert ImportedFile.objects.filter(run=run, became="added", photo__isnull=False).count() == 43


def wait_until(is_so, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.03)


@pytest.mark.any_database
def test_folders_are_listed_by_pages_with_what_they_hold(alice, output, settings):
    for n in range(server_folders.PAGE + 5):
        (output.parent / f"day {n:03d}").mkdir()
    shown = server_folders.listing(output.parent)
    assert len(shown.folders) == server_folders.PAGE and shown.after == "day 049"
    rest = server_folders.listing(output.parent, shown.after)
    assert [one.name for one in rest.folders][-1] == "output" and rest.folders[-1].files == 5
    assert os.fspath(output.parent) == rest.crumbs[0][1] and not rest.after
