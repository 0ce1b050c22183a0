"""From the node that saved the picture back to the sampler that made it.

Of several samplers in a row (a second pass, a refiner, a face put right) the first is meant: its seed and steps made
the picture, the others finished it. A picture put together from several has all their prompts, and of the rest what
they agree on. Where the graph saves several pictures only what these agree on is said.
"""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Iterable
from functools import lru_cache

from photos.images import RecipeFacts
from photos.recipes.comfyui.graph import Graph, Link, Node
from photos.recipes.comfyui.resolve import SWITCH, Resolver
from photos.recipes.comfyui.settings import recipe_of

MAX_SAVES = 50
MAX_SAMPLERS = 50
MAX_NOTE = 300  # characters

SEVERAL = "The graph makes several pictures; which of them this is cannot be told."
COMPOSED = "The picture was put together from several; each prompt is a line."
NO_SAMPLER = "No sampler was found in the graph."

_SAVE = re.compile(r"save|saver|VideoCombine|image.?(?:out|export|write)", re.I)
_ANIMATION = re.compile(r"anim|video|webm|webp", re.I)
_PREVIEW = re.compile(r"preview|display|show.?image|image.?compar", re.I)
_SAMPLER = re.compile(r"sampler|detailer|ultimatesdupscale", re.I)
# What a picture is not made of: these links say how, not from what.
_NOT_PICTURE = re.compile(
    r"model|clip|vae|positive|negative|cond|control|mask|noise|sigmas|guider|sampler|seed|steps|cfg|text|prompt|"
    r"string|style|lora|scheduler|width|height|size|name|path|prefix|fps|audio|reference|ipadapter|bbox|sam_|segs|"
    r"template|upscale_by|batch|index|frames|scale|strength|metadata|counter|quality|extra|workflow",
    re.I,
)
_LATENTS = re.compile(
    r"latent(?:_image|s)?|samples|init_latent|optional_latent|image|images|pixels|stage_c|.*pipe", re.I
)


def traced(graph: Graph, *, animated: bool | None = None) -> RecipeFacts | None:
    """The recipe as the graph tells it; None for a graph without a node.

    `animated` says whether a node that writes animations saved the picture, where the file tells; None: it does not.
    """
    if not graph:
        return None
    resolver = Resolver(graph)
    made = [_making(resolver, save) for save in _saves(graph, animated)]
    each = {sampler.id: sampler for samplers in made for sampler in samplers}
    known = {name: recipe_of(resolver, sampler) for name, sampler in each.items()}
    recipes = [_composed([known[sampler.id] for sampler in samplers]) for samplers in made if samplers]
    if not recipes:
        samplers = [node for node in graph.values() if is_sampler(node)][:MAX_SAMPLERS]
        recipes = [recipe_of(resolver, sampler) for sampler in samplers] or [_of_a_service(resolver, graph)]
    recipe, differ = _agreed(recipes)
    notes = [SEVERAL if differ else "", recipe.note, *resolver.notes]
    return dataclasses.replace(recipe, note=" ".join(filter(None, notes))[:MAX_NOTE])


def _saves(graph: Graph, animated: bool | None) -> list[Node]:
    """The nodes that save pictures; where there are none those that show them, else all that end the graph."""
    fed = {link.node for node in graph.values() for _, link in node.links()}
    ends = [node for node in graph.values() if any(True for _ in node.links())]
    for pattern in (_SAVE, _PREVIEW):
        found = [node for node in ends if pattern.search(node.kind) and _pictures(node)]
        likely = [node for node in found if bool(_ANIMATION.search(node.kind)) == animated]
        if found:
            return (likely or found)[:MAX_SAVES]
    return [node for node in ends if node.id not in fed and _pictures(node)][:MAX_SAVES]


def _pictures(node: Node) -> list[Link]:
    return [link for name, link in node.links() if _is_picture(name)]


@lru_cache(maxsize=1_000)
def _is_picture(name: str) -> bool:
    return not _NOT_PICTURE.search(name[:100])


