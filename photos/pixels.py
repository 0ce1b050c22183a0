"""One picture, from its file to its variants and facts. Runs only inside the decoder process.

The file is decoded once, to its end, straight to the largest variant wanted; each smaller one is drawn
from the one before. Two libraries do the same under the same names: libvips where it is installed,
Pillow otherwise (or where GALLERY_DECODER=pillow), and Pillow for what libvips cannot read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from photos import pixels_pillow
from photos.frames import count_frames
from photos.images import (
    FORMATS,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_PIXELS_ALL_FRAMES,
    MAX_PIXELS_JPEG,
    RejectedImage,
    detect_format,
)
from photos.thumbnails import VARIANTS, variant_size

ORIENTATION = 0x0112  # the tag's number in EXIF and TIFF
CUT = re.compile(r"trunc|premature|unexpected end|end of file|not enough|too few|cut|incomplete|eof", re.I)
METADATA_SECONDS = 3

warnings.simplefilter("ignore")  # a warning about a person's file helps nobody in this process


def _first_choice() -> ModuleType:
    if os.environ.get("GALLERY_DECODER") == "pillow":
        return pixels_pillow
    try:
        from photos import pixels_vips
    except (ImportError, OSError):  # OSError: the Python part is there, the library is not
        return pixels_pillow
    return pixels_vips


LIBRARY = _first_choice()


@dataclass(frozen=True)
class Header:
    """What is known before a pixel is decoded; sizes as displayed."""

    format: str
    width: int
    height: int
    frames: int
    orientation: int


def examine(path: Path, targets: Mapping[str, str]) -> dict[str, Any]:
    """Draw the variants named in `targets` into its files; answer the fields of Facts, JSON-safe.

    Raises RejectedImage for the file's faults, OSError where a target cannot be written.
    """
    format = _format(path)
    frames = count_frames(path, format)
    header, metadata = _read_header(path, format, frames)
    sizes = {name: variant_size(name, header.width, header.height) for name in targets}
    smallest = variant_size("h160", header.width, header.height)
    library, picture = _decode(path, header, max(sizes.values(), default=smallest))
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        picture = library.resized(picture, sizes[name])
        Path(targets[name]).write_bytes(library.webp(picture, VARIANTS[name].quality))
    color, phash = _looks(library.rgba(library.resized(picture, (32, 32))))
    return {**metadata, **vars(header), "color": color, "phash": phash}


def render(path: Path, variant: str, target: str) -> None:
    """Draw one variant into the file `target`, WebP unless its name ends in .png; errors as for `examine`."""
    format = _format(path)
    header, _ = _read_header(path, format, count_frames(path, format), metadata=False)
    size = variant_size(variant, header.width, header.height)
    library, picture = _decode(path, header, size)
    is_png = str(target).endswith(".png")
    Path(target).write_bytes(
        library.png(picture) if is_png else library.webp(picture, VARIANTS[variant].quality)
    )


def glance(path: Path) -> dict[str, Any]:
    """The fields of Facts that the head of the file says; nothing is decoded. Errors as for `examine`."""
    format = _format(path)
    header, metadata = _read_header(path, format, count_frames(path, format))
    return {**metadata, **vars(header)}


def recipe(path: Path) -> dict[str, Any] | None:
    """The recipe alone, as the fields of RecipeFacts; only the header is decoded. Errors as for `examine`."""
    return glance(path).get("recipe")


def _format(path: Path) -> str:
    with path.open("rb") as file:
        return detect_format(file.read(4096))


def _read_header(path: Path, format: str, frames: int | None, *, metadata: bool = True):
    """Header and metadata of an allowed size; nothing is decoded."""
    try:
        image = pixels_pillow.open_header(path, format)
    except Exception as error:
        raise _unreadable(error, format) from error
    with image:
        width, height = image.size
        frames = frames or getattr(image, "n_frames", 1)
        _check_limits(format, width, height, frames)
        orientation = _orientation(image, format)
        facts = _metadata(image, path, format) if metadata else {}
    if orientation >= 5 and format not in pixels_pillow.TURNED_ON_LOAD:
        width, height = height, width
    return Header(format, width, height, frames, orientation), facts


def _check_limits(format: str, width: int, height: int, frames: int) -> None:
    most = MAX_PIXELS_JPEG if format == "JPEG" else MAX_PIXELS
    if width < 1 or height < 1:
        raise RejectedImage("corrupt", f"The file says that the picture has {width} x {height} pixels.")
    if width * height > most:
        raise RejectedImage(
            "too-many-pixels",
            f"{width:,} x {height:,} pixels are {_mega(width * height)} megapixels; "
            f"at most {_mega(most)} are accepted. Bring a smaller version.",
        )
    if frames > MAX_FRAMES:
        raise RejectedImage(
            "too-many-frames", f"The animation has more than {MAX_FRAMES:,} frames. Bring a shorter one."
        )
    if width * height * frames > MAX_PIXELS_ALL_FRAMES:
        raise RejectedImage(
            "too-many-frames",
            f"{frames:,} frames of {width:,} x {height:,} pixels are {_mega(width * height * frames)} "
            f"megapixels; at most {_mega(MAX_PIXELS_ALL_FRAMES)} are accepted. Bring a shorter one.",
        )


def _mega(pixels: int) -> str:
    """Millions, rounded up to a tenth so that a hair above the limit never reads as the limit."""
    return f"{math.ceil(pixels / 100_000) / 10:,.1f}".removesuffix(".0")


def _orientation(image, format: str) -> int:
    """1..8 from EXIF (TIFF: from its own tag) as browsers read it: not from XMP. Odd values are 1."""
    try:
        if format == "TIFF":
            value = image.tag_v2.get(ORIENTATION, 1)
        elif data := image.info.get("exif"):
            exif = type(image.getexif())()
            exif.load(data)
            value = exif.get(ORIENTATION, 1)
        else:
            value = 1
    except Exception:
        value = 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _metadata(image, path: Path, format: str) -> dict[str, Any]:
    """What the file says of itself. A fault in it is ours to log, never a reason to refuse the picture."""
    try:
        from photos.metadata import read_metadata

        with _at_most(METADATA_SECONDS):
            found = read_metadata(image, path, format)
        return json.loads(json.dumps(found, default=vars))  # RecipeFacts travels as its fields
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return {}


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """TimeoutError after `seconds`, by the alarm that the decoder process has set for the whole file."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"reading took more than {seconds} seconds")

    left, handler = signal.getitimer(signal.ITIMER_REAL)[0], signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)


