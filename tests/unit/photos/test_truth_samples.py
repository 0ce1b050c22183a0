"""Photographs of which it is known what they say: `inspect_images` says the same of every one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from photos.management.commands.inspect_images import inspect
from tests.unit.photos.test_decoder_samples import SAMPLES, rows

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample files at {SAMPLES}"),
]
SAME = {  # what the list of samples calls it, and what we do
    "make": "camera_make",
    "camera": "camera_model",
    "lens": "lens",
    "iso": "iso",
    "rating": "rating",
    "title": "title",
    "tz": "taken_zone",
    "orientation": "orientation",
}
# Where the gallery means to say something else than what ExifTool read.
NOT_OURS = {
    "c2pa-rs__C.jpg": {"title": "a manifest's name of the file, not a title"},
    "c2pa-rs__CA.jpg": {"title": "likewise"},
    "c2pa-rs__E-sig-CA.jpg": {"title": "likewise"},
    "c2pa-rs__XCA.jpg": {"title": "likewise"},
    "libavif__paris_icc_exif_xmp.avif": {"lat": "0, 0 is where no receiver knew a place"},
    "libavif__paris_icc_exif_xmp.png": {"lat": "likewise"},
    "pigallery2__before_epoch.jpg": {"taken": "no camera took a picture in 1601"},
    "pillow__exif_gps.jpg": {"taken": "nor in 2099"},
    "pillow__xmp_tags_orientation.avif": {"orientation": "a browser turns no picture for its XMP alone"},
    "pillow__xmp_tags_orientation.png": {"orientation": "likewise"},
}


@pytest.mark.parametrize("row", rows("photos/"), ids=lambda row: row["path"].name)
def test_a_photograph_is_what_it_says(row):
    known = {key: value for key, value in row.items() if key not in NOT_OURS.get(row["path"].name, {})}
    said = inspect(row["path"])
    if not said["ok"]:
        assert said["code"] == "not-accepted" or " raises " in known["pillow"]
        return
    for name, ours in SAME.items():
        if known.get(name) not in (None, ""):
            assert said[ours] == known[name], name
    if stated := known.get("width") and (known["width"], known["height"]):
        assert (said["width"], said["height"]) == (stated if said["orientation"] < 5 else stated[::-1])
    if "taken" in known:
        assert said["taken_at"][:19] == re.sub(r"(\d+):(\d+):(\d+) ", r"\1-\2-\3T", known["taken"])[:19]
    if "lat" in known:
        assert (said["lat"], said["lon"]) == pytest.approx((known["lat"], known["lon"]), abs=1e-5)
    words = as_list(known.get("keywords", [])) + as_list(known.get("subject", []))  # of IPTC, and of XMP
    assert set(said["keywords"]) >= set(words) and (words or not said["keywords"])
    if caption := known.get("caption"):  # the list cuts long ones
        assert said["caption"] == caption or (caption[-1] == "…" and said["caption"].startswith(caption[:-1]))


def as_list(words: Any) -> list[str]:
    return words if isinstance(words, list) else [words]


def test_every_photograph_that_is_known_is_there():
    assert {row["path"] for row in rows("photos/")} == set(Path(SAMPLES / "photos").iterdir())
    assert set(NOT_OURS) < {row["path"].name for row in rows("photos/")}