def is_sampler(node: Node) -> bool:
    """Whether a node makes pictures out of noise: by what it takes, or by its name."""
    names = node.inputs.keys()
    noisy = bool(names & {"seed", "noise_seed", "noise"})
    guided = bool(names & {"model", "positive", "guider", "conditioning"})
    if noisy and guided and names & {"steps", "sigmas", "guider"}:
        return True
    linked = {name for name, _ in node.links()}
    fed = linked & {"guider", "pipe", "basic_pipe", "positive", "context", "text_embeds"}
    return bool(_SAMPLER.search(node.kind) and fed)


def _making(resolver: Resolver, save: Node) -> list[Node]:
    """The sampler that began the picture that `save` saved; several where it was put together from several."""
    nearest, firsts = _samplers_before(resolver, _pictures(save))
    if len(firsts) <= 1:
        return firsts
    return nearest if len(nearest) == 1 else firsts


def _samplers_before(resolver: Resolver, links: Iterable[Link]) -> tuple[list[Node], list[Node]]:
    """(the nearest samplers behind `links`, those with no sampler before them). One walk, each node once."""
    waiting = deque((link.node, False) for link in links)
    seen: set[str] = set()
    nearest: list[Node] = []
    firsts: list[Node] = []
    while waiting and resolver.may_go_on():
        name, behind = waiting.popleft()
        node = resolver.graph.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        onward = _onward(resolver, node)
        if is_sampler(node):
            if not behind and len(nearest) < MAX_SAMPLERS:
                nearest.append(node)
            if len(firsts) < MAX_SAMPLERS and not _has_sampler_before(resolver, node, onward):
                firsts.append(node)
            behind = True
        waiting.extend((link.node, behind) for link in onward)
    return nearest, firsts


def _onward(resolver: Resolver, node: Node) -> list[Link]:
    if SWITCH.search(node.kind):
        chosen = resolver.chosen(node)
        return [chosen] if isinstance(chosen, Link) else []
    if is_sampler(node):
        links = [link for name, link in node.links() if _LATENTS.fullmatch(name)]
        # Stable Cascade: what the first stage made comes with the prompt.
        stage = resolver.node(node.inputs.get("positive"))
        more = stage.inputs.get("stage_c") if stage else None
        return [*links, more] if isinstance(more, Link) else links
    return _pictures(node)


def _has_sampler_before(resolver: Resolver, sampler: Node, onward: Iterable[Link]) -> bool:
    waiting, seen = [link.node for link in onward], {sampler.id}
    while waiting and resolver.may_go_on():
        name = waiting.pop()
        node = resolver.graph.get(name)
        if node is None or name in seen:
            continue
        if is_sampler(node):
            return True
        seen.add(name)
        waiting.extend(link.node for link in _onward(resolver, node))
    return False


def _of_a_service(resolver: Resolver, graph: Graph) -> RecipeFacts:
    """Nodes that ask a service for a picture have prompt and seed themselves, and no sampler."""
    asking = [node for node in graph.values() if "prompt" in node.inputs and "seed" in node.inputs]
    if len(asking) != 1:
        return RecipeFacts(generator="ComfyUI", note=NO_SAMPLER)
    return dataclasses.replace(recipe_of(resolver, asking[0]), model="")


def _composed(recipes: list[RecipeFacts]) -> RecipeFacts:
    """One picture out of several."""
    recipe, differ = _agreed(recipes)
    if not differ:
        return recipe
    lines = {
        name: "\n".join(dict.fromkeys(getattr(one, name) for one in recipes if getattr(one, name)))
        for name in ("prompt", "negative_prompt")
    }
    return dataclasses.replace(recipe, **lines, note=COMPOSED)


def _agreed(recipes: list[RecipeFacts]) -> tuple[RecipeFacts, bool]:
    """What all say alike, and whether they differ in anything."""
    first, *others = recipes
    names = [field.name for field in dataclasses.fields(RecipeFacts)]
    odd = [name for name in names if any(getattr(other, name) != getattr(first, name) for other in others)]
    empty = RecipeFacts(generator=first.generator)
    return dataclasses.replace(first, **{name: getattr(empty, name) for name in odd}), bool(odd)
