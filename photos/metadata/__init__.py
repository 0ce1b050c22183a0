"""What is written in a picture's file, read without decoding a pixel.

    carriers  where each format keeps it          exif, iptc, photos.xmp  what the bytes mean
    dates, camera, provenance  one fact each      photos.recipes          what a generator wrote

Everything here is text of strangers: bounded, cleaned once, never trusted. Whatever is odd is "unknown".
Runs inside the decoder process.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from photos.metadata import camera, dates, described
from photos.metadata.carriers import Carried, carried_by
from photos.metadata.exif import Exif, read_exif
from photos.metadata.iptc import read_iptc
from photos.metadata.provenance import digital_source_type
from photos.metadata.usercomment import decode_user_comment
from photos.recipes import Found, read_recipe
from photos.xmp import parse_xmp

__all__ = ["read_metadata"]

log = logging.getLogger(__name__)

# Where TIFF keeps them; the last is C2PA's.
_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG, _PROVENANCE_TAG = 0x02BC, 0x83BB, 0x8649, 0xCD41

_UNKNOWN: dict[str, Any] = {
    "taken_at": "",
    "taken_offset_minutes": None,
    "generated_at": "",
    "camera_make": "",
    "camera_model": "",
    "lens": "",
    "iso": None,
    "exposure": "",
    "lat": None,
    "lon": None,
    "title": "",
    "caption": "",
    "keywords": (),
    "rating": None,
    "recipe": None,
    "digital_source_type": "",
    "exif": {},
}


def read_metadata(image: Image.Image, path: Path, format: str) -> dict[str, Any]:
    """The metadata fields of `photos.images.Facts`, by keyword, for the opened, undecoded `image`.

    `path` is the file `image` was opened from, `format` one of the allowed formats. Never raises and
    never decodes: what cannot be read is empty. Takes well under a second and some 50 MB at worst.
    """
    try:
        with path.open("rb") as stream:
            return _UNKNOWN | _read(stream, format.upper(), dict(image.info))
    except Exception:  # a stranger's file must not cost more than its own metadata
        log.warning("The metadata of a %s file could not be read.", format, exc_info=True)
        return dict(_UNKNOWN)


def _read(stream: BinaryIO, format: str, info: dict) -> dict[str, Any]:
    carried = carried_by(stream, format, info)
    exif = read_exif(stream if format == "TIFF" else io.BytesIO(carried.exif))
    if format == "TIFF":
        carried.xmp.append(exif.main.raw(_XMP_TAG))
        carried.iptc = exif.main.raw(_IPTC_TAG) or exif.main.raw(_PHOTOSHOP_TAG)
        carried.provenance = exif.main.raw(_PROVENANCE_TAG)
    return _facts(carried, exif)


def _facts(carried: Carried, exif: Exif) -> dict[str, Any]:
    xmp, iptc = parse_xmp(*carried.xmp), read_iptc(carried.iptc)
    recipe = read_recipe(_found(carried, exif, xmp))
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    facts = camera.camera(exif, xmp)
    facts["taken_at"], facts["taken_offset_minutes"] = dates.taken(exif, xmp, iptc, now)
    facts["generated_at"] = dates.generated(carried.texts, recipe, now)
    if recipe and not facts["camera_make"] and not facts["camera_model"]:
        # No camera took it: the clock in its EXIF is the generator's.
        facts["generated_at"] = facts["generated_at"] or facts["taken_at"]
        facts["taken_at"], facts["taken_offset_minutes"] = "", None
    facts["lat"], facts["lon"] = camera.place(exif, xmp)
    facts |= described.described(exif, xmp, iptc, recipe)
    facts["digital_source_type"] = digital_source_type(xmp, carried.provenance)
    return facts | {"recipe": recipe, "exif": camera.readable(exif)}


def _found(carried: Carried, exif: Exif, xmp: Any) -> Found:
    """The text a recipe may be in."""
    names = {"Make": 0x010F, "Model": 0x0110, "ImageDescription": 0x010E, "Software": 0x0131}
    texts = {name: exif.text(tag) for name, tag in names.items()}
    said = {name: xmp.text(name) for name in ("dc:description", "exif:UserComment", "xmp:CreatorTool")}
    return Found(
        png_text=carried.texts,
        user_comment=decode_user_comment(exif),
        comment=carried.comment,
        exif={name: text for name, text in texts.items() if text},
        xmp={name: text for name, text in said.items() if text},
    )
