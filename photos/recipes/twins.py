"""Recipes that stand beside a picture: `harbour.txt` or `harbour.json` for `harbour.png`.

Written so, by choice, by Automatic1111 and its forks and by Easy Diffusion. Whoever imports finds the file and hands
over its text; nothing here touches a path.
"""

from __future__ import annotations

from photos.images import RecipeFacts
from photos.recipes import easydiffusion, read_recipe
from photos.recipes.found import Found
from photos.recipes.text import MAX_RAW

__all__ = ["read_twin"]


def read_twin(text: str) -> RecipeFacts | None:
    """The recipe in the text of a twin; None for a caption, a note, or anything else people keep there."""
    text = text[:MAX_RAW].strip("\ufeff \r\n")
    lines = [line.partition(":") for line in text.split("\n")[:200]]
    settings = {key: value.strip() for key, colon, value in lines if colon}
    if easydiffusion.read_settings(settings, text):
        return read_recipe(Found(png_text=settings))
    recipe = read_recipe(Found(png_text={"parameters": text}, user_comment=text))
    return recipe if recipe and recipe.generator != "unknown" else None
