"""A template with the values of one image written into it: the graph to be sent, and the canvas to go along."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from generation.engines.comfyui.graph import Place
from generation.engines.comfyui.template import Template


def fill(template: Template, values: Mapping[str, Any], *, again: str = "") -> dict[str, Any]:
    """The graph with `values` by role; roles that the template does not have are left out.

    The server gives a graph that it has run before the file of that time. Its name must not have become another
    image's since, so it says which graph it is of; `again` asks for a new file all the same.
    """
    graph = {
        key: {**node, "inputs": dict(node.get("inputs", {}))} for key, node in template.graph.raw.items()
    }
    for role, value in values.items():
        for place in template.places.get(role, ()):
            graph[place.node]["inputs"][place.input] = value
    saving = graph[template.output]["inputs"]
    if isinstance(saving.get("filename_prefix"), str):
        mark = hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()[:10]
        saving["filename_prefix"] += f"-{mark}{again}"
    return graph


def filled_canvas(template: Template, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The canvas with the same values, so that the file opens in ComfyUI as it was made.

    A node of the canvas lists its values without their names: one is changed where the old value stands just once.
    """
    if template.workflow is None:
        return None
    canvas = copy.deepcopy(dict(template.workflow))
    listed = canvas.get("nodes")
    nodes = {str(node.get("id")): node for node in listed if isinstance(node, dict)} if listed else {}
    for role, value in values.items():
        for place in template.places.get(role, ()):
            _write(nodes.get(place.node, {}).get("widgets_values"), place, template.graph.value(place), value)
    return canvas


def _write(widgets: Any, place: Place, old: Any, new: Any) -> None:
    if isinstance(widgets, dict) and place.input in widgets:
        widgets[place.input] = new
    elif isinstance(widgets, list):
        same = [index for index, value in enumerate(widgets) if type(value) is type(old) and value == old]
        if len(same) == 1:
            widgets[same[0]] = new
