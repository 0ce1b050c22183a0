"""What an XMP packet in a file of its own says of the picture it stands beside."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from photos.metadata import camera, dates, described
from photos.metadata.exif import read_exif
from photos.metadata.iptc import read_iptc
from photos.recipes import Found, read_recipe
from photos.xmp import parse_xmp

RECIPE_NAMES = ("prompt", "workflow", "parameters")


def read_xmp_beside(packet: bytes) -> dict[str, Any]:
    """Fields of `photos.images.Beside`; empty for what is no XMP, too large, or wants to define something."""
    xmp = parse_xmp(packet)
    if not xmp:
        return {}
    exif, iptc = read_exif(io.BytesIO()), read_iptc(b"")
    texts = {name: text for name in RECIPE_NAMES if (text := xmp.in_any_namespace(name))}
    recipe = read_recipe(Found(xmp=texts)) if texts else None
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    taken_at, offset = dates.taken(exif, xmp, iptc, now)
    lat, lon = camera.place(exif, xmp)
    found = described.described(exif, xmp, iptc, recipe)
    return found | {
        "taken_at": taken_at,
        "taken_offset_minutes": offset,
        "lat": lat,
        "lon": lon,
        "recipe": recipe,
    }
