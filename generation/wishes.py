"""What may be asked of an engine: checked before a session is made, so that nothing fails a minute later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation import registry, sources
from generation.engines import Capabilities, EngineError, Option
from generation.models import MAX_COUNT
from photos.models import Photo

MAX_PROMPT = 20_000
MAX_SEED = 2**63 - 1


class WorkflowError(Exception):
    """Something that cannot be done now; `sentence` says why, `field` names the input it is about ("" none)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


def check(
    *,
    prompt: str,
    engine: str,
    width: int,
    height: int,
    count: int,
    seed: int | None,
    options: dict | None,
    source: Photo | None = None,
) -> None:
    """Raise WorkflowError, naming the field, for what this engine cannot make."""
    if len(prompt) > MAX_PROMPT:
        raise WorkflowError(f"The prompt is longer than {MAX_PROMPT:,} characters.", field="prompt")
    if not 1 <= count <= MAX_COUNT:
        raise WorkflowError(f"A session makes 1 to {MAX_COUNT} images.", field="count")
    if seed is not None and not 0 <= seed <= MAX_SEED - MAX_COUNT:
        raise WorkflowError(f"A seed is a whole number from 0 to {MAX_SEED - MAX_COUNT}.", field="seed")
    try:
        can = registry.get(engine).capabilities
    except (registry.UnknownEngine, EngineError) as trouble:
        raise WorkflowError(trouble.sentence, field="engine") from trouble
    if source is not None and not can.source_image:
        raise WorkflowError("This engine cannot start from an image.", field="engine")
    if source is not None and (factor := enlarged_by(can, options or {})) > 1:
        if problem := sources.problem_of_enlarging(source, factor):
            raise WorkflowError(problem, field="upscale")
        if count > 1 and can.enlarges_alike:
            raise WorkflowError("Enlarging alone gives the same image each time: ask for 1.", field="count")
    else:
        _check_size(can, width, height)
    for option in can.options:
        if problem := problem_of(option, (options or {}).get(option.name)):
            raise WorkflowError(problem, field=option.name)


def enlarged_by(can: Capabilities, options: Mapping[str, Any]) -> float:
    """How many times larger an image to start from becomes; 1 where it is drawn from at the size asked for."""
    usual = next((option.default for option in can.options if option.name == "upscale"), 0)
    factor = options.get("upscale", usual)
    is_number = isinstance(factor, (int, float)) and not isinstance(factor, bool)
    return float(factor) if can.upscale and is_number and factor > 1 else 1.0


def _check_size(can: Capabilities, width: int, height: int) -> None:
    if can.sizes:
        if (width, height) not in can.sizes:
            known = ", ".join(f"{w} × {h}" for w, h in can.sizes[:12])
            raise WorkflowError(f"This engine makes images of {known}.", field="width")
        return
    for name, edge in (("width", width), ("height", height)):
        if not can.min_edge <= edge <= can.max_edge:
            raise WorkflowError(
                f"The {name} must be from {can.min_edge} to {can.max_edge} pixels.", field=name
            )
        if edge % can.edge_step:
            raise WorkflowError(f"The {name} must be a multiple of {can.edge_step} pixels.", field=name)
    if width * height > can.max_pixels:
        raise WorkflowError(
            f"At most {can.max_pixels / 1e6:.1f} megapixels can be made at once.", field="width"
        )
    if width * height < can.min_pixels:
        raise WorkflowError(
            f"This engine makes images of at least {can.min_pixels / 1e6:.2f} megapixels.", field="width"
        )


def problem_of(option: Option, value: object) -> str:
    """What is wrong with a value that was given for an option of the engine; "" nothing."""
    if value is None or value == option.default:
        return ""
    if option.kind == "choice" and value not in [known for known, _label in option.choices]:
        return f"“{str(value)[:60]}” is none of the choices for {option.label}."
    if option.kind == "number":
        low, high = option.minimum, option.maximum
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{option.label} is a number."
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{option.label} is a number from {low:g} to {high:g}."
    return option.problem(value) if option.problem else ""
