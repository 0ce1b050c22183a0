"""InvokeAI's three generations, all in PNG text.

invokeai_metadata   JSON, since 3.0; the graph and the canvas stand beside it (invokeai_graph, _workflow)
sd-metadata         JSON, 2.x; the settings are under "image"
Dream               the command line of 1.x: "a prompt [negative]" -s 50 -S 2980747362 -W 512 -H 768 -C 5 -A k_lms
"""

from __future__ import annotations

import re
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
)

NAME = "invokeai"
VERSION = 1

KEYS = ("invokeai_metadata", "invokeai_workflow", "invokeai_graph", "sd-metadata", "Dream")
_NEGATIVE = re.compile(r"\[([^\[\]]*)\]")
_OPTION = re.compile(r"\s(-{1,2}[A-Za-z][A-Za-z_]*)[\s=]?((?!-[A-Za-z])[^\s]*)")


def read(found: Found) -> RecipeFacts | None:
    """The newest form that the file has."""
    said = parse_object(found.png_text.get("invokeai_metadata", ""))
    old = parse_object(found.png_text.get("sd-metadata", ""))
    dream = found.png_text.get("Dream", "")
    raw = together({key: found.png_text.get(key, "") for key in KEYS})
    if said:
        return _recipe(said, raw)
    if isinstance(old.get("image"), dict):
        return _old_recipe(old, old["image"], raw)
    recipe = _dreamt(dream, raw) if dream else None
    return recipe or (RecipeFacts(generator="InvokeAI", raw=raw) if raw else None)


def _recipe(said: Mapping[str, Any], raw: str) -> RecipeFacts:
    name, digest = _model(said.get("model"))
    return RecipeFacts(
        generator="InvokeAI",
        prompt=_styled(said, "positive"),
        negative_prompt=_styled(said, "negative"),
        model=name,
        model_hash=digest,
        sampler=as_text(said.get("scheduler")),
        steps=as_whole(said.get("steps")),
        cfg=as_decimal(said.get("cfg_scale")),
        seed=as_seed(said.get("seed")),
        width=as_whole(said.get("width")),
        height=as_whole(said.get("height")),
        loras=tuple(_loras(said.get("loras"))),
        raw=raw,
    )


def _styled(said: Mapping[str, Any], which: str) -> str:
    """SDXL has a second prompt, for the style, which mostly repeats the first."""
    prompt, style = as_text(said.get(f"{which}_prompt")), as_text(said.get(f"{which}_style_prompt"))
    return "\n".join(dict.fromkeys(text for text in (prompt, style) if text.strip()))


def _model(model: Any) -> tuple[str, str]:
    """Name and hash; since 4.0 the hash says its kind before a colon."""
    if isinstance(model, dict):
        name = as_text(model.get("name")) or as_text(model.get("model_name"))
        return name, as_text(model.get("hash")).rpartition(":")[2]
    return as_text(model), ""


def _loras(listed: Any) -> list[dict[str, Any]]:
    """Each is {"model": {...}, "weight"}, with "lora" for "model" before 4.0, or {"lora_name", "weight"}."""
    found = []
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            name, digest = _model(entry.get("model") or entry.get("lora") or entry.get("lora_name"))
            found.append(lora(name, entry.get("weight"), digest))
    return [entry for entry in found if entry["name"]]


def _old_recipe(old: Mapping[str, Any], image: Mapping[str, Any], raw: str) -> RecipeFacts:
    prompts = image.get("prompt")
    if isinstance(prompts, list):
        texts = [as_text(part.get("prompt")) for part in prompts if isinstance(part, dict)]
        prompts = "\n".join(text for text in texts if text)
    prompt, negative = _divided(as_text(prompts))
    return RecipeFacts(
        generator="InvokeAI",
        prompt=prompt,
        negative_prompt=negative,
        model=as_text(old.get("model_weights")) or as_text(old.get("model")),
        model_hash=as_text(old.get("model_hash")),
        sampler=as_text(image.get("sampler")),
        steps=as_whole(image.get("steps")),
        cfg=as_decimal(image.get("cfg_scale")),
        seed=as_seed(image.get("seed")),
        width=as_whole(image.get("width")),
        height=as_whole(image.get("height")),
        raw=raw,
    )


def _divided(text: str) -> tuple[str, str]:
    """What stands in square brackets is the negative prompt of those generations."""
    text = text[:100_000]
    negative = ", ".join(part.strip() for part in _NEGATIVE.findall(text))
    return _NEGATIVE.sub("", text).strip(), negative


def _dreamt(line: str, raw: str) -> RecipeFacts | None:
    quoted, quote, tail = line.strip().rpartition('"')
    if not quote or not quoted.startswith('"'):
        return None
    prompt, negative = _divided(quoted[1:].replace('\\"', '"'))
    options = {key.lstrip("-"): value for key, value in _OPTION.findall(tail[:10_000])}
    return RecipeFacts(
        generator="InvokeAI",
        prompt=prompt,
        negative_prompt=negative,
        sampler=options.get("A", "") or options.get("sampler", ""),
        steps=as_whole(options.get("s") or options.get("steps")),
        cfg=as_decimal(options.get("C") or options.get("cfg_scale")),
        seed=as_seed(options.get("S") or options.get("seed") or ""),
        width=as_whole(options.get("W") or options.get("width")),
        height=as_whole(options.get("H") or options.get("height")),
        raw=raw,
    )
