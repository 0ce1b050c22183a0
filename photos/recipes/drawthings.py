"""Draw Things: in XMP, JSON as exif:UserComment; beside it dc:description, much like Automatic1111's text, with
the negative prompt on a line that begins with "-".
"""

from __future__ import annotations

import re
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found, together
from photos.recipes.values import (
    as_decimal,
    as_seed,
    as_size,
    as_text,
    as_whole,
    lora,
    parse_object,
)

NAME = "drawthings"
VERSION = 1

_LAST_LINE = re.compile(r"Steps: \d+, Sampler: .*Guidance Scale: ")
_PAIR = re.compile(r"([A-Z][A-Za-z ]{1,40}): ([^,\n]*)")


def read(found: Found) -> RecipeFacts | None:
    description = found.xmp.get("dc:description", "") or found.exif.get("ImageDescription", "")
    for written in (found.xmp.get("exif:UserComment", ""), found.user_comment):
        said = parse_object(written) if '"c"' in written else {}
        if "c" in said and ("uc" in said or "scale" in said):
            return _recipe(said, together({"exif:UserComment": written, "dc:description": description}))
    if found.xmp.get("xmp:CreatorTool") == "Draw Things" or _LAST_LINE.search(description[-5_000:]):
        return _described(description)
    return None


def _recipe(said: dict[str, Any], raw: str) -> RecipeFacts:
    width, height = as_size(said.get("size"))
    loras = said.get("lora") or said.get("loras")
    listed = [entry for entry in loras if isinstance(entry, dict)] if isinstance(loras, list) else []
    return RecipeFacts(
        generator="Draw Things",
        prompt=as_text(said["c"]),
        negative_prompt=as_text(said.get("uc")),
        model=as_text(said.get("model")),
        sampler=as_text(said.get("sampler")),
        steps=as_whole(said.get("steps")),
        cfg=as_decimal(said.get("scale")),
        seed=as_seed(said.get("seed")),
        width=width,
        height=height,
        loras=tuple(lora(entry.get("model") or entry.get("file"), entry.get("weight")) for entry in listed),
        raw=raw,
    )


def _described(text: str) -> RecipeFacts | None:
    """From the text alone, whose last line has the settings."""
    lines = text.strip().split("\n")
    settings = dict(_PAIR.findall(lines[-1][:20_000]))
    if "Guidance Scale" not in settings or "Steps" not in settings:
        return None
    at = next((number for number, line in enumerate(lines[:-1]) if number and line.startswith("-")), None)
    width, height = as_size(settings.get("Size"))
    return RecipeFacts(
        generator="Draw Things",
        prompt="\n".join(lines[:-1][:at]),
        negative_prompt="\n".join(lines[at:-1])[1:] if at else "",
        model=settings.get("Model", "").strip(),
        sampler=settings.get("Sampler", "").strip(),
        steps=as_whole(settings["Steps"]),
        cfg=as_decimal(settings["Guidance Scale"]),
        seed=as_seed(settings.get("Seed")),
        width=width,
        height=height,
        raw=text,
    )
