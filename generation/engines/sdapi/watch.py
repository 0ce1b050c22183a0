"""How far a server is with our image, and telling it to stop.

AUTOMATIC1111 and Forge know each request by the name we gave it. SD.Next only says what it does now, which may be
somebody else's; stable-diffusion.cpp says nothing. An interrupt stops whatever runs, so it is sent only while that is
ours. A request that waits in the server's queue cannot be taken back: it is left there, and its image with it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from generation.engines.answers import number
from generation.engines.base import EngineError
from generation.engines.http import Server
from generation.engines.pictures import from_base64
from generation.engines.sdapi.outlook import ROOT, Outlook

ASK_SECONDS = 1.0  # for one answer about progress
MAX_ANSWER_BYTES = 12 * 2**20
MAX_PREVIEW_CHARACTERS = 8 * 2**20
DRAWS, WAITS = "drawing", "waits for the server's own queue"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one look showed. `fraction` None: nothing is known of our image."""

    fraction: float | None = None
    stage: str = ""
    preview: bytes | None = None


class Watch:
    """Over one request. This one sees nothing, and is for servers that show nothing."""

    ours = False  # what runs there now is our request
    strange = False  # it does not know what we ask about

    def __init__(self, server: Server, task: str) -> None:
        self._server, self._task = server, task

    def look(self, *, preview: bool) -> Sight:
        """How far it is; never raises. `preview`: bring a picture too, which costs the server some work."""
        with contextlib.suppress(EngineError):
            return self._look(preview)
        return Sight()

    def interrupt(self) -> None:
        """Ask it to stop if what runs is ours. It may not have begun, so this is done again until it ends."""
        self.look(preview=False)
        if self.ours:
            with contextlib.suppress(EngineError):
                self._server.post_json(f"{ROOT}/interrupt", {}, read_seconds=ASK_SECONDS)

    def _look(self, preview: bool) -> Sight:
        return Sight()

    def _ask(self, path: str, body: dict | None = None, **params: str) -> dict[str, Any]:
        limits = {"read_seconds": ASK_SECONDS, "max_bytes": MAX_ANSWER_BYTES}
        if body is None:
            said = self._server.get_json(path, params=params, **limits)
        else:
            said = self._server.post_json(path, body, **limits)
        return said if isinstance(said, dict) else {}


class TaskWatch(Watch):
    """By the name of the request."""

    _seen_preview = -1

    def _look(self, preview: bool) -> Sight:
        asked = {"id_task": self._task, "id_live_preview": self._seen_preview, "live_preview": preview}
        said = self._ask("/internal/progress", asked)
        self.ours = bool(said.get("active"))
        self.strange = not (self.ours or said.get("queued") or said.get("completed"))
        if not self.ours:
            return Sight(fraction=0.0, stage=WAITS) if said.get("queued") else Sight()
        if isinstance(said.get("id_live_preview"), int):
            self._seen_preview = said["id_live_preview"]
        picture = _picture(said.get("live_preview"))
        return Sight(fraction=_fraction(said.get("progress")), stage=DRAWS, preview=picture)


class JobWatch(Watch):
    """By what the server does. If it was at something when ours was sent, that is taken for somebody else's until it
    was seen idle: SD.Next gives one request many names, one after the other."""

    def __init__(self, server: Server, task: str) -> None:
        super().__init__(server, task)
        self._others = False
        with contextlib.suppress(EngineError):
            self._others = _is_busy(self._ask(f"{ROOT}/progress", skip_current_image="true"))

    def _look(self, preview: bool) -> Sight:
        preview = preview and not self._others
        said = self._ask(f"{ROOT}/progress", skip_current_image="false" if preview else "true")
        busy = _is_busy(said)
        self.ours = busy and not self._others
        self._others = busy and self._others
        if self._others:
            return Sight(fraction=0.0, stage=WAITS)
        if not busy:
            return Sight()
        picture = _picture(said.get("current_image"))
        return Sight(fraction=_fraction(said.get("progress")), stage=DRAWS, preview=picture)


def watch(server: Server, known: Outlook, task: str) -> Watch:
    """The best that this server allows."""
    if known.per_task:
        return TaskWatch(server, task)
    return JobWatch(server, task) if known.progress else Watch(server, task)


def _is_busy(said: dict[str, Any]) -> bool:
    state = said.get("state")
    return isinstance(state, dict) and bool(state.get("job_count") or state.get("job"))


def _fraction(value: Any) -> float | None:
    known = number(value)
    return None if known is None else min(1.0, max(0.0, known))


def _picture(text: Any) -> bytes | None:
    """A preview, if it is an image; a bad one is not worth a word."""
    if not isinstance(text, str) or len(text) > MAX_PREVIEW_CHARACTERS:
        return None
    try:
        return from_base64(text, address="")
    except EngineError:
        return None
