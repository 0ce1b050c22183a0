"""The root `linked`: names that are paths, and files that are only read, if they are still what they were."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.core.files.storage import storages

from photos import storage
from photos.images import RejectedImage

pytestmark = pytest.mark.any_database

linked = storages["linked"]


def name_of(path: Path) -> str:
    return storage.linked_name(7, path)


@pytest.fixture
def file(tmp_path) -> Path:
    (tmp_path / "pics").mkdir()
    path = tmp_path / "pics" / "harbour.png"
    path.write_bytes(b"harbour")
    return path


def test_a_linked_name_is_the_path_behind_its_owner():
    assert name_of(Path("/mnt/pics/a b.png")) == "linked/7/mnt/pics/a b.png"
    assert linked.path("linked/7/mnt/pics/a b.png") == "/mnt/pics/a b.png"


@pytest.mark.parametrize(
    "name", ["linked/7/a/../b", "linked/7//a", "linked/x/a", "uploaded/a.png", "linked/7/", ""]
)
def test_a_name_that_leads_elsewhere_is_none(name):
    with pytest.raises(ValueError, match="names no linked file"):
        linked.path(name)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (Path(os.fsdecode(b"/mnt/\xff.png")), "no UTF-8"),
        (Path("/mnt", *["d" * 200] * 3, "a.png"), "too many to be"),
    ],
)
def test_a_path_that_cannot_be_written_down_is_refused_with_a_sentence(path, words):
    with pytest.raises(RejectedImage, match=words):
        name_of(path)


def test_two_names_that_only_fold_alike_are_two():
    assert storage.folded_name("linked/7/A.png") != storage.folded_name("linked/7/a.png")
    assert storage.folded_name("uploaded/A.png") == storage.folded_name("uploaded/a.png")


def test_the_thumbnail_of_a_name_that_fills_its_limit_has_a_shorter_one():
    long, other = (f"linked/7/mnt/{'ü' * 100}{tail}.png" for tail in ("x" * 51, "y" * 51))
    name = storage.thumbnail_name(long, "ab" * 32, "l1600")
    assert len(name.rpartition("/")[2].encode()) <= 255
    assert name != storage.thumbnail_name(other, "ab" * 32, "l1600")
    assert storage.is_shortened(storage.parse_thumbnail(name)[0])


def test_a_saved_linked_file_has_a_harmless_name():
    assert storage.download_name("", "linked/7/mnt/a\r\nX: \u202egpj.exe.PNG") == "a-X-gpj.exe.PNG"
    assert storage.download_name("", "linked/7/mnt/odd.p\nng") == "odd.p-ng"


@pytest.mark.parametrize("way", ["save", "delete", "write_once", "put", "remove", "double"])
def test_there_is_no_way_to_write_a_linked_file(file, way):
    with pytest.raises(io.UnsupportedOperation):
        getattr(linked, way)(name_of(file), name_of(file))
    with pytest.raises(io.UnsupportedOperation):
        linked.open(name_of(file), "r+b")
    assert file.read_bytes() == b"harbour"


def to_a_link(path: Path) -> None:
    path.rename(path.with_name("secret"))
    path.symlink_to("secret")


def to_a_folder_of_links(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.symlink_to("elsewhere")


def to_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("turned", [Path.unlink, to_a_link, to_a_folder_of_links, to_a_pipe, to_a_folder])
def test_what_is_no_plain_file_any_more_is_not_there(file, turned):
    name = name_of(file)
    assert linked.open(name).read() == b"harbour" and storage.look("linked", name).byte_size == 7
    turned(file)
    with pytest.raises(storage.NotThere):
        linked.open(name)
    assert not linked.exists(name) and storage.look("linked", name) is None


def test_other_bytes_are_not_the_file_not_even_at_the_end(file):
    name, sha256 = name_of(file), storage.file_hash(file)
    with storage.original("linked", name, byte_size=7, sha256=sha256) as path:
        assert path == file
    with pytest.raises(storage.NotThere, match="changed"), storage.original("linked", name, byte_size=7):
        file.write_bytes(b"another")
    with pytest.raises(storage.NotThere, match="changed"), storage.original("linked", name, sha256=sha256):
        pass
