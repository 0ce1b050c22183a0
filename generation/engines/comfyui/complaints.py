"""What ComfyUI objects to, as a sentence beside the field it is about. Its tracebacks and paths are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.engines.answers import cleaned
from generation.engines.base import EngineError
from generation.engines.comfyui.graph import Place
from generation.engines.comfyui.template import Template
from generation.engines.http import Refused

FIELDS = {"image": "source_image", "batch": ""}  # our words for roles, where they differ
LABELS = {
    "cfg": "CFG scale", "lora": "LoRA", "lora_strength": "LoRA strength", "image": "Source image",
    "scheduler": "Schedule", "denoise": "Change", "upscale": "Enlarge by",
}  # fmt: skip
NO_MEMORY = ("OutOfMemory", "out of memory", "Allocation on device")


def title(role: str) -> str:
    """The word for a role on pages."""
    return LABELS.get(role, role.replace("_", " ").capitalize())


def refusal(refused: Refused, template: Template) -> EngineError:
    """A POST of this template that was answered with an error."""
    answer = refused.answer if isinstance(refused.answer, dict) else {}
    if objection := objection_to(answer.get("node_errors"), template):
        return objection
    said = answer.get("error")
    if not isinstance(said, dict):
        return refused
    words = cleaned(str(said.get("message") or "")).rstrip(".")
    if said.get("type") in ("invalid_prompt", "missing_node_type"):
        kind = _kind_said(said, template)
        return EngineError(
            f"The workflow “{template.name}” uses the node {kind}, which the server does not have. Install it there."
            if kind
            else f"The server cannot read the workflow “{template.name}”: {words}.",
            permanent=True,
            field="template",
        )
    return EngineError(
        f"The server refuses the workflow “{template.name}”: {words}.", permanent=True, field="template"
    )


def objection_to(node_errors: Any, template: Template) -> EngineError | None:
    """The first error that keeps the image of this template from being made; None where there is none."""
    for node, said in node_errors.items() if isinstance(node_errors, Mapping) else ():
        if not isinstance(said, Mapping) or not isinstance(said.get("errors"), list):
            continue
        outputs = said.get("dependent_outputs")
        if isinstance(outputs, list) and outputs and template.output not in outputs:
            continue  # another output of the same workflow
        for error in said["errors"]:
            if isinstance(error, Mapping):
                return _objection(str(node), str(said.get("class_type") or ""), error, template)
    return None


def failure(data: Mapping[str, Any], template: Template) -> EngineError:
    """An execution_error."""
    node, kind = str(data.get("node_id") or ""), str(data.get("node_type") or "")
    words = cleaned(str(data.get("exception_message") or "").partition("Traceback (most recent call")[0])
    raised = f"{data.get('exception_type')} {words}"
    if any(sign in raised for sign in NO_MEMORY):
        return EngineError(
            "The server ran out of memory while it made the image. Try a smaller size or a smaller model.",
            permanent=True,
        )
    known = template.graph.nodes.get(node)
    where = known.title if known else cleaned(kind) or "A node"
    return EngineError(
        f"{where} failed in the workflow “{template.name}”: {words or 'it does not say why'}"[:480],
        permanent=True,
    )


def _objection(node: str, kind: str, error: Mapping[str, Any], template: Template) -> EngineError:
    extra = error.get("extra_info") if isinstance(error.get("extra_info"), Mapping) else {}
    name = str(extra.get("input_name") or "")
    role = template.role_of(Place(node, name))
    what = (
        title(role) if role else f"{cleaned(kind)[:60]}, {cleaned(name)[:60]}".strip(", ") or f"node {node}"
    )
    return EngineError(
        _sentence(str(error.get("type") or ""), what, error, extra, template),
        permanent=True,
        field=FIELDS.get(role, role) if role else "template",
    )


def _sentence(type_: str, what: str, error: Mapping, extra: Mapping, template: Template) -> str:
    given = cleaned(str(extra.get("received_value", "")))[:80]
    config = extra.get("input_config")
    limits = config[1] if isinstance(config, list) and len(config) > 1 and isinstance(config[1], dict) else {}
    if type_ == "value_not_in_list":
        return f"{what}: the server does not have “{given}”."
    if type_ == "value_smaller_than_min" and isinstance(limits.get("min"), (int, float)):
        return f"{what}: {given} is less than {limits['min']}, the least the server takes."
    if type_ == "value_bigger_than_max" and isinstance(limits.get("max"), (int, float)):
        return f"{what}: {given} is more than {limits['max']}, the most the server takes."
    if type_ == "invalid_input_type":
        return f"{what}: “{given}” is not a value that the server takes there."
    if type_ == "required_input_missing":
        return f"{what}: the workflow “{template.name}” gives the server no value for it."
    if type_.startswith("exception"):  # its details are the server's traceback
        return f"{what}: the server could not check the workflow “{template.name}”."
    words = ": ".join(filter(None, (cleaned(str(error.get(key) or "")) for key in ("message", "details"))))
    return f"{what}: {words or 'the server does not take it'}"[:400].rstrip(".:") + "."


def _kind_said(said: Mapping[str, Any], template: Template) -> str:
    """The class of the node that is missing."""
    extra = said.get("extra_info") if isinstance(said.get("extra_info"), Mapping) else {}
    kind = extra.get("class_type") or extra.get("node_type")
    if isinstance(kind, str) and kind:
        return cleaned(kind)[:80]
    number = str(said.get("details") or "").rpartition("#")[2].rstrip("'\" ")
    node = template.graph.nodes.get(number)
    return node.kind[:80] if node else ""
