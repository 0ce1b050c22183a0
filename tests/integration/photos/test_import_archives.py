"""ZIP archives given to `import_photos`: their pictures come in, their tricks are answered with a sentence."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError

from photos import archives
from photos.models import Photo
from tests.integration.photos.test_import_photos import bring, counted
from tests.pictures import draw

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(tmp_path) -> Path:
    """An empty ZIP to be filled."""
    path = tmp_path / "holiday.zip"
    zipfile.ZipFile(path, "w").close()
    return path


def put(archive: Path, name: str, data: bytes, *, mode: int = 0, date=(2018, 5, 6, 12, 30, 0)) -> None:
    info = zipfile.ZipInfo(name, date)
    info.external_attr = mode << 16
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(info, data, zipfile.ZIP_DEFLATED)


def test_the_pictures_of_an_archive_come_in(alice, archive):
    put(archive, "Rome/forum.png", draw("PNG", seed=1))
    put(archive, "Rome/evening/bridge.jpg", draw("JPEG", seed=2))
    assert counted(bring(alice, archive), "Added") == 2
    assert {Path(photo.file.name).name for photo in Photo.objects.all()} == {"forum.png", "bridge.jpg"}


def test_the_date_of_a_member_is_read_on_the_gallerys_clock(alice, archive):
    put(archive, "forum.png", draw("PNG"))
    bring(alice, archive)
    photo = Photo.objects.get()
    assert (photo.shown_at.isoformat(), photo.dated_by) == ("2018-05-06T12:30:00+00:00", "file")


def test_a_member_without_a_date_is_no_error(alice, archive):
    put(archive, "forum.png", draw("PNG"))
    data = archive.read_bytes().replace(
        struct.pack("<2H", 12 << 11 | 30 << 5, 38 << 9 | 5 << 5 | 6), b"\0\0\0\0"
    )
    archive.write_bytes(data)
    bring(alice, archive)
    assert Photo.objects.get().dated_by == "arrival"


def test_a_second_run_finds_the_members_there(alice, archive):
    put(archive, "forum.png", draw("PNG"))
    bring(alice, archive)
    assert counted(bring(alice, archive), "Already there") == 1


def test_a_dry_run_of_an_archive_stores_nothing(alice, archive, media_root):
    put(archive, "forum.png", draw("PNG"))
    assert counted(bring(alice, archive, dry_run=True), "Added") == 1
    assert not Photo.objects.exists() and not list(media_root.rglob("*.png"))


def test_names_that_point_elsewhere_are_labels_and_no_more(alice, archive, media_root, tmp_path):
    put(archive, "../../evil.png", draw("PNG", seed=1))
    put(archive, "/abs.png", draw("PNG", seed=2))
    put(archive, "C:\\windows\\system.png", draw("PNG", seed=3))
    assert counted(bring(alice, archive), "Added") == 3
    assert all((media_root / photo.file.name).is_file() for photo in Photo.objects.all())
    assert not list(tmp_path.parent.rglob("evil.png"))


@pytest.mark.parametrize("thumbnails", ["now", "later"])
def test_two_members_of_one_name_both_come_in_by_their_bytes(alice, archive, thumbnails):
    put(archive, "image.png", draw("PNG", seed=1))
    with pytest.warns(UserWarning, match="Duplicate name"):
        put(archive, "image.png", draw("PNG", seed=2))
    assert counted(bring(alice, archive, thumbnails=thumbnails), "Added") == 2


def test_a_link_in_an_archive_is_refused(alice, archive):
    put(archive, "good.png", draw("PNG"))
    put(archive, "link.png", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)
    said = bring(alice, archive)
    assert "link inside the archive" in said and "holiday.zip: link.png" in said
    assert counted(said, "Added") == 1


def test_an_encrypted_member_is_refused(alice, archive):
    put(archive, "secret.png", draw("PNG"))
    put(archive, "good.png", draw("PNG", seed=5))
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of the first entry in the directory
    archive.write_bytes(data)
    said = bring(alice, archive)
    assert "encrypted" in said and "holiday.zip: secret.png" in said
    assert counted(said, "Added") == 1


def test_an_archive_in_an_archive_is_refused_whatever_its_name(alice, archive):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("a.png", draw("PNG"))
    put(archive, "inner.zip", inner.getvalue())
    put(archive, "inner.jpg", inner.getvalue())
    put(archive, "good.png", draw("PNG"))
    said = bring(alice, archive)
    assert "ZIP inside a ZIP" in said and "a ZIP archive, which is not accepted" in said
    assert (counted(said, "Added"), counted(said, "Rejected")) == (1, 2)


def test_a_member_that_unpacks_to_a_thousand_times_its_size_is_refused(alice, archive):
    put(archive, "zeros.png", bytes(40 * 1024**2))
    put(archive, "noise.png", draw("PNG", (600, 600)))
    said = bring(alice, archive)
    assert "would unpack to more than 250 times its size" in said
    assert counted(said, "Added") == 1


def test_an_archive_whose_members_overlap_is_refused(alice, archive):
    """The same packed bytes under many names: 30 GB from 100 KB."""
    put(archive, "zeros.bin", bytes(30 * 1024**2))
    data = archive.read_bytes()
    start = data.index(b"PK\x01\x02")
    entry, end = data[start : data.index(b"PK\x05\x06")], bytearray(data[data.index(b"PK\x05\x06") :])
    struct.pack_into("<2H2L", end, 8, 1000, 1000, len(entry) * 1000, start)
    archive.write_bytes(data[:start] + entry * 1000 + end)
    with pytest.raises(CommandError, match=r"would unpack to more than 1,100 times"):
        bring(alice, archive)


def test_a_directory_of_a_million_files_is_refused_before_it_is_read(alice, archive):
    put(archive, "a.png", b"")
    data = archive.read_bytes()
    start = data.index(b"PK\x01\x02")
    entry, end = data[start : data.index(b"PK\x05\x06")], bytearray(data[data.index(b"PK\x05\x06") :])
    many = archives.MAX_ENTRIES + 1
    struct.pack_into("<2H2L", end, 8, 3, 3, len(entry) * many, start)  # it says that there are three
    archive.write_bytes(data[:start] + entry * many + end)
    with pytest.raises(CommandError, match="more than 1,000,000 files"):
        bring(alice, archive)


def test_a_member_that_was_damaged_on_its_way_is_rejected_alone(alice, archive):
    put(archive, "bad.png", draw("PNG", (200, 200), seed=1))
    put(archive, "good.png", draw("PNG", seed=2))
    data = bytearray(archive.read_bytes())
    data[2000:2010] = bytes(10)
    archive.write_bytes(data)
    said = bring(alice, archive)
    assert "damaged inside its archive" in said
    assert (counted(said, "Added"), counted(said, "Rejected")) == (1, 1)


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all" * 100, b"PK\x05\x06" + b"\xff" * 18])
def test_a_file_that_only_says_zip_is_refused(alice, archive, data):
    archive.write_bytes(data)
    with pytest.raises(CommandError, match="holiday.zip"):
        bring(alice, archive)


@pytest.mark.samples
def test_the_hostile_sample_archive_gives_its_two_pictures(alice, samples):
    said = bring(alice, samples / "hostile" / "own__zip_slip_symlink_bomb.zip")
    assert (counted(said, "Added"), counted(said, "Rejected")) == (2, 4)
