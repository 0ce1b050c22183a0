"""Pixels by Pillow: where libvips is absent, for AVIF and HEIC, and for what libvips cannot read.

Runs only inside the decoder process. The same functions as `photos.pixels_vips`; a picture here is a
loaded PIL.Image, mode RGB or RGBA, sRGB.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib import import_module
from itertools import chain, product
from pathlib import Path

from PIL import Image, ImageFile, PngImagePlugin

Unreadable = Exception  # on damaged files Pillow raises what its struct, zlib and offset arithmetic raise
Picture = Image.Image

# The one plug-in to be asked, by format; importing only that keeps the other forty out of the process.
PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
}
TURNED_ON_LOAD = ("TIFF",)  # whose orientation Pillow itself obeys, in `size` at once, in pixels on load
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What nobody sees as transparent is drawn without alpha: WebP would keep its lowest bits, in which prompts hide.
OPAQUE = 254
LOWEST_BIT_FOLLOWS = [alpha & 254 | alpha >> 7 for alpha in range(256)]  # and so says nothing of its own
Image.MAX_IMAGE_PIXELS = None  # our own limits are checked before anything is decoded
# Workflows of a few megabytes are real, 120 MB out of 120 kB are not.
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 1024 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 32 * 1024 * 1024


class _ForgivingPngStream(PngImagePlugin.PngStream):
    """PNG chunks, where text or a profile that is too large or broken is absent instead of fatal.

    Stock Pillow refuses the whole picture for them; its pixels are fine.
    """

    def chunk_iCCP(self, pos: int, length: int) -> bytes:
        return self._or_nothing(super().chunk_iCCP, pos, length)

    def chunk_zTXt(self, pos: int, length: int) -> bytes:
        return self._or_nothing(super().chunk_zTXt, pos, length)

    def chunk_iTXt(self, pos: int, length: int) -> bytes:
        return self._or_nothing(super().chunk_iTXt, pos, length)

    def chunk_tEXt(self, pos: int, length: int) -> bytes:
        return self._or_nothing(super().chunk_tEXt, pos, length)

    def _or_nothing(self, read, pos: int, length: int) -> bytes:
        start = self.fp.tell()
        try:
            return read(pos, length)
        except (ValueError, SyntaxError, IndexError):
            self.fp.seek(start)
            return ImageFile._safe_read(self.fp, length)


PngImagePlugin.PngStream = _ForgivingPngStream


def open_header(path: Path, format: str) -> Picture:
    """The picture with its header read and no pixel decoded. Raises whatever Pillow raises."""
    if format == "HEIC":
        import pi_heif

        pi_heif.register_heif_opener()
        return Image.open(path, formats=["HEIF"])
    import_module(PLUGINS[format])
    return Image.open(path, formats=[format])


def shrunk(path: Path, format: str, size: tuple[int, int], orientation: int) -> Picture:
    """The first frame, decoded to its end, upright at exactly `size` (displayed width, height)."""
    orientation = 1 if format in TURNED_ON_LOAD else orientation
    size = size if orientation < 5 else size[::-1]
    with open_header(path, format) as image:
        profile = image.info.get("icc_profile")
        image.draft(None, size)  # a JPEG shrinks while it loads; nothing else listens
        image.load()
        picture = _resizable(image)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture = _colored(picture, profile)
    return picture.transpose(TURNS[orientation]) if orientation != 1 else picture


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def webp(picture: Picture, quality: int) -> bytes:
    out = io.BytesIO()
    import_module(PLUGINS["WEBP"])
    if picture.mode == "RGBA" and picture.getextrema()[3][0] >= OPAQUE:
        picture = picture.convert("RGB")
    elif picture.mode == "RGBA":
        alpha = picture.getchannel("A").point(LOWEST_BIT_FOLLOWS)
        picture = picture.copy()
        picture.putalpha(alpha)
    # Pillow copies the profile and EXIF of the source unless told otherwise.
    picture.save(out, "WEBP", quality=quality, method=2, icc_profile=b"", exif=b"", xmp=b"")
    return out.getvalue()


def png(picture: Picture) -> bytes:
    out = io.BytesIO()
    import_module(PLUGINS["PNG"])
    picture.save(out, "PNG", compress_level=3, icc_profile=b"", exif=b"")
    return out.getvalue()


def rgba(picture: Picture) -> bytes:
    """Four bytes a pixel, row by row."""
    return picture.convert("RGBA").tobytes()


def _resizable(image: Picture) -> Picture:
    """The same picture in a mode whose neighbours can be averaged; colours are converted afterwards."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image.convert("RGBA") if "transparency" in image.info and image.mode in ("L", "RGB") else image
    if image.mode.startswith(("I", "F")):
        return _eight_bit(image)
    if image.mode == "1":
        return image.convert("L")
    transparent = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _eight_bit(image: Picture) -> Picture:
    """Deep grey as 8 bits: 16-bit by its full range, 32-bit and float by what they hold."""
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    else:
        low, high = image.getextrema()
    scale = 255.0 / (high - low) if high > low else 0.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def _colored(picture: Picture, profile: bytes | None) -> Picture:
    """8-bit sRGB, with alpha where there was one."""
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    colors = to_srgb(picture.convert(picture.mode[:-1]) if alpha else picture, profile)
    if alpha:
        colors.putalpha(alpha)
    return colors


def to_srgb(picture: Picture, profile: bytes | None) -> Picture:
    """RGB out of L, RGB, CMYK or LAB: by the picture's own profile; without one, or with one that does
    not fit, by convention (for CMYK that of browsers: black ink is black)."""
    if transform := transform_to_srgb(profile, picture.mode):
        return transform.apply(picture)
    return picture.convert("RGB")


@lru_cache(maxsize=16)
def transform_to_srgb(profile: bytes | None, mode: str):
    """The way from the profile to sRGB, for ImageCms; None where there is none to go: no profile, one of
    another kind of pixel, or sRGB under whatever name, which its effect on a few colours tells."""
    from PIL import ImageCms

    if not profile and mode != "LAB":
        return None
    srgb = ImageCms.createProfile("sRGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if mode not in ("L", "RGB"):
        return transform
    levels = bytes(chain.from_iterable(product((0, 128, 255), repeat=3)))
    colors = Image.frombytes("RGB", (27, 1), levels).convert(mode)
    pairs = zip(colors.convert("RGB").tobytes(), transform.apply(colors).tobytes(), strict=True)
    return transform if any(abs(before - after) > 2 for before, after in pairs) else None
