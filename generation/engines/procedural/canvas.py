"""The sheet a picture is drawn on: coordinates, smooth noise, mixing, and the last coat of varnish.

Lengths are measured in the longer edge of the picture, so that one request at two sizes shows one picture.
Images are float32 (height, width, 3), display-encoded sRGB, 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

RNG = np.random.Generator


@dataclass(frozen=True)
class Frame:
    """A sheet of width x height pixels; x grows to the right and y downwards, the origin is the centre."""

    width: int
    height: int

    @property
    def edge(self) -> int:
        """Pixels in one unit of length."""
        return max(self.width, self.height)

    @cached_property
    def xs(self) -> np.ndarray:
        """(width,) x of each pixel's middle, within -0.5..0.5."""
        return ((np.arange(self.width, dtype=np.float32) + 0.5) - self.width / 2) / np.float32(self.edge)

    @cached_property
    def ys(self) -> np.ndarray:
        """(height,) y of each pixel's middle, within -0.5..0.5."""
        return ((np.arange(self.height, dtype=np.float32) + 0.5) - self.height / 2) / np.float32(self.edge)

    @property
    def half_width(self) -> float:
        return self.width / self.edge / 2

    @property
    def half_height(self) -> float:
        return self.height / self.edge / 2


def spline_weights(positions: np.ndarray, cells: int) -> np.ndarray:
    """(n, cells + 3) weights of a cubic B-spline over -0.5..0.5 cut into `cells`, for each position."""
    place = (positions + 0.5) * cells
    distance = np.abs(place[:, None] - np.arange(-1, cells + 2, dtype=np.float32)[None, :])
    far = np.maximum(2 - distance, 0)
    near = np.maximum(1 - distance, 0)
    return (far**3 / 6 - near**3 * (4 / 6)).astype(np.float32)


def noise(rng: RNG, xs: np.ndarray, ys: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """(len(ys), len(xs)) smooth noise of about -1..1 with (across, down) cells in one unit of length.

    A random lattice times spline weights: two matrix products are the fastest smooth interpolation in
    numpy, and the lattice covers the whole square, so that every size and shape cuts from the same cloth.
    """
    across, down = cells
    lattice = rng.standard_normal((down + 3, across + 3), dtype=np.float32)
    return (spline_weights(ys, down) @ lattice) @ (spline_weights(xs, across).T * np.float32(1.1))


def fbm(rng: RNG, frame: Frame, cells: tuple[int, int], *, octaves: int = 4, gain: float = 0.5) -> np.ndarray:
    """(height, width) noise of several octaves, about -1..1: clouds, stone, paper."""
    total = np.zeros((frame.height, frame.width), np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        # Not exactly 2: lattices that fall on each other show as a grid.
        scale = 1.93**octave
        size = (min(round(cells[0] * scale), 320), min(round(cells[1] * scale), 320))
        total += np.float32(weight) * noise(rng, frame.xs, frame.ys, size)
        norm += weight**2
        weight *= gain
    return total * np.float32(1 / np.sqrt(norm))


def line_noise(rng: RNG, xs: np.ndarray, cells: int) -> np.ndarray:
    """(len(xs),) smooth noise of about -1..1 along a line."""
    return spline_weights(xs, cells) @ rng.standard_normal(cells + 3, dtype=np.float32) * np.float32(1.2)


def soften(image: np.ndarray, frame: Frame, cells: int) -> np.ndarray:
    """`image` (height, width) blurred until about `cells` blots fit in one unit of length."""
    return enlarge(image, frame, frame, cells)


def enlarge(image: np.ndarray, small: Frame, frame: Frame, cells: int) -> np.ndarray:
    """`image` of `small` as a smooth field over `frame`, with about `cells` blots in one unit of length."""
    down, across = spline_weights(small.ys, cells), spline_weights(small.xs, cells)
    down /= np.maximum(down.sum(0), 1e-6)
    across /= np.maximum(across.sum(0), 1e-6)
    return spline_weights(frame.ys, cells) @ ((down.T @ image) @ across) @ spline_weights(frame.xs, cells).T


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, and no corner between them."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def mix(below: np.ndarray, above: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """`above` over `below`; `amount` (height, width) runs 0..1; the others are images or single colours."""
    amount = amount[..., None]
    return below + (above - below) * amount


def lookup(table: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(…, 3) colours of `value`, 0..1, in `table` (n, 3)."""
    last = len(table) - 1
    index = np.clip(value * np.float32(last) + np.float32(0.5), 0, last).astype(np.int32)
    return np.take(table, index, axis=0)


def varnish(
    image: np.ndarray, frame: Frame, rng: RNG, *, contrast: float, warmth: float, vignette: float = 0.13
) -> np.ndarray:
    """`image` as uint8: contrast around the middle, warmth, darker corners, and half a step of noise.

    The noise turns the edges between two neighbouring levels into grain; without it soft skies show bands.
    """
    radius = (frame.ys[:, None] / frame.half_height) ** 2 + (frame.xs[None, :] / frame.half_width) ** 2
    shade = 1 - np.float32(vignette / 4) * radius * radius
    if contrast != 1:
        image = (image - np.float32(0.45)) * np.float32(contrast) + np.float32(0.45)
    if warmth:
        image = image * np.array([1 + 0.10 * warmth, 1.0, 1 - 0.12 * warmth], np.float32)
    grain = rng.random((frame.height, frame.width), dtype=np.float32)
    image = image * (shade * 255)[..., None]
    image += grain[..., None]
    return np.clip(image, 0, 255, out=image).astype(np.uint8)
