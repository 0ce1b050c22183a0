"""Colours in OKLCH: lightness 0..1, chroma 0..0.35, hue in degrees, and the way from there to the screen.

Equal steps in OKLCH look equally large, so a ramp stays even and two hues meet without a grey between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural.canvas import RNG
from generation.engines.procedural.words import Reading

LCH = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """`hues` (degrees) are the main one, its neighbour and the accent; `stops` run from dark to light."""

    hues: tuple[float, float, float]
    stops: tuple[LCH, ...]
    chroma: float
    light: float

    def ramp(self, size: int = 2048) -> np.ndarray:
        """(size, 3) colours from the darkest to the lightest stop."""
        return ramp(self.stops, size)

    def colour(self, lightness: float, chroma: float, which: int = 0) -> np.ndarray:
        """(3,) one colour of hue number `which`, its chroma scaled by the prompt's."""
        return to_screen(*clear((lightness, chroma * self.chroma, self.hues[which])))


def compose(reading: Reading, words_rng: RNG, seed_rng: RNG) -> Palette:
    """The palette of a prompt: words choose hues and their relation, the seed turns them by a few degrees."""
    relation = words_rng.choice(["near", "near", "wide", "opposite"])
    turn = float(words_rng.uniform(22, 42) * words_rng.choice([-1, 1]))
    spread = {"near": (turn, -turn), "wide": (turn * 1.7, turn * 2.6), "opposite": (turn, 180 + turn / 2)}
    hues = list(reading.hues[:3])
    base = hues[0]
    for step in spread[str(relation)][len(hues) - 1 :] if len(hues) < 3 else ():
        hues.append(base + step)
    jitter = float(np.clip(seed_rng.normal(0, 6), -12, 12))
    hues = [avoid(hue + jitter, reading.unwanted_hues) for hue in hues]
    strength = float(words_rng.uniform(0.9, 1.15)) * reading.chroma
    stops = _stops(hues, light=reading.light, chroma=strength)
    return Palette(hues=(hues[0], hues[1], hues[2]), stops=stops, chroma=strength, light=reading.light)


def _stops(hues: list[float], *, light: float, chroma: float) -> tuple[LCH, ...]:
    """Six stops: shadows lean to the neighbour hue, the body is the main hue, highlights catch the accent."""
    main, neighbour, accent = hues
    if gap(main, neighbour) > 75:
        # Two colours far apart: one for the cloth, one for the light on it; mixed in the dark they are mud.
        neighbour, accent = main, neighbour
    body = [
        (0.13, 0.055, toward(neighbour, 275, 0.25)),
        (0.30, 0.115, toward(neighbour, main, 0.35)),
        (0.48, 0.155, toward(neighbour, main, 0.75)),
        (0.65, 0.155, main),
        (0.82, 0.105, toward(main, accent, 0.45 if gap(main, accent) < 90 else 1)),
        (0.955, 0.045, toward(main, accent, 0.8 if gap(main, accent) < 90 else 1)),
    ]
    return tuple(clear((shift_light(lightness, light), c * chroma, hue)) for lightness, c, hue in body)


def clear(colour: LCH) -> LCH:
    """`colour`, unless it is a dark yellow: that looks like mud, so it turns to amber or to green."""
    lightness, chroma, hue = colour
    off = (hue - 108 + 180) % 360 - 180
    yellow = float(np.exp(-((off / 32) ** 2)))
    middle = float(np.exp(-(((lightness - 0.55) / 0.2) ** 2)))
    lean = 46 * yellow * float(np.clip((0.86 - lightness) / 0.4, 0, 1))
    return lightness + 0.13 * yellow * middle, chroma, hue - lean if off < 6 else hue + lean * 0.8


def shift_light(lightness: float, light: float) -> float:
    """`lightness` moved by `light`, -0.3..0.3, most in the middle so that both ends keep their depth."""
    moved = lightness + light * (0.45 + 2.2 * lightness * (1 - lightness))
    return float(np.clip(moved, 0.06, 0.975))


def toward(hue: float, other: float, amount: float) -> float:
    """`hue` turned to `other` the short way round, `amount` 0..1."""
    return hue + ((other - hue + 180) % 360 - 180) * amount


def gap(hue: float, other: float) -> float:
    """Degrees between two hues, 0..180."""
    return abs((other - hue + 180) % 360 - 180)


def avoid(hue: float, unwanted: tuple[float, ...], distance: float = 60) -> float:
    """`hue`, or the nearest one at least `distance` degrees from each hue nobody wants."""
    for other in unwanted:
        if gap(hue, other) < distance:
            hue = other + (distance if (hue - other) % 360 < 180 else -distance)
    return hue


def ramp(stops: tuple[LCH, ...], size: int) -> np.ndarray:
    """(size, 3) screen colours through evenly spaced `stops`; between far hues it passes a paler one."""
    lightness, chroma, hue = np.array(stops, np.float64).T
    turn = np.radians(hue)
    place, fine = np.linspace(0, 1, len(stops)), np.linspace(0, 1, size)
    parts = (lightness, chroma * np.cos(turn), chroma * np.sin(turn))
    light, a, b = (_even(np.interp(fine, place, part), size // len(stops) // 2) for part in parts)
    return to_screen(light, np.hypot(a, b), np.degrees(np.arctan2(b, a)))


def _even(line: np.ndarray, reach: int) -> np.ndarray:
    """`line` with its corners rounded over `reach` entries on each side."""
    if reach < 1:
        return line
    padded = np.pad(line, reach, mode="reflect", reflect_type="odd")
    return np.convolve(padded, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")


def to_screen(lightness, chroma, hue) -> np.ndarray:
    """(…, 3) float32 sRGB of OKLCH numbers or arrays; what the screen cannot show loses chroma, not its hue.

    Matrices: Björn Ottosson, "A perceptual color space for image processing" (2020).
    """
    lightness, chroma, hue = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (lightness, chroma, hue))
    )
    low, high = np.zeros_like(chroma), np.ones_like(chroma)
    for _ in range(12):
        middle = (low + high) / 2
        linear = _linear(lightness, chroma * middle, hue)
        fits = np.all((linear >= -1e-4) & (linear <= 1.0001), axis=-1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    linear = np.clip(_linear(lightness, chroma * low, hue), 0, 1)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curved.astype(np.float32)


def _linear(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    )
