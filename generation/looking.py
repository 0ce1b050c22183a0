"""Generators that run on this very machine: the ports they usually have, asked all at once, and only a moment."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from generation.engines import EngineError
from generation.engines.http import Refused, Server

HOST = "127.0.0.1"
USUAL = {"sdapi": range(7860, 7870), "comfyui": range(8188, 8191)}  # what stands at a port, mostly
OTHERS = (1234, 5000, 5001, 8000, 8001, 8080, 8081, 9090, 11434)
PORTS = (*USUAL["sdapi"], *USUAL["comfyui"], *OTHERS)
CONNECT_SECONDS, READ_SECONDS = 0.3, 2.0
MAX_BYTES = 2 * 2**20  # of an answer that is only looked at


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something that answers: its kind of engine, its port, and the address to be set up.

    `door`: "open"; "asks" where it wants to know who calls before it says more; "guess" where it says so to every
    question, and the kind is only what usually stands at that port.
    """

    kind: str
    port: int
    door: str = "open"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}" + ("/v1" if self.kind == "openai_images" else "")


def look(ports: Iterable[int] = PORTS) -> list[Found]:
    """What answers on these ports of this machine, in their order."""
    with ThreadPoolExecutor(max_workers=16, thread_name_prefix="looking") as pool:
        return [found for found in pool.map(_at, ports) if found]


def _at(port: int) -> Found | None:
    try:
        socket.create_connection((HOST, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return None
    server = Server(f"http://{HOST}:{port}", connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
    shut = []
    for kind, path, is_it in _SIGNS:
        try:
            if is_it(server.get_json(path, max_bytes=MAX_BYTES)):
                return Found(kind=kind, port=port)
        except Refused as refused:
            shut += [kind] * (refused.status == 401)
        except EngineError:
            continue
    return _behind_a_door(port, shut) if shut else None


def _behind_a_door(port: int, shut: list[str]) -> Found:
    """`shut` are the kinds it may be: the paths of these answered that a name or a key is wanted."""
    if len(shut) == 1:
        return Found(kind=shut[0], port=port, door="asks")
    usual = next((kind for kind, ports in USUAL.items() if port in ports), "openai_images")
    return Found(kind=usual if usual in shut else shut[0], port=port, door="guess")


def _is_comfyui(said: Any) -> bool:
    return isinstance(said, dict) and isinstance(said.get("system"), dict) and "devices" in said


def _is_sdapi(said: Any) -> bool:
    return isinstance(said, list) and all(isinstance(one, dict) and "name" in one for one in said)


def _is_openai(said: Any) -> bool:
    return isinstance(said, dict) and isinstance(said.get("data"), list)


_SIGNS = (
    ("comfyui", "/system_stats", _is_comfyui),
    ("sdapi", "/sdapi/v1/samplers", _is_sdapi),
    ("openai_images", "/v1/models", _is_openai),
)
