"""Services that mark their pictures and write no prompt: OpenAI, Adobe Firefly, Google and others who sign with C2PA.

Only who made it is taken, and only where the picture says that all of it is a model's work: a photograph with one
retouched corner was not made by the retoucher.
"""

from __future__ import annotations

import re

from photos.images import RecipeFacts
from photos.recipes.found import Found, together

NAME = "marks"
VERSION = 1

_MADE = "trainedAlgorithmicMedia"
_MAKERS = (
    (re.compile(r"openai|chatgpt|\bgpt-|dall", re.I), "OpenAI"),
    (re.compile(r"firefly", re.I), "Adobe Firefly"),
    (re.compile(r"google|gemini|imagen", re.I), "Google AI"),
)


def read(found: Found) -> RecipeFacts | None:
    if found.source_type != _MADE:
        return None
    credit = found.xmp.get("photoshop:Credit", "")
    for statement in (*found.agents, credit):
        for pattern, maker in _MAKERS:
            if pattern.search(statement):
                return _recipe(maker, found, credit)
    return _recipe(found.agents[0], found, credit) if found.agents else None


def _recipe(maker: str, found: Found, credit: str) -> RecipeFacts:
    return RecipeFacts(generator=maker, raw=together({"C2PA": ", ".join(found.agents), "Credit": credit}))
