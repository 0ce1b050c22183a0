"""Bauhaus: a poster of circles, bars and arcs on a grid of tiles, with a few large ones among the small."""

from __future__ import annotations

import numpy as np

from generation.engines.procedural.brief import Brief, Drawing
from generation.engines.procedural.canvas import RNG, fbm
from generation.engines.procedural.palette import Palette, clear, shift_light, to_screen

# Weights of the motifs; a prompt favours a few of them.
MOTIFS = ("quarter", "disc", "half", "arcs", "leaf", "triangle", "stripes", "ring", "plain", "dots", "stairs")

# Paper shows most, accent least; in the order of `_inks`.
INK_WEIGHTS = np.array([0.24, 0.14, 0.17, 0.13, 0.11, 0.08, 0.13])


def draw(brief: Brief) -> Drawing:
    frame = brief.frame
    colours = _inks(brief.palette)
    tiles = _tiles(brief)
    yield "grid"
    image = np.empty((frame.height, frame.width, 3), np.float32)
    image[:] = colours[0]
    seed, favour = brief.by_seed("bauhaus ink"), _favour(brief.by_words("bauhaus"))
    for number, (left, top, size) in enumerate(tiles):
        _tile(image, brief, colours, favour, seed, left, top, size)
        if number == len(tiles) // 2:
            yield "shapes"
    yield "all shapes"
    paper = fbm(brief.by_seed("bauhaus paper"), frame, (60, 60), octaves=3, gain=0.8)
    paper *= np.float32(0.011)
    paper += np.float32(1)
    image *= paper[..., None]
    yield "paper"
    return image


def _inks(palette: Palette) -> np.ndarray:
    """(7, 3) paper, four inks, accent and near-black: few colours, well apart in lightness."""
    main, neighbour, accent = palette.hues
    recipe = [
        (0.93, 0.030, main),
        (0.74, 0.110, neighbour),
        (0.57, 0.165, main),
        (0.40, 0.120, neighbour),
        (0.83, 0.105, accent),
        (0.66, 0.190, accent),
        (0.22, 0.050, main),
    ]
    light = palette.light * 0.55
    return np.stack(
        [to_screen(*clear((shift_light(li, light), c * palette.chroma, hue))) for li, c, hue in recipe]
    )


def _favour(rng: RNG) -> np.ndarray:
    weight = rng.uniform(0.15, 1, len(MOTIFS)) ** 2.2
    return weight / weight.sum()


def _tiles(brief: Brief) -> list[tuple[int, int, int]]:
    """(left, top, size) in pixels: a grid in which some blocks of 2x2 or 3x3 became one large tile."""
    frame, words, seed = brief.frame, brief.by_words("bauhaus grid"), brief.by_seed("bauhaus grid")
    across = int(words.integers(4, 7)) + brief.detail - 2
    size = int(np.ceil(frame.edge / across))
    columns, rows = -(-frame.width // size), -(-frame.height // size)
    left0, top0 = (frame.width - columns * size) // 2, (frame.height - rows * size) // 2
    free = np.ones((rows, columns), bool)
    tiles = []
    for block in (3, 2, 2, 2) if min(rows, columns) >= 4 else (2,):
        row = int(seed.integers(0, max(rows - block, 0) + 1))
        column = int(seed.integers(0, max(columns - block, 0) + 1))
        spot = (slice(row, row + block), slice(column, column + block))
        if free[spot].size == block * block and free[spot].all():
            free[spot] = False
            tiles.append((left0 + column * size, top0 + row * size, size * block))
    for row, column in np.argwhere(free):
        tiles.append((left0 + int(column) * size, top0 + int(row) * size, size))
    return tiles


def _tile(image, brief: Brief, colours, favour, seed: RNG, left: int, top: int, size: int) -> None:
    """Draw one tile: a ground, a motif turned by a quarter now and then, and sometimes one more on top."""
    ground, ink, second = seed.choice(len(colours), 3, replace=False, p=INK_WEIGHTS)
    motif = str(seed.choice(MOTIFS, p=favour))
    turns = int(seed.integers(0, 4))
    large = size > brief.frame.edge / 4.2
    line = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(line, line)
    patch = np.empty((size, size, 3), np.float32)
    patch[:] = colours[ground]
    sharp = size / 2
    for shape, colour in _shapes(motif, u, v, seed, large, colours[ink], colours[second]):
        cover = np.clip(np.float32(0.5) - shape * np.float32(sharp), 0, 1)[..., None]
        patch += (colour - patch) * cover
    patch = np.rot90(patch, turns)
    top_cut, left_cut = max(-top, 0), max(-left, 0)
    target = image[top + top_cut : top + size, left + left_cut : left + size]
    target[:] = patch[top_cut : top_cut + target.shape[0], left_cut : left_cut + target.shape[1]]


def _shapes(motif: str, u, v, seed: RNG, large: bool, ink, second):
    """Signed distances, below 0 inside, and their colours, from the bottom to the top; u and v run -1..1."""
    corner = np.hypot(u + 1, v + 1)
    centre = np.hypot(u, v)
    if motif == "quarter":
        yield corner - 2, ink
        if large or seed.random() < 0.4:
            yield corner - 1, second
    elif motif == "disc":
        yield centre - (0.82 if seed.random() < 0.6 else 1.0), ink
        if large or seed.random() < 0.3:
            yield np.maximum(centre - 0.82, u), second
    elif motif == "half":
        yield np.maximum(np.hypot(u, (v + 1)) - 1, -v - 1), ink
        yield np.maximum(np.hypot(u, (v - 1)) - 1, v - 1), second if seed.random() < 0.5 else ink
    elif motif == "arcs":
        for step, radius in enumerate((2.0, 1.6, 1.2, 0.8, 0.4)):
            yield corner - radius, (ink, second)[step % 2]
    elif motif == "leaf":
        yield np.maximum(corner - 2, np.hypot(u - 1, v - 1) - 2), ink
        if large:
            yield centre - 0.33, second
    elif motif == "triangle":
        yield (u + v) * 0.7071, ink
        if seed.random() < 0.35:
            yield np.maximum((u + v) * 0.7071, np.abs(u + 0.5) + np.abs(v + 0.5) - 0.5), second
    elif motif == "stripes":
        count = 4 if large else 3
        yield (np.abs(((v + 1) * count / 2) % 1 - 0.5) - 0.25) * 2 / count, ink
        if seed.random() < 0.4:
            yield np.maximum(u, np.hypot(u, v) - 1), second
    elif motif == "ring":
        yield np.abs(centre - 0.66) - 0.2, ink
        yield centre - 0.24, second
    elif motif == "dots":
        count = 4 if large else 3
        near_u, near_v = (((w + 1) * count / 2) % 1 - 0.5 for w in (u, v))
        yield (np.hypot(near_u, near_v) - 0.3) * 2 / count, ink
    elif motif == "stairs":
        count = 5 if large else 4
        step = np.floor((u + 1) * count / 2) + 1
        yield np.minimum(v + 1 - step * 2 / count, 1), ink
    elif large or seed.random() < 0.5:
        yield centre - 0.4, ink
