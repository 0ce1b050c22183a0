"""Flow: thousands of strands that follow one current, each laid over the ones before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.canvas import RNG, Frame, lookup, mix, noise, smoothstep, soften

FINE = 2  # Strands are laid on a sheet of twice the size: its average has smooth edges.
STRIDE = 0.0042  # Units between two points of a path.
BLOCK = 128  # Strands laid at once: few enough to stay in the processor's cache.
GRID = 192  # The current is known on a grid of this many points in one unit of length.


@dataclass(frozen=True)
class Strands:
    """Strands of equal length: complex `points` and directions `ways` (steps, n), `tone` and `girth` (n,)."""

    points: np.ndarray
    ways: np.ndarray
    tone: np.ndarray
    girth: np.ndarray


def draw(brief: Brief) -> Drawing:
    frame = brief.frame
    paths = _paths(brief)
    yield "current"
    tone = _lay(brief, paths)
    yield "strands"
    image = lookup(brief.palette.ramp(), tone)
    yield "colour"
    glow = soften(tone, frame, 14)
    accent = brief.palette.colour(0.80, 0.14, which=2)
    where = smoothstep(0.15, 0.95, noise(brief.by_seed("flow tint"), frame.xs, frame.ys, (2, 2)))
    image = mix(
        image, image * np.float32(0.45) + accent * tone[..., None] * np.float32(0.8), where * np.float32(0.75)
    )
    return image + (glow * np.float32(0.10))[..., None] * brief.palette.colour(0.8, 0.1)


def _current(words: RNG, seed: RNG) -> np.ndarray:
    """(GRID, GRID) complex direction of length 1 over the square -0.5..0.5."""
    line = np.linspace(-0.5, 0.5, GRID, dtype=np.float32)
    x, y = line[None, :], line[:, None]
    swing = words.uniform(1.2, 2.3)
    cells = int(words.integers(2, 4))
    angle = words.uniform(0, 2 * np.pi) + swing * noise(seed, line, line, (cells, cells))
    angle += 0.35 * noise(seed, line, line, (cells * 3, cells * 3))
    if words.random() < 0.55:
        # An eye that everything turns around gives the eye of the beholder a place to rest.
        ex, ey = seed.uniform(-0.26, 0.26, 2)
        radius = np.hypot(x - ex, y - ey)
        swirl = np.arctan2(y - ey, x - ex) + words.choice([-1, 1]) * words.uniform(1.15, 1.5)
        pull = np.exp(-((radius / words.uniform(0.22, 0.34)) ** 2))
        way = (1 - pull) * np.exp(1j * angle) + pull * np.exp(1j * swirl)
        return (way / np.maximum(np.abs(way), 1e-3)).astype(np.complex64)
    return np.exp(1j * angle).astype(np.complex64)


def _paths(brief: Brief) -> tuple[np.ndarray, np.ndarray]:
    """(steps, strands) complex points in units of length, and the complex directions there."""
    words, seed = brief.by_words("flow"), brief.by_seed("flow")
    current = _current(words, seed)
    count = int(800 + 330 * brief.detail)
    steps = 64
    side = int(np.ceil(np.sqrt(count)))
    place = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    place = (place + seed.random((side * side, 2))) / side - 0.5
    frame = brief.frame
    place *= (frame.half_width * 2 + 0.12, frame.half_height * 2 + 0.12)
    point = (place[:, 0] + 1j * place[:, 1]).astype(np.complex64)
    points, ways = np.empty((steps, len(point)), np.complex64), np.empty((steps, len(point)), np.complex64)
    for step in range(steps):
        column = np.clip((point.real + 0.5) * GRID, 0, GRID - 1).astype(np.int32)
        row = np.clip((point.imag + 0.5) * GRID, 0, GRID - 1).astype(np.int32)
        ways[step] = current[row, column]
        points[step] = point
        point = point + ways[step] * np.float32(STRIDE)
    return points, ways


def _lay(brief: Brief, paths: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(height, width) place in the palette, 0..1, after all strands have been laid, broad ones first."""
    seed, frame = brief.by_seed("flow order"), brief.frame
    points, ways = paths
    count = points.shape[1]
    tone = 0.44 + 0.28 * _sample(noise(seed, *_axes(), (3, 3)), points[0]) + seed.normal(0, 0.10, count)
    girth = 0.0042 * np.exp(seed.normal(0, 0.38, count))
    order = np.argsort(-girth * np.exp(seed.normal(0, 0.12, count)), kind="stable")
    sheet = np.full((frame.height * FINE, frame.width * FINE), 7000, np.uint16)
    for first in range(0, count, BLOCK):
        block = order[first : first + BLOCK]
        _stroke(sheet, frame, Strands(points[:, block], ways[:, block], tone[block], girth[block]))
    return _shrunk(sheet, frame)


