"""What stands behind a link: the text, number or name that a node hands on, as far as the graph alone tells it.

Strangers' graphs loop, are deep, and have more paths than atoms: each node is resolved once for each output, the
way is at most MAX_DEPTH nodes long, and a graph gets MAX_STEPS steps. What is beyond is unknown, and noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from photos.recipes.comfyui.graph import Graph, Link, Node
from photos.recipes.text import MAX_PROMPT

MAX_DEPTH = 100
MAX_STEPS = 50_000
MAX_TEXTS = 50  # that one conditioning is combined of

TOO_MUCH = "The graph is too large to be followed to its end."
MADE_ELSEWHERE = "Part of the prompt was made while the graph ran, and is not in it."
UNCLEAR_SWITCH = "A switch in the graph does not say which way it stood."
LONG = "The prompt is longer than is kept."

# Nodes whose text only exists while they run: models that write or describe, files, randomness.
_OPAQUE = re.compile(
    r"caption|tagger|ollama|llm|llama|gpt|gemini|florence|interrogat|describe|joy|vlm|vqa|moondream|openai|"
    r"load.?text|text.?load|random|wildcard|from ?file|prompt.?(gen|enhanc)|rewrit|translat",
    re.I,
)
SWITCH = re.compile(r"switch|\bselect(?:or)?\b|choose|toggle|branch|\bif\b|ifelse", re.I)
_CONCAT = re.compile(r"concat|join|combine|append|merge|StringFunction", re.I)
_REPLACE = re.compile(r"replace", re.I)
_CHOOSERS = (
    "select", "selected", "index", "Input", "input", "switch", "boolean", "condition", "cond", "selector", "value",
)  # fmt: skip
_TEXTS = (
    "populated_text", "text", "string", "value", "prompt", "String", "Text", "text_positive", "positive",
    "positive_prompt", "multiline_text", "string_field", "prompt_text", "wildcard_text", "source", "anything", "any",
)  # fmt: skip
_PART = re.compile(r"(?:text|string|str|prompt|input|value|s|t)[ _]?(?:\d{1,3}|[a-h])", re.I)
_JOINERS = ("delimiter", "separator", "join_with", "delim", "sep")
_VALUES = (
    "value", "seed", "noise_seed", "int", "float", "number", "Value", "INT", "FLOAT", "int_", "Number", "string",
)  # fmt: skip
_MATH = re.compile(r"math|calc|expression|operation|random|convert|clamp|range", re.I)


class Resolver:
    """Asks one graph. `notes` says why an answer may be incomplete."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.notes: dict[str, None] = {}  # in the order they came up
        self._known: dict[tuple[Any, ...], Any] = {}
        self._depth = 0
        self._steps = 0

    def may_go_on(self) -> bool:
        """Count one step of any walk through the graph; False when there were too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            self._unknown(TOO_MUCH)
        return self._steps <= MAX_STEPS

    def node(self, value: Any) -> Node | None:
        return self.graph.get(value.node) if isinstance(value, Link) else None

    def text(self, value: Any, role: str = "positive") -> str | None:
        """The text a value is or leads to; None where that is not known."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Link):
            return None
        return self._once(("text", value, role), lambda: self._text(self.graph[value.node], value.slot, role))

    def _text(self, node: Node, slot: int, role: str) -> str | None:
        if "populated_text" not in node.inputs and _OPAQUE.search(node.kind):
            return self._unknown(MADE_ELSEWHERE)
        if SWITCH.search(node.kind):
            return self.text(self.chosen(node), role)
        if _REPLACE.search(node.kind) and "find" in node.inputs:
            return self._replaced(node, role)
        parts = [value for name, value in node.inputs.items() if _PART.fullmatch(name)]
        if parts and _CONCAT.search(node.kind):
            return self._joined(node, parts, role)
        for name in self._names(node, slot, role):
            if isinstance(node.inputs.get(name), str | Link):
                return self.text(node.inputs[name], role)
        links = list(node.links())
        return self.text(links[0][1], role) if len(links) == 1 else self._unknown(MADE_ELSEWHERE)

    @staticmethod
    def _names(node: Node, slot: int, role: str) -> tuple[str, ...]:
        """The inputs that may hold the text of this output, the likeliest first."""
        if node.kind == "Text String":  # four texts, four outputs
            return (("text", "text_b", "text_c", "text_d")[slot : slot + 1]) or ()
        both = any("negative" in name for name in node.inputs) and any(
            "positive" in name for name in node.inputs
        )
        second = slot == 1 if slot < 2 else role == "negative"
        return ("negative", "text_negative", "negative_prompt", *_TEXTS) if both and second else _TEXTS

    def _joined(self, node: Node, parts: Iterable[Any], role: str) -> str | None:
        texts, length = [], 0
        for part in parts:
            if (text := self.text(part, role)) and length <= MAX_PROMPT:
                texts.append(text)
                length += len(text)
        joiner = next((node.inputs[name] for name in _JOINERS if name in node.inputs), None)
        joiner = self.text(joiner, role)
        joiner = joiner[:100] if joiner is not None else None
        if joiner is None:
            joiner = ", " if node.inputs.get("tidy_tags") == "yes" else " "
        if str(node.inputs.get("clean_whitespace", "")).lower() == "true":
            texts = [text.strip() for text in texts]
        return self._bounded(joiner.replace("\\n", "\n").join(texts)) if texts else None

    def _replaced(self, node: Node, role: str) -> str | None:
        text = next(
            (self.text(node.inputs[name], role) for name in ("text", "string") if name in node.inputs), None
        )
        find, replacement = (
            self.text(node.inputs["find"], role),
            self.text(node.inputs.get("replace", ""), role),
        )
        if text is None or find is None or replacement is None:
            return text
        often = MAX_PROMPT // (len(replacement) + 1)
        return self._bounded(text.replace(find, replacement, often)) if find else text

    def _bounded(self, text: str) -> str:
        if len(text) > MAX_PROMPT:
            self.notes[LONG] = None
        return text[:MAX_PROMPT]

    def chosen(self, node: Node) -> Any:
        """What a switch hands on; None where it does not say."""
        chooser = next((node.inputs[name] for name in _CHOOSERS if name in node.inputs), None)
        chooser = self.value(chooser)
        ways = {name: value for name, value in node.inputs.items() if isinstance(value, Link | str)}
        if chooser is None and node.kind.startswith("Any Switch"):
            return next((value for value in ways.values() if isinstance(value, Link)), None)
        if isinstance(chooser, bool):
            names = (
                ("on_true", "true", "if_true", "tt_value")
                if chooser
                else ("on_false", "false", "if_false", "ff_value")
            )
            return next((ways[name] for name in names if name in ways), None) or self._unknown(UNCLEAR_SWITCH)
        if isinstance(chooser, int):
            numbered = [
                value for name, value in ways.items() if re.search(rf"(?<!\d)0{{0,2}}{chooser}$", name)
            ]
            return numbered[0] if numbered else self._unknown(UNCLEAR_SWITCH)
        if isinstance(chooser, str) and isinstance(node.inputs.get(chooser), Link | str):
            return node.inputs[chooser]
        links = [value for value in ways.values() if isinstance(value, Link)]
        return links[0] if len(links) == 1 else self._unknown(UNCLEAR_SWITCH)

    def value(self, value: Any) -> Any:
        """The number or name a value is or leads to; None where that is not known."""
        if isinstance(value, dict):
            value = value.get("content", value.get("value"))  # some nodes show a picture beside a name
        if not isinstance(value, Link):
            return value if isinstance(value, str | int | float) else None
        return self._once(("value", value), lambda: self._value(self.graph[value.node], value.slot))

    def _value(self, node: Node, slot: int) -> Any:
        if _MATH.search(node.kind):
            return None
        if SWITCH.search(node.kind) and len(node.inputs) > 1:
            return self.value(self.chosen(node))
        for name in _VALUES:
            if name in node.inputs:
                return self.value(node.inputs[name])
        inputs = list(node.inputs.values())
        return self.value(inputs[0]) if len(inputs) == 1 else None

    def _once(self, key: tuple[Any, ...], work: Callable[[], Any]) -> Any:
        """The answer to a question, asked once; None to one that is asked while it is being answered."""
        if key in self._known:
            return self._known[key]
        if self._depth >= MAX_DEPTH or not self.may_go_on():
            return self._unknown(TOO_MUCH)
        self._known[key] = None
        self._depth += 1
        try:
            self._known[key] = work()
        finally:
            self._depth -= 1
        return self._known[key]

    def _unknown(self, note: str) -> None:
        self.notes[note] = None
