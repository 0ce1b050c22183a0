"""Midjourney's web download: the prompt with its options and "Job ID: <uuid>" as PNG text "Description", as
dc:description in XMP, or as EXIF description; Author is who asked for it.
"""

from __future__ import annotations

import re

from photos.images import RecipeFacts
from photos.recipes.found import Found, together
from photos.recipes.text import MAX_PROMPT

NAME = "midjourney"
VERSION = 1

_JOB = re.compile(r"\s*Job ID: ?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*$")
_OPTION = re.compile(r"\s(?:--|—)([A-Za-z]{1,20})(?:\s+([^\s—-][^\s]{0,40}))?")


def read(found: Found) -> RecipeFacts | None:
    places = {
        "Description": found.png_text.get("Description", ""),
        "dc:description": found.xmp.get("dc:description", ""),
    }
    places |= {"ImageDescription": found.exif.get("ImageDescription", ""), "comment": found.comment}
    for text in places.values():
        job = _JOB.search(text[-200:])
        if job and len(text) <= MAX_PROMPT:
            prompt = text[: len(text) - len(job[0])]
            return _recipe(
                prompt, together({"Description": text, "Author": found.png_text.get("Author", "")})
            )
    return None


def _recipe(prompt: str, raw: str) -> RecipeFacts:
    """The options stay in the prompt, where people wrote them and look for them."""
    options = {key.lower(): value for key, value in _OPTION.findall(prompt)}
    version = options.get("v") or options.get("version")
    niji = options.get("niji")
    seed = options.get("seed", "")
    return RecipeFacts(
        generator="Midjourney",
        prompt=prompt,
        model=f"Niji {niji}" if niji else f"Midjourney {version}" if version else "",
        seed=seed if seed.isdecimal() else "",
        raw=raw,
    )
