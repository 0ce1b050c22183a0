"""Mosaic: stained glass. Cells of coloured glass between strips of lead, lit from behind.

A picture of another family is the cartoon: leads follow its outlines, and each pane takes its mean colour.
Windows that show no scene may be a rose instead: rings of panes around a middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.engines.procedural import landscape, silk
from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.canvas import Frame, enlarge, fbm, lookup, smoothstep, soften

SMALL = 320  # The cartoon is drawn with this many pixels on its longer edge.
TONES = 4  # Outlines are drawn between this many tones of the cartoon.
LEAD = 0.0022  # Half the width of a strip of lead.
ROSE_WORDS = frozenset(
    {"cathedral", "rose", "rosette", "window", "mandala", "church", "chapel", "kaleidoscope"}
)


@dataclass(frozen=True)
class Panes:
    """`centres` (n, 2) x and y; no pane reaches farther than `reach` from its centre, in units."""

    centres: np.ndarray
    reach: float


def draw(brief: Brief) -> Drawing:
    words = brief.by_words("window")
    rose = words.random() < 0.35 or bool(ROSE_WORDS & brief.reading.words)
    if rose and not brief.reading.scenes:
        return (yield from _draw_rose(brief))
    return (yield from _draw_scene(brief))


def _draw_scene(brief: Brief) -> Drawing:
    frame = brief.frame
    scale = min(1.0, SMALL / frame.edge)
    small = Frame(max(16, round(frame.width * scale)), max(16, round(frame.height * scale)))
    family = landscape if brief.reading.scenes else silk
    cartoon = np.clip(_finished(family.draw(brief.resized(small))), 0, 1)
    yield "cartoon"
    panes = _honeycomb(brief)
    pane, border = cut(frame, panes)
    yield "panes"
    tone, outline = _outlines(cartoon, small, frame)
    colours = _pane_colours(cartoon, frame, pane * TONES + tone, len(panes.centres) * TONES)
    image = _glass(brief, colours, pane * TONES + tone)
    yield "glass"
    return _leaded(brief, image, np.minimum(border, outline))


def _finished(drawing: Drawing) -> np.ndarray:
    """The image of a drawing whose stages nobody waits for: it is small."""
    while True:
        try:
            next(drawing)
        except StopIteration as end:
            return end.value


def _honeycomb(brief: Brief) -> Panes:
    """Centres on a shaken honeycomb that reaches a little beyond the sheet."""
    words, seed, frame = brief.by_words("mosaic"), brief.by_seed("mosaic"), brief.frame
    pitch = words.uniform(0.058, 0.078) * (1.45, 1.2, 1.0, 0.82, 0.68)[brief.detail - 1]
    columns, rows = int(1.2 / pitch), int(1.2 / (pitch * 0.866))
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    shake = seed.uniform(-0.36, 0.36, (2, rows, columns)) * pitch
    x = (column + 0.5 * (row % 2)) * pitch - 0.6 + shake[0]
    y = row * pitch * 0.866 - 0.6 + shake[1]
    near = (np.abs(x) < frame.half_width + pitch) & (np.abs(y) < frame.half_height + pitch)
    return Panes(np.stack([x[near], y[near]], 1).astype(np.float32), 1.6 * pitch)


def cut(frame: Frame, panes: Panes) -> tuple[np.ndarray, np.ndarray]:
    """Number of the nearest centre, and the distance to the border of its pane, each (height, width).

    Every centre looks only at the pixels around it; the patches stay in the processor's cache.
    """
    shape = (frame.height, frame.width)
    first, second = np.full(shape, 9, np.float32), np.full(shape, 9, np.float32)
    owner, rival = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for number, (x, y) in enumerate(panes.centres):
        left, right = np.searchsorted(frame.xs, [x - panes.reach, x + panes.reach])
        top, bottom = np.searchsorted(frame.ys, [y - panes.reach, y + panes.reach])
        if left == right or top == bottom:
            continue
        spot = (slice(top, bottom), slice(left, right))
        distance = ((frame.xs[left:right] - x) ** 2)[None, :] + ((frame.ys[top:bottom] - y) ** 2)[:, None]
        wins = distance < first[spot]
        places = ~wins & (distance < second[spot])
        np.copyto(second[spot], first[spot], where=wins)
        np.copyto(rival[spot], owner[spot], where=wins)
        np.copyto(first[spot], distance, where=wins)
        np.copyto(owner[spot], number, where=wins)
        np.copyto(second[spot], distance, where=places)
        np.copyto(rival[spot], number, where=places)
    gap = panes.centres[owner.ravel()] - panes.centres[rival.ravel()]
    gap = np.sqrt(gap[:, 0] ** 2 + gap[:, 1] ** 2).reshape(shape)
    return owner, (second - first) / np.maximum(2 * gap, 1e-4)


def _outlines(cartoon: np.ndarray, small: Frame, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Tone of each pixel, 0..TONES-1, and its distance to the next outline in units, (height, width)."""
    grey = cartoon @ np.array([0.30, 0.55, 0.15], np.float32)
    field = enlarge(grey, small, frame, 36)
    limits = np.quantile(field[::4, ::4], [0.30, 0.62, 0.92])
    steep = np.hypot(*np.gradient(field)) * np.float32(frame.edge)
    away = np.min([np.abs(field - np.float32(limit)) for limit in limits], axis=0)
    away /= np.maximum(steep, np.float32(0.35))
    # Where the cartoon hardly changes an outline has no clear place: better none than a blot of lead.
    away += smoothstep(0.95, 0.45, steep) * np.float32(4 * LEAD)
    return np.digitize(field, limits).astype(np.int32), away


