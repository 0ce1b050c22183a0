"""SwarmUI: JSON with `sui_image_params` in PNG text "parameters", elsewhere in the UserComment, before its
version 0.5.8 in the EXIF camera model. Keys are lower case without spaces; values may all be text.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found
from photos.recipes.values import (
    as_decimal,
    as_seed,
    as_text,
    as_whole,
    lora,
    parse_object,
)

NAME = "swarmui"
VERSION = 1

MARK = "sui_image_params"


def read(found: Found) -> RecipeFacts | None:
    places = [found.png_text.get("parameters", ""), found.user_comment, found.exif.get("Model", "")]
    for text in [*places, found.comment, found.png_text.get(MARK, "")]:
        if MARK in text or text is found.png_text.get(MARK):
            said = parse_object(text)
            settings = said.get(MARK, said if "prompt" in said else None)
            if isinstance(settings, dict) and settings:
                return _recipe(text, settings, said)
    return None


def _recipe(raw: str, settings: Mapping[str, Any], said: Mapping[str, Any]) -> RecipeFacts:
    hashes = _hashes(said.get("sui_models"))
    model = as_text(settings.get("model"))
    return RecipeFacts(
        generator="SwarmUI",
        prompt=as_text(settings.get("prompt")),
        negative_prompt=as_text(settings.get("negativeprompt")),
        model=model,
        model_hash=hashes.get(_plain(model), ""),
        sampler=as_text(settings.get("sampler") or settings.get("comfyuisampler")),
        scheduler=as_text(settings.get("scheduler") or settings.get("comfyuischeduler")),
        steps=as_whole(settings.get("steps")),
        cfg=as_decimal(settings.get("cfgscale")),
        seed=as_seed(settings.get("seed")),
        width=as_whole(settings.get("width")),
        height=as_whole(settings.get("height")),
        loras=tuple(_loras(settings, hashes)),
        raw=raw,
    )


def _loras(settings: Mapping[str, Any], hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Names and weights are two lists, or two texts with commas."""
    names, weights = _listed(settings.get("loras")), _listed(settings.get("loraweights"))
    pairs = zip_longest(names, weights[: len(names)])
    return [lora(name, weight, hashes.get(_plain(name), "")) for name, weight in pairs if name]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [part.strip() for part in as_text(value).split(",")]


def _hashes(models: Any) -> dict[str, str]:
    """Plain name -> hash, without its "0x"."""
    listed = [model for model in models if isinstance(model, dict)] if isinstance(models, list) else []
    return {_plain(model.get("name")): as_text(model.get("hash")).removeprefix("0x") for model in listed}


def _plain(name: Any) -> str:
    return as_text(name).removesuffix(".safetensors")
