"""Ten searches a person would type among pictures of other programs and cameras, brought in as files."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from photos import search

pytestmark = [pytest.mark.samples, pytest.mark.django_db(transaction=True)]
AI = (
    "own__easydiffusion_style.png", "comfyui__hypernetwork_example_output.png", "sdcpp__flux2-klein-4b.png",
    "sdcpp__flux1-dev-q8_0.png", "sdcpp__lens_example.png", "own__a1111_exif.webp", "own__a1111_usercomment_le.jpg",
    "own__a1111_itxt_unicode.png", "sdnext__black-forest-labs--FLUX.1-dev.jpg", "comfyui__flux_depth_lora_example.png",
    "imaginairy__pearl_robot.png",
)  # fmt: skip
PHOTOS = ("pillow__frozenpond.mpo", "pillow__sugarshack.mpo", "libavif__seine_hdr_gainmap_srgb.avif")
SEARCHES = {
    "fox": "own__easydiffusion_style comfyui__hypernetwork_example_output",
    '"lovely cat" steps:<=4': "sdcpp__flux2-klein-4b",
    "seed:42 (dragon or sign)": "sdcpp__flux1-dev-q8_0 sdcpp__lens_example",
    '"red lighthouse" lora:coastline': "own__a1111_exif own__a1111_usercomment_le",
    "灯台 or naive cafe": "own__a1111_itxt_unicode",
    "model:flux -cat": "sdnext__black-forest-labs--FLUX.1-dev comfyui__flux_depth_lora_example",
    "woman neg:watermark sampler:uni_pc": "comfyui__hypernetwork_example_output",
    "taken:2014-03 camera:nintendo": "pillow__frozenpond pillow__sugarshack",
    "camera:pixel has:gps ratio:4:3": "libavif__seine_hdr_gainmap_srgb",
    "ratio:portrait is:generated taken:autumn-2022": "imaginairy__pearl_robot",
}


def test_ten_searches_a_person_would_make_find_what_they_should(alice, samples):
    files = [samples / "ai" / name for name in AI] + [samples / "photos" / name for name in PHOTOS]
    if absent := [file.name for file in files if not file.exists()]:
        pytest.skip(f"without the sample {absent[0]}")
    call_command("import_photos", *map(str, files), "--owner", alice.username, verbosity=0)
    found = {words: search.find(alice, search.parse(words)).photos for words in SEARCHES}
    names = {
        words: {photo.download_name.rpartition(".")[0] for photo in photos} for words, photos in found.items()
    }
    assert names == {words: set(expected.split()) for words, expected in SEARCHES.items()}