def _decode(path: Path, header: Header, size: tuple[int, int]):
    """The library that could, and the picture upright at `size`."""
    libraries = [pixels_pillow]
    if LIBRARY is not pixels_pillow and header.format in LIBRARY.LOADERS:
        libraries.insert(0, LIBRARY)
    error: Exception | None = None
    for library in libraries:
        try:
            return library, library.shrunk(path, header.format, size, header.orientation)
        except library.Unreadable as fault:
            error = fault
    raise _unreadable(error, header.format) from error


def _unreadable(error: Exception | None, format: str) -> RejectedImage:
    if isinstance(error, RejectedImage):
        return error
    name = FORMATS[format]
    if isinstance(error, MemoryError):
        return RejectedImage("too-big-to-decode", "The picture needs too much memory. Bring a smaller one.")
    if CUT.search(str(error)):
        return RejectedImage("truncated", f"The end of this {name} file is missing. Bring it again.")
    return RejectedImage("corrupt", f"This {name} file is damaged, or too unusual to be read. Save it anew.")


def _looks(pixels: bytes) -> tuple[str, int | None]:
    """Mean colour '#rrggbb' (transparency left out) and 64-bit perceptual hash of 32 x 32 RGBA pixels."""
    red, green, blue, alpha = (pixels[band::4] for band in range(4))
    weight = sum(alpha)
    if not weight:
        return "#808080", None
    mean = (round(sum(map(int.__mul__, band, alpha)) / weight) for band in (red, green, blue))
    grey = [
        (299 * r + 587 * g + 114 * b) * a / 255_000
        for r, g, b, a in zip(red, green, blue, alpha, strict=True)
    ]
    return "#{:02x}{:02x}{:02x}".format(*mean), _phash(grey)


# The eight lowest waves of a cosine transform over 32 samples, the constant one included.
WAVES = [[math.cos(math.pi * (2 * x + 1) * k / 64) for x in range(32)] for k in range(8)]


# Rounding moves a wave by a few units, a faint shape by hundreds: what lies closer to the median is noise.
NOISE = 16.0


def _phash(grey: list[float]) -> int | None:
    """Which of the 8 x 8 lowest frequencies lie above their median; the constant one takes no part.

    None for a picture too plain to be recognised: all plain pictures would look alike.

    Plain Python on purpose: 0.5 ms, where importing numpy costs the process 60 ms and 20 MB.
    """
    rows = [grey[start : start + 32] for start in range(0, 1024, 32)]
    across = [[sum(map(float.__mul__, wave, row)) for row in rows] for wave in WAVES]
    waves = [sum(map(float.__mul__, wave, column)) for wave in WAVES for column in across]
    median = sorted(waves[1:])[31]
    bits = [bit for bit in range(1, 64) if waves[bit] > median + NOISE]
    return sum(1 << bit for bit in bits) if len(bits) >= 4 else None
