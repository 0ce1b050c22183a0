"""`manage.py export`: into a folder that is gone on with, into a ZIP, or only the facts."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from photos import albums, exporting, storage
from photos.exporting import ARCHIVE, SHARE, Chosen, Job
from photos.models import Photo
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def export(*arguments: str) -> str:
    out = io.StringIO()
    call_command("export", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_folder_is_gone_on_with_and_strangers_files_stay(alice, tmp_path):
    photos = [make_photo(alice, name=name) for name in ("fog.png", "ice.png")]
    (tmp_path / "fog.png").write_bytes(b"somebody else's")
    arguments = ("--all", "--owner", "alice", "--profile", "archive", "--to", str(tmp_path))
    assert "4 files written, 0 were there already" in export(*arguments)
    assert (tmp_path / "fog.png").read_bytes() == b"somebody else's"
    (ours,) = tmp_path.glob("fog-*.png")
    assert ours.read_bytes() == storage.local_path("media", photos[0].file.name).read_bytes()
    (tmp_path / "ice.png").unlink()
    assert "1 files written, 3 were there already" in export(*arguments)
    names = [line["file"] for line in csv.DictReader((tmp_path / "_written.csv").open(encoding="utf-8-sig"))]
    assert names == ["ice.png", ours.name]


def test_a_fact_that_changed_is_written_anew_beside_its_image(alice, tmp_path):
    photo = make_photo(alice, name="fog.png")
    job = {"chosen": Chosen(owner=alice, scope="all:"), "profile": ARCHIVE}
    exporting.folder.write(Job(**job), tmp_path)
    Photo.objects.filter(pk=photo.pk).update(caption="Seen from the pier")
    done = exporting.folder.write(Job(**job), tmp_path)
    assert (done.written, done.there) == (1, 1)
    assert json.loads((tmp_path / "fog.png.json").read_text())["caption"] == "Seen from the pier"


def test_a_stopped_export_leaves_whole_files_and_goes_on(alice, tmp_path):
    for _ in range(3):
        make_photo(alice)
    job, asked = (
        {"chosen": Chosen(owner=alice, scope="all:"), "profile": SHARE, "title": "x"},
        iter([False, True]),
    )
    first = exporting.folder.write(Job(**job), tmp_path, stopped=lambda: next(asked))
    (tmp_path / f"{exporting.folder.PART}1").write_bytes(b"half")
    second = exporting.folder.write(Job(**job), tmp_path)
    assert (first.written, second.written, second.there) == (1, 2, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "_written.csv",
        "x-01.png",
        "x-02.png",
        "x-03.png",
    ]


def test_a_link_that_lies_in_the_folder_is_not_followed(alice, tmp_path):
    make_photo(alice, name="fog.png")
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "to"
    elsewhere.write_bytes(b"mine")
    folder.mkdir()
    (folder / "fog.png").symlink_to(elsewhere)
    (folder / "_written.csv").symlink_to(elsewhere)
    export("--all", "--owner", "alice", "--profile", "full", "--to", str(folder))
    assert elsewhere.read_bytes() == b"mine" and len(list(folder.glob("fog-*.png"))) == 1


def test_a_zip_is_never_written_over(alice, tmp_path):
    album = albums.create(alice, title="Coast")
    albums.add(album, [make_photo(alice).pk])
    target = tmp_path / "coast.zip"
    arguments = ("--album", str(album.pk), "--owner", "alice", "--profile", "share", "--to", str(target))
    assert "with AI mark" in export(*arguments)
    assert zipfile.ZipFile(target).namelist() == ["Coast-01.png", "_written.csv"]
    with pytest.raises(CommandError, match="is there already"):
        export(*arguments)
    assert list(tmp_path.iterdir()) == [target]


def test_facts_alone_go_to_standard_output_or_a_new_file(alice, tmp_path):
    make_photo(alice, draw("PNG", text={"parameters": "fog\nSteps: 1, Sampler: a, Seed: 7, Size: 64x48"}))
    (line,) = export("--search", "fog", "--owner", "alice", "--facts", "jsonl").splitlines()
    assert json.loads(line)["seed"] == "7"
    export("--all", "--owner", "alice", "--facts", "csv", "--to", str(tmp_path / "facts.csv"))
    assert (tmp_path / "facts.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_is_not_there_or_somebody_else_s_is_said(alice, bob, tmp_path):
    album = albums.create(bob, title="His")
    with pytest.raises(CommandError, match="not there any more"):
        export("--album", str(album.pk), "--owner", "alice", "--profile", "full", "--to", str(tmp_path))
    assert not list(tmp_path.iterdir())
