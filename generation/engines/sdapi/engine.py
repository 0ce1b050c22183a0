"""The engine: one image a request, one request at a time for each server, watched while it is made."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from generation.engines.background import Background, in_background
from generation.engines.base import (
    Capabilities,
    EngineError,
    GeneratedImage,
    Option,
    Peer,
    Progress,
    Request,
)
from generation.engines.http import Server
from generation.engines.sdapi import answer
from generation.engines.sdapi.options import can_upscale, options
from generation.engines.sdapi.outlook import ROOT, Outlook, look
from generation.engines.sdapi.overrides import ALLOWED
from generation.engines.sdapi.watch import WAITS, Watch, watch
from generation.engines.sdapi.wish import Wish

FRESH_SECONDS = 60.0  # for what a form shows
USABLE_SECONDS = 600.0  # for a session, which runs while the server has no time for questions

NO_PREVIEWS = "None came: it was done too soon for one, or live previews are switched off in its settings."

_turns: dict[str, threading.Lock] = {}
_turns_guard = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds between two looks at whether to stop, two questions of how far it is (each costs the server a look
    at its own work), two previews; and for the server to stop by itself before the line is cut."""

    look: float = 0.25
    progress: float = 1.0
    preview: float = 2.0
    stop: float = 2.5


class SdapiEngine:
    """Draws on a server that speaks `/sdapi/v1`. `timeout_seconds` is for one image, the server's queue included."""

    title = "Stable Diffusion web UI"
    digital_source_type = "trainedAlgorithmicMedia"
    configuration = (
        Option(
            name="url", label="Address", kind="text", default="http://127.0.0.1:7860",
            help="AUTOMATIC1111 and Forge have to be started with --api.",
        ),
        Option(name="username", label="User name", kind="text", default="", help="Only with --api-auth."),
        Option(name="password", label="Password", kind="secret", default=""),
        Option(
            name="timeout_seconds", label="Longest wait for one image, in seconds", kind="number", default=1800,
            minimum=10, maximum=86400, step=1, help="The server's own queue is part of it.",
        ),
        Option(
            name="more_settings", label="More settings that sessions may change", kind="text", default="",
            help=f"Names of the web UI, with commas between. Allowed already: {', '.join(ALLOWED)}.",
        ),
    )  # fmt: skip

    def __init__(
        self,
        url: str,
        *,
        username: str = "",
        password: str = "",
        timeout_seconds: float = 1800,
        more_settings: str = "",
        pace: Pace | None = None,
    ) -> None:
        auth = (username, password) if username or password else None
        self.server = Server(url, basic_auth=auth, read_seconds=timeout_seconds)
        self._more_settings = frozenset(name.strip() for name in more_settings.split(",") if name.strip())
        self._pace = pace or Pace()
        self._known: Outlook | None = None
        self._known_at = 0.0
        self._asking = threading.Lock()
        self._names_are_kept = True

    def capabilities(self) -> Capabilities:
        known = self._outlook(FRESH_SECONDS)
        return Capabilities(
            negative_prompt=True,
            seeds=True,
            progress=known.progress,
            cancel=True,
            source_image=True,
            upscale=can_upscale(known),
            enlarges_alike=can_upscale(known),
            min_edge=64,
            max_edge=2048,
            edge_step=8,
            max_pixels=2048 * 2048,
            about=f"Drawn by {known.name} at {self.server.address}.",
            options=options(known, self._more_settings),
            notes=known.notes,
            no_previews=NO_PREVIEWS if known.progress else f"{known.name} shows none.",
        )

    def describe(self) -> Peer:
        known = self._outlook(0)
        facts = {
            "Address": self.server.address,
            "Model loaded": known.loaded,
            "Models": str(len(known.models)),
            "Samplers": str(len(known.samplers)),
            "LoRAs": str(len(known.loras)),
            "Upscalers": str(len(known.upscalers)),
        }
        return Peer(
            name=known.name, version=known.version, facts={key: said for key, said in facts.items() if said}
        )

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        wish = self._understood(request)
        for index, seed in enumerate(request.seeds):
            if cancelled():
                return
            tell = _Reporter(report, index)
            tell(0.0, "asked")
            image = self._make(wish, index, seed, tell, cancelled)
            if image is None:
                return
            tell(1.0, "drawn")
            yield image

    def _understood(self, request: Request) -> Wish:
        """In the light of what is known; what does not fit that is looked at once more: a model may be new."""
        try:
            return Wish(request, self._outlook(USABLE_SECONDS), self._more_settings)
        except EngineError:
            return Wish(request, self._outlook(0), self._more_settings)

    def _make(
        self, wish: Wish, index: int, seed: int, tell: _Reporter, cancelled: Callable[[], bool]
    ) -> GeneratedImage | None:
        """One image; None once cancelled."""
        with _turn(self.server.address, self._pace, tell, cancelled) as is_ours:
            if not is_ours:
                return None
            began = time.monotonic()
            task = f"task({uuid.uuid4().hex[:16]})"
            over = watch(self.server, self._watched(wish.known), task)
            call = in_background(lambda: self._draw(wish, seed, task))
            if not _wait(call, over, self._pace, tell, cancelled):
                return None
            self._names_are_kept = self._names_are_kept and not over.strange
            try:
                said = call.result()
            except EngineError as error:
                raise answer.explained(error, address=self.server.address) from error
            seconds = time.monotonic() - began
            return answer.read(
                said, address=self.server.address, index=index, seed=seed, wish=wish, seconds=seconds
            )

    def _draw(self, wish: Wish, seed: int, task: str) -> Any:
        """The server's answer. SD.Next makes nothing until it has a model, and has to be told to load one."""
        body = wish.body(seed, task)
        said = self.server.post_json(wish.path, body)
        if wish.known.flavour == "sdnext" and wish.model and answer.is_empty(said):
            name = quote(wish.model, safe="")
            self.server.post_json(f"{ROOT}/checkpoint?sd_model_checkpoint={name}", {})
            said = self.server.post_json(wish.path, body)
        return said

    def _outlook(self, age_seconds: float) -> Outlook:
        """What the server is and has, not older than that. Raises EngineError."""
        with self._asking:
            if self._known is None or time.monotonic() - self._known_at > age_seconds:
                self._known, self._known_at = look(self.server), time.monotonic()
            return self._known

    def _watched(self, known: Outlook) -> Outlook:
        """Web UIs before 1.9 answer questions about a request by name, but never heard the name."""
        return known if self._names_are_kept else replace(known, per_task=False)


