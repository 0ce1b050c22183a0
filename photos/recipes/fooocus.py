"""Fooocus and its offspring, where they write JSON. (With the scheme "a1111" they write that text instead.)

Fooocus        PNG text "parameters" + "fooocus_scheme"; JPEG and WebP: UserComment, scheme in the MakerNote
Fooocus-MRE    PNG text or JPEG comment "Comment"
RuinedFooocus  PNG text "parameters", with "software"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found
from photos.recipes.values import (
    as_decimal,
    as_seed,
    as_size,
    as_text,
    as_whole,
    lora,
    parse_object,
    plain_keys,
)

NAME = "fooocus"
VERSION = 1

_SURE = {"base_model", "base_model_name", "base_model_hash", "metadata_scheme", "guidance_scale", "sharpness"}
_SURE |= {"adm_guidance", "fooocus_v2_expansion", "performance", "software"}
_NUMBERED = re.compile(r"lora_(?:combined_)?\d{1,2}")
_NAMED = re.compile(r"lora_\[(.{1,300})\]_weight")
_LISTED = re.compile(r"(.+?)\s+:\s+([-+.\d]+)")


def read(found: Found) -> RecipeFacts | None:
    stated = "fooocus" in (found.png_text.get("fooocus_scheme"), found.exif.get("MakerNote"))
    places = (found.png_text.get("parameters", ""), found.user_comment)
    for text in (*places, found.png_text.get("Comment", ""), found.comment):
        if stated or '"base_model' in text or '"Base Model' in text:
            settings = plain_keys(parse_object(text))
            if "prompt" in settings and (stated or len(_SURE & settings.keys()) >= 2):
                return _recipe(text, settings)
    return None


def _recipe(raw: str, settings: Mapping[str, Any]) -> RecipeFacts:
    def first(*names: str) -> Any:
        return next((settings[name] for name in names if settings.get(name) not in (None, "")), None)

    width, height = as_size(first("resolution", "size"))
    return RecipeFacts(
        generator=_generator(first("software", "version")),
        prompt=as_text(first("prompt")),
        negative_prompt=as_text(first("negative_prompt", "negative")),
        model=as_text(first("base_model", "base_model_name")),
        model_hash=as_text(first("base_model_hash")),
        sampler=as_text(first("sampler", "sampler_name")),
        scheduler=as_text(first("scheduler")),
        steps=as_whole(first("steps")),
        cfg=as_decimal(first("guidance_scale", "cfg")),
        seed=as_seed(first("seed")),
        width=width or as_whole(first("width")),
        height=height or as_whole(first("height")),
        loras=tuple(_loras(settings)),
        raw=raw,
    )


def _generator(said: Any) -> str:
    """ "Fooocus v2.1.865" and "RuinedFooocus" say their name; a bare number does not."""
    name = re.match(r"[A-Za-z][\w-]*", as_text(said))
    return name[0] if name and "fooocus" in name[0].lower() else "Fooocus"


def _loras(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of [name, weight, hash], of objects or of "name : weight"; else keys with numbers or names."""
    listed = settings.get("loras")
    if not isinstance(listed, list):
        listed = [value for key, value in settings.items() if _NUMBERED.fullmatch(key)]
        named = ((_NAMED.fullmatch(key), value) for key, value in settings.items())
        listed += [[match[1], value] for match, value in named if match]
    entries = [_lora(entry) for entry in listed]
    return [entry for entry in entries if entry["name"] not in ("", "None")]


def _lora(entry: Any) -> dict[str, Any]:
    if isinstance(entry, list):
        return lora(*(entry[:3] or [""]))
    if isinstance(entry, dict):
        return lora(entry.get("name") or entry.get("lora"), entry.get("weight"), entry.get("hash"))
    match = _LISTED.fullmatch(as_text(entry)[:1_000].strip())
    return lora(match[1], match[2]) if match else lora(as_text(entry))
