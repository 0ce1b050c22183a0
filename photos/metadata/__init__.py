"""What is written in a picture's file, read without decoding a pixel.

    carriers  where each format keeps it          exif, iptc, photos.xmp  what the bytes mean
    dates, camera, provenance  one fact each      photos.recipes          what a generator wrote

Everything here is text of strangers: bounded, cleaned once, never trusted. Whatever is odd is "unknown".
Runs inside the decoder process.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from photos.images import RecipeFacts
from photos.metadata import camera, dates, described
from photos.metadata.carriers import Carried, carried_by
from photos.metadata.exif import Exif, read_exif
from photos.metadata.iptc import read_iptc
from photos.metadata.provenance import agents, digital_source_type, signature
from photos.metadata.stealth import hidden_texts
from photos.metadata.usercomment import decode_user_comment
from photos.recipes import Found, read_recipe
from photos.xmp import Xmp, parse_xmp

__all__ = ["Written", "read_metadata", "written_in"]

log = logging.getLogger(__name__)

# Where TIFF keeps them; the last is C2PA's.
_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG, _PROVENANCE_TAG = 0x02BC, 0x83BB, 0x8649, 0xCD41

_TEXT_TAGS = {
    "DocumentName": 0x010D,
    "ImageDescription": 0x010E,
    "Make": 0x010F,
    "Model": 0x0110,
    "Software": 0x0131,
    "MakerNote": 0x927C,
}
_XMP_NAMES = (
    *("dc:description", "exif:UserComment", "xmp:CreatorTool", "photoshop:Credit"),
    *("Iptc4xmpExt:AIPromptInformation", "Iptc4xmpExt:AISystemUsed"),
)

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
    "signed": "",
    "exif": {},
}


def read_metadata(image: Image.Image, path: Path, format: str) -> dict[str, Any]:
    """The metadata fields of `photos.images.Facts`, by keyword, for the opened, undecoded `image`.

    `path` is the file `image` was opened from, `format` one of the allowed formats. Never raises, and never
    decodes but a PNG that hides text in its pixels: what cannot be read is empty. Takes well under a second and
    some 100 MB at worst.
    """
    try:
        with path.open("rb") as stream:
            return _UNKNOWN | _read(stream, format.upper(), dict(image.info))
    except Exception:  # a stranger's file must not cost more than its own metadata
        log.warning("The metadata of a %s file could not be read.", format, exc_info=True)
        return dict(_UNKNOWN)


@dataclass(frozen=True)
class Written:
    """All that is written in one file, parsed; what it means is asked of it."""

    carried: Carried
    exif: Exif
    xmp: Xmp
    found: Found
    signed: str  # "c2pa", or "": not checked


def written_in(stream: BinaryIO, format: str, info: dict) -> Written:
    """What the open file carries; `info` as for `carried_by`."""
    carried = carried_by(stream, format, info)
    exif = read_exif(stream if format == "TIFF" else io.BytesIO(carried.exif))
    if format == "TIFF":
        carried.xmp.append(exif.main.raw(_XMP_TAG))
        carried.iptc = exif.main.raw(_IPTC_TAG) or exif.main.raw(_PHOTOSHOP_TAG)
        carried.provenance = exif.main.raw(_PROVENANCE_TAG)
    xmp = parse_xmp(*carried.xmp)
    return Written(carried, exif, xmp, _found(carried, exif, xmp), signature(format, xmp, carried.provenance))


def _read(stream: BinaryIO, format: str, info: dict) -> dict[str, Any]:
    said = written_in(stream, format, info)
    return _facts(said, stream) | {"signed": said.signed}


def _facts(said: Written, stream: BinaryIO) -> dict[str, Any]:
    carried, exif, xmp, found = said.carried, said.exif, said.xmp, said.found
    iptc = read_iptc(carried.iptc)
    recipe = _recipe(found, stream, carried)
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
    facts["digital_source_type"] = found.source_type
    return facts | {"recipe": recipe, "exif": camera.readable(exif)}


def _recipe(found: Found, stream: BinaryIO, carried: Carried) -> RecipeFacts | None:
    """What the text says; a PNG that says no prompt is asked for one among its pixels."""
    recipe = read_recipe(found)
    if (recipe and recipe.prompt) or not carried.is_png:
        return recipe
    texts = hidden_texts(stream)
    return (read_recipe(dataclasses.replace(found, png_text=texts)) if texts else None) or recipe


def _found(carried: Carried, exif: Exif, xmp: Xmp) -> Found:
    """The text a recipe may be in."""
    return Found(
        png_text=carried.texts,
        user_comment=decode_user_comment(exif),
        comment=carried.comment,
        exif={name: text for name, text in _exif_texts(exif) if text},
        xmp={name: text for name, text in _xmp_texts(xmp) if text},
        source_type=digital_source_type(xmp, carried.provenance),
        agents=agents(carried.provenance),
    )


def _exif_texts(exif: Exif) -> Iterator[tuple[str, str]]:
    """Named tags, and of those below the camera's names the ones that hold a graph behind its label."""
    yield from ((name, exif.text(tag)) for name, tag in _TEXT_TAGS.items())
    for tag in range(0x010C, 0x00FE, -1):
        if b":{" in exif.main.raw(tag)[:40]:
            yield f"{tag:#06x}", exif.main.text(tag)


def _xmp_texts(xmp: Xmp) -> Iterator[tuple[str, str]]:
    yield from ((name, xmp.text(name)) for name in _XMP_NAMES)
    yield from ((name, xmp.in_any_namespace(name)) for name in ("prompt", "workflow", "parameters"))
