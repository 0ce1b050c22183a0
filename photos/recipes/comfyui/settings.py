"""What a sampler was given: seed, steps, model, LoRAs, size, prompts. An input that cannot be told stays empty."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.comfyui.conditioning import texts
from photos.recipes.comfyui.graph import Link, Node
from photos.recipes.comfyui.resolve import SWITCH, Resolver
from photos.recipes.values import as_decimal, as_seed, as_text, as_whole, lora

# Which links of a sampler lead to more of its settings.
_ONWARD = re.compile(
    r".*(?:pipe|context|guider|sigmas|noise|sampler|settings|params|config|scheduler|preset)\w{0,8}", re.I
)
_LATENT = re.compile(r"latent(?:_image|s)?|samples|pixels|image|.*pipe|context|image_embeds", re.I)
_MODELS = (
    *("ckpt_name", "unet_name", "model_name", "gguf_name", "base_ckpt_name", "diffusion_name", "checkpoint"),
    *("model_path", "diffusion_model", "ckpt", "model"),
)
_WAYS_TO_A_MODEL = (
    "model", "MODEL", "unet", "pipe", "basic_pipe", "context", "base_ctx", "guider", "model_opt", "any_01",
)  # fmt: skip
_MERGE = ("model1", "model_1", "model_a")
_LORA_NAME = re.compile(r"lora(?:_name)?(?:_?(\d{1,2}))?")
_LORA_STACK = re.compile(r"(?:optional_)?lora(?:_?stack)?|prev_lora|loras")
_PRESETS = {"aspect_ratio", "ratio", "resolution", "dimensions", "preset", "size"}


def recipe_of(resolver: Resolver, sampler: Node) -> RecipeFacts:
    """The recipe of what came out of this sampler."""
    guided = _linked(resolver, sampler, "guider") or sampler
    model = _Model(resolver, sampler if "model" in sampler.inputs else guided)
    width, height = _size(resolver, sampler)
    return RecipeFacts(
        generator="ComfyUI",
        prompt=_prompt(resolver, sampler, guided, "positive"),
        negative_prompt=_prompt(resolver, sampler, guided, "negative"),
        model=model.name,
        sampler=_sampler_name(resolver, sampler),
        scheduler=_scheduler(resolver, sampler),
        steps=as_whole(_setting(resolver, sampler, ("steps",))),
        cfg=as_decimal(_setting(resolver, sampler, ("cfg", "cfg_scale", "guidance_scale", "cfg_conds"))),
        seed=as_seed(_setting(resolver, sampler, ("seed", "noise_seed"))),
        width=width,
        height=height,
        loras=tuple(model.loras),
    )


def _linked(resolver: Resolver, node: Node, name: str) -> Node | None:
    return resolver.node(node.inputs.get(name))


def _setting(resolver: Resolver, sampler: Node, names: tuple[str, ...]) -> Any:
    """The value of the first of `names` at the sampler itself, else at the nearest node it takes settings from."""
    for node in _upstream(resolver, sampler, _ONWARD.fullmatch):
        for name in names:
            if name in node.inputs and not isinstance(node.inputs[name], dict):
                return resolver.value(node.inputs[name])
    return None


def _upstream(resolver: Resolver, start: Node, follows: Callable[[str], Any]) -> Iterator[Node]:
    """`start` and the nodes behind its links of those names, the nearest first, each once."""
    waiting, seen = deque([start]), {start.id}
    while waiting and resolver.may_go_on():
        node = waiting.popleft()
        yield node
        for name, link in node.links():
            if follows(name) and link.node not in seen and link.node in resolver.graph:
                seen.add(link.node)
                waiting.append(resolver.graph[link.node])


def _prompt(resolver: Resolver, sampler: Node, guided: Node, role: str) -> str:
    """Behind the input of that name; a guider or node that takes one conditioning takes the positive."""
    names = {
        "positive": ("positive", "conditioning", "cond1", "cond", "positive_prompt"),
        "negative": ("negative",),
    }
    if "text_embeds" in sampler.inputs:
        return texts(resolver, sampler.inputs["text_embeds"], role)
    for node in (sampler, guided):
        for name in (*names[role], "negative_prompt" if role == "negative" else "prompt"):
            if name in node.inputs:
                return texts(resolver, node.inputs[name], role)
    pipes = (link for name, link in sampler.links() if re.fullmatch(r".*(pipe|context|ctx).*", name))
    return texts(resolver, next(pipes, None), role)


def _sampler_name(resolver: Resolver, sampler: Node) -> str:
    """A name, or what the node that makes samplers is called: SamplerDPMPP_2M_SDE."""
    said = as_text(_setting(resolver, sampler, ("sampler_name", "sampler_type")))
    maker = _linked(resolver, sampler, "sampler")
    if not said and maker is not None and (match := re.fullmatch(r"Sampler_?([A-Z]\w+)", maker.kind)):
        name = match[1].replace("EulerAncestral", "euler_ancestral").replace("CFGPP", "_cfg_pp")
        return name.lower() if "Custom" not in name else ""
    plain = sampler.inputs.get("sampler")
    return said or as_text(plain)


def _scheduler(resolver: Resolver, sampler: Node) -> str:
    said = as_text(_setting(resolver, sampler, ("scheduler",)))
    maker = _linked(resolver, sampler, "sigmas")
    if said or maker is None:
        return said
    match = re.fullmatch(
        r"(Karras|Exponential|Polyexponential|SDTurbo|Beta|VP|Laplace)\w{0,8}Scheduler", maker.kind
    )
    return match[1].lower() if match else ""


def _size(resolver: Resolver, sampler: Node) -> tuple[int | None, int | None]:
    """Of the empty latent it all began with; a node that computes its size from a preset says none."""
    for node in _upstream(resolver, sampler, _LATENT.fullmatch):
        for names in (("width", "height"), ("empty_latent_width", "empty_latent_height")):
            if names[0] in node.inputs and names[1] in node.inputs and not _PRESETS & node.inputs.keys():
                width, height = (as_whole(resolver.value(node.inputs[name])) for name in names)
                return (width, height) if width and height else (None, None)
    return None, None


class _Model:
    """The way of a model back from the sampler through its LoRAs to the file it was loaded from."""

    def __init__(self, resolver: Resolver, sampler: Node) -> None:
        self.name = ""
        self.loras: list[dict[str, Any]] = []
        node: Node | None = sampler
        seen: set[str] = set()
        while node is not None and node.id not in seen and resolver.may_go_on():
            seen.add(node.id)
            if any(name in node.inputs for name in _MERGE):
                break  # a mixture is none of its parts
            following = resolver.node(_way_on(resolver, node))
            self.loras[:0] = _loras(resolver, node)
            if following is None and (node is not sampler or "ckpt_name" in node.inputs):
                self.name = _model_name(resolver, node)
            node = following


def _way_on(resolver: Resolver, node: Node) -> Any:
    if SWITCH.search(node.kind):
        return resolver.chosen(node)
    return next(
        (node.inputs[name] for name in _WAYS_TO_A_MODEL if isinstance(node.inputs.get(name), Link)), None
    )


def _model_name(resolver: Resolver, node: Node) -> str:
    for name in _MODELS:
        if name in node.inputs and (said := as_text(resolver.value(node.inputs[name]))):
            return said
    return ""


def _loras(resolver: Resolver, node: Node) -> list[dict[str, Any]]:
    """The LoRAs a node puts on, and those of the stacks it is given."""
    found = list(_own_loras(resolver, node))
    for stack in _upstream(resolver, node, _LORA_STACK.fullmatch):
        if stack is not node:
            found[:0] = _own_loras(resolver, stack)
    return found


def _own_loras(resolver: Resolver, node: Node) -> Iterator[dict[str, Any]]:
    for name, value in node.inputs.items():
        if isinstance(value, dict) and "lora" in value:  # {"on": true, "lora": "x", "strength": 0.8}
            if value.get("on", True):
                yield lora(value["lora"], value.get("strength"))
        elif (match := _LORA_NAME.fullmatch(name)) and _is_on(node, match[1] or ""):
            said = as_text(resolver.value(value))
            if said not in ("", "None"):
                yield lora(said, _weight(resolver, node, match[1] or ""))
        elif isinstance(value, list) and name == "loras":
            yield from _listed(value)


def _listed(entries: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if isinstance(entry, dict) and entry.get("active", True) and as_text(entry.get("name")):
            yield lora(entry["name"], entry.get("strength"))


def _is_on(node: Node, number: str) -> bool:
    if (count := as_whole(node.inputs.get("lora_count"))) is not None and number and int(number) > count:
        return False
    return str(node.inputs.get(f"switch_{number}", "On")) not in ("Off", "False")


def _weight(resolver: Resolver, node: Node, number: str) -> float | None:
    if number:
        names = [
            f"{name}_{number}" for name in ("model_weight", "lora_wt", "model_str", "strength", "lora_weight")
        ]
        names += [f"lora_{number}_strength", f"strength_model_{number}"]
    else:
        names = [
            "strength_model",
            "lora_model_strength",
            "strength",
            "model_strength",
            "lora_strength",
            "weight",
        ]
    for name in names:
        if name in node.inputs:
            return as_decimal(resolver.value(node.inputs[name]))
    return None
