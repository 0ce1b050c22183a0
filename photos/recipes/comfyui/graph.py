"""One kind of graph for both forms that ComfyUI writes: nodes by number, their inputs values or links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_NODES = 20_000


class Link(NamedTuple):
    """Where an input comes from: a node, and which of its outputs."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    """One step. `kind` is ComfyUI's class_type, `inputs` are plain values or a Link, in their order."""

    id: str
    kind: str
    inputs: Mapping[str, Any]

    def links(self) -> Iterator[tuple[str, Link]]:
        return ((name, value) for name, value in self.inputs.items() if isinstance(value, Link))


Graph = dict[str, Node]


def from_prompt(data: Mapping[str, Any]) -> Graph:
    """The API graph. Some savers put it one level down, under "prompt" or "output"."""
    for key in ("prompt", "output"):
        inner = data.get(key)
        if isinstance(inner, dict) and "class_type" not in inner and _has_nodes(inner):
            data = inner
    nodes = {
        key: node
        for key, node in list(data.items())[:MAX_NODES]
        if isinstance(node, dict) and isinstance(node.get("class_type"), str)
    }
    return {
        key: Node(key, node["class_type"], _inputs(node.get("inputs"), nodes)) for key, node in nodes.items()
    }


def _has_nodes(data: Mapping[str, Any]) -> bool:
    return any(isinstance(node, dict) and "class_type" in node for node in data.values())


def _inputs(inputs: Any, nodes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value, nodes) for name, value in inputs.items()} if isinstance(inputs, dict) else {}


def _value(value: Any, nodes: Mapping[str, Any]) -> Any:
    """A link is written [node, output]."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in nodes:
        return Link(value[0], value[1] if isinstance(value[1], int) else 0)
    return value