class _Reporter:
    """Reports on one image, and never less than before."""

    def __init__(self, report: Callable[[Progress], None], index: int) -> None:
        self._report, self._index, self._fraction = report, index, 0.0

    def __call__(self, fraction: float | None, stage: str, preview: bytes | None = None) -> None:
        self._fraction = max(self._fraction, fraction or 0.0)
        self._report(Progress(index=self._index, fraction=self._fraction, stage=stage, preview=preview))


@contextlib.contextmanager
def _turn(address: str, pace: Pace, tell: _Reporter, cancelled: Callable[[], bool]) -> Iterator[bool]:
    """One request in flight for each server, whichever alias it came by. False: cancelled while waiting."""
    with _turns_guard:
        turn = _turns.setdefault(address, threading.Lock())
    while not turn.acquire(timeout=pace.look):
        if cancelled():
            yield False
            return
        tell(0.0, WAITS)
    try:
        yield True
    finally:
        turn.release()


def _wait(call: Background, over: Watch, pace: Pace, tell: _Reporter, cancelled: Callable[[], bool]) -> bool:
    """Until the server has answered: True. False once cancelled, when it has stopped or was hung up on."""
    looked = pictured = time.monotonic()
    while not call.wait(pace.look):
        if cancelled():
            _stop(call, over, pace)
            return False
        now = time.monotonic()
        if now - looked >= pace.progress:
            wants_picture = now - pictured >= pace.preview
            sight = over.look(preview=wants_picture)
            looked, pictured = time.monotonic(), now if wants_picture else pictured
            tell(sight.fraction, sight.stage, sight.preview)
    return True


def _stop(call: Background, over: Watch, pace: Pace) -> None:
    """Interrupt the server, and let go of it in any case. What it may still answer is not looked at."""
    ends = time.monotonic() + pace.stop
    over.interrupt()
    while not call.wait(min(2 * pace.look, max(0.0, ends - time.monotonic()))) and time.monotonic() < ends:
        over.interrupt()
    call.hang_up()
