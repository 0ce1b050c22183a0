"""Made pictures as a gallery gets them: 12-megapixel JPEGs of a camera and 1-megapixel PNGs of a generator, 3 : 10.

Drawn from the number of the picture alone, so that every run measures the same files: clouds of noise in all sizes (a
photograph compresses badly for the same reason), a few shapes, grain. A JPEG is about 3 MB, a PNG about 1.3 MB.
"""

from __future__ import annotations

import io
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

JPEG_SIZE = (4000, 3000)
PNG_SIZES = ((1024, 1024), (832, 1216), (1216, 832))
SUBJECTS = (
    "a red lighthouse",
    "an old harbour",
    "a white cat",
    "a steam locomotive",
    "a bonsai tree",
    "a whale",
)
PLACES = ("in fog", "at dusk", "under a starry sky", "by the sea", "on a snowy mountain", "in a neon city")


def make(folder: Path, count: int, *, processes: int = 2) -> list[Path]:
    """`count` files, those that are there already excepted; in the order in which the kinds are mixed."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index:05d}.{'jpg' if is_jpeg(index) else 'png'}" for index in range(count)]
    missing = [(index, path) for index, path in enumerate(paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(processes) as pool:
            list(pool.map(_write, *zip(*missing, strict=True)))
    return paths


def is_jpeg(index: int) -> bool:
    """Three of each thirteen, evenly among the others."""
    return index % 13 % 4 == 1


def png(index: int, size: tuple[int, int] | None = None) -> bytes:
    """A picture as AUTOMATIC1111 saves it, its text included."""
    size = size or PNG_SIZES[index % 3]
    text, file = PngInfo(), io.BytesIO()
    text.add_text("parameters", parameters(index, size))
    _picture(size, index).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def jpeg(index: int) -> bytes:
    """A photograph of a camera that says when it was taken and with what."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x0110] = "Made", "Benchmark 1"  # make, model
    exif.get_ifd(0x8769).update({
        0x9003: f"2025:{index % 12 + 1:02d}:{index % 28 + 1:02d} 12:{index % 60:02d}:00",  # taken at
        0x829A: (1, 250), 0x829D: (28, 10), 0x8827: 200, 0xA434: "35 mm",  # exposure, aperture, ISO, lens
    })  # fmt: skip
    _picture(JPEG_SIZE, index).save(file, "JPEG", quality=90, subsampling="4:2:0", exif=exif)
    return file.getvalue()


def parameters(index: int, size: tuple[int, int]) -> str:
    """Prompt and settings as that program writes them."""
    subject, place = SUBJECTS[index % len(SUBJECTS)], PLACES[index // 6 % len(PLACES)]
    return (
        f"{subject} {place}, oil painting, highly detailed, (masterpiece:1.2), soft lighting, film grain\n"
        "Negative prompt: lowres, blurry, text, watermark, bad anatomy\n"
        f"Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: {1_000_000 + index}, "
        f"Size: {size[0]}x{size[1]}, Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Version: v1.10.1"
    )


def _write(index: int, path: Path) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(jpeg(index) if is_jpeg(index) else png(index))
    unfinished.rename(path)


def _picture(size: tuple[int, int], index: int) -> Image.Image:
    """Three cloud layers turned into colours, shapes on top, grain over all."""
    dice = np.random.default_rng([7, index])
    layers = []
    for _channel in range(3):
        layer = np.roll(_clouds(size, int(dice.integers(4))), dice.integers(1, 800, 2), axis=(0, 1))
        layers.append(np.uint8(30 + dice.uniform(0.5, 0.85) * layer))
    image = Image.fromarray(np.dstack(layers))
    pen = ImageDraw.Draw(image)
    for _shape in range(6):
        x, y = dice.integers(0, size[0]), dice.integers(0, size[1])
        radius = int(dice.integers(size[0] // 40, size[0] // 8))
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=tuple(map(int, dice.integers(0, 255, 3)))
        )
    return Image.fromarray(np.clip(np.int16(image) + _grain(size)[:, :, None], 0, 255).astype(np.uint8))


@cache
def _clouds(size: tuple[int, int], kind: int) -> np.ndarray:
    """Noise in octaves, each twice as fine and half as strong; 0..255."""
    dice, (width, height) = np.random.default_rng([11, kind, *size]), size
    total, strength, cell = np.zeros((height, width), np.float32), 1.0, max(size) // 3
    while cell >= 2:
        coarse = dice.random((height // cell + 2, width // cell + 2), dtype=np.float32)
        total += strength * np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
        strength, cell = strength * 0.56, cell // 2
    total -= total.min()
    return total * (255 / total.max())


@cache
def _grain(size: tuple[int, int]) -> np.ndarray:
    strength = 3.2 if size[0] * size[1] > 4_000_000 else 1.3
    return np.random.default_rng([13, *size]).normal(0, strength, size[::-1]).astype(np.int16)
