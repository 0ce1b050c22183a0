"""System checks of pictures: each fault has its number, and a hint how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from photos import checks
from photos.images import FORMATS

# The tests' own database stays as it is: only the checks read what is put there.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


def ids(found) -> list[str]:
    assert all(message.hint for message in found)
    return [message.id for message in found]


def with_options(settings, **changes) -> None:
    """SQLite with other OPTIONS than ours."""
    ours = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    database = {"ENGINE": checks.SQLITE, "NAME": "/nowhere/gallery.sqlite3", "OPTIONS": {**ours, **changes}}
    settings.DATABASES = {"default": database}


def test_a_gallery_as_it_is_installed_has_nothing_to_say():
    assert [message for message in run_checks() if message.id.startswith(("photos", "generation"))] == []


def test_a_media_folder_that_cannot_be_written_to_is_an_error(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    assert ids(checks.check_folders(None)) == ["photos.E001"]


def test_a_media_folder_that_is_not_there_yet_can_be_made(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "not" / "yet"
    assert ids(checks.check_folders(None)) == (
        [] if _on_one_disk(tmp_path, settings.TMP_DIR) else ["photos.W001"]
    )


def test_two_file_systems_are_a_warning(settings, tmp_path):
    other = Path("/dev/shm")
    if not other.is_dir() or _on_one_disk(tmp_path, other):
        pytest.skip("no second file system on this machine")
    settings.MEDIA_ROOT, settings.TMP_DIR = tmp_path, other
    assert ids(checks.check_folders(None)) == ["photos.W001"]


def _on_one_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == Path(other).stat().st_dev


@pytest.mark.parametrize(
    ("key", "said"), [("", ["photos.E002"]), ("short", ["photos.W002"]), ("a" * 60, ["photos.W002"])]
)
def test_a_missing_or_weak_secret_key_is_said(settings, key, said):
    settings.SECRET_KEY = key
    assert ids(checks.check_secret_key(None)) == said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transaction_mode": "DEFERRED"}, "transaction_mode"),
        ({"timeout": 1}, "timeout"),
        ({"init_command": "PRAGMA journal_mode=WAL;"}, "synchronous"),
        ({"init_command": "PRAGMA synchronous = full"}, "journal_mode"),
    ],
)
def test_sqlite_that_may_lose_or_refuse_writes_is_an_error(settings, change, words):
    with_options(settings, **change)
    found = checks.check_sqlite_settings(None)
    assert ids(found) == ["photos.E003"] and words in found[0].msg


def test_our_own_sqlite_settings_are_right(settings):
    with_options(settings)
    assert checks.check_sqlite_settings(None) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("ext4", []),
        ("nfs4", ["photos.E004"]),
        ("cifs", ["photos.E004"]),
        ("9p", ["photos.E004"]),
        ("fuse.sshfs", ["photos.E004"]),
    ],
)
def test_sqlite_on_a_network_disk_is_an_error(settings, monkeypatch, tmp_path, kind, said):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/x /mnt/my\\040disk {kind} rw 0 0\nother /mnt nfs rw 0 0\n"
    )
    monkeypatch.setattr(checks, "MOUNTS", mounts)
    with_options(settings)
    settings.DATABASES["default"]["NAME"] = "/mnt/my disk/data/gallery.sqlite3"
    assert ids(checks.check_sqlite_disk(None)) == said


def test_where_disks_cannot_be_told_nothing_is_said(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "MOUNTS", tmp_path / "nowhere")
    with_options(settings)
    assert checks.check_sqlite_disk(None) == []


def test_a_trash_that_empties_itself_at_once_is_an_error(settings):
    settings.GALLERY_TRASH_DAYS = 0
    assert ids(checks.check_trash_days(None)) == ["photos.E006"]


def test_every_accepted_format_really_decodes():
    assert set(checks.SAMPLES) == set(FORMATS)
    assert checks.check_formats(None, databases=["default"]) == []


def test_a_format_that_does_not_decode_is_an_error(monkeypatch):
    monkeypatch.setitem(checks.SAMPLES, "AVIF", checks.SAMPLES["AVIF"][:200])
    found = checks.check_formats(None, databases=["default"])
    assert ids(found) == ["photos.E005"] and "AVIF" in found[0].msg


def test_what_takes_time_is_not_looked_at_when_any_command_starts():
    assert checks.check_formats(None, databases=None) == []
    assert checks.check_sqlite_mode(None, databases=None) == []


@pytest.mark.django_db
def test_the_database_is_in_the_mode_it_was_asked_for():
    assert checks.check_sqlite_mode(None, databases=["default"]) == []


def test_a_check_makes_no_database_where_there_is_none(settings, tmp_path):
    with_options(settings)
    settings.DATABASES["default"]["NAME"] = str(tmp_path / "gallery.sqlite3")
    assert checks.check_sqlite_mode(None, databases=["default"]) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_manage_check_looks_at_everything(monkeypatch, capsys):
    call_command("check")
    monkeypatch.setitem(checks.SAMPLES, "GIF", "")
    with pytest.raises(SystemCheckError, match=r"photos\.E005"):
        call_command("check")
