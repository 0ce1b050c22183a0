"""Attractor: the orbits of a simple rule, millions of points that never repeat, drawn as light."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.canvas import RNG, Frame, lookup, noise, soften

WALKERS = 16384
TRIES = 60


def draw(brief: Brief) -> Drawing:
    rule = _find_rule(brief)
    yield "rule"
    count, heat = yield from _trace(brief, rule)
    image = _develop(brief, count, heat)
    yield "light"
    return image


def _step(rule: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The map of Clifford Pickover; `rule` holds a, b, c, d."""
    a, b, c, d = rule
    return np.sin(a * y) + c * np.cos(a * x), np.sin(b * x) + d * np.cos(b * y)


def _find_rule(brief: Brief) -> np.ndarray:
    """Four constants whose orbit fills a good part of the sheet: the prompt's own, moved by the seed.

    Many constants lead to a point, a few lines or plain dust. Candidates are judged on a coarse grid: how
    many cells the orbit visits and how unevenly.
    """
    words, seed = brief.by_words("attractor"), brief.by_seed("attractor")
    centre = _first_good(words, None)
    return _first_good(seed, centre)


def _first_good(rng: RNG, centre: np.ndarray | None) -> np.ndarray:
    best, best_score = np.array([-1.7, 1.8, -0.9, -0.4], np.float32), -1.0
    for _ in range(TRIES):
        if centre is None:
            rule = rng.uniform(1.1, 2.1, 4) * rng.choice([-1, 1], 4) * (1, 1, 0.75, 0.75)
        else:
            rule = centre + rng.normal(0, 0.10, 4)
        score = _judge(rule.astype(np.float32))
        if score > best_score:
            best, best_score = rule.astype(np.float32), score
        if best_score > 1.0:
            break
    return best


def _judge(rule: np.ndarray) -> float:
    """More than 1 for an orbit worth drawing; 0 for a point, a line or dust."""
    x = np.linspace(-1, 1, 1024, dtype=np.float32)
    y = x[::-1] * np.float32(0.7)
    cells = []
    for step in range(44):
        x, y = _step(rule, x, y)
        if step >= 24:
            cells.append(np.stack([x, y]))
    x, y = np.concatenate(cells, axis=1)
    spread = min(float(np.ptp(x)), float(np.ptp(y)))
    grid, _, _ = np.histogram2d(x, y, bins=40)
    filled = float((grid > 0).mean())
    crowd = float(np.sort(grid.ravel())[-16:].sum() / grid.sum())
    if spread < 0.8 or crowd > 0.35:
        return 0.0
    return min(filled / 0.42, 1.0) + min(0.9 / max(filled, 0.01), 1.0) * (0.3 - crowd) * 2


def _placement(
    rule: np.ndarray, frame: Frame, turn: float
) -> tuple[float, float, float, np.ndarray, np.ndarray]:
    """Scale in pixels, middle in pixels, and walkers that have settled on the orbit."""
    rng = np.random.Generator(np.random.PCG64(7))
    x, y = rng.uniform(-1, 1, (2, WALKERS)).astype(np.float32)
    for _ in range(24):
        x, y = _step(rule, x, y)
    across, down = _turned(x, y, turn)
    left, right = np.quantile(across, [0.001, 0.999])
    top, bottom = np.quantile(down, [0.001, 0.999])
    scale = 0.86 * min(frame.width / (right - left), frame.height / (bottom - top))
    return (
        scale,
        frame.width / 2 - scale * (left + right) / 2,
        frame.height / 2 - scale * (top + bottom) / 2,
        x,
        y,
    )


def _turned(x: np.ndarray, y: np.ndarray, turn: float) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return x * cos - y * sin, x * sin + y * cos


def _trace(brief: Brief, rule: np.ndarray):
    """Points in each pixel and their mean speed, 0..1, both (height, width)."""
    frame = brief.frame
    turn = _best_turn(rule, frame)
    scale, middle_x, middle_y, x, y = _placement(rule, frame, turn)
    size = frame.width * frame.height
    rounds = int(np.clip(size / WALKERS * (2.0 + 1.0 * brief.detail), 60, 640))
    count, heat = np.zeros(size, np.float32), np.zeros(size, np.float32)
    batch = 30
    for first in range(0, rounds, batch):
        cells, speeds = [], []
        for _ in range(min(batch, rounds - first)):
            before_x, before_y = x, y
            x, y = _step(rule, x, y)
            across, down = _turned(x, y, turn)
            column = np.clip(across * np.float32(scale) + np.float32(middle_x), 0, frame.width - 1)
            row = np.clip(down * np.float32(scale) + np.float32(middle_y), 0, frame.height - 1)
            cells.append(row.astype(np.int32) * frame.width + column.astype(np.int32))
            speeds.append(np.abs(x - before_x) + np.abs(y - before_y))
        where = np.concatenate(cells)
        count += np.bincount(where, minlength=size)
        heat += np.bincount(where, np.concatenate(speeds), minlength=size)
        if first == batch * 2:
            yield "first orbits"
    shape = (frame.height, frame.width)
    yield "orbits"
    return count.reshape(shape), (heat / np.maximum(count, 1)).reshape(shape)


def _best_turn(rule: np.ndarray, frame: Frame) -> float:
    """The turn, in radians, that lets the orbit fill the sheet best."""
    return max(np.linspace(0, np.pi, 7)[:-1] + 0.2, key=lambda turn: _placement(rule, frame, float(turn))[0])


def _develop(brief: Brief, count: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The photograph: density to brightness, speed to hue, and a halo as film gives one."""
    frame, palette = brief.frame, brief.palette
    density = count / np.float32(max(float(count.mean()), 1e-6))
    density = _calmed(density)
    light = np.log1p(density * np.float32(1.3))
    top = np.float32(max(float(np.quantile(light[::4, ::4], 0.995)), 1e-3))
    light = np.clip(light / top, 0, 1.15)
    halo = soften(light, frame, 40) * np.float32(0.20) + soften(light, frame, 7) * np.float32(0.26)
    spread = np.clip(heat / np.float32(max(float(np.quantile(heat[::8, ::8], 0.98)), 1e-3)), 0, 1)
    mood = noise(brief.by_seed("attractor ground"), frame.xs, frame.ys, (2, 2)) * np.float32(0.025)
    image = lookup(palette.ramp(), np.clip(light * np.float32(0.92) + mood + np.float32(0.05), 0, 1))
    image *= (np.float32(0.30) + np.float32(0.70) * np.minimum(light * np.float32(2.2), 1))[..., None]
    accent = palette.colour(0.74, 0.19, which=2)
    image += ((light * spread**3) * np.float32(0.85))[..., None] * (accent - image * np.float32(0.75))
    return image + halo[..., None] * palette.colour(0.60, 0.15) * (1 - image)


def _calmed(density: np.ndarray) -> np.ndarray:
    """`density` with its thin places smoothed: few points there make grain, many make lines worth keeping."""
    near = density.copy()
    near[1:-1] = (density[:-2] + 2 * density[1:-1] + density[2:]) * np.float32(0.25)
    near[:, 1:-1] = (near[:, :-2] + 2 * near[:, 1:-1] + near[:, 2:]) * np.float32(0.25)
    trust = np.minimum(near * np.float32(0.22), 1)
    return near + (density - near) * trust
