"""`inspect_images`: one JSON object a line, from the files alone."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image

from tests.pictures import cut, draw

KEYS = [
    "file", "ok", "code", "reason", "format", "width", "height", "frames", "orientation", "sha256", "taken_at",
    "taken_zone", "camera_make", "camera_model", "lens", "iso", "exposure", "lat", "lon", "title", "caption",
    "keywords", "rating", "recipe", "digital_source_type",
]  # fmt: skip
RECIPE_KEYS = [
    "generator", "prompt", "negative_prompt", "model", "sampler", "scheduler", "steps", "cfg", "seed", "width",
    "height", "loras",
]  # fmt: skip
PARAMETERS = (
    "a red lighthouse\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48"
)


def inspect(*paths: Path) -> list[dict]:
    said = io.StringIO()
    call_command("inspect_images", *map(str, paths), stdout=said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


@pytest.fixture
def camera_picture(tmp_path) -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "ACME", "Box 3"
    exif.get_ifd(0x8769).update({0x9003: "2024:04:13 20:35:31", 0x9011: "+05:45"})
    (tmp_path / "camera.jpg").write_bytes(draw("JPEG", (64, 48), orientation=6, exif=exif))
    return tmp_path / "camera.jpg"


def test_every_line_has_exactly_the_keys_that_are_promised(camera_picture, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    lines = inspect(camera_picture, tmp_path / "bad.jpg", tmp_path / "nowhere.jpg")
    assert [list(line) for line in lines] == [KEYS] * 3


def test_a_camera_picture_is_described(camera_picture):
    said = inspect(camera_picture)[0]
    assert (said["ok"], said["code"], said["reason"], said["format"]) == (True, "", "", "JPEG")
    assert (said["width"], said["height"], said["orientation"], said["frames"]) == (64, 48, 6, 1)
    assert (said["taken_at"], said["taken_zone"]) == ("2024-04-13T20:35:31", "+05:45")
    assert (said["camera_make"], said["camera_model"]) == ("ACME", "Box 3")
    assert said["sha256"] == hashlib.sha256(camera_picture.read_bytes()).hexdigest()
    assert (said["recipe"], said["lat"], said["rating"], said["keywords"]) == (None, None, None, [])


def test_a_recipe_is_told_by_its_parts(tmp_path):
    (tmp_path / "made.png").write_bytes(draw("PNG", text={"parameters": PARAMETERS}))
    recipe = inspect(tmp_path / "made.png")[0]["recipe"]
    assert list(recipe) == RECIPE_KEYS
    assert (recipe["prompt"], recipe["negative_prompt"], recipe["seed"]) == ("a red lighthouse", "fog", "41")
    assert (recipe["steps"], recipe["cfg"], recipe["loras"]) == (20, 7.0, [])


def test_a_refused_file_says_why_and_still_has_its_hash(tmp_path):
    (tmp_path / "half.jpg").write_bytes(cut(draw("JPEG", (640, 480)), 0.5))
    said = inspect(tmp_path / "half.jpg")[0]
    assert (said["ok"], said["code"], said["format"]) == (False, "truncated", None)
    assert "missing" in said["reason"] and len(said["sha256"]) == 64


def test_files_stay_in_the_order_they_were_named(tmp_path):
    names = [f"{number:02}.png" for number in range(12)]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(draw("PNG", (64 + 40 * (number % 2), 48)))
    assert [Path(said["file"]).name for said in inspect(*(tmp_path / name for name in names))] == names


def test_folders_are_walked(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep.png").write_bytes(draw("PNG"))
    (tmp_path / "a" / ".hidden.png").write_bytes(draw("PNG"))
    assert [said["file"] for said in inspect(tmp_path)] == [str(tmp_path / "a" / "b" / "deep.png")]


def test_what_is_no_file_is_refused(tmp_path):
    said = inspect(Path("/dev/null"), tmp_path / "nowhere.png")
    assert [line["code"] for line in said] == ["not-accepted", "unreadable"]


def test_a_name_that_is_no_text_is_said_in_one_line(tmp_path):
    path = tmp_path / "odd\n\udcff.png"
    path.write_bytes(draw("PNG"))
    assert inspect(path)[0]["ok"]


def test_neither_library_nor_database_is_needed_or_made(tmp_path, camera_picture):
    code = Path(__file__).resolve().parents[3]
    (tmp_path / "data").mkdir()
    environment = {"PATH": "/usr/bin:/bin", "GALLERY_DATA": str(tmp_path / "data"), "SECRET_KEY": "x" * 60}
    done = subprocess.run(
        [sys.executable, code / "manage.py", "inspect_images", camera_picture],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr and json.loads(done.stdout)["ok"]
    assert not list((tmp_path / "data").rglob("*.sqlite3*"))
