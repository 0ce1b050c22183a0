"""Files from the wild: what generators and cameras wrote, and what was made to break programs."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photos import decoder
from photos.images import CODES, RejectedImage
from photos.thumbnails import EAGER
from tests.pictures import cut

SAMPLES = Path(os.environ.get("GALLERY_SAMPLES", Path(__file__).parents[3].parent / "shared" / "samples"))
EXTENSIONS = {".jpg", ".jpeg", ".mpo", ".png", ".apng", ".webp", ".gif", ".avif", ".avifs", ".tif", ".tiff"}
EXTENSIONS |= {".heic", ".heif"}
MOST_BYTES = 1_000_000_000  # of a decoder over all of them; it is ended only a little above that
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample files at {SAMPLES}")


def rows(folder: str) -> list[dict[str, Any]]:
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "INDEX.csv").open(newline="", encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["file"].startswith(folder)]
    return [{"path": SAMPLES / row["file"], **json.loads(row["expected"] or "{}")} for row in found]


def readable(folder: str) -> list[dict[str, Any]]:
    """Accepted formats that Pillow (with its HEIC plug-in) reads."""
    loads = [row for row in rows(folder) if "loads" in f"{row.get('pillow')}{row.get('pillow_heif_1.8')}"]
    good = [row for row in loads if "load raises" not in str(row.get("pillow"))]
    return [row for row in good if row["path"].suffix.lower() in EXTENSIONS]


def peak_bytes(pid: int) -> int:
    """The most memory a process had so far; what it has now where the system does not keep that."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return decoder.resident_bytes(pid)
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024


@pytest.fixture(scope="module", params=["libvips", "pillow"])
def pool(request: pytest.FixtureRequest) -> Iterator[decoder.Pool]:
    before = os.environ.get("GALLERY_DECODER")
    os.environ["GALLERY_DECODER"] = request.param
    pool = decoder.Pool()
    yield pool
    pool.close()
    os.environ.pop("GALLERY_DECODER")
    if before:
        os.environ["GALLERY_DECODER"] = before


@pytest.mark.parametrize("row", readable("ai/") + readable("photos/"), ids=lambda row: row["path"].name)
def test_a_real_picture_is_accepted_at_its_displayed_size(pool, row, tmp_path):
    facts = pool.examine(row["path"], {"h320": tmp_path / "h320.webp"})
    stored = (row.get("width"), row.get("height"))
    if all(stored):
        expected = stored if facts.orientation < 5 else stored[::-1]
        assert (facts.width, facts.height) == expected
    assert Image.open(tmp_path / "h320.webp").height <= 320


@pytest.mark.parametrize("row", rows("hostile/"), ids=lambda row: row["path"].name)
def test_a_hostile_file_gets_an_answer_in_bounded_time_and_memory(pool, row, tmp_path):
    started, refused = time.monotonic(), None
    try:
        pool.examine(row["path"], {name: tmp_path / name for name in EAGER})
    except RejectedImage as error:
        refused = error
    assert refused is None or (refused.code in CODES and str(SAMPLES) not in refused.sentence)
    assert time.monotonic() - started < decoder.MAX_SECONDS
    (child,) = pool.decoders
    assert peak_bytes(child.process.pid) < MOST_BYTES


@pytest.mark.parametrize("share", [0.5, 0.98])
@pytest.mark.parametrize(
    "name", ["exifr__heic-single.heic", "pillow__hopper.heif", "pigallery2__IMG_7943.HEIC"]
)
def test_a_cut_heic_is_refused(pool, name, share, tmp_path):
    (tmp_path / "cut.heic").write_bytes(cut((SAMPLES / "photos" / name).read_bytes(), share))
    with pytest.raises(RejectedImage) as refused:
        pool.examine(tmp_path / "cut.heic", {})
    assert refused.value.code in ("truncated", "corrupt")


def test_a_turned_avif_is_turned_once(pool, tmp_path):
    facts = pool.examine(SAMPLES / "photos" / "pillow__rot1mir0.avif", {"h320": tmp_path / "h320.webp"})
    assert (facts.width, facts.height) == (640, 427)
    assert Image.open(tmp_path / "h320.webp").size == (480, 320)
