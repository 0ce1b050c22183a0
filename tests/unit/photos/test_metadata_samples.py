"""The sample files: what is known of them is said, nothing else is, and none of them costs much."""

import csv
import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from photos.metadata import read_metadata

csv.field_size_limit(1 << 24)
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(os.environ.get("GALLERY_SAMPLES", ROOT.parent / "shared" / "samples"))

pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files are not on this machine"),
    pytest.mark.filterwarnings("ignore"),
]


def truths(kind, *facts):
    """Files of a kind, those of which one of `facts` is known when any are named."""
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "INDEX.csv").open(encoding="utf-8") as index:
        rows = [row for row in csv.DictReader(index) if row["kind"] == kind]
    known = [(row["file"], json.loads(row["expected"])) for row in rows]
    if facts:
        known = [(file, truth) for file, truth in known if any(fact in truth for fact in facts)]
    return [pytest.param(SAMPLES / file, truth, id=file) for file, truth in known]


def said_of(path):
    """None for a file that no plug-in of Pillow opens here."""
    try:
        image = Image.open(path)
    except Exception:
        return None
    with image:
        image.load = lambda *args: pytest.fail("the pixels were decoded")
        return read_metadata(image, path, {"MPO": "JPEG", "HEIF": "HEIC"}.get(image.format, image.format))


@pytest.fixture(autouse=True, scope="module")
def heic():
    pi_heif = pytest.importorskip("pi_heif")
    pi_heif.register_heif_opener()


@pytest.mark.parametrize(("path", "known"), truths("photos", "make", "camera", "lens", "iso", "lat"))
def test_camera_and_place_of_a_photograph(path, known):
    said = said_of(path)
    if said is None:
        pytest.skip("not a format of this gallery")
    for field, fact in (
        ("camera_make", "make"),
        ("camera_model", "camera"),
        ("lens", "lens"),
        ("iso", "iso"),
    ):
        if known.get(fact):
            assert said[field] == known[fact]
    if known.get("lat"):  # 0, 0 is where no receiver knew a place
        assert said["lat"] == pytest.approx(known["lat"], abs=1e-5)
        assert said["lon"] == pytest.approx(known["lon"], abs=1e-5)


@pytest.mark.parametrize(("path", "known"), truths("photos", "taken"))
def test_day_and_hour_of_a_photograph(path, known):
    said = said_of(path)
    if said is None:
        pytest.skip("not a format of this gallery")
    possible = 1826 <= int(known["taken"][:4]) <= 2098
    stated = known["taken"][:19].replace(":", "-", 2).replace(" ", "T")
    assert said["taken_at"][:19] == (stated if possible else "")
    if known.get("tz"):
        hours, minutes = int(known["tz"][1:3]), int(known["tz"][4:])
        assert said["taken_offset_minutes"] == (hours * 60 + minutes) * (-1 if known["tz"][0] == "-" else 1)


@pytest.mark.parametrize(("path", "known"), truths("ai", "digital_source_type"))
def test_how_an_image_says_it_came_to_be(path, known):
    assert said_of(path)["digital_source_type"] == known["digital_source_type"]


@pytest.mark.parametrize(("path", "known"), truths("hostile"))
def test_a_hostile_file_costs_no_more_than_its_metadata(path, known):
    started = time.monotonic()
    said = said_of(path)
    assert time.monotonic() - started < 2
    if said is not None:
        json.dumps(said["exif"], allow_nan=False).encode()
        text = [said["title"], said["caption"], *said["keywords"], said["camera_model"]]
        "".join(text).encode()  # no lone surrogates
        assert "\0" not in "".join(text)
