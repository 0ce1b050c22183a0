"""The last resort: text of a generator that no reader understood is kept raw, and nothing is claimed.

A later version of the gallery can read it again from the stored text.
"""

from __future__ import annotations

import json

from photos.images import RecipeFacts
from photos.recipes.found import Found

NAME = "unknown"
VERSION = 1

# Keywords that only generators write. Keywords everybody writes ("Comment") count when they hold JSON
# that talks like a generator.
GENERATOR_KEYS = (
    "parameters",
    "prompt",
    "workflow",
    "invokeai_metadata",
    "invokeai_graph",
    "invokeai_workflow",
    "sd-metadata",
    "Dream",
    "generation_data",
    "sui_image_params",
    "postprocessing",
    "extras",
    "AIGC",  # the label that Chinese law asks for: who made it, and that a model did (standard of TC260)
)
_RECIPE_WORDS = ('"prompt"', '"seed"', '"steps"', '"sampler"', '"sampler_name"', '"class_type"', '"c":')


def read(found: Found) -> RecipeFacts | None:
    """All such text of the file under its keywords, as JSON when there is more than one piece."""
    pieces = {key: found.png_text[key] for key in GENERATOR_KEYS if found.png_text.get(key, "").strip()}
    for key, text in _elsewhere(found):
        if _talks_like_a_generator(text):
            pieces[key] = text
    if not pieces:
        return None
    if len(pieces) == 1:
        raw = next(iter(pieces.values()))
    else:
        raw = json.dumps(pieces, ensure_ascii=False)
    return RecipeFacts(generator="unknown", raw=raw)


def _elsewhere(found: Found) -> list[tuple[str, str]]:
    places = [("Comment", found.png_text.get("Comment", "")), ("UserComment", found.user_comment)]
    places += [("comment", found.comment), *found.exif.items(), *found.xmp.items()]
    return [(key, text) for key, text in places if text]


def _talks_like_a_generator(text: str) -> bool:
    """JSON with at least two words of the trade near its beginning, or a graph behind its label."""
    head = text[:200_000].lstrip()
    if head.startswith(("prompt:{", "workflow:{", "Prompt:{", "Workflow:{")):
        return True
    return head.startswith("{") and sum(word in head for word in _RECIPE_WORDS) >= 2
