"""The one door: bytes in, original and thumbnails on disk, one row; or nothing at all."""

from __future__ import annotations

import io
import os
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from PIL import Image

from photos import storage
from photos.deletion import delete_pending
from photos.images import RecipeFacts, RejectedImage
from photos.ingest import Arrival, ingest
from photos.models import MonthCount, PendingFileDeletion, Photo, Recipe, Tag
from photos.thumbnails import EAGER
from tests.factories import A_DAY, PhotoFactory, make_photo
from tests.pictures import cut, draw

pytestmark = pytest.mark.django_db
SESSION_FOLDER = "2026-11-22-red-lighthouse-17"


class Interrupted(Exception):
    """What a test raises where a process might die."""


def originals(media_root: Path) -> list[str]:
    return sorted(name for name in files(media_root) if not name.startswith("thumbnails/"))


def files(media_root: Path) -> list[str]:
    return sorted(p.relative_to(media_root).as_posix() for p in media_root.rglob("*") if p.is_file())


def as_candidate(owner, **also) -> Arrival:
    place = storage.candidate(SESSION_FOLDER, 7, "41")
    return Arrival(owner_id=owner.pk, place=place, origin=Photo.Origin.MADE, **also)


def interrupted(photo) -> None:
    raise Interrupted


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF"])
def test_an_original_is_kept_byte_for_byte(alice, media_root, format):
    data = draw(format)
    photo = make_photo(alice, data, name=f"harbour.{format.lower()}")
    kept = media_root / photo.file.name
    assert kept.read_bytes() == data
    assert photo.file.name == f"uploaded/2026-11-22/harbour{storage.EXTENSIONS[format]}"
    assert (photo.format, photo.width, photo.height, photo.byte_size) == (format, 64, 48, len(data))


def test_the_extension_comes_from_the_bytes_not_from_the_name(alice):
    assert make_photo(alice, draw("PNG"), name="harbour.JPG").file.name.endswith("/harbour.png")


def test_thumbnails_lie_beside_in_exactly_the_sizes_a_page_reserves(alice, media_root):
    photo = make_photo(alice, draw("JPEG", (2000, 900)), name="harbour.jpg")
    for variant in EAGER:
        with Image.open(media_root / photo.thumbnail_name(variant)) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", photo.size_of(variant))
    assert len(files(media_root)) == 1 + len(EAGER)


def test_an_upright_phone_picture_has_upright_numbers_and_untouched_bytes(alice, media_root):
    data = draw("JPEG", (48, 64), orientation=6)
    photo = make_photo(alice, data)
    assert (photo.width, photo.height) == (48, 64)
    assert (media_root / photo.file.name).read_bytes() == data


