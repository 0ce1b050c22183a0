"""What people wrote about a picture: title, caption, keywords, rating. XMP before IPTC before EXIF."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from photos.images import RecipeFacts
from photos.metadata.exif import Exif
from photos.metadata.iptc import Iptc
from photos.recipes.text import clean, clean_line
from photos.xmp import Xmp

MAX_TITLE = 500  # characters
MAX_CAPTION = 10_000
MAX_KEYWORD = 100
MAX_KEYWORDS = 200

_DESCRIPTION, _XP_TITLE, _XP_COMMENT, _XP_KEYWORDS = 0x010E, 0x9C9B, 0x9C9C, 0x9C9E
_RATING, _RATING_PERCENT = 0x4746, 0x4749

# Cameras and programs fill ImageDescription with their own name when nobody has described anything.
_BOILERPLATE = re.compile(
    r"(?:OLYMPUS|MINOLTA|KONICA|SONY|SAMSUNG|DIGITAL|MAGINON)[A-Z ]{0,30}(?:CAMERA|DSC)|"
    r"File written by Adobe Photoshop.{0,20}|default|untitled"
)


def described(exif: Exif, xmp: Xmp, iptc: Iptc, recipe: RecipeFacts | None) -> dict[str, Any]:
    """Title, caption, keywords and rating as in Facts.

    A caption is shown to others and a recipe is not: text that repeats the recipe is no caption.
    """
    written = exif.main.text(_DESCRIPTION)
    captions = [xmp.text("dc:description"), iptc.caption]
    titles = [xmp.text("dc:title"), iptc.title, exif.main.wide_text(_XP_TITLE)]
    if recipe is None and not _BOILERPLATE.fullmatch(written):
        captions += [written, exif.main.wide_text(_XP_COMMENT)]
    return {
        "title": _first(titles, recipe, clean_line, MAX_TITLE),
        "caption": _first(captions, recipe, clean, MAX_CAPTION),
        "keywords": _keywords(exif, xmp, iptc),
        "rating": _rating(exif, xmp),
    }


def _first(texts: Iterable[str], recipe: RecipeFacts | None, cleaned: Any, limit: int) -> str:
    usable = (cleaned(text, limit) for text in texts if not _repeats(text, recipe))
    return next((text for text in usable if text), "")


def _repeats(text: str, recipe: RecipeFacts | None) -> bool:
    """Whether `text` is (part of) the recipe, or holds its prompt."""
    if recipe is None or not text.strip():
        return False
    return text.strip() in recipe.raw or text.strip() in recipe.prompt or _holds_prompt(text, recipe)


def _holds_prompt(text: str, recipe: RecipeFacts) -> bool:
    holds = len(recipe.prompt) >= 8 and recipe.prompt in text
    return holds or re.search(r"\bSteps: \d+, ", text) is not None


def _keywords(exif: Exif, xmp: Xmp, iptc: Iptc) -> tuple[str, ...]:
    """Of the first place that has any; each once, in order."""
    places = (xmp.texts("dc:subject"), iptc.keywords, exif.main.wide_text(_XP_KEYWORDS).split(";"))
    for place in places:
        words = dict.fromkeys(clean_line(word, MAX_KEYWORD) for word in place[: MAX_KEYWORDS * 2])
        words.pop("", None)
        if words:
            return tuple(words)[:MAX_KEYWORDS]
    return ()


def _rating(exif: Exif, xmp: Xmp) -> int | None:
    """Stars, 0 to 5. XMP's -1 means rejected, which is no number of stars."""
    for stated in (xmp.text("xmp:Rating"), exif.main.number(_RATING)):
        if stated not in ("", None):
            return _stars(stated)
    for percent in (xmp.text("MicrosoftPhoto:Rating"), exif.main.number(_RATING_PERCENT)):
        number = _number(percent)
        if number is not None and 0 <= number <= 100:
            # Windows: 1, 25, 50, 75, 99 per cent are one to five stars.
            return 0 if number == 0 else min(5, 1 + int((number + 1) // 25))
    return None


def _stars(stated: str | float) -> int | None:
    number = _number(stated)
    return round(number) if number is not None and 0 <= number <= 5 else None


def _number(stated: str | float | None) -> float | None:
    try:
        return float(stated) if stated not in ("", None) else None
    except ValueError:
        return None
