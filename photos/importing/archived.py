"""The JSON beside an image of an archive of ours, read again: what the gallery knew and the file does not say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from photos.images import Beside, RecipeFacts
from photos.recipes.text import MAX_PROMPT, MAX_RAW, clean, clean_line, storable
from photos.recipes.values import as_decimal, as_text, as_whole

WRITTEN_BY = "Photo Gallery"  # as `photos.exporting.beside` writes it
MAX_TITLE, MAX_CAPTION, MAX_WORD, MOST_WORDS, MOST_LORAS = 500, 10_000, 100, 200, 100
_DATES_OF_THE_PICTURE = (
    "camera",
    "generator",
    "name",
)  # the others are of a file or a day that is another one here
_WORDS = ("model", "model_hash", "sampler", "scheduler", "seed")
_NUMBERS = ("steps", "width", "height")


def is_archived(said: Mapping[str, Any]) -> bool:
    return said.get("written_by") == WRITTEN_BY and "sha256" in said


def read(said: Mapping[str, Any]) -> Beside:
    """Albums, decisions and labels stay in the JSON: they are of the gallery that it comes from."""
    dated, stars = said.get("dated_by") in _DATES_OF_THE_PICTURE, as_whole(said.get("stars"))
    offset = as_whole(said.get("taken_offset_minutes")) if dated else None
    lat, lon = as_decimal(said.get("latitude")), as_decimal(said.get("longitude"))
    somewhere = lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180
    tags = said.get("tags") if isinstance(said.get("tags"), list) else []
    return Beside(
        title=clean_line(as_text(said.get("title")), MAX_TITLE),
        caption=clean(as_text(said.get("caption")), MAX_CAPTION),
        keywords=tuple(filter(None, (clean_line(as_text(tag), MAX_WORD) for tag in tags[:MOST_WORDS]))),
        rating=stars if stars and 1 <= stars <= 5 else None,
        taken_at=as_text(said.get("date"))[:40] if dated else "",
        taken_offset_minutes=offset if offset is None or abs(offset) <= 14 * 60 else None,
        lat=lat if somewhere else None,
        lon=lon if somewhere else None,
        recipe=_recipe(said.get("recipe")),
    )


def _recipe(said: Any) -> RecipeFacts | None:
    if not isinstance(said, dict):
        return None
    loras = said.get("loras") if isinstance(said.get("loras"), list) else []
    return RecipeFacts(
        generator=clean_line(as_text(said.get("generator")), MAX_WORD) or "unknown",
        prompt=clean(as_text(said.get("prompt")), MAX_PROMPT),
        negative_prompt=clean(as_text(said.get("negative_prompt")), MAX_PROMPT),
        **{name: clean_line(as_text(said.get(name)), MAX_TITLE) for name in _WORDS},
        **{name: as_whole(said.get(name)) for name in _NUMBERS},
        cfg=_finite(said.get("cfg")),
        loras=tuple(_lora(one) for one in loras[:MOST_LORAS] if isinstance(one, dict)),
        raw=storable(as_text(said.get("raw")), MAX_RAW),
        reader=clean_line(as_text(said.get("reader")), 60),
        note=clean_line(as_text(said.get("note")), 300),
    )


def _lora(said: dict) -> dict[str, Any]:
    words = {name: clean_line(as_text(said.get(name)), MAX_WORD) for name in ("name", "hash")}
    return {**words, "weight": _finite(said.get("weight"))}


def _finite(value: Any) -> float | None:
    number = as_decimal(value)
    return number if number is not None and math.isfinite(number) else None
