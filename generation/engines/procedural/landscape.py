"""Landscape: sky, far ridges, near ridges with what grows on them, water, and the weather in front."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural import growth, sky, terrain, weather
from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.outlook import Outlook, look
from generation.engines.procedural.terrain import Ridge

FALLING = {"snowfall", "snowing", "snowy", "blizzard", "winter", "christmas", "flakes"}


def draw(brief: Brief) -> Drawing:
    outlook = look(brief)
    image = sky.draw_sky(brief, outlook)
    if "birds" in outlook.things:
        weather.let_fly(image, brief, outlook)
    yield "sky"
    wet = "water" in outlook.things
    _paint_all(image, brief, outlook, _far_ridges(brief, outlook), "far rock")
    if "city" in outlook.things:
        _city(image, brief, outlook, wet)
    yield "far land"
    if wet:
        weather.flood(image, brief, outlook)
    near = [] if "city" in outlook.things else _shore(brief, outlook) if wet else _near_ridges(brief, outlook)
    _paint_all(image, brief, outlook, near, "near rock")
    yield "near land"
    _air(image, brief, outlook)
    return image


def _far_ridges(brief: Brief, outlook: Outlook) -> list[Ridge]:
    """Ridges that fade into the haze, from the farthest on."""
    frame, words, seed = brief.frame, brief.by_words("far land"), brief.by_seed("far land")
    things, tall = outlook.things, frame.half_height * 2
    wet = "water" in things
    kind = next((kind for kind in ("mountain", "dune", "hill") if kind in things), "hill")
    rise = {"mountain": words.uniform(0.24, 0.34), "dune": 0.13, "hill": 0.14}[kind] * min(1, tall * 1.15)
    layers = 2 + (brief.detail + 1) // 2 - wet
    if wet and not things & {"mountain", "hill", "forest", "dune"}:
        kind, rise, layers = "island", words.uniform(0.05, 0.12) * tall, 2
    ridges = []
    for layer in range(layers):
        part = layer / layers
        base = outlook.horizon + (0.004 if wet else 0.02 + 0.10 * part * tall)
        height = rise * (0.7 + 0.6 * part if kind == "dune" else 1 - 0.42 * part) * seed.uniform(0.85, 1.15)
        depth = 0.12 + (0.5 if wet else 0.42) * part
        ridges.append(terrain.make_ridge(kind, seed, frame, base=base, rise=height, depth=depth))
    return ridges


def _near_ridges(brief: Brief, outlook: Outlook) -> list[Ridge]:
    """Three ridges down to the lower edge; in front of mountains lie hills."""
    frame, seed, things = brief.frame, brief.by_seed("near land"), outlook.things
    tall = frame.half_height * 2
    kinds = (
        ("dune",) * 3
        if "dune" in things
        else ("mountain", "hill", "hill")
        if "mountain" in things
        else ("hill",) * 3
    )
    ridges = []
    for kind, part, depth in zip(kinds, (0.30, 0.60, 0.92), (0.66, 0.84, 1.0), strict=True):
        base = outlook.horizon + (frame.half_height - outlook.horizon) * part + 0.03 * tall
        rise = {"mountain": 0.17, "hill": 0.11, "dune": 0.15}[kind] * min(1, tall * 1.2)
        ridges.append(terrain.make_ridge(kind, seed, frame, base=base, rise=rise, depth=depth))
    return ridges


def _shore(brief: Brief, outlook: Outlook) -> list[Ridge]:
    """A dark bank rising to one lower corner, mostly: something near makes the water wide."""
    frame, words, seed = brief.frame, brief.by_words("shore"), brief.by_seed("near shore")
    if words.random() > 0.62 and "forest" not in outlook.things:
        return []
    side = np.sign(outlook.light[0]) or 1.0
    lean = np.clip(-side * frame.xs / max(frame.half_width, 1e-3), -1, 1) * 0.5 + 0.5
    ridge = terrain.make_ridge("hill", seed, frame, base=frame.half_height + 0.11, rise=0.06, depth=0.97)
    line = ridge.line - (lean**2.2 * 0.15 * min(1, frame.half_height * 2)).astype(np.float32)
    return [Ridge(line=line, depth=0.97, kind="hill")]


def _paint_all(
    image: np.ndarray, brief: Brief, outlook: Outlook, ridges: list[Ridge], rock_name: str
) -> None:
    """Paint ridges from back to front, each only as far down as the next one leaves it in sight."""
    if not ridges:
        return
    frame, rng = brief.frame, brief.by_seed(rock_name)
    rock = terrain.stone(rng, frame)
    ends = [float(ridge.line.max()) + 0.01 for ridge in ridges[1:]] + [frame.half_height + 0.1]
    if ridges[-1].depth < 0.6:
        ends[-1] = (
            float(ridges[-1].line.max()) + 0.42 if "water" not in outlook.things else outlook.horizon + 0.01
        )
    misty = "fog" in outlook.things or outlook.hour == "misty"
    for ridge, until in zip(ridges, ends, strict=True):
        if misty and ridge.depth > 0.6 and len(ridges) > 1:
            weather.lay_mist(image, brief, outlook, float(ridge.line.min()), 0.06, 0.9 - 0.5 * ridge.depth)
        terrain.paint_ridge(image, frame, ridge, outlook, rng, rock, until=until)
        _grow(image, brief, outlook, ridge)


def _grow(image: np.ndarray, brief: Brief, outlook: Outlook, ridge: Ridge) -> None:
    """Trees on a ridge: a forest where the words ask for one, else a few on the nearest hill."""
    forest, depth = "forest" in outlook.things, ridge.depth
    if "dune" in outlook.things or depth < 0.3 or ridge.kind == "island":
        return
    if not forest and (ridge.kind != "hill" or depth < 0.95):
        return
    size = 0.02 + 0.17 * depth**2.4 if forest else 0.085
    count = (240 - 190 * depth if forest else 26) * (0.55 + 0.15 * brief.detail)
    colour = outlook.distant * (1 - depth**0.8) + outlook.land * depth**0.8
    if "snow" in outlook.things:
        colour = colour * 0.85 + outlook.snow * 0.12
    growth.plant_trees(
        image,
        brief.frame,
        ridge.line,
        brief.by_seed(f"trees {depth:.3f}"),
        colour=colour,
        rise=size * min(1, brief.frame.half_height * 2.4),
        count=int(count),
        round_ones=0.85 if outlook.things & {"autumn", "bloom"} else 0.0,
    )


def _city(image: np.ndarray, brief: Brief, outlook: Outlook, wet: bool) -> None:
    """Towers in two or three rows: on the water's edge, or down to the lower edge of the sheet."""
    frame, seed = brief.frame, brief.by_seed("city")
    lit = 0.36 if outlook.dark else 0.22 if outlook.hour in ("dusk", "storm", "sunset") else 0.05
    hue = 75 if brief.reading.chroma <= 1.2 else brief.palette.hues[2]
    tall, bottom = frame.half_height * 2, frame.half_height + 0.02
    low = bottom - outlook.horizon
    rows = (
        ((0.0, 0.36, 0.30), (0.0, 0.27, 0.75))
        if wet
        else ((0.3, 0.58, 0.2), (0.65, 0.56, 0.55), (1.0, 0.52, 0.95))
    )
    for place, rise, near in rows:
        base = outlook.horizon + low * place
        far = outlook.distant * 0.7 + outlook.haze * 0.3
        block = growth.Block(
            base=base,
            rise=rise * min(1, tall * 1.1),
            near=near,
            colour=far * (1 - near) + outlook.land * near,
            haze=outlook.haze * (1 - 0.6 * near) + outlook.land * (0.6 * near),
            lit=lit * (0.5 + 0.5 * near),
            hue=hue,
        )
        growth.build_city(image, frame, seed, block)
        if near < 0.7:
            weather.lay_mist(image, brief, outlook, base, 0.10, 0.45)


def _air(image: np.ndarray, brief: Brief, outlook: Outlook) -> None:
    if "fog" in outlook.things:
        weather.lay_mist(image, brief, outlook, outlook.horizon, 0.09, 0.5)
    if "rain" in outlook.things:
        weather.let_it_rain(image, brief)
    if "snow" in outlook.things and brief.reading.words & FALLING:
        weather.let_it_snow(image, brief)
