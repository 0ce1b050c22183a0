"""A session of many images from a server that answers at once: what the gallery adds to the engine's own time.

The server stands in for one of OpenAI's shape, a web UI (Forge) or ComfyUI, in a process of its own, and hands out one
1-megapixel PNG. In turns the engine alone takes all its images, plain ingest takes the same bytes, and a session does
both. What is left is the session's own overhead an image (aim: 10 ms). Memory is read every 50 images: it has to stay
flat.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.report import Report, Table
from tests.benchmarks.scratch import Scratch, library_on

TITLE = "overhead and memory of a session whose server answers at once"
PEER = """\
import sys
from tests.peers import {module}
data = open(sys.argv[1], "rb").read()
{picture}
with {server} as peer:
    peer.asked = type("Forgetful", (list,), {{"append": lambda self, one: None}})()
    print(peer.url, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One kind of server: the class that drives it, its options, and how the stand-in is started with our image."""

    engine: str
    options: dict[str, Any] = field(default_factory=dict)
    module: str
    server: str
    picture: str = ""

    @property
    def program(self) -> str:
        return PEER.format(module=self.module, picture=self.picture, server=self.server)


SERVERS = {
    "openai": Standing(
        engine="generation.engines.openai_images.OpenAIImagesEngine", options={"model": "painter"},
        module="openai", server="openai.OpenAIPeer(data=data)",
    ),
    "sdapi": Standing(
        engine="generation.engines.sdapi.SdapiEngine", module="sdapi", server='sdapi.SdServer("forge")',
        picture="sdapi._flat = lambda *said: data",
    ),
    "comfyui": Standing(
        engine="generation.engines.comfyui.ComfyUIEngine", module="comfyui", server="comfyui.ComfyPeer()",
        picture="comfyui.picture = lambda graph, small=comfyui.picture: data if graph else small(graph)",
    ),
}  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", choices=tuple(SERVERS), default="openai", help="default: openai")
    parser.add_argument("--images", type=int, default=500, metavar="N", help="of the session (default: 500)")
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    image = scratch.new("prepared") / "image.png"
    image.write_bytes(corpus.png(1, (1024, 1024)))
    server = SERVERS[options.server]
    command = [sys.executable, "-c", server.program, str(image)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        url = peer.stdout.readline().strip()
        engine = {"CLASS": server.engine, "OPTIONS": {"url": url, **server.options}}
        with library_on(
            options.database, scratch.new("library"), GALLERY_ENGINES=json.dumps({"peer": engine})
        ) as library:
            library.call("ingest:make_owner")
            found = library.call("engines:measure", images=options.images, path=str(image))
        peer.stdin.close()
    return Report(tables=[_overhead(found, options), _memory(found)])


def _overhead(found: dict, options: argparse.Namespace) -> Table:
    table = Table(
        title=f"{options.images} images of one megapixel from {options.server}, {options.database}; ms an image",
        columns=("what", "flow CPU", "decoder CPU", "wall"),
    )
    each = {name: {key: 1000 * value / options.images for key, value in found[name].items()}
            for name in ("engine alone", "plain ingest", "session")}  # fmt: skip
    for name, one in each.items():
        table.rows.append((name, one["flow"], one["decoder"], one["seconds"]))
    parts = ("engine alone", "plain ingest")
    flow, wall = (
        each["session"][key] - sum(each[name][key] for name in parts) for key in ("flow", "seconds")
    )
    table.notes = [
        f"overhead of the session: {flow:.1f} ms CPU, {wall:.1f} ms on the clock (aim: at most 10)"
    ]
    return table


def _memory(found: dict) -> Table:
    table = Table(title="Memory of the worker during the session", columns=("images", "MB"))
    table.rows = [(count, mb) for count, mb in found["memory"]]
    return table


# --- inside a library -----------------------------------------------------------------------------


def measure(*, images: int, path: str) -> dict:
    """Engine, ingest and session, one after the other in one process. Run inside."""
    from django.contrib.auth import get_user_model

    from photos import decoder
    from tests.benchmarks.sessions import _plain, _timed

    people, data = get_user_model().objects, Path(path).read_bytes()
    _plain(people.create_user("first"), [data] * 3)  # starts the decoder, opens what is opened once
    _alone(3, first=1_000)
    memory: list[tuple[int, float]] = []
    maker, bringer = people.create_user("maker"), people.create_user("bringer")
    found = {
        "engine alone": _timed(partial(_alone, images, first=2_000)),
        "plain ingest": _timed(partial(_plain, bringer, [data] * images)),
        "session": _timed(partial(_session, maker, images, memory)),
    }
    decoder.close()
    return {**found, "memory": memory}


def _alone(images: int, *, first: int) -> None:
    """`first` is its first seed: ComfyUI draws nothing twice."""
    from generation import registry
    from generation.engines import Request

    request = Request(prompt="fog", width=1024, height=1024, seeds=tuple(range(first, first + images)))
    engine = registry.get("peer").engine
    made = sum(1 for _ in engine.generate(request, report=lambda progress: None, cancelled=lambda: False))
    if made != images:
        raise SystemExit(f"The engine made {made} of {images} images.")


def _session(owner, images: int, memory: list[tuple[int, float]]) -> None:
    from generation import workflow

    def each(made: int) -> None:
        if made % 50 == 0 or made == 10:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            memory.append((made, pages * 4096 / 1e6))

    wish = {"prompt": "fog", "width": 1024, "height": 1024, "engine": "peer"}
    session = workflow.start(owner, count=images, seed=41, queue=False, **wish)
    workflow.run_here(session, each=each)
    session.refresh_from_db()
    if session.n_made != images:
        raise SystemExit(f"The session made {session.n_made} of {images} images: {session.error}")
