"""Silk: cloth in folds. A plane is warped by sines of sines, then lit as the relief it would be."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.canvas import lookup, smoothstep, soften


def draw(brief: Brief) -> Drawing:
    height, colour = _folds(brief)
    yield "folds"
    shine, shade = _light(brief, height)
    yield "light"
    tone = 0.10 + 0.50 * colour + 0.30 * shade
    image = lookup(brief.palette.ramp(), tone)
    yield "colour"
    accent = brief.palette.colour(0.93, 0.05, which=2)
    image += shine[..., None] * accent * (1.05 - image)
    return image


def _folds(brief: Brief) -> tuple[np.ndarray, np.ndarray]:
    """Height of the cloth, about -1..1, and the place in the palette, 0..1, both (height, width)."""
    words, seed, frame = brief.by_words("silk"), brief.by_seed("silk"), brief.frame
    angle = words.uniform(0, np.pi) + seed.normal(0, 0.25)
    scale = words.uniform(4.4, 6.6) * (0.64 + 0.12 * brief.detail)
    shift = seed.uniform(-20, 20, 2)
    cos, sin = np.float32(np.cos(angle) * scale), np.float32(np.sin(angle) * scale)
    x0, y0 = frame.xs[None, :], frame.ys[:, None]
    x = x0 * cos - y0 * sin + np.float32(shift[0])
    y = (x0 * sin + y0 * cos) * np.float32(words.uniform(0.45, 0.8)) + np.float32(shift[1])
    strength = words.uniform(1.0, 1.35)
    for turn in range(4):
        pitch = np.float32(0.75 * 1.5**turn * words.uniform(0.9, 1.1))
        amount = np.float32(strength / 1.36**turn)
        bend = np.sin(y * pitch + np.float32(seed.uniform(0, 6.28)))
        bend *= amount
        x += bend
        bend = np.sin(x * pitch + np.float32(seed.uniform(0, 6.28)))
        bend *= amount
        y += bend
    height = np.sin(x * np.float32(1.1) + y * np.float32(0.35))
    colour = np.sin(y * np.float32(0.8) + height * np.float32(0.9))
    return height, colour * np.float32(0.5) + np.float32(0.5)


def _light(brief: Brief, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gloss, 0..1, and soft shading, about -0.6..1, of the cloth under one lamp."""
    words, frame = brief.by_words("silk lamp"), brief.frame
    lamp = words.uniform(0, 2 * np.pi)
    depth = np.float32(frame.edge * 0.05)
    slope = np.empty_like(height)
    across = np.gradient(height, axis=1) * np.float32(np.cos(lamp))
    np.add(across, np.gradient(height, axis=0) * np.float32(np.sin(lamp)), out=slope)
    slope *= depth
    facing = slope / np.sqrt(1 + slope * slope)
    shine = np.maximum(facing, 0) ** 2
    shine *= shine
    bloom = soften(shine, frame, 24)
    return shine * np.float32(0.55) + bloom * np.float32(0.30), facing + smoothstep(-1, 1, height) * 0.6
