"""What a ComfyUI server offers: the names that an input of a node may have, asked for node by node."""

from __future__ import annotations

import time
from collections.abc import Iterable
from urllib.parse import quote

from generation.engines.answers import name_of
from generation.engines.base import EngineError
from generation.engines.http import Refused, Server

KEEP_SECONDS = 60.0
KEEP_SILENCE_SECONDS = 10.0  # a server that was away is not waited for by every page
ASK_SECONDS = 2.5
MAX_NAMES = 2_000
MAX_ANSWER_BYTES = 16 * 2**20


class Lists:
    """Remembers for a minute what the server said. `notes` are sentences on what it did not."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, tuple[float, dict]] = {}
        self._silent_until = 0.0
        self._silence = ""

    def notes(self) -> tuple[str, ...]:
        return (self._silence,) if time.monotonic() < self._silent_until else ()

    def names(self, wanted: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """What the inputs (class of node, input) may be, together, in the server's order. () where it does not say."""
        return tuple(dict.fromkeys(name for kind, key in wanted for name in self._of(kind, key)))

    def _of(self, kind: str, key: str) -> list[str]:
        said = self._node(kind).get("input")
        for group in ("required", "optional"):
            inputs = said.get(group) if isinstance(said, dict) else None
            spec = inputs.get(key) if isinstance(inputs, dict) else None
            if isinstance(spec, list) and spec:
                return _plain_names(spec)
        return []

    def _node(self, kind: str) -> dict:
        until, node = self._known.get(kind, (0.0, {}))
        now = time.monotonic()
        if now < until or now < self._silent_until:
            return node
        try:
            said = self._server.get_json(
                f"/object_info/{quote(kind, safe='')}",
                read_seconds=ASK_SECONDS,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except EngineError as trouble:
            # A server that answers with an error still answers; one that does not is left alone for a moment.
            self._silence, keep = trouble.sentence, KEEP_SILENCE_SECONDS
            self._silent_until = now if isinstance(trouble, Refused) and trouble.status == 404 else now + keep
            return node
        node = said.get(kind) if isinstance(said, dict) else None
        self._known[kind] = (now + KEEP_SECONDS, node if isinstance(node, dict) else {})
        return self._known[kind][1]


def _plain_names(spec: list) -> list[str]:
    """[["a", "b"], {...}], or of newer nodes ["COMBO", {"options": ["a", "b"]}]."""
    names = spec[0]
    if names == "COMBO" and len(spec) > 1 and isinstance(spec[1], dict):
        names = spec[1].get("options")
    if not isinstance(names, list):
        return []
    return [name for name in names[:MAX_NAMES] if name_of(name)]
