"""What the camera says of itself and of where it was: make, lens, exposure, place, the readable tags."""

from __future__ import annotations

import math
import re
from typing import Any

from PIL import ExifTags

from photos.metadata.exif import Exif, Tags
from photos.recipes.text import clean, clean_line, decode_loosely
from photos.xmp import Xmp

MAX_NAME = 100  # characters; a "model" longer than that is a graph
MAX_ENTRIES = 100
MAX_TEXT = 500

_JSON = re.compile(r"\s*(?:[A-Za-z_]{1,30}:)?\s*[{\[]")
_XMP_DEGREES = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,15})?)(?:,(\d{1,2}(?:\.\d{1,15})?))?([NSEW])")

_TAG_NAMES = {**ExifTags.TAGS}
# Pointers, pictures, and blocks that are read elsewhere or hold a recipe.
_UNREADABLE = {
    *(0x02BC, 0x83BB, 0x8649, 0x8769, 0x8773, 0x8825, 0x9286, 0x927C, 0xA005, 0xC4A5, 0xEA1C),
    *(0x0111, 0x0117, 0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x0201, 0x0202, 0x015B, 0x0140),
}
_WIDE_TEXT = {0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}


def camera(exif: Exif, xmp: Xmp) -> dict[str, Any]:
    """Make, model, lens, ISO and exposure as in Facts."""
    return {
        "camera_make": _name(exif.main.text(0x010F)) or _name(xmp.text("tiff:Make")),
        "camera_model": _name(exif.main.text(0x0110)) or _name(xmp.text("tiff:Model")),
        "lens": _lens(exif, xmp),
        "iso": _iso(exif),
        "exposure": _exposure(exif),
    }


def _name(text: str) -> str:
    """A name, or "": generators write whole graphs into Make and Model."""
    return "" if len(text) > MAX_NAME or _JSON.match(text) else clean_line(text, MAX_NAME)


def _lens(exif: Exif, xmp: Xmp) -> str:
    candidates = (exif.text(0xA434), xmp.text("exifEX:LensModel"), xmp.text("aux:Lens"))
    return next((name for name in map(_name, candidates) if name and name.strip("-0. ")), "")


def _iso(exif: Exif) -> int | None:
    """65535 is as high as ISOSpeedRatings goes; the newer tags then say the real one (Exif 2.3, 4.6.5)."""
    iso = exif.number(0x8827)
    if iso is None or iso >= 65535:
        iso = exif.number(0x8832, 0x8833, 0x8831)
    return int(iso) if iso is not None and 1 <= iso <= 10_000_000 else None


def _exposure(exif: Exif) -> str:
    """ "1/250 s, f/2.8, 35 mm", with the parts that are known."""
    seconds, aperture, focal = exif.number(0x829A), exif.number(0x829D), exif.number(0x920A)
    parts = []
    if seconds is not None and 1e-6 <= seconds <= 86_400:
        parts.append(f"{_short(seconds)} s" if seconds > 0.3 else f"1/{round(1 / seconds)} s")
    if aperture is not None and 0.1 <= aperture <= 1_000:
        parts.append(f"f/{_short(aperture)}")
    if focal is not None and 0.1 <= focal <= 100_000:
        parts.append(f"{_short(focal)} mm")
    return ", ".join(parts)


def _short(number: float) -> str:
    return f"{round(number, 1):.12g}"


def place(exif: Exif, xmp: Xmp) -> tuple[float | None, float | None]:
    """Latitude and longitude in signed degrees, both or neither.

    Exactly 0, 0 is what receivers write who know nothing; a hemisphere that is missing is not guessed.
    """
    lat = _degrees(exif.gps, 0x0002, exif.gps.text(0x0001), "NS", 90)
    lon = _degrees(exif.gps, 0x0004, exif.gps.text(0x0003), "EW", 180)
    if lat is None or lon is None:
        lat = _xmp_degrees(xmp.text("exif:GPSLatitude"), "NS", 90)
        lon = _xmp_degrees(xmp.text("exif:GPSLongitude"), "EW", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None
    return lat, lon


def _degrees(gps: Tags, tag: int, hemisphere: str, letters: str, most: int) -> float | None:
    parts = gps.numbers(tag)
    if not 1 <= len(parts) <= 3 or hemisphere[:1].upper() not in letters or not hemisphere:
        return None
    return _signed([float(part) for part in parts], hemisphere[:1].upper(), most)


def _xmp_degrees(text: str, letters: str, most: int) -> float | None:
    """XMP's form, "49,11,56.14N" or "49,11.9357N" (XMP specification part 2, GPSCoordinate)."""
    match = _XMP_DEGREES.fullmatch(text.strip().upper())
    if match is None or match[4] not in letters:
        return None
    return _signed([float(part) for part in match.groups()[:3] if part], match[4], most)


def _signed(parts: list[float], hemisphere: str, most: int) -> float | None:
    """Degrees, minutes, seconds as one number; None where one is out of range or no number."""
    if not all(math.isfinite(part) and part >= 0 for part in parts) or any(part > 60 for part in parts[1:]):
        return None
    degrees = sum(part / 60**power for power, part in enumerate(parts))
    if degrees > most:
        return None
    return round(-degrees if hemisphere in "SW" else degrees, 8)


def readable(exif: Exif) -> dict[str, Any]:
    """Tag names and values as a person may read them, JSON-safe, at most MAX_ENTRIES.

    Binary values, maker notes, the user comment and the coordinates are left out, and so is text
    that is a generator's graph: that belongs to the recipe.
    """
    entries: dict[str, Any] = {}
    gps = {tag: value for tag, value in exif.gps.values.items() if tag not in (0, 1, 2, 3, 4)}
    for tags, names in ((exif.main, _TAG_NAMES), (exif.photo, _TAG_NAMES), (Tags(gps), ExifTags.GPSTAGS)):
        for tag in tags.values:
            name, value = names.get(tag), _readable(tags, tag)
            if name and tag not in _UNREADABLE and value not in ("", None, []) and len(entries) < MAX_ENTRIES:
                entries.setdefault(name, value)
    return entries


def _readable(tags: Tags, tag: int) -> Any:
    value = tags.values[tag]
    if tag in _WIDE_TEXT:
        return clean(tags.wide_text(tag), MAX_TEXT)
    if isinstance(value, bytes):
        return _readable_bytes(value)
    numbers = [_plain_number(number) for number in value[:16]]
    return numbers[0] if len(numbers) == 1 else numbers


def _readable_bytes(value: bytes) -> str | int | None:
    """Text, or the number a single byte is; None for what is binary."""
    if len(value) == 1 and not 32 <= value[0] < 127:
        return value[0]
    text = value.split(b"\0", 1)[0]
    if any(byte < 32 and byte not in b"\t\r\n" for byte in text[:MAX_TEXT]):
        return None
    decoded = decode_loosely(text[: MAX_TEXT * 4])
    return None if _JSON.match(decoded) else clean(decoded, MAX_TEXT)


def _plain_number(number: float) -> int | float | None:
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) else round(number, 6)
