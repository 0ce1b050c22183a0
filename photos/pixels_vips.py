"""Pixels by libvips: shrinks while it loads, streams what does not. Decoder process only.

The same functions as `photos.pixels_pillow`. A picture here is a pyvips.Image in memory: 8-bit sRGB,
three bands, or four with alpha. Each loader is called by name, never by what libvips makes of the bytes.
"""

from __future__ import annotations

from pathlib import Path

import pyvips
from PIL import Image

from photos.pixels_pillow import OPAQUE, to_srgb, transform_to_srgb

Unreadable = pyvips.Error
Picture = pyvips.Image

# AVIF and HEIC are left to Pillow: browsers read AVIF with the library Pillow has, and libheif, which
# libvips has, sees other colours in some files; HEVC is not in our build of it at all.
LOADERS = {
    "JPEG": pyvips.Image.jpegload,
    "PNG": pyvips.Image.pngload,
    "WEBP": pyvips.Image.webpload,
    "GIF": pyvips.Image.gifload,
    "TIFF": pyvips.Image.tiffload,
}
# EXIF orientation: degrees clockwise, and whether to mirror left to right afterwards.
TURNS = {
    2: (0, True),
    3: (180, False),
    4: (180, True),
    5: (90, True),
    6: (90, False),
    7: (270, True),
    8: (270, False),
}

pyvips.cache_set_max(0)  # no file is read twice
pyvips.block_untrusted_set(True)


def shrunk(path: Path, format: str, size: tuple[int, int], orientation: int) -> Picture:
    """The first frame, decoded to its end, upright at exactly `size` (displayed width, height)."""
    width, height = size if orientation < 5 else size[::-1]
    picture = _load(path, format, width, height)
    profile = picture.get("icc-profile-data") if picture.get_typeof("icc-profile-data") else None
    inks = picture.interpretation == "cmyk"
    if inks:  # bands of no meaning, so that only their size changes: colours come after
        picture = picture.copy(interpretation="multiband")
    picture = picture.thumbnail_image(width, height=height, size="force", no_rotate=True)
    picture = _colored(picture if inks else _eight_bit(picture), profile)
    return _upright(picture, orientation).copy_memory() if orientation != 1 else picture


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    if size == (picture.width, picture.height):
        return picture
    return picture.thumbnail_image(size[0], height=size[1], size="force", no_rotate=True).copy_memory()


def webp(picture: Picture, quality: int) -> bytes:
    if picture.bands == 4 and picture[3].min() >= OPAQUE:
        picture = picture.extract_band(0, n=3)
    elif picture.bands == 4:  # the lowest bit of alpha follows the highest, and says nothing of its own
        alpha = (picture[3] & 254) | ((picture[3] > 127) & 1)
        picture = picture.extract_band(0, n=3).bandjoin(alpha)
    return picture.webpsave_buffer(Q=quality, effort=2, keep="none")


def png(picture: Picture) -> bytes:
    return picture.pngsave_buffer(compression=3, keep="none")


def rgba(picture: Picture) -> bytes:
    """Four bytes a pixel, row by row."""
    return bytes((picture if picture.bands == 4 else picture.addalpha()).write_to_memory())


def _load(path: Path, format: str, width: int, height: int) -> Picture:
    """Lazy, but strict: without `fail_on` libvips fills what a cut file lacks with grey."""
    # A strip that libtiff cannot read counts as an "error", in a JPEG that word covers mere oddities.
    strictness = "error" if format == "TIFF" else "truncated"
    load, options = LOADERS[format], {"access": "sequential", "fail_on": strictness}
    picture = load(str(path), **options)
    factor = min(picture.width / width, picture.height / height)
    if format == "JPEG" and factor >= 2:
        return load(str(path), shrink=next(step for step in (8, 4, 2) if factor >= step), **options)
    if format == "WEBP" and factor > 1:
        return load(str(path), scale=1 / factor, **options)
    return picture


def _eight_bit(picture: Picture) -> Picture:
    """Grey or RGB of 8 bits, with alpha or without: deep pixels scaled, not clipped; extra bands dropped."""
    space = "b-w" if picture.interpretation in ("b-w", "grey16") else "srgb"
    if picture.interpretation != space:
        picture = picture.colourspace(space)
    most = 2 if space == "b-w" else 4
    if picture.bands > most:
        picture = picture.extract_band(0, n=most)
    return picture if picture.format == "uchar" else picture.cast("uchar")


def _colored(picture: Picture, profile: bytes | None) -> Picture:
    """The picture in memory, in sRGB. Pillow's colour engine needs a tenth of the time of libvips's here."""
    picture = picture.copy_memory()
    mode = {"b-w": "L", "srgb": "RGB", "multiband": "CMYK"}[picture.interpretation]
    if mode != "CMYK" and not transform_to_srgb(profile, mode):
        return picture if mode == "RGB" else picture.colourspace("srgb").copy_memory()
    bands, size = {"L": 1, "RGB": 3, "CMYK": 4}[mode], (picture.width, picture.height)
    colors = bytes(picture.extract_band(0, n=bands).write_to_memory())
    colors = to_srgb(Image.frombuffer(mode, size, colors, "raw", mode, 0, 1), profile).tobytes()
    colored = pyvips.Image.new_from_memory(colors, *size, 3, "uchar").copy(interpretation="srgb")
    return (colored.bandjoin(picture.extract_band(bands)) if picture.bands > bands else colored).copy_memory()


def _upright(picture: Picture, orientation: int) -> Picture:
    degrees, mirrored = TURNS[orientation]
    if degrees:
        picture = picture.rot(f"d{degrees}")
    return picture.fliphor() if mirrored else picture