@pytest.mark.parametrize("source", ["bytes", "stream", "path"])
def test_a_picture_may_come_as_bytes_as_a_stream_or_as_a_file(alice, tmp_path, media_root, source):
    data = draw("PNG")
    path = tmp_path / "harbour.png"
    path.write_bytes(data)
    brought = {"bytes": data, "stream": io.BytesIO(data), "path": path}[source]
    photo = ingest(brought, Arrival(owner_id=alice.pk, place=storage.uploaded("a.png", A_DAY))).photo
    assert (media_root / photo.file.name).read_bytes() == path.read_bytes() == data


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"hello", "not-accepted"), (cut(draw("PNG", (400, 300)), 0.6), "truncated"),
     (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not-accepted")],
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_sentence_and_leaves_nothing(alice, media_root, settings, data, code):
    with pytest.raises(RejectedImage) as refused:
        make_photo(alice, data)
    assert refused.value.code == code and refused.value.sentence.endswith(".")
    assert files(media_root) == [] and os.listdir(settings.TMP_DIR) == []
    assert not Photo.objects.exists()


def test_whoever_dies_while_the_row_is_written_leaves_neither_row_nor_file(alice, media_root, settings):
    with pytest.raises(Interrupted):
        make_photo(alice, also=interrupted)
    assert files(media_root) == [] and os.listdir(settings.TMP_DIR) == []
    assert not Photo.objects.exists() and not MonthCount.objects.exists()


def test_a_guard_keeps_a_picture_out(alice, media_root):
    def guard() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        make_photo(alice, guard=guard)
    assert files(media_root) == [] and not Photo.objects.exists()


def test_the_row_is_last(alice, media_root):
    seen = []
    make_photo(alice, also=lambda photo: seen.append(len(files(media_root))))
    assert seen == [1 + len(EAGER)]


def test_a_candidate_s_file_left_by_a_dead_worker_is_taken_as_it_is(alice, media_root):
    data = draw("PNG", seed=1)
    with pytest.raises(Interrupted):
        ingest(data, as_candidate(alice, also=interrupted))
    left = originals(media_root)
    inode = (media_root / left[0]).stat().st_ino
    photo = ingest(data, as_candidate(alice)).photo
    assert [photo.file.name] == left == originals(media_root)
    assert (media_root / photo.file.name).stat().st_ino == inode


def test_a_file_of_other_bytes_is_left_and_the_candidate_named_by_its_hash(alice, media_root):
    with pytest.raises(Interrupted):
        ingest(draw("PNG", seed=1), as_candidate(alice, also=interrupted))
    photo = ingest(draw("PNG", seed=2), as_candidate(alice)).photo
    assert Path(photo.file.name).name == f"0007-41-{photo.content8}.png"
    assert (media_root / photo.file.name).read_bytes() == draw("PNG", seed=2)
    assert len(originals(media_root)) == 2


def test_an_upload_takes_the_file_that_a_killed_import_left_long_ago(alice, media_root):
    data = draw("PNG", seed=1)
    left = media_root / "uploaded/2026-11-22/harbour.png"
    left.parent.mkdir(parents=True)
    left.write_bytes(data)
    os.utime(left, (time.time() - 3600, time.time() - 3600))
    photo = make_photo(alice, data, name="harbour.png")
    assert photo.file.name == "uploaded/2026-11-22/harbour.png"
    assert originals(media_root) == [photo.file.name]


def test_an_upload_never_takes_a_file_that_another_may_be_bringing_in_right_now(alice, media_root):
    data = draw("PNG", seed=1)
    stray = media_root / "uploaded/2026-11-22/harbour.png"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(data)
    photo = make_photo(alice, data, name="harbour.png")
    assert photo.file.name == f"uploaded/2026-11-22/harbour-{photo.content8}.png"


def test_nor_one_that_hangs_on_the_workspace_of_a_living_process(alice):
    data, place = draw("PNG", seed=1), storage.uploaded("harbour.png", A_DAY)
    with storage.workspace() as folder:
        coming = storage.spool(data, folder)
        storage.keep_original(coming, place, ".png", spoken_for=lambda name: False)
        photo = make_photo(alice, data, name="harbour.png")
    assert photo.file.name == f"uploaded/2026-11-22/harbour-{photo.content8}.png"


def test_two_pictures_of_one_name_lie_side_by_side(alice):
    first, second = make_photo(alice, name="harbour.png"), make_photo(alice, name="harbour.png")
    assert first.file.name == "uploaded/2026-11-22/harbour.png"
    assert second.file.name == f"uploaded/2026-11-22/harbour-{second.content8}.png"


@pytest.mark.parametrize(
    ("first", "second"),
    [("Harbour.png", "HARBOUR.png"), ("Küste.png", unicodedata.normalize("NFD", "küste.png")),
     ("straße.png", "STRASSE.png")],
)  # fmt: skip
def test_names_that_are_one_on_some_file_system_are_kept_apart(alice, first, second):
    one, other = make_photo(alice, name=first), make_photo(alice, name=second)
    assert other.content8 in other.file.name
    assert one.name_folded != other.name_folded


@pytest.mark.parametrize(
    "name", ["CON.png", "x" * 300 + ".png", "photo\u202egnp.exe", "../../../etc/passwd", "\x00"]
)
def test_hostile_names_stay_inside_and_short(alice, media_root, name):
    photo = make_photo(alice, name=name)
    kept = (media_root / photo.file.name).resolve()
    assert kept.parent == media_root.resolve() / "uploaded/2026-11-22"
    assert len(kept.name.encode()) <= 104 and "\u202e" not in kept.name


def test_a_name_that_another_row_takes_meanwhile_is_given_up_for_one_with_the_hash(
    alice, settings, media_root
):
    """Two names that differ in case only do not collide on this file system; their rows do."""
    settings.STORAGES = {
        **settings.STORAGES,
        "media": {**settings.STORAGES["media"], "BACKEND": "tests.doubles.StorageInARace"},
    }
    photo = make_photo(alice, name="harbour.png")
    assert photo.file.name == f"uploaded/2026-11-22/harbour-{photo.content8}.png"
    assert originals(media_root) == [photo.file.name]
    assert (media_root / photo.thumbnail_name("h320")).is_file()


def test_a_name_waiting_to_be_deleted_is_not_given_again(alice, media_root):
    PendingFileDeletion.objects.create(
        name="uploaded/2026-11-22/Harbour.png", name_folded="uploaded/2026-11-22/harbour.png"
    )
    photo = make_photo(alice, name="harbour.png")
    assert photo.content8 in photo.file.name
    delete_pending()
    assert (media_root / photo.file.name).is_file()


def test_a_candidate_is_not_adopted_from_a_file_that_waits_to_be_deleted(alice, media_root):
    data = draw("PNG", seed=1)
    with pytest.raises(Interrupted):
        ingest(data, as_candidate(alice, also=interrupted))
    name = originals(media_root)[0]
    PendingFileDeletion.objects.create(name=name, name_folded=storage.fold(name))
    photo = ingest(data, as_candidate(alice)).photo
    delete_pending()
    assert originals(media_root) == [photo.file.name] != [name]


def test_what_the_file_says_is_kept(alice):
    settings = "Steps: 20, Sampler: Euler a, Seed: 18446744073709551615, Size: 64x48"
    text = f"red lighthouse\nNegative prompt: people\n{settings}"
    photo = make_photo(alice, draw("PNG", text={"parameters": text}))
    recipe = Recipe.objects.get(photo=photo)
    assert (recipe.prompt, recipe.negative_prompt, recipe.steps) == ("red lighthouse", "people", 20)
    assert recipe.seed == "18446744073709551615" and recipe.raw == text


def test_a_door_s_recipe_counts_only_where_the_file_has_none(alice):
    of_the_door = RecipeFacts(generator="door", prompt="from the door")
    text = "own words\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48"
    with_own = make_photo(alice, draw("PNG", text={"parameters": text}), recipe=of_the_door)
    without = make_photo(alice, recipe=of_the_door)
    assert (with_own.recipe.prompt, without.recipe.prompt) == ("own words", "from the door")


def test_text_and_numbers_no_database_takes_are_made_storable(alice):
    odd = RecipeFacts(generator="x" * 99, prompt="a\x00b\ud800", seed="9" * 300, steps=2**40, width=-1)
    photo = make_photo(
        alice, recipe=odd, title="t\x00" * 400, caption="c\ud800", tags=("sea\x00side", "\x00")
    )
    photo.refresh_from_db()
    assert photo.title.startswith("t\ufffd") and len(photo.title) == 500 and photo.caption == "c\ufffd"
    assert (photo.recipe.prompt, photo.recipe.steps, photo.recipe.width) == ("a\ufffdb\ufffd", None, None)
    assert (len(photo.recipe.seed), len(photo.recipe.generator)) == (100, 60)
    assert set(photo.tags.values_list("name", flat=True)) == {"sea\ufffdside", "\ufffd"}


def test_one_word_in_two_spellings_is_one_tag(alice, bob):
    first = make_photo(alice, tags=("Küste", "Meer"))
    second = make_photo(alice, tags=(unicodedata.normalize("NFD", "KÜSTE"), "  "))
    make_photo(bob, tags=("küste",))
    assert set(first.tags.all()) > set(second.tags.all())
    assert Tag.objects.filter(owner=alice).count() == 2 and Tag.objects.filter(owner=bob).count() == 1


def test_a_picture_counts_in_the_month_it_shows(alice):
    make_photo(alice, name="IMG_20180731_235959.png")
    make_photo(alice, name="IMG_20180801_000000.png")
    counted = MonthCount.objects.filter(owner=alice).values_list("collection", "month", "count")
    assert sorted((c, f"{m:%Y-%m}", n) for c, m, n in counted) == [
        ("uploaded", "2018-07", 1), ("uploaded", "2018-08", 1)
    ]  # fmt: skip


def test_the_day_of_the_folder_is_the_arrival_and_the_day_shown_is_the_picture_s(alice):
    photo = make_photo(alice, name="2019-08-11/harbour.png")
    assert photo.file.name.startswith("uploaded/2026-11-22/")
    assert (photo.shown_at, photo.dated_by) == (datetime(2019, 8, 11, tzinfo=UTC), "name")


def test_one_picture_is_few_queries(alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        make_photo(alice)


def test_a_row_with_the_same_file_is_refused_by_the_database(alice):
    photo = make_photo(alice, name="harbour.png")
    with pytest.raises(IntegrityError), transaction.atomic():
        PhotoFactory(owner=alice, file=photo.file.name.upper(), name_folded=photo.name_folded)
    assert connection.is_usable()
