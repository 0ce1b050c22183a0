"""One contract, every engine: those that come with the gallery, against stand-ins for their servers, and the example
in the contract's own docstring. (Diffusers keeps it in test_diffusers.py, where torch is imported anyway.)
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generation.engines import base
from generation.engines.comfyui import ComfyUIEngine
from generation.engines.comfyui.patience import Pace as ComfyPace
from generation.engines.openai_images import OpenAIImagesEngine
from generation.engines.procedural import ProceduralEngine
from generation.engines.sdapi import SdapiEngine
from generation.engines.sdapi.engine import Pace as SdPace
from tests.doubles import flat
from tests.peers.comfyui import ComfyPeer
from tests.peers.comfyui import says as comfy_says
from tests.peers.openai import OpenAIPeer, sends
from tests.peers.sdapi import SdServer
from tests.unit.generation.engines.contract import (
    check_engine,
    check_stops_soon,
    check_trouble,
    run,
    small_request,
)

pytestmark = pytest.mark.any_database
QUICK = SdPace(look=0.01, progress=0.02, preview=0.06, stop=0.5)
HASTE = ComfyPace(image=20, look=0.2, look_blind=0.05, lost=0.1, away=0.6, answer=2, stop=0.5, feed=1)
NOWHERE = "http://127.0.0.1:9"
HALF = flat(5, (64, 64))[:-20]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An engine and what stands behind it: `answer` is what the next request for an image gets instead (status, body,
    headers), `half` has half an image sent, `drag` makes images take long, `sent` are the files sent so far."""

    engine: base.Engine
    sent: Callable[[], list[bytes]] | None = None
    answer: Callable[..., Any] | None = None
    half: Callable[[], Any] | None = None
    drag: Callable[[], Any] = lambda: None


@contextmanager
def sdapi(flavour: str) -> Iterator[Stage]:
    with SdServer(flavour) as server:

        def answer(status: int, body: bytes, **headers: str) -> None:
            server.faults = [lambda handler: handler.say(body, status, **headers)]

        yield Stage(
            engine=SdapiEngine(server.url, pace=QUICK),
            sent=lambda: server.sent,
            answer=answer,
            half=lambda: answer(200, b'{"images": ["%s"], "info": ""}' % base64.b64encode(HALF)),
            drag=lambda: setattr(server, "step", 0.4),
        )


@contextmanager
def comfyui(*, jobs: bool) -> Iterator[Stage]:
    with ComfyPeer(jobs=jobs) as peer:

        def answer(status: int, body: bytes, *, path: str = "/prompt", **headers: str) -> None:
            peer.script = {path: [comfy_says(status, body, **headers)]}

        yield Stage(
            engine=ComfyUIEngine(peer.url, pace=HASTE),
            sent=lambda: list(peer.files.values()),
            answer=answer,
            half=lambda: answer(200, HALF, path="/view"),
            drag=lambda: setattr(peer, "step_seconds", 20),
        )


@contextmanager
def openai(dialect: str) -> Iterator[Stage]:
    with OpenAIPeer() as peer:

        def answer(status: int, body: bytes, **headers: str) -> None:
            peer.script = [lambda handler: handler.send(status, body, "application/json", **headers)]

        coded = base64.b64encode(HALF)
        yield Stage(
            engine=OpenAIImagesEngine(peer.url, model="painter-1", dialect=dialect),
            sent=lambda: peer.sent,
            answer=answer,
            half=lambda: peer.script.append(sends(b'{"data": [{"b64_json": "%s"}]}' % coded)),
            drag=lambda: peer.script.append(20.0),
        )


@contextmanager
def alone(make: Callable[[], base.Engine]) -> Iterator[Stage]:
    yield Stage(engine=make())


def docstring_example() -> base.Engine:
    """The engine in the docstring of `generation.engines.base`, executed as it stands there."""
    indented = (base.__doc__ or "").split("::\n", 1)[1].split("\nThe tests run this", 1)[0]
    space: dict = {}
    exec(compile(textwrap.dedent(indented), "base.py docstring", "exec"), space)
    return space["FlatColour"]()


