"""Pictures for tests, drawn in memory: real bytes of every format that can be written, whole and broken.

HEIC cannot be written with what the gallery installs; its tests take files from the samples.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 30), (40, 40, 200), (230, 210, 40)
ORIENTATION = 0x0112
# What was done to the upright picture when the tag says so: the inverse of what a viewer must do.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def picture(size: tuple[int, int] = (64, 48), *, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Quarters red and green above blue and yellow; discs and grain in the middle differ with `seed`.

    Modes with alpha are transparent in a disc in the middle.
    """
    width, height = size
    image = Image.new("RGB", size, RED)
    pen, dice = ImageDraw.Draw(image), random.Random(seed)
    pen.rectangle((width // 2, 0, width, height), GREEN)
    pen.rectangle((0, height // 2, width, height), BLUE)
    pen.rectangle((width // 2, height // 2, width, height), YELLOW)
    grain = Image.frombytes(
        "RGB",
        (max(1, width // 2), max(1, height // 2)),
        dice.randbytes(3 * max(1, width // 2) * max(1, height // 2)),
    )
    image.paste(grain, (width // 4, height // 4))
    if mode in ("LA", "RGBA", "PA"):
        hole = Image.new("L", size, 255)
        ImageDraw.Draw(hole).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), 0)
        image.putalpha(hole)
    return _in_mode(image, mode)


def draw(
    format: str = "JPEG",
    size: tuple[int, int] = (64, 48),
    *,
    mode: str = "RGB",
    orientation: int | None = None,
    seed: int = 0,
    text: Mapping[str, str] | None = None,
    exif: Image.Exif | bytes | None = None,
    icc: bytes | None = None,
    **options: Any,
) -> bytes:
    """One file. `size` is as displayed: with `orientation` the stored pixels are turned, and say so.

    `text` becomes PNG text. `options` go to Pillow's writer.
    """
    image = picture(size, mode=mode, seed=seed)
    if orientation is not None:
        image = image.transpose(STORED[orientation]) if orientation in STORED else image
        exif = exif or Image.Exif()
        exif[ORIENTATION] = orientation
    if text:
        options["pnginfo"] = PngInfo()
        for key, value in text.items():
            options["pnginfo"].add_text(key, value)
    return encode(image, format, exif=exif, icc_profile=icc, **options)


def encode(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **{name: value for name, value in options.items() if value is not None})
    return out.getvalue()


def animate(
    format: str = "GIF", frames: int = 3, size: tuple[int, int] = (32, 24), *, seed: int = 0
) -> bytes:
    """GIF, WEBP, PNG (APNG), AVIF or TIFF (pages) of that many different frames."""
    pictures = [picture(size, seed=seed + number) for number in range(frames)]
    return encode(pictures[0], format, save_all=True, append_images=pictures[1:])


def hollow_gif(size: tuple[int, int], frames: int) -> bytes:
    """A GIF of that canvas and that many frames, each of which changes one pixel: a few kilobytes."""
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0" + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", *size) + b"\x80\0\0" + bytes(6) + frame * frames + b"\x3b"


def cut(data: bytes, share: float) -> bytes:
    """The first `share` (0..1) of the file, as an upload that broke off leaves it."""
    return data[: int(len(data) * share)]


def png(
    size: tuple[int, int], *, depth: int = 8, color: int = 2, rows: bytes = b"", chunks: bytes = b""
) -> bytes:
    """A PNG of exactly these fields, true or not; `rows` are filter bytes and samples, uncompressed."""
    header = struct.pack(">IIBBBBB", *size, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunks
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def deep_png(*, color: bool) -> bytes:
    """16 bits a sample, 256 x 4: from black to white, so that half way is half way."""
    ramp = b"".join(struct.pack(">H", value * 257) * (3 if color else 1) for value in range(256))
    return png((256, 4), depth=16, color=2 if color else 0, rows=(b"\0" + ramp) * 4)


def text_bomb(megabytes: int = 120, *, kind: bytes = b"zTXt") -> bytes:
    """A good small PNG with a text or profile that unpacks to `megabytes`."""
    packed = zlib.compress(bytes(megabytes * 1024 * 1024), 9)
    head = {b"zTXt": b"parameters\0\0", b"iTXt": b"parameters\0\1\0\0\0", b"iCCP": b"icc\0\0"}[kind]
    rows = (b"\0" + bytes(RED) * 64) * 48
    return png((64, 48), rows=rows, chunks=chunk(kind, head + packed))


def swapped_icc() -> bytes:
    """sRGB with the red and green primaries exchanged: whoever obeys it sees red as green."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        grey = image.convert("L")
        return Image.frombytes(
            mode, grey.size, b"".join(struct.pack("<H", value * 257) for value in grey.tobytes())
        )
    if mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    if mode == "P":
        return image.quantize(64)
    return image if image.mode == mode else image.convert(mode)


def hiding(text: str, *, alpha: int = 254, format: str = "PNG", bands: str = "A") -> bytes:
    """A picture that hides `text` in the lowest bit of each pixel's alpha, or of its colours, as some generators do."""
    image, data = picture((64, 320)).convert("RGBA" if bands == "A" else "RGB"), text.encode()
    message = (
        (b"stealth_pnginfo" if bands == "A" else b"stealth_rgbinfo") + (len(data) * 8).to_bytes(4) + data
    )
    bits = [int(bit) for byte in message for bit in f"{byte:08b}"]
    bits += [0] * (64 * 320 * len(bands) - len(bits))
    pixels = image.load()
    for at in range(64 * 320):
        x, y = divmod(at, 320)
        if bands == "A":
            pixels[x, y] = (*pixels[x, y][:3], alpha | bits[at])
        else:
            hidden = bits[3 * at : 3 * at + 3]
            pixels[x, y] = tuple(value & 254 | bit for value, bit in zip(pixels[x, y], hidden, strict=True))
    out = io.BytesIO()
    image.save(out, format, **({"lossless": True} if format == "WEBP" else {}))
    return out.getvalue()
