"""NovelAI: PNG text Title, Software ("NovelAI"), Source (model and hash), Description (the prompt) and Comment
(JSON); the same pieces as one JSON object in stealth data and in the UserComment of other formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found, together
from photos.recipes.values import as_decimal, as_seed, as_text, as_whole, parse_object

NAME = "novelai"
VERSION = 1

KEYS = ("Title", "Description", "Software", "Source", "Generation time", "Comment")
_HASH = re.compile(r".*\s([0-9A-Fa-f]{8,64})")


def read(found: Found) -> RecipeFacts | None:
    pieces = _pieces(found.png_text) or _pieces(_written(found.user_comment))
    return _recipe(pieces) if pieces else None


def _written(text: str) -> Mapping[str, Any]:
    return parse_object(text) if '"Comment"' in text else {}


def _pieces(said: Mapping[str, Any]) -> dict[str, str]:
    """The texts of NovelAI's keywords; empty where another program wrote them."""
    title = as_text(said.get("Title")).startswith("NovelAI")
    if as_text(said.get("Software")).strip() != "NovelAI" and not title:
        return {}
    return {key: text for key in KEYS if (text := as_text(said.get(key)))}


def _recipe(pieces: Mapping[str, str]) -> RecipeFacts:
    settings = parse_object(pieces.get("Comment", ""))
    source = pieces.get("Source", "")
    digest = _HASH.fullmatch(source)
    prompt = as_text(settings.get("prompt")) or pieces.get("Description", "")
    negative = as_text(settings.get("uc"))
    return RecipeFacts(
        generator="NovelAI",
        prompt=_with_characters(prompt, settings.get("v4_prompt")),
        negative_prompt=_with_characters(negative, settings.get("v4_negative_prompt")),
        model=source,
        model_hash=digest[1] if digest else "",
        sampler=as_text(settings.get("sampler")),
        scheduler=as_text(settings.get("noise_schedule")),
        steps=as_whole(settings.get("steps")),
        cfg=as_decimal(settings.get("scale")),
        seed=as_seed(settings.get("seed")),
        width=as_whole(settings.get("width")),
        height=as_whole(settings.get("height")),
        raw=together(pieces),
    )


def _with_characters(prompt: str, captions: Any) -> str:
    """From version 4 on characters are described apart from the whole; each gets a line of its own."""
    caption = captions.get("caption") if isinstance(captions, dict) else None
    if not isinstance(caption, dict):
        return prompt
    lines = [prompt or as_text(caption.get("base_caption"))]
    characters = caption.get("char_captions")
    for character in characters if isinstance(characters, list) else ():
        text = as_text(character.get("char_caption")) if isinstance(character, dict) else ""
        if text.strip() and text not in lines[0]:
            lines.append(text)
    return "\n".join(lines)