SERVERS: dict[str, Callable[[], Any]] = {
    "forge": lambda: sdapi("forge"),
    "sdnext": lambda: sdapi("sdnext"),
    "sdcpp": lambda: sdapi("sdcpp"),
    "comfyui": lambda: comfyui(jobs=False),
    "comfyui with jobs": lambda: comfyui(jobs=True),
    "openai": lambda: openai("openai"),
    "vllm": lambda: openai("vllm"),
    "openai of sdcpp": lambda: openai("sdcpp"),
    "localai": lambda: openai("localai"),
}
ENGINES = SERVERS | {
    "procedural": lambda: alone(ProceduralEngine),
    "the example of the docstring": lambda: alone(docstring_example),
}
AWAY: dict[str, Callable[[], base.Engine]] = {
    "sdapi": lambda: SdapiEngine(NOWHERE),
    "comfyui": lambda: ComfyUIEngine(NOWHERE, pace=HASTE),
    "openai": lambda: OpenAIImagesEngine(NOWHERE, model="painter-1"),
}
FAULTS: dict[str, tuple[int, bytes, bool]] = {  # status, body, whether trying again is of no use
    "wrong key": (401, b'{"detail": "Not authenticated"}', True),
    "no such model": (404, b'{"error": {"message": "The model does not exist"}}', True),
    "too many requests": (429, b'{"detail": "rate limit exceeded"}', False),
    "broken": (500, b'{"detail": "it broke at /srv/models/ink.ckpt"}', False),
    "a web page": (200, b"<!doctype html><title>Hello</title>", True),
}


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_keeps_the_contract(name):
    with ENGINES[name]() as stage:
        check_engine(stage.engine, sent=stage.sent)


@pytest.mark.parametrize("name", ENGINES)
def test_stop_is_heard_within_five_seconds_and_what_is_there_stays(name):
    """The first image is there when somebody says stop, and the second is being made."""
    with ENGINES[name]() as stage:
        begun: list[int] = []

        def report(progress: base.Progress) -> None:
            if progress.index == 0 and progress.fraction == 1:
                stage.drag()
            begun.append(progress.index)

        wish = replace(small_request(stage.engine.capabilities()), seeds=tuple(range(30)))
        kept = check_stops_soon(stage.engine, wish, once=lambda: 1 in begun, report=report)
        assert len(kept) == 1 or (stage.sent is None and len(kept) == 2)


@pytest.mark.parametrize("name", SERVERS)
def test_each_fault_is_an_error_that_says_whether_to_try_again(name):
    with SERVERS[name]() as stage:
        wish = replace(small_request(stage.engine.capabilities()), seeds=(7,))
        for status, body, permanent in FAULTS.values():
            stage.answer(status, body, retry_after="7")
            trouble = check_trouble(stage.engine, wish, permanent=permanent)
            assert "/srv" not in trouble.sentence and "<" not in trouble.sentence
            assert status != 429 or trouble.retry_after_seconds == 7
        stage.half()
        check_trouble(stage.engine, wish, permanent=False, words="only a part of an image")
        assert len(run(stage.engine, replace(wish, seeds=(8,)))[0]) == 1, "and afterwards it works"


@pytest.mark.parametrize("name", AWAY)
def test_a_server_that_is_away_says_so_and_may_come_back(name):
    engine = AWAY[name]()
    wish = base.Request(prompt="fog", width=64, height=64, seeds=(1,))
    check_trouble(engine, wish, permanent=False, words="Is the server running?")
    with pytest.raises(base.EngineError, match="Is the server running"):
        engine.describe()


def test_an_engine_error_carries_its_sentence_and_is_not_permanent_by_default():
    error = base.EngineError("The server is not running.")
    assert (str(error), error.sentence, error.permanent) == (
        error.sentence,
        "The server is not running.",
        False,
    )


def test_a_request_without_options_has_none_and_shares_nothing():
    request = base.Request(prompt="", width=256, height=256, seeds=(1,))
    assert dict(request.options) == {}
