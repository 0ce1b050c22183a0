"""JSON of strangers, and the plain values in it: a prompt, a name, a number. What is odd is unknown.

Generators write bare NaN and Infinity, numbers as text ("7.000000"), and JSON inside JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_JSON = 4_000_000  # characters; parsed it takes up to thirty times that in memory
MAX_DIGITS = 100  # of a number; longer ones are no settings

_WHOLE = re.compile(r"\s*([+-]?\d{1,12})(?:\.0{1,20})?\s*")
_DECIMAL = re.compile(r"\s*([+-]?\d{1,12}(?:\.\d{0,20})?)\s*")
_SIZE = re.compile(r"\s*\(?\s*(\d{1,9})\s*[xX×*,]\s*(\d{1,9})\s*\)?\s*")


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


_decoder = json.JSONDecoder(strict=False, parse_int=_int, parse_constant=lambda name: None)


def parse(text: str) -> Any:
    """The JSON value that `text` is; None for anything else, and for what is too large or too deep."""
    text = text.strip("\ufeff \t\r\n\0")
    if not text or len(text) > MAX_JSON or text[0] not in '{["':
        return None
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        return None


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object that `text` is, or that is written in it as JSON text; empty for anything else."""
    value = parse(text)
    if isinstance(value, str):
        value = parse(value)
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def as_whole(value: Any) -> int | None:
    if isinstance(value, str):
        match = _WHOLE.fullmatch(value)
        return int(match[1]) if match else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_decimal(value: Any) -> float | None:
    if isinstance(value, str):
        match = _DECIMAL.fullmatch(value)
        return float(match[1]) if match else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value if isinstance(value, float) else None


def as_seed(value: Any) -> str:
    """The seed as text; -1 and the like ask for any seed and say none."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    seed = str(value).strip()
    return "" if seed.startswith("-") else seed


def as_size(text: Any) -> tuple[int | None, int | None]:
    """Width and height from "512x768" or "(512, 768)"."""
    match = _SIZE.fullmatch(as_text(text))
    return (int(match[1]), int(match[2])) if match else (None, None)


def lora(name: Any, weight: Any = None, digest: Any = "") -> dict[str, Any]:
    """One entry of `RecipeFacts.loras`."""
    return {"name": as_text(name), "weight": as_decimal(weight), "hash": as_text(digest)}


def plain_keys(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with keys in one style: both "Guidance Scale" and "guidance_scale" are the latter."""
    return {key.strip().lower().replace(" ", "_"): value for key, value in settings.items()}
