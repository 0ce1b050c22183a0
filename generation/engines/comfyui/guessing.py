"""Which inputs of a workflow are the prompt, the seed, the size ...: told by walking back from the node that saves.

    SaveImage <- VAEDecode <- KSampler <- latent:    width, height, batch, or the image it starts from
                                       <- positive:  prompt          <- negative:  negative prompt
                                       <- model:     LoRAs, and the file that is loaded
                                       <- noise, sigmas, guider, sampler: its settings, where nodes of their own

Of several samplers in a row (a second pass, a face put right) the first is meant: it makes the picture. A value may
come from further away, through a primitive, a reroute or a switch: then the place where it is written is meant. Where
it is computed, the input that it arrives at is meant, and writing there cuts the computation off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from generation.engines.comfyui.graph import Graph, Link, Node, Place
from generation.engines.comfyui.tracing import first_samplers, pictures, saving, written

ROLES = (
    "prompt", "negative_prompt", "seed", "width", "height", "batch", "steps", "cfg", "guidance", "sampler",
    "scheduler", "denoise", "model", "lora", "lora_strength", "image", "upscale",
)  # fmt: skip

_TEXTS = ("text", "prompt", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "llama", "caption")
_SIDES = {  # of nodes that have both texts
    "prompt": ("positive", "positive_prompt", "text_positive"),
    "negative_prompt": ("negative", "negative_prompt", "text_negative"),
}
_MODELS = ("ckpt_name", "unet_name", "model_name", "gguf_name", "checkpoint", "diffusion_model", "model_path")
_SETTINGS = {"guider", "sigmas", "noise", "sampler", "scheduler", "settings", "params", "pipe", "context"}
_NUMBERS = {
    "seed": ("seed", "noise_seed"), "steps": ("steps",), "cfg": ("cfg", "cfg_scale"), "denoise": ("denoise",),
    "sampler": ("sampler_name",), "scheduler": ("scheduler",),
}  # fmt: skip


@dataclass
class Guess:
    """`places` of each role that was found, the node that saves, and sentences on what is doubtful."""

    graph: Graph
    output: Node | None = None
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, role: str, *places: Place | None) -> None:
        found = tuple(dict.fromkeys(place for place in places if place is not None))
        if found and role not in self.places:
            self.places[role] = found

    def put_written(self, role: str, node: Node, *names: str) -> None:
        """The inputs `names` of `node`, or where their values are written."""
        for name in names:
            place = Place(node.id, name)
            source = written(self.graph, place, _SIDES.get(role, ()))
            if source is None:
                self.notes.append(f"{_word(role)} is computed in the workflow; input {place} is set instead.")
            self.put(role, *self.places.pop(role, ()), source or place)


def guess(graph: Graph, output: str = "") -> Guess:
    """Look for every role. `output` names the node that saves, "" looks for it too."""
    found = Guess(graph)
    found.output = graph.nodes.get(output) if output else _saving(found)
    if found.output is None:
        return found
    samplers = first_samplers(graph, found.output)
    if not samplers:
        _size(found, found.output)
        _image(found, found.output)
        _of_any_text(found)
        return found
    if len(samplers) > 1:
        found.notes.append(f"The picture begins at several samplers; {samplers[0].id} is taken.")
    sampler = samplers[0]
    _settings(found, sampler)
    _words(found, sampler)
    _model(found, sampler)
    _size(found, sampler)
    _image(found, sampler)
    return found


def _saving(found: Guess) -> Node | None:
    saves = saving(found.graph)
    if not saves:
        found.notes.append("The workflow saves no image: add a Save Image node.")
        return None
    if len(saves) > 1:
        found.notes.append(f"The workflow saves at several nodes; {saves[0].id} ({saves[0].title}) is taken.")
    return saves[0]


def _near(graph: Graph, sampler: Node) -> list[Node]:
    """The sampler and the nodes it has its settings from."""
    return list(
        graph.upstream(
            sampler,
            follows=lambda node: [
                link for name, link in node.links if _SETTINGS & set(name.lower().split("_"))
            ],
        )
    )


def _settings(found: Guess, sampler: Node) -> None:
    near = _near(found.graph, sampler)
    # A base and a refiner count the same steps together: changing those of one alone would spoil both.
    shared = sampler.inputs.get("return_with_leftover_noise") == "enable"
    for role, names in _NUMBERS.items():
        if role == "steps" and shared:
            found.notes.append("Two samplers share the steps; they stay as the workflow has them.")
            continue
        for node, name in ((node, name) for node in near for name in names if name in node.inputs):
            if role in ("sampler", "scheduler") and isinstance(node.inputs[name], Link):
                continue
            found.put_written(role, node, name)
            break
    if "seed" not in found.places:
        found.notes.append("No seed was found: every image would be the same one.")


def _words(found: Guess, sampler: Node) -> None:
    guider = found.graph.behind(sampler, "guider") or sampler
    for role, names in (
        ("prompt", ("positive", "conditioning", "cond1", "prompt", "positive_prompt")),
        ("negative_prompt", ("negative", "negative_prompt")),
    ):
        for node, name in (
            (node, name) for node in (sampler, guider) for name in names if name in node.inputs
        ):
            if isinstance(node.inputs[name], Link):
                _of_conditioning(found, role, node.inputs[name])
            else:
                found.put(role, Place(node.id, name))
            break
    if found.places.get("negative_prompt") == found.places.get("prompt"):
        found.places.pop("negative_prompt", None)  # a negative made of the prompt, set to nothing
    if "prompt" not in found.places:
        found.notes.append("No prompt was found; mark the input that takes it.")


def _of_conditioning(found: Guess, role: str, link: Link) -> None:
    """The texts behind a conditioning."""
    side = {"prompt": "positive", "negative_prompt": "negative"}[role]

    def onward(node: Node) -> list[Link]:
        both = [name for name in ("positive", "negative") if isinstance(node.inputs.get(name), Link)]
        if both:  # a ControlNet and its like take and give both
            return [node.inputs[side if side in both else both[0]]]
        ways = [
            way for name, way in node.links if "cond" in name.lower() or name.lower() in ("", "value", "any")
        ]
        return ways or (pictures(node) if "reroute" in node.kind.lower() else [])

    first = found.graph.nodes[link.node]
    encoders = 0
    for node in found.graph.upstream(first, follows=onward):
        if role == "prompt" and isinstance(node.inputs.get("guidance"), (int, float)):
            found.put("guidance", Place(node.id, "guidance"))
        names = [name for name in _SIDES[role] if isinstance(node.inputs.get(name), str)]
        names = names or [name for name in _TEXTS if isinstance(node.inputs.get(name), (str, Link))]
        if names and (encoders := encoders + 1) == 1:
            found.put_written(role, node, *names)
    if encoders > 1:
        place = found.places[role][0]
        found.notes.append(f"{_word(role)} is put together from several texts; {place} is taken.")


def _model(found: Guess, sampler: Node) -> None:
    guider = found.graph.behind(sampler, "guider") or sampler
    start = found.graph.behind(sampler, "model") or found.graph.behind(guider, "model")
    ways = {"model", "model1", "unet", "pipe", "", "any", "value"}
    starts = [start] if start else [sampler]
    for node in found.graph.upstream(
        *starts, follows=lambda each: [link for name, link in each.links if name.lower() in ways]
    ):
        if isinstance(node.inputs.get("lora_name"), str) and "lora" not in found.places:
            found.put("lora", Place(node.id, "lora_name"))
            strengths = [
                name for name in ("strength_model", "strength_clip", "strength") if name in node.inputs
            ]
            found.put("lora_strength", *(Place(node.id, name) for name in strengths))
        if name := next((name for name in _MODELS if isinstance(node.inputs.get(name), str)), None):
            found.put("model", Place(node.id, name))


def _size(found: Guess, start: Node) -> None:
    """Of the empty latent or image it all begins with, or of what the source image is brought to."""
    for node in found.graph.upstream(start, follows=pictures):
        if {"width", "height"} <= node.inputs.keys() and "crop_w" not in node.inputs:
            found.put_written("width", node, "width")
            found.put_written("height", node, "height")
            if isinstance(node.inputs.get("batch_size"), (int, Link)):
                found.put_written("batch", node, "batch_size")
            return
    found.notes.append("No size was found: the workflow decides it.")


def _image(found: Guess, start: Node) -> None:
    graph = found.graph
    loading = [node for node in graph.upstream(start, follows=pictures) if _loads(node)]
    if not loading:  # models that edit, and ControlNets, take it beside the words
        found.places.pop("denoise", None)  # of noise alone there is nothing to keep
        loading = [node for node in graph.nodes.values() if _loads(node)]
        if len(loading) > 1:
            found.notes.append("Several images are loaded; mark the one to start from.")
            return
    if not loading:
        return
    found.put("image", Place(loading[0].id, "image"))
    for node in graph.upstream(found.output or start, follows=pictures):
        for name in ("scale_by", "upscale_by"):
            if isinstance(node.inputs.get(name), (int, float)):
                found.put("upscale", Place(node.id, name))


def _loads(node: Node) -> bool:
    return "load" in node.kind.lower() and isinstance(node.inputs.get("image"), str) and not node.links


def _of_any_text(found: Guess) -> None:
    """Without a sampler: a prompt and a seed where just one node has such an input."""
    for role, names in (("prompt", _TEXTS), ("seed", ("seed", "noise_seed"))):
        places = _places(found.graph.nodes.values(), names, str if role == "prompt" else int)
        if len(places) == 1:
            found.put(role, places[0])
    missing = [word for role, word in (("prompt", "prompt"), ("seed", "seed")) if role not in found.places]
    if missing:
        found.notes.append(f"No sampler was found, and no {' and no '.join(missing)}.")


def _places(nodes: Iterable[Node], names: Iterable[str], kind: type) -> list[Place]:
    def fits(value: Any) -> bool:
        return isinstance(value, kind) and not isinstance(value, bool)

    return [Place(node.id, name) for node in nodes for name in names if fits(node.inputs.get(name))]


def _word(role: str) -> str:
    return f"The {role.replace('_', ' ')}"