def _shrunk(sheet: np.ndarray, frame: Frame) -> np.ndarray:
    """The fine sheet as (height, width), 0..1. A little of the brightest point closes pin-holes."""
    corners = [sheet[row::FINE, column::FINE] for row in range(FINE) for column in range(FINE)]
    mean = np.sum(corners, axis=0, dtype=np.float32) * np.float32(1 / len(corners))
    best = np.maximum.reduce(corners)
    return (mean * np.float32(0.6) + best * np.float32(0.4)) * np.float32(1 / 65535)


def _stroke(sheet: np.ndarray, frame: Frame, strands: Strands) -> None:
    """Lay some strands: bright along the spine, dark at the rims, thin and dim at both ends."""
    fine = frame.edge * FINE
    between = max(1, int(np.ceil(STRIDE * fine / 1.0)))
    length = len(strands.points) * between
    taper = np.sqrt(np.sin(np.pi * np.linspace(0.02, 0.99, length, dtype=np.float32)))[:, None]
    way = np.repeat(strands.ways, between, axis=0)
    ahead = (np.arange(length) % between * (STRIDE / between)).astype(np.float32)[:, None]
    spine = np.repeat(strands.points, between, axis=0) + way * ahead
    x = (spine.real + np.float32(frame.half_width)) * np.float32(fine)
    y = (spine.imag + np.float32(frame.half_height)) * np.float32(fine)
    half = strands.girth.astype(np.float32)[None, :] * taper * np.float32(fine / 2)
    body = (
        strands.tone.astype(np.float32)[None, :]
        * (np.float32(0.5) + np.float32(0.5) * taper)
        * np.float32(65535)
    )
    height, width = sheet.shape
    # A share of the width, not pixels: each pass then works on whole strands without a mask.
    passes = int(np.ceil(strands.girth.max() * fine / 2 / 0.65))
    in_sight = (x > -half) & (x < width + half) & (y > -half) & (y < height + half)
    x, y, half, body = x[in_sight], y[in_sight], half[in_sight], body[in_sight]
    normal_x, normal_y = -way.imag[in_sight] * half, way.real[in_sight] * half
    shares = np.linspace(-1, 1, 2 * passes + 1)
    for share in sorted(shares, key=abs, reverse=True):
        column = (x + normal_x * np.float32(share)).astype(np.int32)
        row = (y + normal_y * np.float32(share)).astype(np.int32)
        np.clip(column, 0, width - 1, out=column)
        np.clip(row, 0, height - 1, out=row)
        value = np.clip(body * np.float32(1.10 - 0.62 * (share - 0.25) ** 2), 0, 65535)
        sheet.ravel()[row * width + column] = value.astype(np.uint16)


def _axes() -> tuple[np.ndarray, np.ndarray]:
    line = np.linspace(-0.5, 0.5, GRID, dtype=np.float32)
    return line, line


def _sample(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Values of a (GRID, GRID) field at complex points."""
    column = np.clip((points.real + 0.5) * GRID, 0, GRID - 1).astype(np.int32)
    row = np.clip((points.imag + 0.5) * GRID, 0, GRID - 1).astype(np.int32)
    return field[row, column]
