"""Reading the recipe (prompt and settings) a generator wrote into a file. Readers are a plug-in point.

A reader is a small module of this package, listed in READERS:

    NAME = "automatic1111"
    VERSION = 1                                     # raised whenever the same text reads differently

    def read(found: Found) -> RecipeFacts | None:   # None: not mine, or I am not sure

It fills what it is sure of, leaves the rest empty, takes time linear in its input, and leaves `reader`
and cleaning to `read_recipe`. It may fail: a fault gives the next reader a try and never costs a picture.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from types import ModuleType
from typing import Any

from photos.images import RecipeFacts
from photos.recipes import (
    automatic1111,
    comfyui,
    drawthings,
    easydiffusion,
    fooocus,
    imaginairy,
    invokeai,
    iptc,
    marks,
    midjourney,
    novelai,
    swarmui,
    unknown,
)
from photos.recipes.found import Found
from photos.recipes.text import MAX_PROMPT, MAX_RAW, clean, clean_line, storable

__all__ = ["READERS", "Found", "read_recipe"]

# Asked in this order: those that know their own by a sign first, `unknown` as the last resort.
READERS: list[ModuleType] = [
    *(swarmui, fooocus, novelai, invokeai, drawthings, imaginairy, comfyui, automatic1111, easydiffusion),
    *(midjourney, iptc, marks, unknown),
]

MAX_NAME = 300  # characters of a model, sampler or LoRA name
MAX_LORAS = 100
MAX_NUMBER = 2**31 - 1  # the widest whole number a column takes on every database

log = logging.getLogger(__name__)


def read_recipe(found: Found) -> RecipeFacts | None:
    """The answer of the first reader that has one, cleaned and within bounds. Never raises."""
    for reader in READERS:
        try:
            recipe = reader.read(found)
            if recipe is not None:
                return _tidy(recipe, f"{reader.NAME}/{reader.VERSION}")
        except Exception:  # text of strangers: any fault is the reader's, none is the picture's
            log.warning("The recipe reader %s failed.", reader.NAME, exc_info=True)
    return None


def _tidy(recipe: RecipeFacts, reader: str) -> RecipeFacts:
    names = ("generator", "model", "model_hash", "sampler", "scheduler", "seed")
    return dataclasses.replace(
        recipe,
        **{name: clean_line(getattr(recipe, name), MAX_NAME) for name in names},
        prompt=clean(recipe.prompt, MAX_PROMPT),
        negative_prompt=clean(recipe.negative_prompt, MAX_PROMPT),
        steps=_whole(recipe.steps),
        cfg=_finite(recipe.cfg),
        width=_whole(recipe.width),
        height=_whole(recipe.height),
        loras=tuple(_tidy_lora(lora) for lora in recipe.loras[:MAX_LORAS]),
        raw=storable(recipe.raw, MAX_RAW),
        reader=reader,
        note=clean_line(recipe.note, MAX_NAME),
    )


def _tidy_lora(lora: Any) -> dict[str, Any]:
    return {
        "name": clean_line(lora.get("name") or "", MAX_NAME),
        "weight": _finite(lora.get("weight")),
        "hash": clean_line(lora.get("hash") or "", MAX_NAME),
    }


def _whole(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= MAX_NUMBER else None


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) and abs(number) <= MAX_NUMBER else None
