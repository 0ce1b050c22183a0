"""Easy Diffusion: one PNG text for each setting, in other formats a JSON object as UserComment, beside the file
(by choice) as lines of text or JSON. Keys are "num_inference_steps" or, with metadata for people, "Steps".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found, together
from photos.recipes.values import (
    as_decimal,
    as_seed,
    as_text,
    as_whole,
    lora,
    parse_object,
    plain_keys,
)

NAME = "easydiffusion"
VERSION = 1

_SURE = {"use_stable_diffusion_model", "stable_diffusion_model", "num_inference_steps", "use_vae_model"}
_SURE |= {"use_lora_model", "lora_model"}
_KEYS = {
    *(_SURE | {"prompt", "negative_prompt", "seed", "steps", "guidance_scale", "sampler", "sampler_name"}),
    *("width", "height", "original_prompt", "lora_alpha", "vae_model", "hypernetwork_model", "clip_skip"),
    *("use_hypernetwork_model", "hypernetwork_strength", "prompt_strength", "tiling", "use_upscale"),
}


def read(found: Found) -> RecipeFacts | None:
    mine = {key: text for key, text in found.png_text.items() if key.lower().replace(" ", "_") in _KEYS}
    recipe = read_settings(mine, together(mine))
    for text in (found.user_comment, found.png_text.get("parameters", "")):
        if recipe is None and "stable_diffusion_model" in text[:100_000].lower().replace(" ", "_"):
            recipe = read_settings(parse_object(text), text)
    return recipe


def read_settings(said: Mapping[str, Any], raw: str) -> RecipeFacts | None:
    """From keys in either style. None where the keys are not those of this generator."""
    settings = plain_keys(said)
    if "prompt" not in settings or not _SURE & settings.keys():
        return None

    def first(*names: str) -> Any:
        return next((settings[name] for name in names if settings.get(name) not in (None, "", "None")), None)

    names = first("use_lora_model", "lora_model")
    names = names if isinstance(names, list) else [names] if names else []
    weights = first("lora_alpha")
    weights = weights if isinstance(weights, list) else [weights] * len(names)
    return RecipeFacts(
        generator="Easy Diffusion",
        prompt=as_text(first("prompt")),
        negative_prompt=as_text(first("negative_prompt")),
        model=as_text(first("use_stable_diffusion_model", "stable_diffusion_model")),
        sampler=as_text(first("sampler_name", "sampler")),
        steps=as_whole(first("num_inference_steps", "steps")),
        cfg=as_decimal(first("guidance_scale")),
        seed=as_seed(first("seed")),
        width=as_whole(first("width")),
        height=as_whole(first("height")),
        loras=tuple(lora(name, weight) for name, weight in zip(names, weights, strict=False) if name),
        raw=raw,
    )
