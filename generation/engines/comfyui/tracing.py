"""The way through a workflow against its links: from what is saved to what draws it, to where a value is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from generation.engines.comfyui.graph import Graph, Link, Node, Place

MAX_SAVES = MAX_SAMPLERS = 20  # more are not looked at

_SAVES = re.compile(r"save(?!.*websocket)|image.?(?:write|export)", re.I)
# Inputs that say how a picture is made, not out of what. Names are taken apart at "_".
_HOW = {
    "model", "clip", "vae", "positive", "negative", "cond", "conditioning", "control", "controlnet", "mask", "noise",
    "sigmas", "guider", "sampler", "seed", "steps", "cfg", "text", "prompt", "string", "lora", "scheduler", "width",
    "height", "name", "path", "prefix", "fps", "audio", "reference", "ipadapter", "boolean", "select", "index",
    "strength", "quality", "metadata", "style", "embeds",
}  # fmt: skip
_WRITTEN = ("value", "text", "string", "seed", "noise_seed", "int", "float", "number", "prompt")


def is_sampler(node: Node) -> bool:
    """Whether a node makes pictures out of noise, by what it takes; or out of words, as nodes of services do."""
    names = node.inputs.keys()
    noisy = bool(names & {"seed", "noise_seed", "noise"})
    return (noisy and bool(names & {"model", "positive", "guider"})) or (noisy and "prompt" in names) or (
        "sampler" in node.kind.lower() and bool({name for name, _ in node.links} & {"positive", "guider", "pipe"})
    )  # fmt: skip


def saving(graph: Graph) -> list[Node]:
    """The nodes that save pictures, first the one that needs most and that no other needs."""
    found = [node for node in graph.nodes.values() if _SAVES.search(node.kind) and pictures(node)][:MAX_SAVES]
    needs = {node.id: graph.all_behind(node) for node in found}

    def rank(node: Node) -> tuple[bool, int]:
        return any(node.id in needs[other.id] for other in found if other is not node), -len(needs[node.id])

    return sorted(found, key=rank)


def pictures(node: Node) -> list[Link]:
    """What a picture is made of, as links. Of a switch only what it lets through."""
    if "switch" in node.kind.lower() and (way := _let_through(node)):
        value = node.inputs[way]
        return [value] if isinstance(value, Link) else []
    return [link for name, link in node.links if _is_picture(name)]


@lru_cache(maxsize=1_000)
def _is_picture(name: str) -> bool:
    return not _HOW & set(re.split(r"[_\d ]+", name[:100].lower()))


def _let_through(node: Node) -> str | None:
    """The input that a switch lets through, None where that is decided while it runs."""
    for name in ("boolean", "switch", "condition", "select", "index", "input"):
        chosen = node.inputs.get(name)
        if isinstance(chosen, bool):
            return next((way for way in ("on_true" if chosen else "on_false",) if way in node.inputs), None)
        if isinstance(chosen, int):
            return next((way for way in (f"input{chosen}", f"input_{chosen}") if way in node.inputs), None)
    return next((name for name, _ in node.links), None) if "any" in node.kind.lower() else None


def first_samplers(graph: Graph, output: Node) -> list[Node]:
    """The samplers that have no other before them, the nearest to `output` first."""
    met = [node for node in graph.upstream(output, follows=pictures) if is_sampler(node)]

    def is_first(sampler: Node) -> bool:
        before = graph.upstream(sampler, follows=pictures)
        return not any(is_sampler(node) for node in before if node is not sampler)

    # The last ones met are the farthest: among many, those are the likely ones.
    return [node for node in met[-MAX_SAMPLERS:] if is_first(node)]


def written(graph: Graph, place: Place, names: Iterable[str] = ()) -> Place | None:
    """Where the value of `place` is written: there, or behind its links, if need be in an input of one of `names`.
    None where it is computed."""
    seen: set[Place] = set()
    while place not in seen:
        seen.add(place)
        value = graph.value(place)
        if not isinstance(value, Link):
            return place
        node = graph.nodes[value.node]
        way = _let_through(node) if "switch" in node.kind.lower() else _only_way(node, names)
        if way is None:
            return None
        place = Place(node.id, way)
    return None


def _only_way(node: Node, wanted: Iterable[str]) -> str | None:
    if told := next((name for name in wanted if name in node.inputs), None):
        return told
    names = [name for name in node.inputs if "control" not in name]
    if len(names) == 1:
        return names[0]
    known = [name for name in names if name.lower() in _WRITTEN]
    return known[0] if len(known) == 1 and not node.links else None
