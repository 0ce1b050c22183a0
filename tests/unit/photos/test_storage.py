"""Names and files: what a folder of originals looks like, whatever people call their pictures."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from photos import storage
from photos.images import RejectedImage

DAY = date(2026, 11, 22)


@pytest.fixture
def media(tmp_path) -> storage.LocalMediaStorage:
    return storage.LocalMediaStorage(location=tmp_path / "media")


def written(folder: Path, data: bytes) -> Path:
    path = folder / f"bytes-{len(os.listdir(folder))}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("brought", "kept"),
    [
        ("harbour.JPG", "harbour"),
        ("C:\\Users\\anna\\harbour.jpg", "harbour"),
        ("../../etc/passwd", "passwd"),
        ("/etc/cron.d/harbour.png", "harbour"),
        ("..", "image"),
        ("", "image"),
        (".jpg", "jpg"),
        ("my holiday photo.jpg", "my-holiday-photo"),
        ("CON.jpg", "_CON"),
        ("lpt1.tar.jpg", "_lpt1.tar"),
        ("Auxiliary.jpg", "Auxiliary"),
        ("harbour. . .", "harbour"),
        ("photo\u202egpj.exe", "photo-gpj"),
        ("nul\x00byte\r\n.png", "nul-byte"),
        ('a<b>c:d"e|f?g*h.png', "a-b-c-d-e-f-g-h"),
        ("\ud800.png", "image"),
    ],
)
def test_a_file_keeps_its_own_name_as_far_as_every_file_system_allows(brought, kept):
    assert storage.safe_stem(brought) == kept


def test_a_name_of_300_characters_is_cut_at_a_whole_letter():
    stem = storage.safe_stem("ü" * 300 + ".jpg")
    assert stem == "ü" * 50 and len(stem.encode()) == storage.MAX_STEM_BYTES


def test_an_umlaut_written_in_two_ways_is_one_name():
    composed, parted = "Küste.jpg", unicodedata.normalize("NFD", "Küste.jpg")
    assert composed != parted
    assert storage.safe_stem(composed) == storage.safe_stem(parted) == "Küste"
    assert storage.fold("KÜSTE.jpg") == storage.fold(unicodedata.normalize("NFD", "küste.JPG"))


def test_uploads_lie_by_the_day_they_came():
    place = storage.uploaded("2019/harbour.jpg", DAY)
    assert (place.collection, place.folder, place.stem) == ("uploaded", "uploaded/2026-11-22", "harbour")
    assert not place.adopt


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("Red lighthouse in fog, oil, muted, calm", "2026-11-22-red-lighthouse-in-fog-oil-muted-17"),
        ("Ärger über Öl", "2026-11-22-arger-uber-ol-17"),
        ("港の赤い灯台", "2026-11-22-17"),
        ("../../etc", "2026-11-22-etc-17"),
        ("x" * 300, f"2026-11-22-{'x' * 48}-17"),
    ],
)
def test_a_session_folder_says_day_words_and_number(title, folder):
    assert storage.session_folder_name(DAY, title, 17) == folder


@pytest.mark.parametrize(
    ("seed", "stem"),
    [("41", "0007-41"), ("18446744073709551615", "0007-18446744073709551615"), ("", "0007"),
     ("../x", "0007"), ("a b", "0007"), ("9" * 41, "0007"), ("４１", "0007")],
)  # fmt: skip
def test_a_candidate_is_named_by_number_and_by_its_seed_where_that_is_plain(seed, stem):
    assert storage.candidate_stem(7, seed) == stem


def test_a_thumbnail_is_found_by_arithmetic_and_never_has_the_name_of_its_original():
    name = storage.thumbnail_name("uploaded/2026-11-22/harbour.jpg", "ab" * 32, "h320")
    assert name == "thumbnails/uploaded/2026-11-22/harbour.jpg.abababab.h320.webp"


@pytest.mark.parametrize(
    ("title", "saved_as"),
    [
        ("", "0007-41.png"),
        ("  ", "0007-41.png"),
        ("Red lighthouse", "Red-lighthouse.png"),
        ("v1.5 test", "v1-5-test.png"),
        ("day / night", "day-night.png"),
        ("AC\\DC", "AC-DC.png"),
        ("../../x", "x.png"),
        ('"; filename=evil.exe\r\nX: Y', ";-filename=evil-exe-X--Y.png"),
        ("Küste", "Küste.png"),
        ("CON", "_CON.png"),
    ],
)
def test_a_saved_file_is_named_after_its_title(title, saved_as):
    assert storage.download_name(title, "generated/sessions/x/0007-41.png") == saved_as


def test_bytes_are_spooled_hashed_and_measured(tmp_path):
    spooled = storage.spool(b"harbour", tmp_path)
    assert spooled.path.read_bytes() == b"harbour"
    assert spooled.byte_size == 7
    assert spooled.sha256 == storage.file_hash(spooled.path)


def test_a_file_of_no_bytes_and_one_of_too_many_are_refused_with_a_sentence(tmp_path, settings):
    settings.GALLERY_MAX_FILE_BYTES = 1024 * 1024
    with pytest.raises(RejectedImage) as empty:
        storage.spool(b"", tmp_path)
    (tmp_path / "original").unlink()
    with pytest.raises(RejectedImage) as large:
        storage.spool(b"x" * (1024 * 1024 + 1), tmp_path)
    assert (empty.value.code, large.value.code) == ("empty", "too-large")
    assert large.value.sentence.startswith("The file is larger than 1 MB")


def test_an_original_is_never_overwritten(media, tmp_path):
    media.write_once(written(tmp_path, b"first"), "uploaded/d/harbour.jpg")
    with pytest.raises(FileExistsError):
        media.write_once(written(tmp_path, b"second"), "uploaded/d/harbour.jpg")
    assert Path(media.path("uploaded/d/harbour.jpg")).read_bytes() == b"first"


def test_an_original_may_be_read_by_the_web_server_and_loses_nothing_with_its_source(media, tmp_path):
    source = written(tmp_path, b"harbour")
    source.chmod(0o600)
    media.write_once(source, "uploaded/d/harbour.jpg")
    source.unlink()
    kept = Path(media.path("uploaded/d/harbour.jpg"))
    assert kept.read_bytes() == b"harbour" and kept.stat().st_mode & 0o777 == 0o644


def test_of_sixteen_writers_of_one_name_one_wins(media, tmp_path):
    sources = [written(tmp_path, f"writer {n}".encode()) for n in range(16)]
    outcomes: list[str] = []

    def write(source: Path) -> None:
        try:
            media.write_once(source, "uploaded/d/harbour.jpg")
            outcomes.append(source.read_text())
        except FileExistsError:
            outcomes.append("")

    in_threads(write, sources)
    assert len(outcomes) == 16
    assert [text for text in outcomes if text] == [Path(media.path("uploaded/d/harbour.jpg")).read_text()]


def test_the_last_file_of_a_folder_may_go_while_the_next_one_comes(media, tmp_path):
    """Deleting takes empty folders away; a writer that has just made the folder must not stumble."""
    source, folder = written(tmp_path, b"harbour"), Path(media.path("uploaded/2026-11-22"))
    over, dice = threading.Event(), random.Random(1)

    def take_empty_folders_away() -> None:
        while not over.wait(dice.random() * 0.001):
            with contextlib.suppress(OSError):
                folder.rmdir()

    taker = threading.Thread(target=take_empty_folders_away)
    taker.start()
    try:
        for turn in range(300):
            media.write_once(source, f"uploaded/2026-11-22/{turn}.jpg")
            (folder / f"{turn}.jpg").unlink()
    finally:
        over.set()
        taker.join()


def test_deleting_takes_empty_folders_along_but_not_their_root(media, tmp_path):
    media.write_once(written(tmp_path, b"a"), "generated/sessions/s/0001.png")
    media.write_once(written(tmp_path, b"b"), "generated/sessions/t/0001.png")
    media.remove("generated/sessions/s/0001.png")
    media.remove("generated/sessions/s/0001.png")
    assert sorted(p.name for p in Path(media.path("generated/sessions")).iterdir()) == ["t"]
    media.remove("generated/sessions/t/0001.png")
    assert Path(media.path("generated")).is_dir()


def test_only_one_at_a_time_works_on_a_key():
    with storage.only_one("a") as first, storage.only_one("a") as second:
        assert first and not second
    with storage.only_one("a") as again:
        assert again


def test_a_workspace_is_gone_afterwards_even_when_the_work_fails():
    with pytest.raises(ZeroDivisionError), storage.workspace() as folder:
        (folder / "x").write_bytes(b"x")
        raise ZeroDivisionError
    assert not folder.exists()


def in_threads(work, items) -> None:
    threads = [threading.Thread(target=work, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
