"""A workflow as ComfyUI exports it for its API: nodes by number, whose inputs are values or links.

    {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "model": ["4", 0]}, "_meta": {"title": "Sampler"}}}

A link is [node, output]. What stands here walks such a graph against its links; what is looked for, `guessing` knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generation.engines.base import EngineError

MAX_NODES = 2_000
ASK_FOR_EXPORT = "In ComfyUI choose Workflow, Export (API), and paste what that file says."


class TemplateError(EngineError):
    """A workflow that cannot be used; its sentence says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=True, field="templates")


class Place(NamedTuple):
    """One input of one node, written "6.text"."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


class Link(NamedTuple):
    """Where an input comes from: a node, and which of its outputs."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    """One step: `kind` is ComfyUI's class_type, `inputs` are plain values or a Link."""

    id: str
    kind: str
    title: str
    inputs: Mapping[str, Any]

    @property
    def links(self) -> list[tuple[str, Link]]:
        return [(name, value) for name, value in self.inputs.items() if isinstance(value, Link)]


@dataclass(frozen=True)
class Graph:
    """The nodes of a workflow; `raw` is the export itself, which is sent."""

    raw: Mapping[str, Any]
    nodes: Mapping[str, Node] = field(repr=False)

    def behind(self, node: Node, name: str) -> Node | None:
        """The node that the input `name` of `node` comes from."""
        link = node.inputs.get(name)
        return self.nodes.get(link.node) if isinstance(link, Link) else None

    def value(self, place: Place) -> Any:
        return self.nodes[place.node].inputs.get(place.input)

    def upstream(self, *starts: Node, follows: Callable[[Node], list[Link]]) -> Iterator[Node]:
        """`starts` and what is behind the links that `follows` names, the nearest first, each once."""
        waiting, seen = deque(starts), {start.id for start in starts}
        while waiting:
            node = waiting.popleft()
            yield node
            for link in follows(node):
                if link.node in self.nodes and link.node not in seen:
                    seen.add(link.node)
                    waiting.append(self.nodes[link.node])

    def all_behind(self, node: Node) -> set[str]:
        """The numbers of `node` and of everything it needs."""
        return {one.id for one in self.upstream(node, follows=lambda each: [link for _, link in each.links])}


def read_graph(data: Any) -> Graph:
    """The graph of an export. Raises TemplateError, also for what only looks like one."""
    if isinstance(data, Mapping) and isinstance(data.get("nodes"), list):
        raise TemplateError(f"This is the canvas of a workflow, not its API form. {ASK_FOR_EXPORT}")
    for key in ("prompt", "output"):  # some tools put it one level down
        if isinstance(data, Mapping) and isinstance(data.get(key), Mapping) and "class_type" not in data[key]:
            data = data[key]
    if not isinstance(data, Mapping) or not data:
        raise TemplateError(f"This is no ComfyUI workflow. {ASK_FOR_EXPORT}")
    if len(data) > MAX_NODES:
        raise TemplateError(f"A workflow has at most {MAX_NODES:,} nodes.")
    nodes = {}
    for key, node in data.items():
        inputs = node.get("inputs", {}) if isinstance(node, Mapping) else None
        if not isinstance(inputs, Mapping) or not isinstance(node.get("class_type"), str):
            raise TemplateError(f"Node {str(key)[:20]} of the workflow has no class_type. {ASK_FOR_EXPORT}")
        nodes[key] = Node(
            key, node["class_type"], _title(node), {n: _value(v, data) for n, v in inputs.items()}
        )
    return Graph(data, nodes)


def _title(node: Mapping[str, Any]) -> str:
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return title[:80] if isinstance(title, str) and title else node["class_type"][:80]


def _value(value: Any, nodes: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in nodes:
        return Link(value[0], value[1] if isinstance(value[1], int) else 0)
    return value
