"""What fills the air and lies on the ground: water, mist, rain, snow and birds."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural.brief import Brief
from generation.engines.procedural.canvas import Frame, mix, noise, smoothstep
from generation.engines.procedural.outlook import Outlook


def flood(image: np.ndarray, brief: Brief, outlook: Outlook) -> None:
    """Water from the horizon down to the lower edge: it mirrors what stands above, in ripples."""
    frame = brief.frame
    first = int(np.searchsorted(frame.ys, outlook.horizon))
    rows = frame.height - first
    if rows < 2:
        return
    below = frame.ys[first:] - np.float32(outlook.horizon)
    ripple = _ripples(brief, outlook, below)
    mirror_row = (
        first
        - 1
        - (
            below[:, None] * np.float32(0.80)
            + ripple * below[:, None] * np.float32(0.10)
            + ripple * np.float32(0.006)
        )
        * frame.edge
    )
    sway = ripple * (np.float32(0.004) + np.float32(0.05) * below[:, None]) * np.float32(frame.edge)
    column = np.clip(np.arange(frame.width, dtype=np.float32)[None, :] + sway, 0, frame.width - 1).astype(
        np.int32
    )
    row = np.clip(np.abs(mirror_row), 0, first - 1).astype(np.int32)
    mirrored = image[:first].reshape(-1, 3)[row * frame.width + column]
    depth = smoothstep(0, 0.45, below)[:, None]
    deep = outlook.sky[60] * 0.55 + outlook.land * 0.30
    water = mix(mirrored, deep, np.float32(0.16) + np.float32(0.50) * depth + ripple * np.float32(0.07))
    shine = _glitter(brief, outlook, below, ripple)
    water += shine[..., None] * outlook.light_colour * (1.03 - np.minimum(water, 1))
    haze = np.exp(below * np.float32(-38))[:, None] * np.float32(0.45)
    image[first:] = mix(water, outlook.haze, np.broadcast_to(haze, ripple.shape))


def _ripples(brief: Brief, outlook: Outlook, below: np.ndarray) -> np.ndarray:
    """(rows, width) about -1..1: waves that grow and spread towards the eye."""
    frame, seed = brief.frame, brief.by_seed("ripples")
    # Equal steps on the water are ever smaller steps on the sheet towards the horizon.
    far = (np.log(below + np.float32(0.012)) / np.float32(4.6)).astype(np.float32)
    span = np.clip((far - far[0]) / max(float(far[-1] - far[0]), 1e-3) - np.float32(0.5), -0.5, 0.5)
    total = 0.6 * noise(seed, frame.xs, span, (7, 34)) + 0.5 * noise(seed, frame.xs, span, (19, 90))
    return total + 0.35 * noise(seed, frame.xs, span, (48, 210))


def _glitter(brief: Brief, outlook: Outlook, below: np.ndarray, ripple: np.ndarray) -> np.ndarray:
    """The path of light below sun or moon, broken by the waves."""
    frame = brief.frame
    if outlook.hour == "storm":
        return np.zeros_like(ripple)
    wide = np.float32(outlook.radius * 0.75) + below * np.float32(0.22)
    off = (frame.xs[None, :] - np.float32(outlook.light[0])) / wide[:, None]
    path = np.exp(-(off * off))
    return (
        path * smoothstep(0.05, 0.95, ripple + path * np.float32(0.55) - np.float32(0.25)) * np.float32(0.85)
    )


def lay_mist(
    image: np.ndarray, brief: Brief, outlook: Outlook, level: float, thickness: float, strength: float
) -> None:
    """A bank of mist around y = `level`, ragged at its upper rim."""
    frame, seed = brief.frame, brief.by_seed(f"mist {level:.3f}")
    rag = noise(seed, frame.xs, frame.ys, (4, 10)) * np.float32(0.5) + noise(
        seed, frame.xs, frame.ys, (10, 26)
    ) * np.float32(0.25)
    away = (frame.ys[:, None] - np.float32(level)) / np.float32(thickness) + rag * np.float32(0.55)
    veil = np.exp(-(away * away)) * np.float32(strength)
    image += (outlook.haze * np.float32(1.02) - image) * veil[..., None]


def let_it_rain(image: np.ndarray, brief: Brief) -> None:
    """Slanted streaks in two depths."""
    frame, seed = brief.frame, brief.by_seed("rain")
    slant = brief.by_words("rain").uniform(-0.22, 0.22)
    for count, length, power in ((900, 0.035, 0.10), (320, 0.075, 0.17)):
        x, y = seed.uniform(-0.6, 0.6, (2, count))
        steps = max(2, int(length * frame.edge))
        along = np.linspace(0, 1, steps)
        column = ((x[:, None] + slant * length * along + frame.half_width) * frame.edge).ravel()
        row = ((y[:, None] + length * along + frame.half_height) * frame.edge).ravel()
        weight = np.repeat(np.sin(np.pi * along)[None, :] * power, count, 0).ravel()
        _deposit(image, frame, column, row, weight)


def _deposit(image, frame: Frame, column, row, weight) -> None:
    """Add white light at fractional places, shared between the two nearest columns."""
    left = np.floor(column - 0.5).astype(int)
    share = column - 0.5 - left
    light = np.zeros(frame.width * frame.height, np.float32)
    for c, w in ((left, weight * (1 - share)), (left + 1, weight * share)):
        r = row.astype(int)
        inside = (c >= 0) & (c < frame.width) & (r >= 0) & (r < frame.height)
        light += np.bincount(r[inside] * frame.width + c[inside], w[inside], minlength=light.size).astype(
            np.float32
        )
    image += np.minimum(light, 0.5).reshape(frame.height, frame.width, 1) * (1 - image)


def let_it_snow(image: np.ndarray, brief: Brief) -> None:
    """Flakes in three depths; the nearest are large and out of focus."""
    frame, seed = brief.frame, brief.by_seed("snowfall")
    for count, radius, power in ((500, 0.0011, 0.75), (170, 0.0022, 0.65), (36, 0.0060, 0.30)):
        for x, y, size in zip(
            *seed.uniform(-0.5, 0.5, (2, count)), seed.uniform(0.6, 1.4, count), strict=True
        ):
            _flake(image, frame, x, y, radius * size, power)


def _flake(image, frame: Frame, x: float, y: float, radius: float, power: float) -> None:
    column, row = (x + frame.half_width) * frame.edge, (y + frame.half_height) * frame.edge
    reach = radius * frame.edge + 1
    left, right = max(0, int(column - reach)), min(frame.width, int(column + reach) + 1)
    top, bottom = max(0, int(row - reach)), min(frame.height, int(row + reach) + 1)
    if left >= right or top >= bottom:
        return
    away = np.hypot(
        np.arange(left, right)[None, :] + 0.5 - column, np.arange(top, bottom)[:, None] + 0.5 - row
    ) / max(reach - 0.4, 0.6)
    soft = (np.clip(1 - away, 0, 1) ** 0.7 * power).astype(np.float32)[..., None]
    spot = image[top:bottom, left:right]
    spot += (np.float32(0.97) - spot) * soft


def let_fly(image: np.ndarray, brief: Brief, outlook: Outlook) -> None:
    """A small flock: each bird is two bent strokes."""
    frame, seed = brief.frame, brief.by_seed("birds")
    count = int(seed.integers(5, 12)) if "birds" in brief.reading.scenes else int(seed.integers(3, 6))
    centre_x = -np.sign(outlook.light[0]) * seed.uniform(0.1, 0.6) * frame.half_width
    centre_y = outlook.horizon - seed.uniform(0.35, 0.7) * (outlook.horizon + frame.half_height)
    ink = outlook.land * 0.8 + outlook.haze * 0.1
    for _ in range(count):
        x, y = centre_x + seed.normal(0, 0.07), centre_y + seed.normal(0, 0.035)
        _bird(image, frame, x, y, seed.uniform(0.007, 0.014), seed.uniform(0.2, 0.9), ink)


def _bird(image, frame: Frame, x: float, y: float, span: float, bend: float, ink: np.ndarray) -> None:
    reach = span * frame.edge
    column, row = (x + frame.half_width) * frame.edge, (y + frame.half_height) * frame.edge
    left, right = max(0, int(column - reach) - 1), min(frame.width, int(column + reach) + 2)
    top, bottom = max(0, int(row - reach) - 1), min(frame.height, int(row + reach) + 2)
    if left >= right or top >= bottom:
        return
    u = (np.arange(left, right)[None, :] + 0.5 - column) / reach
    v = (np.arange(top, bottom)[:, None] + 0.5 - row) / reach
    wing = np.abs(u)
    curve = -bend * np.sin(wing * np.pi * 0.8) * 0.42 + wing * 0.10
    thick = 0.085 * (1 - wing) + 0.012
    cover = np.clip((thick - np.abs(v - curve)) * reach + 0.5, 0, 1) * (wing < 1)
    spot = image[top:bottom, left:right]
    spot += (ink - spot) * cover.astype(np.float32)[..., None]
