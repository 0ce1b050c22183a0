"""What stands on the land: trees and towers, drawn as silhouettes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural.canvas import RNG, Frame
from generation.engines.procedural.palette import to_screen


def plant_trees(
    image: np.ndarray,
    frame: Frame,
    line: np.ndarray,
    rng: RNG,
    *,
    colour: np.ndarray,
    rise: float,
    count: int,
    round_ones: float,
) -> None:
    """`count` trees of about `rise` units along `line`, (width,) y of the ground; far ones first.

    `round_ones` is the share of broad-leaved trees, 0..1; the others are firs. `colour` is (3,).
    """
    clump = rng.uniform(0, 1, 4)
    for _ in range(count):
        x = rng.uniform(-0.02, 1.02) * frame.width
        crowd = 0.5 + 0.5 * np.sin(x / frame.width * 9 + clump[0] * 6.3)
        if rng.random() > 0.35 + 0.65 * crowd:
            continue
        size = rise * frame.edge * (0.55 + 0.6 * rng.random()) * (0.75 + 0.35 * crowd)
        foot = (line[int(np.clip(x, 0, frame.width - 1))] + frame.half_height) * frame.edge + size * 0.06
        shape = _leafy if rng.random() < round_ones else _fir
        tint = colour * (1 + rng.normal(0, 0.10)) + rng.normal(0, 0.006, 3)
        _stamp(image, shape, x, foot, size, np.clip(tint, 0, 1).astype(np.float32), rng)


def _stamp(image, shape, x: float, foot: float, size: float, colour: np.ndarray, rng: RNG) -> None:
    height, width, _ = image.shape
    wide = size * (0.26 if shape is _fir else 0.46)
    left, right = max(0, int(x - wide) - 1), min(width, int(x + wide) + 2)
    top, bottom = max(0, int(foot - size) - 1), min(height, int(foot) + 1)
    if left >= right or top >= bottom:
        return
    across = (np.arange(left, right, dtype=np.float32) + 0.5 - x)[None, :]
    up = (foot - np.arange(top, bottom, dtype=np.float32) - 0.5)[:, None] / size
    cover = np.clip(shape(across, up, size, rng) + 0.5, 0, 1)[..., None]
    spot = image[top:bottom, left:right]
    spot += (colour - spot) * cover


def _fir(across: np.ndarray, up: np.ndarray, size: float, rng: RNG) -> np.ndarray:
    """Pixels inside a fir, negative outside: whorls of branches that droop, longer to the ground."""
    tiers = 7 + int(rng.integers(0, 5))
    down = np.clip(1 - up, 0, 1)
    ragged = (down * tiers + 0.25 * np.sin(down * 41 + rng.uniform(0, 6))) % 1
    lean = rng.normal(0, 0.01) * size * (1 - down)
    reach = down**0.9 * (0.42 + 0.58 * ragged) * rng.uniform(0.17, 0.24) * size
    side = 1 + 0.16 * np.sin(down * 57 + np.sign(across) * rng.uniform(0, 3))
    trunk = 0.012 * size
    return np.maximum(reach * side * (up > 0.09), trunk * (down > 0.03)) - np.abs(across - lean)


def _leafy(across: np.ndarray, up: np.ndarray, size: float, rng: RNG) -> np.ndarray:
    """Pixels inside a broad-leaved tree: a crown of some blots on a trunk."""
    y = up * size
    best = 0.022 * size * (1.6 - up) - np.abs(across) - 99 * (up > 0.6)
    for _ in range(7):
        cx, cy = rng.normal(0, 0.13) * size, rng.uniform(0.45, 0.78) * size
        radius = rng.uniform(0.12, 0.21) * size
        best = np.maximum(best, radius - np.hypot(across - cx, y - cy))
    return best + 0.010 * size * np.sin(across / size * 70) * np.sin(up * 63)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Towers on y = `base`, up to `rise` units tall; `near` and `lit`, the share of windows, run 0..1."""

    base: float
    rise: float
    near: float
    colour: np.ndarray
    haze: np.ndarray
    lit: float
    hue: float


