"""How far one image is, told from the messages about its nodes. A sampler counts for many of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from generation.engines.answers import number
from generation.engines.base import Progress
from generation.engines.comfyui.feed import Message
from generation.engines.comfyui.template import Template
from generation.engines.comfyui.tracing import is_sampler
from generation.engines.pictures import kind_of

SAMPLER_WEIGHT, NODE_WEIGHT = 20.0, 1.0
ALMOST = 0.99  # until its bytes are here


class Tracker:
    """Follows image `index`; `take` gives a Progress where a message has news of it."""

    def __init__(self, template: Template, index: int) -> None:
        self._nodes = template.graph.nodes
        needed = template.graph.all_behind(self._nodes[template.output])
        self._weights = {
            key: SAMPLER_WEIGHT if is_sampler(self._nodes[key]) else NODE_WEIGHT for key in needed
        }
        self._whole = sum(self._weights.values())
        self._done = dict.fromkeys(needed, 0.0)
        self._index, self._fraction, self._stage, self._node = index, 0.0, "", ""

    def take(self, message: Message) -> Progress | None:
        data, before = message.data, (self._fraction, self._stage)
        if message.kind == "preview":
            return self._now(message.image) if self._node and kind_of(message.image or b"") else None
        if message.kind == "execution_start":
            self._stage = "begun"
        elif message.kind == "execution_cached":
            for node in data.get("nodes") if isinstance(data.get("nodes"), list) else ():
                self._count(str(node), 1.0)
        elif message.kind == "executing":
            self._enter(str(data.get("node") or ""))
        elif message.kind == "progress":
            self._step(str(data.get("node") or self._node), data)
        elif message.kind == "progress_state" and isinstance(data.get("nodes"), Mapping):
            for node, state in data["nodes"].items():
                self._state(str(node), state)
        elif message.kind == "executed":
            self._count(str(data.get("node")), 1.0)
        return self._now() if (self._fraction, self._stage) != before else None

    def sent(self) -> Progress:
        self._stage = "sent"
        return self._now()

    def waiting(self, before: int) -> Progress:
        self._stage = f"waiting in line, {before} before it" if before else "waiting in line"
        return self._now()

    def _now(self, preview: bytes | None = None) -> Progress:
        return Progress(index=self._index, fraction=self._fraction, stage=self._stage, preview=preview)

    def _enter(self, node: str) -> None:
        if self._node and self._node != node:
            self._count(self._node, 1.0)
        self._node = node
        if node in self._nodes:
            self._stage = self._nodes[node].title

    def _state(self, node: str, state: Any) -> None:
        if not isinstance(state, Mapping):
            return
        if state.get("state") == "finished":
            self._count(node, 1.0)
        elif state.get("state") == "running":
            self._step(node, state)

    def _step(self, node: str, data: Mapping[str, Any]) -> None:
        value, top = number(data.get("value")), number(data.get("max"))
        if value is None or top is None or not top > 0:
            return
        self._count(node, min(1.0, max(0.0, value / top)))
        if node in self._nodes and top > 1:
            self._stage = f"{self._nodes[node].title}, step {value:.0f} of {top:.0f}"

    def _count(self, node: str, share: float) -> None:
        if node in self._done:
            self._done[node] = max(self._done[node], share)
            done = sum(self._weights[key] * part for key, part in self._done.items())
            self._fraction = max(self._fraction, min(ALMOST, done / self._whole))


class Rising:
    """Hands reports on, so that the fraction of an image never falls, also when it is drawn a second time."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report, self._index, self._fraction = report, -1, 0.0

    def __call__(self, progress: Progress) -> None:
        before = self._fraction if progress.index == self._index else 0.0
        self._index, self._fraction = progress.index, max(before, progress.fraction)
        self._report(replace(progress, fraction=self._fraction))
