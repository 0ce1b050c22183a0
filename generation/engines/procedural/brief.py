"""What a family is told: the sheet, the words, the palette, and where its chance comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np

from generation.engines.procedural.canvas import RNG, Frame
from generation.engines.procedural.palette import Palette, compose
from generation.engines.procedural.words import Reading

# A family yields the name of each stage it has finished and returns float32 (height, width, 3), sRGB 0..1.
# Between two stages the engine reports progress and may stop it.
Drawing = Generator[str, None, np.ndarray]
Family = Callable[["Brief"], Drawing]


@dataclass(frozen=True)
class Brief:
    """One picture to draw. `detail` runs 1..5: how much there is to see, 3 being the usual amount."""

    frame: Frame
    reading: Reading
    palette: Palette
    seed: int
    detail: int

    def by_words(self, purpose: str) -> RNG:
        """Chance that is the same for every seed of a prompt: layout, relations, character."""
        return generator(self.reading.text, purpose)

    def by_seed(self, purpose: str) -> RNG:
        """Chance that differs from seed to seed: positions, noise, small turns."""
        return generator(self.reading.text, purpose, str(self.seed))

    def resized(self, frame: Frame) -> Brief:
        return replace(self, frame=frame)


def make_brief(reading: Reading, *, frame: Frame, seed: int, detail: int) -> Brief:
    palette = compose(
        reading, generator(reading.text, "palette"), generator(reading.text, "palette", str(seed))
    )
    return Brief(frame=frame, reading=reading, palette=palette, seed=seed, detail=detail)


def generator(*parts: str) -> RNG:
    """PCG64 seeded by the digest of `parts`: the same in every process, on every day.

    Each purpose has its own stream, so that a new stage does not disturb the pictures of the others.
    """
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
