"""Recipes that stand beside a picture: `harbour.txt` or `harbour.json` for `harbour.png`.

Written so, by choice, by Automatic1111 and its forks, Easy Diffusion, SwarmUI, Fooocus and InvokeAI, and by people
who save a ComfyUI graph. Whoever imports finds the file and hands over its text; nothing here touches a path.
"""

from __future__ import annotations

from photos.images import RecipeFacts
from photos.recipes import easydiffusion, read_recipe
from photos.recipes.found import Found
from photos.recipes.text import MAX_RAW
from photos.recipes.values import parse_object

__all__ = ["read_twin"]


def read_twin(text: str) -> RecipeFacts | None:
    """The recipe in the text of a twin; None for a caption, a note, or anything else people keep there."""
    text = text[:MAX_RAW].strip("\ufeff \r\n")
    if text.startswith("{"):
        return _sure(_in_json(text))
    lines = [line.partition(":") for line in text.split("\n")[:200]]
    settings = {key: value.strip() for key, colon, value in lines if colon}
    if easydiffusion.read_settings(settings, text):
        return read_recipe(Found(png_text=settings))
    return _sure(Found(png_text={"parameters": text}, user_comment=text))


def _sure(found: Found) -> RecipeFacts | None:
    recipe = read_recipe(found)
    return recipe if recipe and recipe.generator != "unknown" else None


def _in_json(text: str) -> Found:
    """The text under the keyword by which its generator writes it into a PNG."""
    said = parse_object(text)
    if "positive_prompt" in said or "app_version" in said:
        return Found(png_text={"invokeai_metadata": text})
    if isinstance(said.get("image"), dict) and "prompt" in said["image"]:
        return Found(png_text={"sd-metadata": text})
    if any(isinstance(node, dict) and "class_type" in node for node in said.values()):
        return Found(png_text={"prompt": text})
    if isinstance(said.get("nodes"), list):
        return Found(png_text={"workflow": text})
    return Found(png_text={"parameters": text}, user_comment=text)
