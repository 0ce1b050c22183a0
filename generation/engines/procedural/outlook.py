"""Where a landscape is and at what hour: read from the scene words, else chosen by the prompt's digest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural.brief import Brief
from generation.engines.procedural.palette import LCH, avoid, gap, ramp, shift_light, to_screen, toward


@dataclass(frozen=True)
class Hour:
    """Colours of a time of day: the sky from zenith to horizon, the light itself, the nearest land."""

    sky: tuple[LCH, LCH, LCH, LCH]
    light: LCH
    land: LCH
    dark: bool = False


HOURS = {
    "night": Hour(
        ((0.13, 0.055, 272), (0.20, 0.075, 264), (0.30, 0.085, 256), (0.44, 0.080, 244)),
        (0.95, 0.030, 95), (0.09, 0.030, 268), dark=True,
    ),
    "sunset": Hour(
        ((0.33, 0.110, 292), (0.52, 0.150, 350), (0.72, 0.160, 42), (0.88, 0.120, 78)),
        (0.97, 0.070, 80), (0.17, 0.060, 318),
    ),
    "dusk": Hour(
        ((0.22, 0.090, 276), (0.38, 0.115, 290), (0.58, 0.125, 335), (0.80, 0.105, 48)),
        (0.95, 0.070, 70), (0.13, 0.055, 285),
    ),
    "dawn": Hour(
        ((0.60, 0.085, 258), (0.74, 0.070, 295), (0.85, 0.075, 10), (0.93, 0.070, 65)),
        (0.985, 0.040, 85), (0.27, 0.065, 278),
    ),
    "day": Hour(
        ((0.52, 0.135, 252), (0.66, 0.115, 244), (0.80, 0.075, 234), (0.94, 0.030, 215)),
        (0.99, 0.030, 100), (0.24, 0.055, 205),
    ),
    "golden": Hour(
        ((0.55, 0.060, 235), (0.72, 0.065, 190), (0.86, 0.095, 92), (0.94, 0.095, 84)),
        (0.985, 0.060, 92), (0.22, 0.055, 50),
    ),
    "misty": Hour(
        ((0.73, 0.035, 225), (0.81, 0.032, 210), (0.88, 0.030, 180), (0.94, 0.028, 120)),
        (0.985, 0.020, 100), (0.28, 0.040, 205),
    ),
    "storm": Hour(
        ((0.24, 0.030, 262), (0.36, 0.035, 250), (0.52, 0.040, 235), (0.76, 0.045, 205)),
        (0.95, 0.020, 110), (0.14, 0.025, 240),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """Everything a landscape is composed of. Lengths are in units; y grows downwards from the middle.

    `sky` is a (512, 3) table from zenith to horizon. `light` is where sun or moon stands.
    `land` is the nearest land, `distant` the farthest, `haze` the air between two ridges.
    """

    hour: str
    dark: bool
    sky: np.ndarray
    light_colour: np.ndarray
    land: np.ndarray
    distant: np.ndarray
    haze: np.ndarray
    snow: np.ndarray
    horizon: float
    light: tuple[float, float]
    radius: float
    things: frozenset[str]


def look(brief: Brief) -> Outlook:
    """Hour, colours and composition of a landscape for `brief`."""
    things = _things(brief)
    hour = _hour(brief, things)
    colours = HOURS[hour]
    sky = tuple(
        _tinted(brief, stop, place) for place, stop in zip((0.0, 0.33, 0.66, 1.0), colours.sky, strict=True)
    )
    horizon, light, radius = _composition(brief, things, hour)
    return Outlook(
        hour=hour,
        dark=colours.dark,
        sky=ramp(sky, 512),
        light_colour=to_screen(*_tinted(brief, colours.light, 1.0, weight=0.4)),
        land=to_screen(*_land(brief, colours.land, things)),
        distant=to_screen(*sky[1]) * 0.55 + to_screen(*sky[2]) * 0.45,
        haze=to_screen(*sky[3]) * 0.55 + to_screen(*sky[2]) * 0.45,
        snow=to_screen(0.52 if colours.dark else 0.93, 0.03 if not colours.dark else 0.05, 248),
        horizon=horizon,
        light=light,
        radius=radius,
        things=things,
    )


def _things(brief: Brief) -> frozenset[str]:
    """Scenes of the words; a prompt that names no ground gets one by its digest."""
    words, wanted = brief.by_words("ground"), brief.reading.scenes
    ground = str(words.choice(["mountain", "hill", "forest", "dune"], p=[0.45, 0.25, 0.2, 0.1]))
    wet = words.random() < 0.38
    extra = set()
    if not wanted & {"mountain", "hill", "dune", "forest", "city", "water"}:
        extra.add(ground)
        if wet and ground != "dune":
            extra.add("water")
    if "city" in wanted and wet and not brief.reading.words & {"street", "rooftop", "downtown"}:
        extra.add("water")
    if words.random() < 0.3:
        extra.add("birds")
    return (wanted | extra) - brief.reading.unwanted_scenes


def _hour(brief: Brief, things: frozenset[str]) -> str:
    guess = str(
        brief.by_words("hour").choice(
            ["sunset", "dusk", "dawn", "day", "golden", "misty", "night"],
            p=[0.22, 0.15, 0.17, 0.12, 0.14, 0.1, 0.1],
        )
    )
    if things & {"night", "stars", "aurora", "moon"}:
        return "dusk" if things & {"sunset", "dawn"} else "night"
    for word, hour in (
        ("sunset", "sunset"),
        ("dawn", "dawn"),
        ("storm", "storm"),
        ("rain", "storm"),
        ("fog", "misty"),
    ):
        if word in things:
            return hour
    if "dusk" in brief.reading.words or "twilight" in brief.reading.words:
        return "dusk"
    if "day" in things:
        return "day"
    if "snow" in things:
        return guess if guess in ("dawn", "dusk", "day") else "day"
    light = brief.reading.light
    if light < -0.1:
        return "dusk" if guess in ("sunset", "dusk") else "night"
    return guess if guess != "night" else "sunset"


def _tinted(brief: Brief, stop: LCH, place: float, weight: float = 0.78) -> LCH:
    """A sky colour pulled to the hues the words name, or turned a little where they name none.

    `place` runs from 0 at the zenith to 1 at the horizon: the first named hue rules above, the last below.
    """
    lightness, chroma, hue = stop
    reading, palette = brief.reading, brief.palette
    light = reading.light * 0.45 if stop[0] > 0.45 or reading.light > 0 else 0.0
    if reading.coloured:
        high, low = palette.hues[0], palette.hues[min(len(reading.hues), 3) - 1]
        if len(reading.hues) == 1:
            low = palette.hues[1]
        wanted = toward(high, low, place) if gap(high, low) < 100 else high if place < 0.5 else low
        # The short way to a far hue leads through colours nobody named.
        hue = toward(hue, wanted, weight) if gap(hue, wanted) < 80 else toward(wanted, hue, 0.08)
        chroma = max(chroma, 0.075)
    else:
        hue += float(brief.by_words("turn").uniform(-16, 16)) + float(brief.by_seed("turn").normal(0, 5))
    # The air keeps some colour however grey the words: a picture without any looks unfinished.
    factor = min(reading.chroma, 1.35) if reading.chroma < 0.25 else min(reading.chroma**0.5, 1.25)
    return shift_light(lightness, light), chroma * factor, avoid(hue, reading.unwanted_hues, 45)


def _land(brief: Brief, stop: LCH, things: frozenset[str]) -> LCH:
    """The nearest land: its scene's colour, darkened by the hour."""
    lightness, chroma, hue = stop
    if "autumn" in things:
        lightness, chroma, hue = lightness + 0.15, 0.12, toward(hue, 45, 0.9)
    elif "dune" in things and lightness < 0.12:
        lightness, chroma, hue = lightness + 0.07, 0.04, toward(hue, 320, 0.5)  # moonlit sand is hardly warm
    elif "dune" in things:
        lightness, chroma, hue = lightness + 0.20, 0.095, toward(hue, 52, 0.8)
    elif "forest" in things or "hill" in things:
        lightness, chroma, hue = lightness + 0.02, max(chroma, 0.05), toward(hue, 155, 0.6)
    if brief.reading.coloured:
        hue, chroma = toward(hue, brief.palette.hues[0], 0.7), max(chroma, 0.06)
    return lightness, chroma * min(brief.reading.chroma, 1.3), hue


def _composition(brief: Brief, things: frozenset[str], hour: str) -> tuple[float, tuple[float, float], float]:
    """Height of the horizon, place of sun or moon, and its radius."""
    words, seed, frame = brief.by_words("composition"), brief.by_seed("composition"), brief.frame
    tall = frame.half_height
    level = words.uniform(0.05, 0.22) if "water" in things else words.uniform(0.0, 0.14)
    horizon = float((level + seed.normal(0, 0.025)) * 2 * tall)
    side = seed.choice([-1, 1]) * seed.uniform(0.10, 0.62)
    lift = {"night": (0.35, 0.72), "day": (0.45, 0.8), "misty": (0.25, 0.55), "storm": (0.3, 0.6)}
    low, high = lift.get(hour, (0.10, 0.42))
    up = seed.uniform(low, high) * (horizon + tall)
    scale = min(1.0, 0.35 + 1.3 * tall)
    radius = words.uniform(0.030, 0.062) * (1.0 if hour != "day" else 0.7) * scale
    return horizon, (float(side * frame.half_width), float(horizon - up)), float(radius)
