"""From a sampler's positive or negative input to the texts that were encoded for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from photos.recipes.comfyui.graph import Link, Node
from photos.recipes.comfyui.resolve import LONG, MAX_TEXTS, SWITCH, Resolver
from photos.recipes.text import MAX_PROMPT

_NOTHING = re.compile(r"zero.?out|EmptyConditioning", re.I)  # what they hand on is no text's meaning any more
_CONDITIONING = re.compile(
    r"cond(?:itioning)?[ _]?(?:\w{1,8})?|.*(?:embeds?|conditioning|pipe|context)(?:_?\w{1,8})?", re.I
)
# The texts of nodes that encode, in the order they are read to a model; CLIP_G before CLIP_L.
_ENCODED = (
    "populated_text", "text", "prompt", "text_g", "clip_g", "text_l", "clip_l", "t5xxl", "llama", "bert", "mt5xl",
    "user_prompt", "caption", "tags", "lyrics", "text_positive", "wildcard_text", "string",
)  # fmt: skip
_BY_ROLE = {
    "positive": ("positive", "positive_prompt", "text_positive", "positive_g", "positive_l"),
    "negative": ("negative", "negative_prompt", "text_negative", "negative_g", "negative_l"),
}


def texts(resolver: Resolver, value: Any, role: str) -> str:
    """The texts behind a conditioning, each once, a line for each.

    A walk, not a recursion: each node is seen once whatever the number of ways to it.
    """
    found: dict[str, None] = {}
    waiting, seen = [value], set()
    while waiting and len(found) < MAX_TEXTS and resolver.may_go_on():
        link = waiting.pop()
        if isinstance(link, str) and link.strip():
            found[link] = None
        node = resolver.node(link)
        if node is None or (node.id, link.slot) in seen:
            continue
        seen.add((node.id, link.slot))
        encoded = [text for text in _encoded(resolver, node, link.slot, role) if text.strip()]
        # Some add a text to a conditioning: what they were given comes first.
        before = _given(node) if encoded else _before(resolver, node, link.slot, role)
        waiting.extend(reversed([*before, *encoded]))
    whole = "\n".join(text.strip("\n") for text in found)
    if len(whole) > MAX_PROMPT:
        resolver.notes[LONG] = None
    return whole[:MAX_PROMPT]


def _encoded(resolver: Resolver, node: Node, slot: int, role: str) -> list[str]:
    """The texts that this very node encodes."""
    if _NOTHING.search(node.kind) or SWITCH.search(node.kind):
        return []
    mine, other = _BY_ROLE[role], _BY_ROLE["negative" if role == "positive" else "positive"]
    named = [name for name in mine if isinstance(node.inputs.get(name), str)]
    if named or any(isinstance(node.inputs.get(name), str) for name in other):
        return [node.inputs[name] for name in named]
    if _takes(node, *mine[:1]) and _takes(node, *other[:1]):
        # Both are linked: to conditionings, which the walk follows, or to texts of a loader.
        return _linked_texts(resolver, node, mine[0], role) if "ckpt_name" in node.inputs else []
    values = [node.inputs[name] for name in _ENCODED if isinstance(node.inputs.get(name), str | Link)]
    return [text for text in (resolver.text(value, role) for value in values) if text]


def _linked_texts(resolver: Resolver, node: Node, name: str, role: str) -> list[str]:
    text = resolver.text(node.inputs[name], role)
    return [text] if text else []


def _takes(node: Node, *names: str) -> bool:
    return any(isinstance(node.inputs.get(name), Link) for name in names)


def _given(node: Node) -> list[Link]:
    return [link for name, link in node.links() if _CONDITIONING.fullmatch(name)]


def _before(resolver: Resolver, node: Node, slot: int, role: str) -> Iterator[Any]:
    """The conditionings a node was given, to be looked at in turn."""
    if _NOTHING.search(node.kind):
        return
    if SWITCH.search(node.kind):
        yield resolver.chosen(node)
        return
    if _takes(node, "positive") and _takes(node, "negative"):
        by_role = "ckpt_name" in node.inputs or slot > 1  # else the outputs are in this order
        second = role == "negative" if by_role else slot == 1
        yield node.inputs["negative" if second else "positive"]
        return
    if role in node.inputs:
        yield node.inputs[role]
        return
    links, named = dict(node.links()), _given(node)
    if named or role == "negative":
        yield from named
    elif "positive" in links:
        yield links["positive"]
    if not named and len(links) == 1:
        yield from links.values()
