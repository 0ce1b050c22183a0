"""What stands beside an original: its prompt and settings as text, its mark as XMP, every fact as JSON."""

from __future__ import annotations

import json
import re

from photos import papers
from photos.exporting import facts
from photos.exporting.share import mark_of, sidecar_of
from photos.importing.archived import WRITTEN_BY
from photos.models import Photo, Recipe

_NEEDS_QUOTES = re.compile(r'[,:"\n\\{}\[\]]')


def recipe_text(recipe: Recipe) -> str:
    """Prompt and settings in the form that most programs read, this gallery among them: "parameters" of Automatic1111.

    The text as it was found is better than any that is made of its parts.
    """
    if recipe.reader.startswith("automatic1111/") and recipe.raw:
        return recipe.raw
    named = [
        ("Steps", recipe.steps),
        ("Sampler", recipe.sampler),
        ("Schedule type", recipe.scheduler),
        ("CFG scale", None if recipe.cfg is None else f"{recipe.cfg:g}"),
        ("Seed", recipe.seed),
        ("Size", f"{recipe.width}x{recipe.height}" if recipe.width and recipe.height else ""),
        ("Model hash", recipe.model_hash),
        ("Model", recipe.model),
        ("Generator", recipe.generator),
    ]
    settings = ", ".join(f"{name}: {_quoted(str(value))}" for name, value in named if value not in (None, ""))
    negative = f"Negative prompt: {recipe.negative_prompt}" if recipe.negative_prompt else ""
    return "\n".join(filter(None, [recipe.prompt, negative, settings])) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text


def mark_packet(photo: Photo) -> bytes:
    """Title, caption and the mark, for an image whose own file does not state it."""
    return papers.packet(title=photo.title, caption=photo.caption, digital_source_type=mark_of(photo))


def full(photo: Photo, found: papers.Papers | None) -> dict[str, bytes]:
    """Ending -> content, of what the gallery knows and the file does not say."""
    recipe = getattr(photo, "recipe", None)
    said: dict[str, bytes] = {}
    if recipe and not (found and found.has_recipe):
        said[".txt"] = recipe_text(recipe).encode()
    if sidecar := sidecar_of(photo):
        said[".xmp"] = sidecar
    elif mark_of(photo) and not (found and found.digital_source_type):
        said[".xmp"] = mark_packet(photo)
    return said


def everything(photo: Photo, told: dict) -> bytes:
    """The JSON beside an image of an archive; `told` is what others know of it."""
    said = {"written_by": WRITTEN_BY, **facts.whole(photo, told)}
    return (json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n").encode()


def is_ours(data: bytes) -> bool:
    """Whether a JSON file was written by an earlier run: that one may be brought up to date."""
    return data.startswith(b'{\n "written_by": "%s"' % WRITTEN_BY.encode())