def build_city(image: np.ndarray, frame: Frame, rng: RNG, block: Block) -> None:
    """Towers side by side, tallest downtown, each with its own tint and habits of light."""
    ground = int((block.base + frame.half_height) * frame.edge)
    x = -rng.uniform(0, 0.08)
    downtown = rng.uniform(0.3, 0.7)
    while x < 1.02:
        wide = rng.uniform(0.022, 0.055) * (0.8 + 1.3 * block.near)
        middle = np.exp(-(((x - downtown) / 0.24) ** 2))
        tall = block.rise * (0.28 + 0.30 * rng.random() + 0.55 * middle * rng.random())
        _tower(
            image,
            frame,
            rng,
            block,
            left=x * frame.width,
            wide=wide * frame.edge,
            tall=tall * frame.edge,
            ground=ground,
        )
        x += wide * frame.edge / frame.width * rng.uniform(0.8, 1.3)


def _tower(
    image: np.ndarray,
    frame: Frame,
    rng: RNG,
    block: Block,
    *,
    left: float,
    wide: float,
    tall: float,
    ground: int,
) -> None:
    """One tower: a shaft, perhaps setbacks and a mast, and a grid of windows. Lengths are pixels."""
    x0, x1 = int(left), int(left + wide)
    top = ground - int(tall)
    tint = (block.colour * (1 + rng.normal(0, 0.09))).astype(np.float32)
    _slab(image, x0, x1, top, ground, tint, block.haze)
    crown = top
    for _ in range(int(rng.integers(0, 3))):
        inset, lift = int((x1 - x0) * rng.uniform(0.14, 0.24)), int(wide * rng.uniform(0.25, 0.7))
        x0, x1, crown = x0 + inset, x1 - inset, crown - lift
        _slab(image, x0, x1, crown, crown + lift, tint, tint)
    if crown < top and rng.random() < 0.35:
        middle, thin = (x0 + x1) // 2, max(1, frame.edge // 512)
        mast = int(wide * rng.uniform(0.5, 1.2))
        _slab(image, middle, middle + thin, crown - mast, crown, tint, tint)
    _windows(image, frame, rng, block, (int(left), int(left + wide)), (top, ground))


def _slab(
    image: np.ndarray, x0: int, x1: int, top: int, bottom: int, tint: np.ndarray, haze: np.ndarray
) -> None:
    """A rectangle that fades into `haze` towards its foot."""
    height, width, _ = image.shape
    fade = np.linspace(0, 1, max(bottom - top, 1), dtype=np.float32)[
        max(-top, 0) :, None, None
    ] ** 2 * np.float32(0.6)
    x0, x1, top, bottom = max(x0, 0), min(x1, width), max(top, 0), min(bottom, height)
    if x0 >= x1 or top >= bottom:
        return
    image[top:bottom, x0:x1] = np.clip(tint + (haze - tint) * fade[: bottom - top], 0, 1)


def _windows(
    image: np.ndarray, frame: Frame, rng: RNG, block: Block, across: tuple[int, int], down: tuple[int, int]
) -> None:
    """Windows on a grid; whole floors are dark, and each tower has its own share of light and lamp."""
    step = max(4, round(frame.edge * (0.0045 + 0.0045 * block.near) * rng.uniform(0.85, 1.25)))
    wide, high = max(1, round(step * 0.42)), max(1, round(step * rng.choice([0.42, 0.62])))
    height, width, _ = image.shape
    rows = np.arange(down[0] + step, min(down[1] - step, height - high), step)
    columns = np.arange(across[0] + (across[1] - across[0]) % step // 2 + step // 4, across[1] - wide, step)
    rows, columns = rows[rows >= 0], columns[(columns >= 0) & (columns < width - wide)]
    floors = rng.random((len(rows), 1)) ** 0.7 * 1.5
    burning = rng.random((len(rows), len(columns))) < block.lit * rng.uniform(0.15, 1.6) * floors
    row, column = rows[np.nonzero(burning)[0]], columns[np.nonzero(burning)[1]]
    lamp = to_screen(0.84, 0.105, block.hue + rng.normal(0, 12))
    glow = lamp * rng.uniform(0.55, 1.0, (len(row), 1)).astype(np.float32)
    for lower in range(high):
        for right in range(wide):
            image[row + lower, column + right] = glow
