"""The sky of a landscape: its gradient, sun or moon, clouds, stars and northern lights."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural.brief import Brief
from generation.engines.procedural.canvas import Frame, fbm, line_noise, lookup, mix, smoothstep
from generation.engines.procedural.outlook import Outlook
from generation.engines.procedural.palette import to_screen


def draw_sky(brief: Brief, outlook: Outlook) -> np.ndarray:
    """The whole sheet as sky, (height, width, 3); land covers what it covers."""
    frame = brief.frame
    image = _gradient(frame, outlook)
    distance = _from_light(frame, outlook)
    if outlook.dark or "stars" in outlook.things:
        _stars(image, brief, outlook)
    if "aurora" in outlook.things:
        image = _aurora(image, brief, outlook)
    if _light_is_up(outlook):
        glow = np.exp(distance * np.float32(-1 / (outlook.radius * 5.0))) * np.float32(0.40)
        glow += np.exp(distance * np.float32(-1 / 0.34)) * np.float32(0.12 if outlook.dark else 0.26)
        image += glow[..., None] * outlook.light_colour * (1.02 - image)
        image = _disc(image, frame, outlook, distance, brief)
    return _clouds(image, brief, outlook, distance)


def _light_is_up(outlook: Outlook) -> bool:
    if outlook.hour == "storm" or ("rain" in outlook.things and not outlook.things & {"moon", "sun"}):
        return bool(outlook.things & {"moon", "sun"})
    return True


def _gradient(frame: Frame, outlook: Outlook) -> np.ndarray:
    """Zenith to horizon, a little deeper on the side away from the light."""
    top = -frame.half_height
    place = (frame.ys - top) / max(outlook.horizon - top, 1e-3)
    away = (np.abs(frame.xs - outlook.light[0]) ** 1.5 * np.float32(0.16)).astype(np.float32)
    return lookup(outlook.sky, np.clip(place, 0, 1)[:, None] ** np.float32(0.9) - away[None, :])


def _from_light(frame: Frame, outlook: Outlook) -> np.ndarray:
    """(height, width) distance from sun or moon."""
    x, y = outlook.light
    return np.sqrt((frame.xs[None, :] - np.float32(x)) ** 2 + (frame.ys[:, None] - np.float32(y)) ** 2)


def _disc(image, frame: Frame, outlook: Outlook, distance: np.ndarray, brief: Brief) -> np.ndarray:
    """Sun, or a moon with its seas and, for a crescent, its night side."""
    cover = np.clip((np.float32(outlook.radius) - distance) * np.float32(frame.edge) + 0.5, 0, 1)
    colour = np.minimum(outlook.light_colour * 1.02 + 0.02, 1)
    if not (outlook.dark or "moon" in outlook.things):
        return mix(image, colour, cover)
    x, y = outlook.light
    if "crescent" in brief.reading.words:
        turn = brief.by_seed("moon").uniform(0.3, 1.0)
        shift_x, shift_y = np.cos(turn) * outlook.radius * 0.55, np.sin(turn) * outlook.radius * 0.35
        shadow = np.hypot(frame.xs[None, :] - x - shift_x, frame.ys[:, None] - y + shift_y)
        cover = cover * smoothstep(-0.006, 0.004, shadow - outlook.radius * 0.92)
    top, bottom = np.searchsorted(frame.ys, [y - outlook.radius * 1.1, y + outlook.radius * 1.1])
    seas = fbm(brief.by_seed("moon seas"), Frame(64, 64), (5, 5), octaves=3)
    rows = np.clip(((frame.ys[top:bottom] - y) / outlook.radius + 1) * 32, 0, 63).astype(int)
    columns = np.clip(((frame.xs - x) / outlook.radius + 1) * 32, 0, 63).astype(int)
    tone = 1 - 0.16 * smoothstep(-0.1, 0.9, seas)[rows[:, None], columns[None, :]]
    image[top:bottom] = mix(image[top:bottom], colour * tone[..., None], cover[top:bottom])
    return image


def _stars(image: np.ndarray, brief: Brief, outlook: Outlook) -> None:
    """Points of light of many sizes, thinning out to the horizon, denser along a faint band."""
    seed, frame = brief.by_seed("stars"), brief.frame
    many = 2.2 if "stars" in outlook.things else 0.8
    count = int(420 * many * (0.5 + brief.detail / 6))
    x, y = seed.uniform(-0.5, 0.5, (2, count))
    slope, offset = seed.uniform(-0.9, 0.9), seed.uniform(-0.35, -0.1)
    band = count // 2
    y[:band] = offset + slope * x[:band] + seed.normal(0, 0.07, band)
    power = seed.pareto(2.2, count) * 0.16 + 0.10
    high = (outlook.horizon - y) / (outlook.horizon + frame.half_height)
    power *= np.clip(high * 1.6, 0, 1)
    if "stars" in outlook.things:
        cloud = fbm(seed, frame, (6, 6), octaves=4, gain=0.6)
        off = frame.ys[:, None] - np.float32(offset) - np.float32(slope) * frame.xs[None, :]
        milk = np.exp(-((off / np.float32(0.10)) ** 2)) * np.clip(cloud * 0.5 + 0.55, 0, 1) * np.float32(0.24)
        image += milk[..., None] * to_screen(0.78, 0.07, 290)
    _splat(image, frame, x, y, np.minimum(power, 1.3), seed)


def _splat(image, frame: Frame, x, y, power, seed) -> None:
    """Add small round lights of about a thousandth of a unit; the strong ones are wider."""
    for size, low in ((1, 0.0), (2, 0.55)):
        pick = power >= low
        column, row = (x[pick] + frame.half_width) * frame.edge, (y[pick] + frame.half_height) * frame.edge
        tint = np.stack(
            [1 + 0.12 * np.sin(x[pick] * 99), np.ones(pick.sum()), 1 + 0.15 * np.cos(y[pick] * 77)], 1
        )
        reach = max(1, round(size * frame.edge / 900))
        for down in range(-reach, reach + 1):
            for across in range(-reach, reach + 1):
                c, r = np.floor(column).astype(int) + across, np.floor(row).astype(int) + down
                away = np.hypot(c + 0.5 - column, r + 0.5 - row) / (0.62 * frame.edge / 900 * size + 0.22)
                weight = power[pick] * np.exp(-(away**2)) / size
                inside = (c >= 0) & (c < frame.width) & (r >= 0) & (r < frame.height)
                light = weight[inside, None] * tint[inside]
                image[r[inside], c[inside]] += light.astype(np.float32) * (1 - image[r[inside], c[inside]])


def _aurora(image: np.ndarray, brief: Brief, outlook: Outlook) -> np.ndarray:
    """Curtains: a wavy lower hem, rays that fade upwards, green below and violet above."""
    seed, frame = brief.by_seed("aurora"), brief.frame
    hue = brief.palette.hues[0] if brief.reading.coloured else 162
    tall = outlook.horizon + frame.half_height
    for curtain in range(2 + brief.detail // 3):
        hem = outlook.horizon - tall * seed.uniform(0.18, 0.5) + 0.07 * line_noise(seed, frame.xs, 3)
        hem += 0.018 * line_noise(seed, frame.xs, 11)
        rays = np.clip(
            0.55 + 0.35 * line_noise(seed, frame.xs, 40) + 0.3 * line_noise(seed, frame.xs, 7), 0.02, 1.4
        )
        length = (tall * 0.34 * np.clip(0.7 + 0.4 * line_noise(seed, frame.xs, 9), 0.25, 1.5)).astype(
            np.float32
        )
        up = (hem[None, :] - frame.ys[:, None]) / length[None, :]
        veil = (
            smoothstep(-0.05, 0.06, up)
            * np.exp(-np.maximum(up, 0) * np.float32(2.6))
            * rays[None, :].astype(np.float32)
        )
        veil *= np.float32(0.85 / (1 + 0.35 * curtain))
        high = np.clip(up * np.float32(0.9), 0, 1)
        colour = mix(to_screen(0.82, 0.19, hue), to_screen(0.62, 0.19, hue + 140), high)
        image += veil[..., None] * colour * (1 - image)
    return image


def _clouds(image: np.ndarray, brief: Brief, outlook: Outlook, distance: np.ndarray) -> np.ndarray:
    """Long clouds, thinner to the horizon, lit where they face the light."""
    words, seed, frame = brief.by_words("clouds"), brief.by_seed("clouds"), brief.frame
    heavy = "storm" in outlook.things or "rain" in outlook.things
    amount = 1.0 if heavy else 0.85 if "cloud" in outlook.things else words.uniform(0.1, 0.75)
    if "cloud" in brief.reading.unwanted_scenes:
        return image
    if outlook.dark and not heavy and "cloud" not in outlook.things:
        amount *= 0.35
    field = fbm(seed, frame, (3, 9) if not heavy else (3, 6), octaves=5, gain=0.55)
    cover = smoothstep(0.75 - 1.15 * amount, 1.5 - 0.5 * amount, field)
    relief = np.zeros_like(field)
    lag = max(1, frame.edge // 90)
    relief[:-lag] = field[lag:] - field[:-lag]
    if outlook.light[1] < outlook.horizon - 0.25:
        relief = -relief
    shade = np.clip(np.float32(0.5) + relief * np.float32(1.7 if heavy else 0.9), 0, 1)
    near = np.exp(distance * np.float32(-2.2))
    base = image[..., :] * np.float32(0.72 if not heavy else 0.50)
    lit = outlook.haze * 0.95 if heavy else outlook.light_colour * (0.30 if outlook.dark else 0.97)
    power = shade * (np.float32(0.45) + np.float32(0.55) * near)
    colour = mix(base, lit, power)
    return mix(image, colour, cover * np.float32(0.80))
