"""Which library this is."""

import stat

import pytest

from gallery_site.library import data_folder, ensure_secret_key, local_time_zone, remember_data_folder


@pytest.fixture
def code(tmp_path, monkeypatch):
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


def test_the_library_lies_beside_the_code_unless_told_otherwise(code):
    assert data_folder(code) == code


def test_a_folder_named_once_is_remembered(code, tmp_path):
    remember_data_folder(code, tmp_path / "big" / "gallery")
    assert data_folder(code) == tmp_path / "big" / "gallery"


def test_naming_the_code_folder_forgets_the_other_one(code, tmp_path):
    remember_data_folder(code, tmp_path / "big")
    remember_data_folder(code, code)
    assert data_folder(code) == code


def test_the_environment_wins_over_what_was_remembered(code, tmp_path, monkeypatch):
    remember_data_folder(code, tmp_path / "big")
    monkeypatch.setenv("GALLERY_DATA", str(tmp_path / "other"))
    assert data_folder(code) == tmp_path / "other"


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(code):
    ensure_secret_key(code)
    first = (code / "secret_key").read_text()
    ensure_secret_key(code)
    assert (code / "secret_key").read_text() == first and len(first) >= 50
    assert stat.S_IMODE((code / "secret_key").stat().st_mode) == 0o600


def test_the_time_zone_is_one_that_exists(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert local_time_zone() == "Europe/Berlin"
    monkeypatch.setenv("TZ", "Nowhere/Else")
    assert "/" in local_time_zone() or local_time_zone() == "UTC"
