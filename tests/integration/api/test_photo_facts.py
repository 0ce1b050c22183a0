"""`photo_facts`: what `inspect_images` says of files, said of photos from their rows."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from generation import finals
from photos import albums, curate
from tests.factories import make_photo, make_session, pictures_of
from tests.integration.photos.test_inspect_images import KEYS, RECIPE_KEYS, inspect
from tests.pictures import draw

pytestmark = pytest.mark.django_db
ADDED = ["id", "collection", "path", "thumbnails", "source", "decision", "tags", "albums"]


def facts(*arguments: object, **options) -> list[dict]:
    said = io.StringIO()
    call_command("photo_facts", *map(str, arguments), stdout=said, **options)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def camera_file() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "ACME", "Box 3"
    exif.get_ifd(0x8769).update({0x9003: "2024:04:13 20:35:31", 0x9011: "+05:45", 0x8827: 200})
    return draw("JPEG", (64, 48), orientation=6, exif=exif)


def test_a_photo_says_what_its_file_says_and_more(alice, media_root):
    recipe = "a red lighthouse\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48"
    for data in (camera_file(), draw("PNG", text={"parameters": recipe}), draw("WEBP"), draw("GIF")):
        photo = make_photo(alice, data)
        [said], [of_the_file] = facts(photo.pk), inspect(media_root / photo.file.name)
        assert list(said) == KEYS + ADDED
        assert {name: said[name] for name in KEYS} == of_the_file


def test_what_is_added_is_true(alice, media_root):
    photo = make_photo(alice, tags=("sea", "fog"))
    curate.decide(alice, [photo.pk], value=1)
    album = albums.create(alice, title="Autumn")
    albums.add(album, [photo.pk])
    [said] = facts(photo.pk)
    assert (said["id"], said["collection"], said["decision"]) == (photo.pk, "uploaded", "picked")
    assert (said["tags"], said["albums"]) == (["fog", "sea"], [{"id": album.pk, "title": "Autumn"}])
    assert (media_root / said["path"]).is_file() and str(media_root / said["path"]) == said["file"]
    assert set(said["thumbnails"]) == {"h320", "h640", "l1600"}
    assert all((media_root / name).is_file() for name in said["thumbnails"].values())


def test_a_final_names_its_candidate(alice, scripted):
    session = make_session(alice, count=1)
    candidate = pictures_of(session)[0]
    curate.decide(alice, [candidate.pk], value=1)
    finals.file_picks(session.pk)
    by_collection = {said["collection"]: said for said in facts()}
    assert (by_collection["completed"]["source"], by_collection["session"]["source"]) == (candidate.pk, None)
    assert list(by_collection["session"]["recipe"]) == RECIPE_KEYS


def test_without_arguments_everybodys_photos_outside_the_trash_are_said(
    alice, bob, django_assert_max_num_queries
):
    photos = [make_photo(owner) for owner in (alice, bob, alice)]
    gone = make_photo(alice)
    curate.trash(alice.pk, [gone.pk])
    with django_assert_max_num_queries(5):
        assert [said["id"] for said in facts()] == [photo.pk for photo in photos]
    assert [said["id"] for said in facts(owner="bob")] == [photos[1].pk]
    assert [said["id"] for said in facts(gone.pk)] == [gone.pk]


def test_a_photo_is_named_by_number_place_or_folder(alice, media_root):
    photo, other = make_photo(alice, name="Küste.png"), make_photo(alice)
    name = photo.file.name
    for asked in (photo.pk, name, name.upper(), media_root / name):
        assert [said["id"] for said in facts(asked)] == [photo.pk], asked
    assert [said["id"] for said in facts("uploaded/2026-11-22/")] == [photo.pk, other.pk]
    assert [said["id"] for said in facts(media_root)] == [photo.pk, other.pk]
    assert [said["id"] for said in facts(other.pk, photo.pk)] == [other.pk, photo.pk]


@pytest.mark.parametrize(
    "asked", ["0", "99999999999999999999999", "uploaded/none.png", "/etc/passwd", "../x", ""]
)
def test_what_is_no_photo_is_said_on_stderr_after_the_others(alice, asked):
    photo, said = make_photo(alice), io.StringIO()
    with pytest.raises(CommandError, match="No photo here"):
        call_command("photo_facts", asked, str(photo.pk), stdout=said)
    assert json.loads(said.getvalue())["id"] == photo.pk
