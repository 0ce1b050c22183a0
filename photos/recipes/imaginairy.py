"""imaginAIry: JSON {"prompt": {...}} in the UserComment; EXIF Software begins with "Imaginairy".

Weighted prompts are [[weight, text], ...] in the first versions, [{"text", "weight"}, ...] in later ones.
"""

from __future__ import annotations

from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found, together
from photos.recipes.values import (
    as_decimal,
    as_seed,
    as_size,
    as_text,
    as_whole,
    parse_object,
)

NAME = "imaginairy"
VERSION = 1


def read(found: Found) -> RecipeFacts | None:
    software = found.exif.get("Software", "")
    if not software.lower().startswith("imaginairy") and '"imaginairy"' not in found.user_comment:
        return None
    said = parse_object(found.user_comment).get("prompt")
    if not isinstance(said, dict):
        return None
    width, height = _size(said)
    return RecipeFacts(
        generator="imaginAIry",
        prompt=_texts(said.get("prompts") or said.get("prompt")),
        negative_prompt=_texts(said.get("negative_prompt")),
        model=_model(said),
        sampler=as_text(said.get("sampler_type")) or as_text(said.get("solver_type")),
        steps=as_whole(said.get("steps")),
        cfg=as_decimal(said.get("prompt_strength")),
        seed=as_seed(said.get("seed")),
        width=width,
        height=height,
        raw=together({"UserComment": found.user_comment, "Software": software}),
    )


def _texts(prompts: Any) -> str:
    """The texts without their weights, each on a line."""
    if isinstance(prompts, str):
        return prompts
    found = []
    for prompt in prompts if isinstance(prompts, list) else ():
        text = prompt.get("text") if isinstance(prompt, dict) else prompt
        if isinstance(text, list) and len(text) == 2:
            text = text[1]
        found.append(as_text(text))
    return "\n".join(text for text in found if text)


def _model(said: dict[str, Any]) -> str:
    """The network's name; the plain text "model" of the first versions is a short name of one."""
    weights = said.get("model_weights")
    return (
        as_text(weights.get("name")) if isinstance(weights, dict) else as_text(weights or said.get("model"))
    )


def _size(said: dict[str, Any]) -> tuple[int | None, int | None]:
    size = said.get("size")
    if isinstance(size, list) and len(size) == 2:
        return as_whole(size[0]), as_whole(size[1])
    width, height = as_size(size)
    return width or as_whole(said.get("width")), height or as_whole(said.get("height"))
