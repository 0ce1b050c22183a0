"""What each model of an images service takes and costs, as data that a person can extend.

A row says only what differs from `Model`'s defaults, which are those of a server at home. Rows of the configuration
(JSON of the same shape) are laid over the built-in ones; "like" begins with another model's row::

    {"gpt-image-3": {"like": "gpt-image-2.6-flare", "price": {"image_out": 24}}, "flux": {"edge_step": 16}}
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generation.engines.base import EngineError, Request

MAX_MODELS = 200
_FIXED = {
    "sizes": ["1024x1024", "1536x1024", "1024x1536"],
    "qualities": ["auto", "low", "medium", "high"],
    "backgrounds": ["auto", "opaque", "transparent"],
    "formats": ["png", "webp", "jpeg"],
    "streams": True,
    "max_prompt": 32_000,
    "price": {"text_in": 5.0, "image_in": 8.0, "image_out": 32.0},
}
_FREE = _FIXED | {
    "sizes": [], "min_edge": 480, "max_edge": 3840, "edge_step": 16, "min_pixels": 655_360, "max_pixels": 8_294_400,
    "max_ratio": 3.0, "price": {"text_in": 5.0, "image_in": 8.0, "image_out": 30.0},
}  # fmt: skip
_FINE = _FREE | {"qualities": ["auto", "low", "medium", "high", "xhigh", "max"]}

# As OpenAI documents them in November 2026; dollars for a million tokens.
BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "gpt-image-2.6-flare": _FINE,
    "gpt-image-2.6-sunburst": _FINE,
    "gpt-image-2.5-flare": _FINE,
    "gpt-image-2.5-sunburst": _FINE,
    "gpt-image-2": _FREE,
    "gpt-image-1.5": _FIXED,
    "gpt-image-1-mini": _FIXED | {"price": {"text_in": 2.0, "image_in": 2.5, "image_out": 8.0}},
}


@dataclass(frozen=True, kw_only=True)
class Model:
    """Edges in pixels. With `sizes` only these can be asked for. Empty lists: nothing is sent of that kind.

    `most`: images that one request may ask for. `price` in dollars: "text_in", "image_in", "image_out" for a million
    tokens, "each" for an image.
    """

    name: str
    sizes: tuple[tuple[int, int], ...] = ()
    min_edge: int = 64
    max_edge: int = 2048
    edge_step: int = 8
    min_pixels: int = 0
    max_pixels: int = 2048 * 2048
    max_ratio: float = 0.0  # of the longer edge to the shorter; 0: any
    qualities: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    edits: bool = True
    streams: bool = False
    most: int = 1
    max_prompt: int = 20_000
    price: Mapping[str, float] = field(default_factory=dict)

    def check(self, request: Request) -> None:
        """Raise EngineError, naming the field, for what this model would refuse, draw otherwise, or charge for."""
        width, height = request.width, request.height
        if self.sizes and (width, height) not in self.sizes:
            known = ", ".join(f"{w}×{h}" for w, h in self.sizes)
            raise _refused(f"{self.name} makes images of {known}, not of {width}×{height}.", "width")
        for name, edge in (("width", width), ("height", height)):
            if not self.sizes and (not self.min_edge <= edge <= self.max_edge or edge % self.edge_step):
                span = f"from {self.min_edge} to {self.max_edge} pixels, in steps of {self.edge_step}"
                raise _refused(f"{self.name} takes a {name} {span}.", name)
        if not self.sizes and not self.min_pixels <= width * height <= self.max_pixels:
            span = f"{self.min_pixels / 1e6:.2f} to {self.max_pixels / 1e6:.1f} megapixels"
            raise _refused(f"{self.name} makes images of {span}.", "width")
        if self.max_ratio and max(width, height) > self.max_ratio * min(width, height):
            raise _refused(f"{self.name} makes images of at most {self.max_ratio:g} to 1.", "width")
        if len(request.prompt) > self.max_prompt:
            raise _refused(f"{self.name} reads {self.max_prompt:,} characters at most.", "prompt")
        for name, known in (
            ("quality", self.qualities),
            ("background", self.backgrounds),
            ("output_format", self.formats),
        ):
            wish = request.options.get(name)
            if wish and wish != "auto" and wish not in known:
                words = ", ".join(known) or "nothing of the kind"
                raise _refused(f"{self.name} does not know “{str(wish)[:40]}” here; it has {words}.", name)
        if (
            request.options.get("background") == "transparent"
            and request.options.get("output_format") == "jpeg"
        ):
            raise _refused("A JPEG cannot be transparent. Choose PNG or WebP.", "output_format")
        if request.source_image is not None and not self.edits:
            raise _refused(f"{self.name} cannot start from an image.", "source_image")

    def cost(self, usage: Mapping[str, Any], images: int) -> float | None:
        """Dollars for `images` and the tokens they took; None where no price is known."""
        if not self.price:
            return None
        details = usage.get("input_tokens_details")
        image_in = _tokens(details, "image_tokens")
        million = {
            "text_in": max(0, _tokens(usage, "input_tokens") - image_in),
            "image_in": image_in,
            "image_out": _tokens(usage, "output_tokens"),
        }
        if not self.price.get("each") and not any(million.values()):
            return None
        spent = sum(self.price.get(kind, 0.0) * tokens for kind, tokens in million.items()) / 1e6
        return round(spent + self.price.get("each", 0.0) * images, 6)


def read_models(text: str) -> dict[str, Model]:
    """The built-in models under those of a person's JSON. Raises EngineError with the field "models"."""
    try:
        given = json.loads(text) if text.strip() else {}
        rows = {name: dict(row) for name, row in [*BUILT_IN.items(), *dict(given).items()][:MAX_MODELS]}
        for name, row in given.items():
            begin = BUILT_IN.get(row.get("like", name)) or given.get(row.get("like"), {})
            rows[name] = {key: value for key, value in {**begin, **row}.items() if key != "like"}
        return {name: _model(name, row) for name, row in rows.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise EngineError(
            f"The table of models cannot be read: {str(error)[:200]}", permanent=True, field="models"
        ) from error


def _model(name: str, row: Mapping[str, Any]) -> Model:
    known = {one.name: one for one in dataclasses.fields(Model)}
    if unknown := set(row) - set(known):
        raise ValueError(f"“{name}” has {', '.join(sorted(unknown))}, which means nothing here")
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key == "sizes":
            values[key] = tuple(tuple(map(int, size.lower().split("x"))) for size in value)
        elif key == "price":
            values[key] = {kind: float(dollars) for kind, dollars in value.items()}
        elif key in ("qualities", "backgrounds", "formats"):
            values[key] = tuple(map(str, value))
        else:
            values[key] = type(known[key].default)(value)
    return Model(name=name, **values)


def _tokens(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, Mapping) else 0
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 10**9 else 0


def _refused(sentence: str, name: str) -> EngineError:
    return EngineError(sentence, permanent=True, field=name)
