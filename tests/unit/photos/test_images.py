"""Which files may come in, by their first bytes, and what is said to the others."""

from __future__ import annotations

import pytest

from photos.images import CODES, FORMATS, RejectedImage, detect_format
from tests.pictures import draw


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF"])
def test_the_bytes_say_the_format(format):
    assert detect_format(draw(format)[:4096]) == format


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix", "HEIC"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"II+\0\x08\0\0\0", "TIFF"),
    ],
)
def test_containers_are_told_apart_by_what_is_inside(head, format):
    assert detect_format(head) == format


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"\xff\x0a\x00", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"BM6\0\0\0", "BMP"),
        (b"8BPS\0\1", "Photoshop"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\3\4", "ZIP"),
        (b"\0\0\1\0\1\0", "icon"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"push graphic-context\n", "text"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "video"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera raw"),
        (b"\x01\x02\x03\x04", "not a picture"),
    ],
)
def test_other_files_are_refused_by_name_with_what_is_accepted(head, named):
    with pytest.raises(RejectedImage) as refused:
        detect_format(head)
    assert refused.value.code == "not-accepted"
    assert named in refused.value.sentence
    assert all(name in refused.value.sentence for name in FORMATS.values())


def test_an_empty_file_is_called_empty():
    with pytest.raises(RejectedImage) as refused:
        detect_format(b"")
    assert (refused.value.code, refused.value.sentence) == ("empty", "The file is empty.")
    assert refused.value.code in CODES