def _pane_colours(cartoon: np.ndarray, frame: Frame, number: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) mean colour of the cartoon below each pane; a pane nobody met takes the next one's."""
    rows = np.arange(0, frame.height, 2)
    columns = np.arange(0, frame.width, 2)
    seen = cartoon[rows * cartoon.shape[0] // frame.height][:, columns * cartoon.shape[1] // frame.width]
    where = number[::2, ::2].ravel()
    many = np.bincount(where, minlength=count)
    total = np.stack([np.bincount(where, seen[..., c].ravel(), minlength=count) for c in range(3)], 1)
    whole = total.reshape(-1, TONES, 3).sum(1) / np.maximum(many.reshape(-1, TONES).sum(1), 1)[:, None]
    return np.where(many[:, None] > 0, total / np.maximum(many, 1)[:, None], np.repeat(whole, TONES, axis=0))


def _draw_rose(brief: Brief) -> Drawing:
    panes, colours = _rose(brief)
    yield "rose"
    pane, border = cut(brief.frame, panes)
    yield "panes"
    image = _glass(brief, colours, pane)
    yield "glass"
    return _leaded(brief, image, border)


def _rose(brief: Brief) -> tuple[Panes, np.ndarray]:
    """Rings of panes around a middle, and their colours: a tone for each ring, repeated for each petal."""
    words, seed, frame = brief.by_words("rose"), brief.by_seed("rose"), brief.frame
    fold = int(words.choice([6, 8, 10, 12]))
    pitch = words.uniform(0.052, 0.070) * (1.4, 1.2, 1.0, 0.85, 0.72)[brief.detail - 1]
    radius = 0.94 * min(frame.half_width, frame.half_height)
    ramp, turn = brief.palette.ramp(), seed.uniform(0, np.pi)
    accent = brief.palette.colour(0.72, 0.17, which=2)
    phase, pace = seed.uniform(0, 6.28), words.uniform(0.9, 1.5)
    centres, colours = [(0.0, 0.0)], [ramp[-200]]
    for ring in range(1, int(0.76 / pitch) + 1):
        away = ring * pitch
        petals = fold * max(1, round(2 * np.pi * away / (pitch * 1.05 * fold)))
        tones = np.clip(
            0.56 + 0.30 * np.sin(ring * pace + phase) + seed.normal(0, 0.10, petals // fold), 0.16, 0.96
        )
        jewel = seed.random(petals // fold) < 0.22
        outside = away > radius
        for petal in range(petals):
            angle = turn + (petal + 0.5 * (ring % 2)) * 2 * np.pi / petals
            centres.append((away * np.cos(angle), away * np.sin(angle)))
            kind = petal % (petals // fold)
            colour = (
                accent
                if jewel[kind] and not outside
                else lookup(ramp, tones[kind] * (0.42 if outside else 1))
            )
            colours.append(colour)
    return Panes(np.array(centres, np.float32), 1.75 * pitch), np.array(colours)


def _glass(brief: Brief, colours: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Panes in `colours` (n, 3), each a little brighter or darker than planned, with streaks in the glass."""
    seed, frame = brief.by_seed("mosaic glass"), brief.frame
    grey = colours.mean(1, keepdims=True)
    rich = np.clip(grey + (colours - grey) * 1.22, 0, 1) ** 0.82
    rich = rich * np.exp(seed.normal(0, 0.11, (len(rich), 1))) + seed.normal(0, 0.014, rich.shape)
    image = np.take(np.clip(rich, 0.02, 1).astype(np.float32), number, axis=0)
    streaks = fbm(seed, frame, (26, 9), octaves=3, gain=0.7)
    image *= (np.float32(1) + streaks * np.float32(0.08))[..., None]
    return image


def _leaded(brief: Brief, image: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Lead between the panes: dark, rounded, with light spilling over from the glass."""
    frame = brief.frame
    edge = 0.75 / frame.edge
    glass = smoothstep(LEAD - edge, LEAD + edge, border)
    image *= (smoothstep(0, 0.02, border) * np.float32(0.34) + np.float32(0.76))[..., None]
    ridge = np.clip(1 - border / np.float32(LEAD), 0, 1) * np.float32(0.10)
    metal = ridge[..., None] * np.array([0.9, 0.95, 1.0], np.float32) + np.float32(0.035)
    image = metal + (image - metal) * glass[..., None]
    for channel in range(3):
        glow = soften(image[..., channel], frame, 30)
        image[..., channel] += glow * glow * np.float32(0.26)
    return image
