"""Land: ridges one behind the other, their lit and shaded flanks, and the haze between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural.canvas import RNG, Frame, fbm, line_noise, mix, smoothstep
from generation.engines.procedural.outlook import Outlook


@dataclass(frozen=True)
class Ridge:
    """One layer of land. `line` is (width,) its y at each column; `depth` runs from 0, far, to 1, near."""

    line: np.ndarray
    depth: float
    kind: str


def make_ridge(kind: str, rng: RNG, frame: Frame, *, base: float, rise: float, depth: float) -> Ridge:
    """A ridge whose feet stand at y = `base` and whose summits reach about `rise` above it."""
    shape = {"mountain": _mountains, "hill": _hills, "dune": _dunes, "island": _islands}[kind]
    profile = shape(rng, frame.xs, depth)
    return Ridge(line=(base - rise * profile).astype(np.float32), depth=depth, kind=kind)


def _mountains(rng: RNG, xs: np.ndarray, depth: float) -> np.ndarray:
    """Tents of noise folded at zero: a few summits, and smaller ones on their shoulders."""
    massif = 0.30 + 0.20 * line_noise(rng, xs, 3)
    total, weight, cells = np.zeros(len(xs)), 1.0, 4 + int(3 * depth)
    trust = np.ones(len(xs))
    for _ in range(6):
        fold = 1 - np.minimum(np.abs(line_noise(rng, xs, cells)) / 1.5, 1)
        total += weight * (fold - 0.35) * trust
        trust = np.clip(fold * 1.2, 0.25, 1)
        weight *= 0.44
        cells = round(cells * 2.15)
    return massif + total * 0.72


def _hills(rng: RNG, xs: np.ndarray, depth: float) -> np.ndarray:
    return (
        0.45 + 0.34 * line_noise(rng, xs, 3) + 0.10 * line_noise(rng, xs, 8) + 0.003 * line_noise(rng, xs, 90)
    )


def _dunes(rng: RNG, xs: np.ndarray, depth: float) -> np.ndarray:
    """Long backs and short steep fronts."""
    wave = 0.45 + 0.42 * line_noise(rng, xs + 0.03 * line_noise(rng, xs, 5), 3 + int(depth))
    crest = np.abs(line_noise(rng, xs, 4))
    return wave * 0.8 + 0.35 * (1 - np.minimum(crest, 1)) ** 1.3


def _islands(rng: RNG, xs: np.ndarray, depth: float) -> np.ndarray:
    """Mountains that sink below the water here and there."""
    return _mountains(rng, xs, depth) * smoothstep(-0.5, 0.7, line_noise(rng, xs, 3)) * 1.1 - 0.06


def cover(frame: Frame, line: np.ndarray, last: int) -> tuple[int, np.ndarray]:
    """First row with land in it, and how much of each pixel it covers, (rows up to `last`, width), 0..1.

    The distance to the line is measured across it, so that steep flanks have edges as smooth as flat ones.
    """
    first = int(np.clip(np.searchsorted(frame.ys, line.min()) - 2, 0, last - 1))
    slope = np.gradient(line) * frame.edge
    sharp = (frame.edge / np.sqrt(1 + slope**2)).astype(np.float32)
    inside = (frame.ys[first:last, None] - line[None, :]) * sharp[None, :] + np.float32(0.5)
    return first, np.clip(inside, 0, 1)


def paint_ridge(
    image: np.ndarray,
    frame: Frame,
    ridge: Ridge,
    outlook: Outlook,
    rng: RNG,
    rock: np.ndarray,
    *,
    until: float,
) -> None:
    """Lay `ridge` over `image` down to y = `until`; nearer land hides what is below.

    `rock` is noise over the whole sheet that breaks up every straight edge.
    """
    last = int(np.clip(np.searchsorted(frame.ys, until) + 2, 1, frame.height))
    first, inside = cover(frame, ridge.line, last)
    below = np.maximum(frame.ys[first:last, None] - ridge.line[None, :], 0)
    # Turned over, not shifted: shifting would leave a seam.
    grain = (rock if rng.random() < 0.5 else rock[:, ::-1])[first:last]
    flank = _flank(frame, ridge, outlook, below, grain)
    painted = mix(*_shades(ridge, outlook), flank)
    painted = _snow(painted, ridge, outlook, below, flank, grain)
    thick = (0.85 if "fog" in outlook.things else 0.72) * (1 - ridge.depth**1.6)
    mist = smoothstep(0.0, 0.24 - 0.08 * ridge.depth, below + grain * np.float32(0.006)) * np.float32(thick)
    painted += (outlook.haze - painted) * mist[..., None]
    image[first:last] += (painted - image[first:last]) * inside[..., None]


def _shades(ridge: Ridge, outlook: Outlook) -> tuple[np.ndarray, np.ndarray]:
    """(3,) colours of a flank in the shade and in the light: air turns far land into sky."""
    near = ridge.depth**0.85
    shade = outlook.distant * (1 - near) + outlook.land * near
    if ridge.kind == "dune":
        sand = np.minimum(outlook.land * 2.3 + 0.06, 1) * (0.55 if outlook.dark else 1)
        return shade * 0.92, sand * (0.35 + 0.5 * near) + outlook.haze * (0.55 - 0.42 * near) + shade * 0.1
    gleam = outlook.light_colour * (0.16 if outlook.dark else 0.42) + outlook.haze * 0.35 + shade * 0.25
    strength = {"mountain": 0.62, "island": 0.5, "hill": 0.34}[ridge.kind] * (1 - 0.62 * near)
    return shade, shade + (gleam - shade) * strength


def _flank(frame: Frame, ridge: Ridge, outlook: Outlook, below: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """0 in the shade .. 1 in the light: whether the crest above a place falls towards the light.

    Looking up the crest along a slanted, shaken line turns one profile into facets, spurs and gullies:
    broad ones that reach far down, and fine ones that fade below the crest.
    """
    if ridge.kind == "dune":
        broad = _facing(frame, ridge, outlook, below, grain * 0.5, reach=0.006, slant=0.5)
        return np.clip(broad * np.exp(below * np.float32(-1.6)) + grain * np.float32(0.05), 0, 1)
    broad = _facing(frame, ridge, outlook, below, grain, reach=0.020, slant=0.16)
    fine = _facing(frame, ridge, outlook, below, grain, reach=0.005, slant=0.42)
    share = np.exp(below * np.float32(-13)) * np.float32(0.55)
    value = broad + (fine - broad) * share + grain * np.float32(0.13)
    return np.clip(value * np.exp(below * np.float32(-2.4)), 0, 1)


def _facing(
    frame: Frame,
    ridge: Ridge,
    outlook: Outlook,
    below: np.ndarray,
    grain: np.ndarray,
    *,
    reach: float,
    slant: float,
) -> np.ndarray:
    """0..1 by the slope of the crest, smoothed over `reach` units, found by going up along `slant`."""
    pixels = max(1, round(reach * frame.edge))
    kernel = np.hanning(2 * pixels + 3)[1:-1]
    smooth = np.convolve(np.pad(ridge.line, pixels, mode="edge"), kernel / kernel.sum(), mode="valid")
    slope = np.gradient(smooth) * frame.edge * (np.sign(outlook.light[0]) or 1)
    lit = (np.tanh(slope * (2.4 if ridge.kind == "mountain" else 1.8)) * 0.5 + 0.5).astype(np.float32)
    away = grain * (np.float32(0.003) + np.float32(0.30) * np.minimum(below, 0.16)) - below * np.float32(
        slant
    )
    column = np.arange(frame.width, dtype=np.float32)[None, :] + away * np.float32(frame.edge)
    return lit[np.clip(column, 0, frame.width - 1).astype(np.int32)]


def _snow(painted, ridge: Ridge, outlook: Outlook, below, flank, grain) -> np.ndarray:
    """Snow on summits, or on everything where the words speak of winter."""
    winter = "snow" in outlook.things
    bare = outlook.hour in ("sunset", "misty", "golden") or ridge.depth > 0.6 or ridge.kind != "mountain"
    if bare and not winter:
        return painted
    limit = 0.13 if not winter else 0.45
    lies = smoothstep(limit, limit * 0.3, below + grain * np.float32(0.045))
    holds = np.float32(0.84 if winter else 0.30)  # shaded flanks hold some snow too
    lies *= holds + (1 - holds) * flank
    blue = outlook.snow * (0.76 if winter else 0.60) + outlook.distant * 0.14
    white = np.minimum(outlook.snow * 0.72 + outlook.light_colour * (0.10 if outlook.dark else 0.27), 1)
    tone = mix(blue, white, flank)
    return painted + (tone - painted) * (lies * np.float32(0.96 if winter else 0.75))[..., None]


def stone(rng: RNG, frame: Frame) -> np.ndarray:
    """(height, width) noise for flanks, about -1..1, slanted by nothing but its own octaves."""
    return fbm(rng, frame, (16, 11), octaves=4, gain=0.6)
