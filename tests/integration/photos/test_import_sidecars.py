"""What stands beside pictures comes in with them: prompts, captions, keywords, dates."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from photos.importing import Import
from photos.models import Photo
from tests.pictures import draw

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

A1111 = "a red lighthouse\nNegative prompt: people\nSteps: 28, Sampler: Euler a, CFG scale: 6.5, Seed: 41, Size: 64x64"
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
 xmp:CreateDate="2019-07-03T10:11:12"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Harbour</rdf:li></rdf:Alt>
</dc:title><dc:subject><rdf:Bag><rdf:li>boats</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
TAKEOUT = {
    "title": "IMG_1.jpg",
    "description": "At the pier",
    "photoTakenTime": {"timestamp": "1562148672"},
    "geoData": {"latitude": 54.5, "longitude": 13.6},
}


def brought(alice, folder: Path) -> Photo:
    outcomes = list(Import(alice.pk, [folder]).run())
    assert [outcome.became for outcome in outcomes] == ["added"]
    return Photo.objects.select_related("recipe").get()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", A1111),
        ("a.json", json.dumps({"positive_prompt": "a red lighthouse", "seed": 41, "app_version": "5.1"})),
        ("a.swarm.json", json.dumps({"sui_image_params": {"prompt": "a red lighthouse", "seed": 41}})),
        ("a.json", json.dumps({"1": {"class_type": "KSampler", "inputs": {"seed": 41}}})),
    ],
)
def test_a_recipe_beside_a_picture_is_its_recipe(alice, tmp_path, name, text):
    (tmp_path / "a.png").write_bytes(draw("PNG"))
    (tmp_path / name).write_text(text)
    recipe = brought(alice, tmp_path).recipe
    assert "class_type" in text or (recipe.prompt, recipe.seed) == ("a red lighthouse", "41")
    assert recipe.generator != "unknown"


def test_xmp_and_takeout_say_what_the_file_does_not(alice, tmp_path):
    (tmp_path / "IMG_1.jpg").write_bytes(draw("JPEG"))
    (tmp_path / "IMG_1.jpg.xmp").write_text(XMP)
    (tmp_path / "IMG_1.jpg.supplemental-metada.json").write_text(json.dumps(TAKEOUT))
    photo = brought(alice, tmp_path)
    assert (photo.title, photo.rating, photo.caption) == ("Harbour", 4, "At the pier")
    assert list(photo.tags.values_list("name", flat=True)) == ["boats"]
    assert (photo.latitude, photo.longitude) == (54.5, 13.6)
    assert photo.shown_at.isoformat() == "2019-07-03T10:11:12+00:00"


def test_the_files_own_words_win_over_those_beside_it(alice, tmp_path):
    (tmp_path / "a.png").write_bytes(draw("PNG", text={"parameters": A1111.replace("red", "blue")}))
    (tmp_path / "a.txt").write_text(A1111)
    assert brought(alice, tmp_path).recipe.prompt == "a blue lighthouse"


def test_a_training_caption_is_a_caption_and_a_long_note_is_nothing(alice, tmp_path):
    (tmp_path / "a.png").write_bytes(draw("PNG"))
    (tmp_path / "a.txt").write_text("1girl, lighthouse, sunset")
    photo = brought(alice, tmp_path)
    assert photo.caption == "1girl, lighthouse, sunset" and not hasattr(photo, "recipe")


@pytest.mark.parametrize(
    ("end", "data"),
    [
        ("json", b'{"a":' * 50_000),
        ("json", b"{" + b"\0" * 3_000_000),
        ("xmp", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>' * 100),
        ("xmp", XMP.replace("Harbour", "x" * 5_000_000).encode()),
        ("txt", b"lighthouse\0\x1b[31m" * 50),
        ("json", json.dumps({"photoTakenTime": {"timestamp": "9" * 40}, "geoData": [1]}).encode()),
    ],
)
def test_a_hostile_file_beside_a_picture_costs_nothing_but_its_words(alice, tmp_path, end, data):
    (tmp_path / "a.png").write_bytes(draw("PNG"))
    (tmp_path / f"a.{end}").write_bytes(data)
    photo = brought(alice, tmp_path)
    assert (photo.title, photo.caption, photo.latitude) == ("", "", None)


def test_a_pipe_beside_a_picture_does_not_stop_the_import(alice, tmp_path):
    (tmp_path / "a.png").write_bytes(draw("PNG"))
    os.mkfifo(tmp_path / "a.txt")
    brought(alice, tmp_path)


def test_sidecars_in_an_archive_are_read_too(alice, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("out/a.png", draw("PNG"))
        archive.writestr("out/a.txt", A1111)
    outcomes = list(Import(alice.pk, [tmp_path / "a.zip"]).run())
    assert [outcome.recipe for outcome in outcomes] == ["full"]
    assert outcomes[0].path == f"{tmp_path}/a.zip/out/a.png"
