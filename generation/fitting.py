"""What was asked of one engine, or stands in a recipe from elsewhere, in the terms of another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from generation.engines import Capabilities, Option
from generation.wishes import problem_of

FROM_IMAGE = (
    "denoise",
    "upscale",
    "upscaler",
)  # options that mean something only with an image to start from
SENSIBLE_PIXELS = 1024 * 1024


def fitted_options(can: Capabilities, known: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values in `known` those that this engine takes, in its own words; what it does not know is left out."""
    found = {}
    for option in can.options:
        if option.name in known and (value := fitted_value(option, known[option.name])) is not None:
            found[option.name] = value
    return found


def fitted_value(option: Option, value: Any) -> Any:
    """None where it does not fit."""
    if option.kind == "choice":
        return _choice(option, str(value))
    if option.kind == "number" and isinstance(value, float) and isinstance(option.default, int):
        value = int(value) if value.is_integer() else value
    if option.kind == "switch" and not isinstance(value, bool):
        return None
    if option.kind in ("text", "long") and not isinstance(value, str):
        return None
    return None if value is None or problem_of(option, value) else value


def fitted_size(can: Capabilities, width: int, height: int) -> tuple[int, int]:
    """The size nearest to this one that the engine makes: of the same shape first."""
    if can.sizes:
        ratio = width / height
        return min(can.sizes, key=lambda one: (abs(math.log(one[0] / one[1] / ratio)), abs(one[0] - width)))
    shrink = min(1.0, math.sqrt(can.max_pixels / (width * height)), can.max_edge / max(width, height))
    grow = max(1.0, math.sqrt(can.min_pixels / (width * height)), can.min_edge / min(width, height))
    scale = shrink if shrink < 1 else grow
    return _edge(can, width * scale, up=grow > 1), _edge(can, height * scale, up=grow > 1)


def sensible_size(width: int, height: int) -> tuple[int, int]:
    """The shape of an image at about a megapixel, in multiples of 64."""
    scale = math.sqrt(SENSIBLE_PIXELS / (width * height))
    return tuple(max(64, round(edge * scale / 64) * 64) for edge in (width, height))


def can_make(can: Capabilities, width: int, height: int) -> bool:
    if can.sizes:
        return (width, height) in can.sizes
    fits = all(can.min_edge <= edge <= can.max_edge and edge % can.edge_step == 0 for edge in (width, height))
    return fits and can.min_pixels <= width * height <= can.max_pixels


def _edge(can: Capabilities, edge: float, *, up: bool) -> int:
    step = can.edge_step
    whole = (math.ceil(edge / step) if up else int(edge / step + 1e-9)) * step
    least, most = math.ceil(can.min_edge / step) * step, can.max_edge // step * step
    return max(least, min(most, whole))


def _choice(option: Option, wanted: str) -> str | None:
    """Also where only the hash, the folder, the ending or the case differs."""
    for value, _label in option.choices:
        if wanted == value:
            return value
    stem = _stem(wanted)
    same = [value for value, label in option.choices if stem and stem in (_stem(value), _stem(label))]
    return same[0] if same else None


def _stem(name: str) -> str:
    """ "Folder/ink-xl.safetensors [31e35c80fc]" as "ink-xl"."""
    bare = re.sub(r"\s*\[[0-9a-fA-F]+\]$", "", name).replace("\\", "/").rpartition("/")[2]
    return re.sub(r"\.(safetensors|ckpt|gguf|sft|pt)$", "", bare).casefold().replace("_", " ").strip()
