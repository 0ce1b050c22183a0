"""The built-in pattern engine: from a request to finished PNG files, stage by stage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from generation.engines.base import Capabilities, EngineError, GeneratedImage, Option, Progress, Request
from generation.engines.procedural import attractor, bauhaus, flow, landscape, mosaic, png, silk
from generation.engines.procedural.brief import Brief, Family, generator, make_brief
from generation.engines.procedural.canvas import Frame, varnish
from generation.engines.procedural.words import Reading, choose_style, read

VERSION = "1"
MODEL = "built-in-patterns"
STEPS = 4

FAMILIES: MappingProxyType[str, Family] = MappingProxyType(
    {
        "landscape": landscape.draw,
        "silk": silk.draw,
        "flow": flow.draw,
        "attractor": attractor.draw,
        "bauhaus": bauhaus.draw,
        "mosaic": mosaic.draw,
    }
)

STYLE_LABELS = (
    ("auto", "From the words"),
    ("landscape", "Landscape"),
    ("silk", "Silk"),
    ("flow", "Flowing strands"),
    ("attractor", "Orbits of light"),
    ("bauhaus", "Geometric poster"),
    ("mosaic", "Stained glass"),
)

OPTIONS = (
    Option(
        name="style",
        label="Style",
        kind="choice",
        default="auto",
        choices=STYLE_LABELS,
        help="“From the words” chooses by scene and style words such as sea, silk or stained glass.",
    ),
    Option(
        name="detail",
        label="Detail",
        kind="number",
        default=3,
        minimum=1,
        maximum=5,
        step=1,
        help="How much there is to see: folds, strands, tiles, ridges.",
    ),
    Option(
        name="contrast",
        label="Contrast",
        kind="number",
        default=1.0,
        minimum=0.6,
        maximum=1.5,
        step=0.05,
        help="Below 1 is softer, above 1 harder.",
    ),
    Option(
        name="warmth",
        label="Warmth",
        kind="number",
        default=0.0,
        minimum=-1.0,
        maximum=1.0,
        step=0.1,
        help="Below 0 turns the light to blue, above 0 to amber.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The options of a request after checking; `style` is "auto" or a family."""

    style: str
    detail: int
    contrast: float
    warmth: float


class ProceduralEngine:
    """Draws with numpy alone: no server, no weights, the same bytes for the same request on one machine."""

    title = "Built-in patterns"
    digital_source_type = "algorithmicMedia"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            negative_prompt=True,
            seeds=True,
            progress=True,
            cancel=True,
            source_image=False,
            min_edge=256,
            max_edge=2048,
            edge_step=8,
            max_pixels=2048 * 2048,
            options=OPTIONS,
            about="Drawn by the built-in pattern engine: it takes colour and mood from your words, "
            "not objects. Connect a generator.",
        )

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        """See the contract. Raises EngineError for a size or an option outside of `capabilities()`."""
        choices = check(request, self.capabilities())
        reading = read(request.prompt, request.negative_prompt)
        style = choices.style
        if style == "auto":
            style = choose_style(reading, generator(reading.text, "style"))
        for index, seed in enumerate(request.seeds):
            started = time.perf_counter()
            pixels = _draw(request, reading, choices, style, index=index, report=report, cancelled=cancelled)
            if pixels is None:
                return
            text = recipe_text(request, choices, style=style, seed=seed)
            data = png.encode(pixels, {"parameters": text})
            report(Progress(index=index, fraction=1.0, stage="encoded"))
            facts = {"model": MODEL, "style": style, "seconds": round(time.perf_counter() - started, 3)}
            yield GeneratedImage(index=index, data=data, seed=str(seed), facts=facts)


def _draw(
    request: Request,
    reading: Reading,
    choices: Choices,
    style: str,
    *,
    index: int,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> np.ndarray | None:
    """uint8 pixels (height, width, 3), or None once somebody cancelled."""
    frame = Frame(request.width, request.height)
    brief = make_brief(reading, frame=frame, seed=request.seeds[index], detail=choices.detail)
    drawing = FAMILIES[style](brief)
    done = 0
    while not cancelled():
        try:
            stage = next(drawing)
        except StopIteration as end:
            return _varnished(brief, end.value, choices)
        done = min(done + 1, STEPS)
        report(Progress(index=index, fraction=done / (STEPS + 1), stage=stage))
    drawing.close()
    return None


def _varnished(brief: Brief, image: np.ndarray, choices: Choices) -> np.ndarray:
    grain = brief.by_seed("grain")
    return varnish(image, brief.frame, grain, contrast=choices.contrast, warmth=choices.warmth)


def check(request: Request, can: Capabilities) -> Choices:
    """The options of `request` with defaults filled in; EngineError, permanent, where it cannot be drawn."""
    for edge in (request.width, request.height):
        if not can.min_edge <= edge <= can.max_edge or edge % can.edge_step:
            raise EngineError(
                f"{edge} pixels is not a size this engine draws: choose {can.min_edge} to {can.max_edge} "
                f"in steps of {can.edge_step}.",
                permanent=True,
            )
    values = {
        option.name: _value(option, request.options.get(option.name, option.default)) for option in OPTIONS
    }
    return Choices(**{**values, "detail": round(values["detail"])})


def _value(option: Option, value: object) -> str | float:
    """`value` as `option` takes it: one of the choices, or a number within its bounds."""
    if option.kind == "choice":
        if value in [name for name, _ in option.choices]:
            return str(value)
        names = ", ".join(name for name, _ in option.choices)
        raise EngineError(f"{option.label}: {value!r} is unknown. Choose one of {names}.", permanent=True)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not option.minimum <= number <= option.maximum:
        raise EngineError(
            f"{option.label} must be a number from {option.minimum:g} to {option.maximum:g}.", permanent=True
        )
    return number


def recipe_text(request: Request, choices: Choices, *, style: str, seed: int) -> str:
    """The prompt and settings as AUTOMATIC1111 writes them, so that every reader of recipes knows them."""
    settings = {
        "Steps": STEPS,
        "Sampler": style,
        "Seed": seed,
        "Size": f"{request.width}x{request.height}",
        "Model": MODEL,
        "Style": choices.style,
        "Detail": choices.detail,
        "Contrast": f"{choices.contrast:g}",
        "Warmth": f"{choices.warmth:g}",
        "Version": f"built-in patterns, {VERSION}",
    }
    lines = [request.prompt]
    if request.negative_prompt:
        lines.append(f"Negative prompt: {request.negative_prompt}")
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in settings.items()))
    return "\n".join(lines)


def _quoted(value: object) -> str:
    """JSON quotes where a comma, a colon or a line break would be taken for the next setting."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ",:\n") else text
