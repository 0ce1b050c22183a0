"""What a person may set: of all templates together what they take, with the names that the server has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.engines.base import EngineError, Option
from generation.engines.comfyui.complaints import title
from generation.engines.comfyui.lists import Lists
from generation.engines.comfyui.template import Template

AS_IT_SAYS = "As the workflow says"
ZERO = "0: as the workflow says."
DETAILS, START = "Details", "Starting from an image"


@dataclass(frozen=True)
class _Number:
    top: float
    step: float = 1
    whole: bool = False
    help: str = ZERO


NAMED = ("model", "sampler", "scheduler", "lora")
NUMBERS: Mapping[str, _Number] = {
    "steps": _Number(500, whole=True),
    "cfg": _Number(50, 0.1),
    "guidance": _Number(50, 0.1),
    "lora_strength": _Number(2, 0.05),
    "denoise": _Number(1, 0.05, help=f"Little keeps the image, 1 forgets it. {ZERO}"),
    "upscale": _Number(8, 0.25, help="0: not, or as the workflow says."),
}
ORDER = (
    "model", "sampler", "steps", "cfg", "guidance", "scheduler", "lora", "lora_strength", "denoise", "upscale",
)  # fmt: skip
GROUPS = {"scheduler": DETAILS, "lora": DETAILS, "lora_strength": DETAILS, "denoise": START, "upscale": START}


def options_for(templates: Sequence[Template], lists: Lists) -> tuple[Option, ...]:
    """The choice of a template where there is more than one, then each role that one of them takes."""
    found: list[Option] = []
    if len(templates) > 1:
        names = tuple((template.name, _described(template)) for template in templates)
        found.append(
            Option(name="template", label="Workflow", kind="choice", default=names[0][0], choices=names)
        )
    every = [variant for template in templates for variant in template.variants()]
    for role in ORDER:
        taking = [template for template in every if template.takes(role)]
        if taking:
            found.append(_named(role, taking, lists) if role in NAMED else _number(role, taking))
    return tuple(found)


def _described(template: Template) -> str:
    """Its name, and whether the size that is asked for means nothing to it."""
    return template.name if template.takes("width") else f"{template.name} (sets the size itself)"


def chosen_values(options: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """What `options` say for the roles of `template`, numbers as numbers. Raises EngineError."""
    values: dict[str, Any] = {}
    for role in NAMED:
        if template.takes(role) and (name := str(options.get(role) or "").strip()):
            values[role] = name
    for role, kind in NUMBERS.items():
        if template.takes(role) and options.get(role) not in (None, "", 0, "0"):
            values[role] = _as_number(role, options[role], kind)
    return {role: value for role, value in values.items() if value != 0}


def wanted_lists(templates: Sequence[Template], role: str) -> list[tuple[str, str]]:
    """(class of node, input) of every place of a role."""
    return [
        (template.graph.nodes[place.node].kind, place.input)
        for template in templates
        for place in template.places.get(role, ())
    ]


def _named(role: str, templates: Sequence[Template], lists: Lists) -> Option:
    names = lists.names(wanted_lists(templates, role))
    common: Any = {"name": role, "label": title(role), "default": "", "group": GROUPS.get(role, "")}
    if not names:
        return Option(kind="text", help="Empty: as the workflow says.", **common)
    return Option(kind="choice", choices=(("", AS_IT_SAYS), *((name, name) for name in names)), **common)


def _number(role: str, templates: Sequence[Template]) -> Option:
    """With the value of the workflows where they agree."""
    kind = NUMBERS[role]
    said = [template.value(role) for template in templates]
    value = said[0] if role != "upscale" and all(one == said[0] for one in said) else 0
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= kind.top
    number = value if fits else 0
    return Option(
        name=role, label=title(role), kind="number", minimum=0, maximum=kind.top, step=kind.step, help=kind.help,
        default=int(number) if kind.whole else float(number), group=GROUPS.get(role, ""),
    )  # fmt: skip


def _as_number(role: str, value: Any, kind: _Number) -> int | float:
    try:
        number = float(value)
        if not 0 <= number <= kind.top or (kind.whole and number != int(number)):
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError(
            f"{title(role)} is a {'whole ' if kind.whole else ''}number from 0 to {kind.top:g}.",
            permanent=True,
            field=role,
        ) from error
    return int(number) if kind.whole else number
