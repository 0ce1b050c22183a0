"""The canvas (`workflow`) as a graph of what would run: reroutes, primitives, bypassed and muted nodes, set and get
nodes and subgraphs resolved, and the values of widgets, which stand in a bare list, under their names.

Canvas format: nodes [{"id", "type", "mode", "inputs": [{"name", "link", "widget"}], "widgets_values"}], links
[[id, from node, from output, to node, to input, type]], as objects in subgraphs and newer versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from photos.recipes.comfyui.graph import MAX_NODES, Graph, Link, Node

MAX_HOPS = 500  # from an input to the node that really feeds it
MAX_DEPTH = 10  # of subgraphs within each other
MAX_PARTS = 200_000  # nodes and links looked at, those of a subgraph once for each time it is used
MAX_INPUTS = 1_000  # of one node
NEVER, BYPASS = 2, 4  # node modes
OUTER, INNER = "-10", "-20"  # the ends of a subgraph: its inputs, its outputs

_AFTER = ("fixed", "increment", "decrement", "randomize")  # the widget that follows each seed
_REROUTES = ("Reroute", "Reroute (rgthree)")
_NOTES = ("Note", "MarkdownNote", "Label (rgthree)", "Fast Groups Bypasser (rgthree)")

# The widgets of ComfyUI's own nodes in their order, for canvases that do not name them.
_SAMPLING = ("steps", "cfg", "sampler_name", "scheduler")
WIDGETS: dict[str, tuple[str, ...]] = {
    "KSampler": ("seed", *_SAMPLING, "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", *_SAMPLING, "start_at_step", "end_at_step"),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KarrasScheduler": ("steps", "sigma_max", "sigma_min", "rho"),
    "SDTurboScheduler": ("steps", "denoise"),
    "AlignYourStepsScheduler": ("model_type", "steps", "denoise"),
    "Flux2Scheduler": ("steps", "width", "height"),
    "CFGGuider": ("cfg",),
    "DualCFGGuider": ("cfg_conds", "cfg_cond2_negative"),
    "FluxGuidance": ("guidance",),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSDXL": (
        *("width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l"),
    ),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl", "empty_padding"),
    "TextEncodeQwenImageEdit": ("prompt",),
    "TextEncodeQwenImageEditPlus": ("prompt",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "unCLIPCheckpointLoader": ("ckpt_name",),
    "ImageOnlyCheckpointLoader": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "EmptyFlux2LatentImage": ("width", "height", "batch_size"),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "PrimitiveInt": ("value",),
    "PrimitiveFloat": ("value",),
    "StringConcatenate": ("string_a", "string_b", "delimiter"),
    "Efficient Loader": (
        *("ckpt_name", "vae_name", "clip_skip", "lora_name", "lora_model_strength", "lora_clip_strength"),
        *("positive", "negative", "token_normalization", "weight_interpretation"),
        *("empty_latent_width", "empty_latent_height", "batch_size"),
    ),
    "KSampler (Efficient)": ("seed", *_SAMPLING, "denoise"),
    "Seed (rgthree)": ("seed",),
}


def from_workflow(data: Mapping[str, Any]) -> Graph:
    """What runs of a canvas. A fault in it is an absent node or input."""
    definitions = data.get("definitions")
    subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    known = {str(one.get("id")): one for one in _objects(subgraphs)}
    flat = _Flat(known)
    flat.add(data, "", None, 0)
    return flat.graph()


class _Flat:
    """All nodes and links of a canvas and its subgraphs, with "instance:node" for what is inside of one."""

    def __init__(self, subgraphs: Mapping[str, Mapping[str, Any]]) -> None:
        self._subgraphs = subgraphs
        self._nodes: dict[str, dict[str, Any]] = {}
        self._links: dict[str, tuple[str, int]] = {}  # link -> node and output
        self._ends: dict[tuple[str, int], str] = {}  # instance and its output -> the link inside
        self._outer: dict[str, str] = {}  # what stands before inner names -> its instance
        self._setters: dict[str, str] = {}
        self._sources: dict[str, Any] = {}  # link -> what stands behind it, once that is known
        self._left = MAX_PARTS

    def add(self, canvas: Mapping[str, Any], before: str, instance: str | None, depth: int) -> None:
        parts = (canvas.get("nodes"), canvas.get("links"))
        self._left -= sum(len(part) for part in parts if isinstance(part, list | dict))
        if self._left < 0:
            return
        if instance is not None:
            self._outer[before] = instance
        for number, start, slot, end, at in _links(canvas.get("links")):
            self._links[before + number] = (before + start, slot)
            if end == INNER and instance is not None:
                self._ends[instance, at] = before + number
        for node in _objects(canvas.get("nodes"))[:MAX_NODES]:
            name = before + str(node.get("id"))
            if len(self._nodes) < MAX_NODES and isinstance(node.get("type"), str):
                self._nodes[name] = {**node, "before": before}
                if node["type"] == "SetNode":
                    self._setters[_first(node)] = name
                if node["type"] in self._subgraphs and depth < MAX_DEPTH:
                    self.add(self._subgraphs[node["type"]], f"{name}:", name, depth + 1)

    def graph(self) -> Graph:
        silent = {*_REROUTES, *_NOTES, "PrimitiveNode", "SetNode", "GetNode", *self._subgraphs}
        runs = {
            name: node
            for name, node in self._nodes.items()
            if node["type"] not in silent and node.get("mode", 0) not in (NEVER, BYPASS)
        }
        return {name: Node(name, node["type"], self._inputs(node)) for name, node in runs.items()}

    def _inputs(self, node: Mapping[str, Any]) -> dict[str, Any]:
        inputs = widgets(node)
        for entry in _inputs_of(node):
            if entry.get("link") is not None and isinstance(entry.get("name"), str):
                value = self._source(node["before"] + str(entry["link"]))
                if value is not None:
                    inputs[entry["name"]] = value
                elif "widget" in entry:
                    inputs.pop(entry["name"], None)  # it is fed by something that cannot be followed
        return inputs

    def _source(self, link: str) -> Any:
        """The Link or value at the beginning of a link, behind all that only passes it on."""
        way = []
        while len(way) < MAX_HOPS and link not in self._sources:
            way.append(link)
            following = self._passed_on(link)
            if not isinstance(following, str):
                self._sources[link] = following[0] if following else None
            else:
                link = following
        found = self._sources.get(link)
        self._sources.update(dict.fromkeys(way, found))
        return found

    def _passed_on(self, link: str) -> str | tuple[Any] | None:
        """The link before this one; (the Link or value,) where it begins; None where it leads nowhere."""
        if link not in self._links:
            return None
        name, slot = self._links[link]
        before, _, number = name.rpartition(":")
        node = self._nodes.get(name)
        if number == OUTER:
            return self._input(self._nodes.get(self._outer.get(f"{before}:", ""), {}), slot)
        if node is None or node.get("mode") == NEVER:
            return None
        if node["type"] in self._subgraphs:
            return self._ends.get((name, slot))
        if node.get("mode") == BYPASS:
            return self._input(node, self._same_type(node, slot))
        if node["type"] == "PrimitiveNode":
            return (_first(node),)
        if node["type"] in _REROUTES or node["type"] == "SetNode":
            return self._input(node, 0)
        if node["type"] == "GetNode":
            return self._input(self._nodes.get(self._setters.get(_first(node), ""), {}), 0)
        return (Link(name, slot),)

    def _input(self, node: Mapping[str, Any], at: int) -> str | None:
        """The link of a node's input number `at`."""
        entries = _inputs_of(node)
        if not 0 <= at < len(entries) or entries[at].get("link") is None:
            return None
        return node["before"] + str(entries[at]["link"])

    def _same_type(self, node: Mapping[str, Any], slot: int) -> int:
        """A bypassed node hands on its first connected input of the output's type."""
        outputs = _objects(node.get("outputs"))
        wanted = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
        for at, entry in enumerate(_inputs_of(node)):
            if entry.get("type") == wanted and entry.get("link") is not None:
                return at
        return -1


def widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a node's widgets under their names, as far as these are known."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(values)
    if not isinstance(values, list):
        return {}
    named = [entry["name"] for entry in _inputs_of(node) if "widget" in entry and "name" in entry]
    names = WIDGETS.get(node["type"]) or tuple(name for name in named if isinstance(name, str))
    found: dict[str, Any] = {}
    rest = list(values)
    for name in names:
        if not rest:
            break
        found[name] = rest.pop(0)
        if name in ("seed", "noise_seed") and rest and rest[0] in _AFTER:
            rest.pop(0)
    if node["type"] not in WIDGETS and len([value for value in rest if value not in (None, "")]):
        return {"text": values[0]} if [type(value) for value in values] == [str] else {}
    return found


def _inputs_of(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    inputs = node.get("inputs")
    return _objects(inputs[:MAX_INPUTS]) if isinstance(inputs, list) else []


def _first(node: Mapping[str, Any]) -> Any:
    values = node.get("widgets_values")
    first = values[0] if isinstance(values, list) and values else None
    return first if isinstance(first, str | int | float) else ""


def _links(links: Any):
    """(id, from node, from output, to node, to input) of each, from lists or objects."""
    for link in list(links.values()) if isinstance(links, dict) else links if isinstance(links, list) else ():
        if isinstance(link, dict):
            names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
            link = [link.get(name) for name in names]
        if isinstance(link, list) and len(link) >= 5 and isinstance(link[2], int):
            at = link[4] if isinstance(link[4], int) else 0
            yield str(link[0]), str(link[1]), link[2], str(link[3]), at


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
