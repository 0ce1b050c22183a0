"""A ComfyUI server on loopback: queue, history, files, nodes it knows, and the socket it talks over while it draws.

    with ComfyPeer() as peer:
        peer.script = {"/prompt": [says(429, {"error": "Busy"}, retry_after="7")]}
        engine = ComfyUIEngine(peer.url)

`script` holds, by the beginning of a path, what the next requests get instead of the ordinary answer, one after the
other. `asked` has method, path, body and headers of each request. A graph that was drawn before is answered with its
old file. An image is one colour, made of the first seed in the graph, in the first size there.
"""

from __future__ import annotations

import base64
import contextlib
import email.parser
import email.policy
import hashlib
import io
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

NAMES = {
    ("CheckpointLoaderSimple", "ckpt_name"): [["small.safetensors", "large.safetensors"], {}],
    ("KSampler", "sampler_name"): [["euler", "ddim"], {}],
    ("KSampler", "scheduler"): ["COMBO", {"options": ["normal", "karras"]}],
    ("LoadImage", "image"): [["example.png"], {}],
}
KINDS = {
    *(
        "CheckpointLoaderSimple",
        "KSampler",
        "EmptyLatentImage",
        "CLIPTextEncode",
        "VAEDecode",
        "VAEEncode",
        "SaveImage",
    ),
    *("PreviewImage", "LoadImage", "ImageScale", "ImageScaleBy", "EmptyImage", "LoraLoader", "Blur"),
}
Answer = Callable[["Handler"], None]


def says(status: int, value: Any = None, **headers: str) -> Answer:
    """An answer of JSON, or of bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda handler: handler.send(status, body, "application/json", **named)


def half(data: bytes) -> Answer:
    """Says it will send all of `data`, and hangs up in the middle."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])

    return answer


def waits(seconds: float) -> Answer:
    """Answers late, and then with an error."""

    def answer(handler: Handler) -> None:
        handler.peer.gone.wait(seconds)
        says(500, {"error": "late"})(handler)

    return answer


class ComfyPeer:
    """`steps` of `step_seconds` make an image; `stuck` leaves everything in the queue; `jobs` has the newer routes."""

    def __init__(self, *, steps: int = 2, step_seconds: float = 0.0, jobs: bool = False) -> None:
        self.steps, self.step_seconds, self.jobs = steps, step_seconds, jobs
        self.script: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.stuck = self.silent = self.late = self.deaf = False
        self.fails: dict[str, Any] | None = None  # an execution_error
        self.drawn = 0
        self.gone = threading.Event()
        self._port = 0
        self.begin()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def begin(self) -> None:
        """Start, or start again: a new server knows nothing of what the old one was told."""
        self.gone = threading.Event()
        self.pending: list[list] = []
        self.running: list | None = None
        self.history: dict[str, dict] = {}
        self.interrupted = threading.Event()
        self.cache: dict[str, str] = {}
        self.sockets: dict[str, socket.socket] = {}
        self.lines: list[socket.socket] = []
        self.lock = threading.RLock()
        self.more = threading.Condition(self.lock)
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._server.peer = self  # type: ignore[attr-defined]
        self._port = self._server.server_port
        for work in (lambda server=self._server: server.serve_forever(poll_interval=0.01), self._draw_all):
            threading.Thread(target=work, daemon=True).start()

    def end(self) -> None:
        self.gone.set()
        with self.more:
            self.more.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """Every socket breaks; the server goes on."""
        for line in list(self.lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> ComfyPeer:
        return self

    def __exit__(self, *trouble) -> None:
        self.end()

    def bodies(self, path: str) -> list[Any]:
        """What was posted there."""
        return [body for method, asked, body, _ in self.asked if method == "POST" and asked == path]

    # --- drawing --------------------------------------------------------------------------------

    def take(self, wish: dict[str, Any]) -> dict[str, Any]:
        with self.more:
            number = len(self.history) + len(self.pending) + 1
            name = str(wish.get("prompt_id") or f"own-{number}")
            self.pending.append([number, name, wish["prompt"], {"client_id": wish.get("client_id")}, []])
            self.more.notify_all()
        return {"prompt_id": name, "number": number, "node_errors": {}}

    def _draw_all(self) -> None:
        gone, lock = self.gone, self.more
        while not gone.is_set():
            with lock:
                while (self.stuck or not self.pending) and not gone.is_set():
                    lock.wait(0.05)
                if gone.is_set():
                    return
                self.running = self.pending.pop(0)
                self.interrupted.clear()
            entry = self._drawn(self.running, gone)
            with lock:
                if entry and not gone.is_set():
                    self.history[self.running[1]] = entry
                    self.say(self.running, "executing", node=None)
                self.running = None

    def _drawn(self, item: list, gone: threading.Event) -> dict | None:
        """Draw one prompt and say so, as the real server does; its entry in the history."""
        graph, saving = item[2], _node_of(item[2], "SaveImage")
        key = json.dumps(graph, sort_keys=True)
        self.say(item, "execution_start")
        self.say(item, "execution_cached", nodes=sorted(graph) if key in self.cache else [])
        if key not in self.cache:
            for node in sorted(graph):
                self.say(item, "executing", node=node, display_node=node)
                if self.fails and graph[node]["class_type"] == self.fails["node_type"]:
                    return self._ended(item, "execution_error", {**self.fails, "node_id": node})
                if graph[node]["class_type"] == "KSampler":
                    for step in range(1, self.steps + 1):
                        if self.interrupted.wait(self.step_seconds) or gone.is_set():
                            return self._ended(item, "execution_interrupted", {"node_id": node})
                        self.say(item, "progress", value=step, max=self.steps, node=node)
                        self.preview(item)
            self.drawn += 1
            name = f"{graph[saving]['inputs']['filename_prefix']}_{self.drawn:05}_.png"
            self.cache[key], self.files[name] = name, picture(graph)
        images = [
            {"filename": "look.png", "subfolder": "", "type": "temp"},
            {"filename": self.cache[key], "subfolder": "", "type": "output"},
        ]
        self.say(item, "executed", node=saving, display_node=saving, output={"images": images})
        return self._ended(item, "execution_success", {}, {saving: {"images": images}})

    def _ended(self, item: list, kind: str, data: dict, outputs: dict | None = None) -> dict:
        self.say(item, kind, **data)
        word = "success" if kind == "execution_success" else "error"
        status = {"status_str": word, "completed": word == "success", "messages": [[kind, data]]}
        return {"prompt": item, "outputs": outputs or {}, "status": status, "meta": {}}

    # --- talking --------------------------------------------------------------------------------

    def say(self, item: list, kind: str, **data: Any) -> None:
        if not self.silent:
            text = json.dumps({"type": kind, "data": {**data, "prompt_id": item[1]}})
            self._send(item[3]["client_id"], 1, text.encode())

    def preview(self, item: list) -> None:
        self._send(item[3]["client_id"], 2, struct.pack(">II", 1, 2) + picture({}))

    def _send(self, client: str, opcode: int, data: bytes) -> None:
        line = self.sockets.get(client)
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        with contextlib.suppress(OSError):
            if line is not None:
                line.sendall(bytes([0x80 | opcode]) + size + data)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def peer(self) -> ComfyPeer:
        return self.server.peer  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if self._scripted("GET", path, None):
            return
        peer, name = self.peer, unquote(path.rpartition("/")[2])
        if path == "/ws":
            self._talk(query["clientId"][0])
        elif path == "/system_stats":
            device = {"name": "cpu", "type": "cpu", "vram_free": 2**33}
            self._say(200, {"system": {"comfyui_version": "0.3.64"}, "devices": [device]})
        elif path.startswith("/object_info/"):
            inputs = {key: spec for (kind, key), spec in NAMES.items() if kind == name}
            self._say(200, {name: {"input": {"required": inputs}}} if inputs else {})
        elif path == "/queue":
            pending = list(reversed(peer.pending))
            self._say(
                200, {"queue_running": [peer.running] if peer.running else [], "queue_pending": pending}
            )
        elif path.startswith("/history/"):
            self._say(200, {name: peer.history[name]} if name in peer.history else {})
        elif path == "/view":
            found = peer.files.get(query["filename"][0])
            self.send(200, found, "image/png") if found else self.send(404, b"404: Not Found", "text/plain")
        elif path.startswith("/api/jobs") and peer.jobs:
            self._job(name)
        else:
            self.send(404, b"404: Not Found", "text/plain")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw) if raw.startswith(b"{") else self._form(raw)
        if self._scripted("POST", self.path, body):
            return
        peer = self.peer
        if self.path == "/prompt":
            self._prompt(body)
        elif self.path == "/upload/image":
            name = f"{body['subfolder']}/in ({len(peer.uploads)}).png"
            peer.uploads[name] = body["image"]
            self._say(200, {"name": name.split("/")[1], "subfolder": body["subfolder"], "type": "input"})
        elif self.path == "/queue":
            with peer.lock:
                peer.pending = [item for item in peer.pending if item[1] not in body["delete"]]
            self.send(200, b"", "text/plain")
        elif self.path == "/interrupt":
            if peer.running and peer.running[1] == body.get("prompt_id"):
                peer.interrupted.set()
            self.send(200, b"", "text/plain")
        else:
            name = self.path.split("/")[3]
            with peer.lock:
                peer.pending = [item for item in peer.pending if item[1] != name]
                if peer.running and peer.running[1] == name:
                    peer.interrupted.set()
            self._say(200, {"cancelled": True})

    def _prompt(self, body: dict[str, Any]) -> None:
        peer, graph = self.peer, body["prompt"]
        for key, node in graph.items():
            if node["class_type"] not in KINDS:
                message = f"Cannot execute because node {node['class_type']} does not exist."
                error = {"type": "invalid_prompt", "message": message, "details": f"Node ID '#{key}'"}
                return self._say(400, {"error": {**error, "extra_info": {}}, "node_errors": {}})
        if errors := node_errors(graph):
            error = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation",
            }
            return self._say(
                400, {"error": {**error, "details": "", "extra_info": {}}, "node_errors": errors}
            )
        answer = peer.take(body)
        ends = time.monotonic() + 5
        while peer.late and answer["prompt_id"] not in peer.history and time.monotonic() < ends:
            peer.gone.wait(0.005)
        return self._say(200, answer)

    def _job(self, name: str) -> None:
        peer = self.peer
        if name == "jobs":
            return self._say(200, {"jobs": [], "pagination": {"total": 0}})
        if entry := peer.history.get(name):
            kind, data = entry["status"]["messages"][-1]
            words = {"execution_success": "completed", "execution_error": "failed"}
            job = {"id": name, "status": words.get(kind, "cancelled"), "outputs": entry["outputs"]}
            return self._say(200, {**job, "execution_error": data if kind == "execution_error" else None})
        if peer.running and peer.running[1] == name:
            return self._say(200, {"id": name, "status": "in_progress"})
        if any(item[1] == name for item in peer.pending):
            return self._say(200, {"id": name, "status": "pending"})
        return self._say(404, {"error": "Job not found"})

    def _talk(self, client: str) -> None:
        if self.peer.deaf:
            return self.send(403, b"", "text/plain")
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header(
            "Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        )
        self.end_headers()
        self.peer.lines.append(self.connection)
        self.peer.sockets[client] = self.connection
        status = {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client}
        self.peer._send(client, 1, json.dumps({"type": "status", "data": status}).encode())
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):  # what a client says is not needed
                pass
        self.close_connection = True
        return None

    def _scripted(self, method: str, path: str, body: Any) -> bool:
        self.peer.asked.append((method, path, body, dict(self.headers)))
        for start, answers in self.peer.script.items():
            if path.startswith(start) and answers:
                answers.pop(0)(self)
                self.close_connection = True
                return True
        return False

    def _form(self, raw: bytes) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + raw)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
        return {
            name: part.get_payload(decode=True) if part.get_filename() else part.get_content()
            for name, part in parts.items()
        }

    def _say(self, status: int, value: Any) -> None:
        self.send(status, json.dumps(value).encode(), "application/json")

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, text in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, text)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Nothing between the dots of the tests."""


def node_errors(graph: dict[str, Any]) -> dict[str, Any]:
    """What the real server says of names it does not have and of numbers it does not take."""
    found: dict[str, Any] = {}
    for key, node in graph.items():
        for name, value in node["inputs"].items():
            spec = NAMES.get((node["class_type"], name))
            names = spec[1].get("options", spec[0]) if spec and node["class_type"] != "LoadImage" else None
            if names and value not in names:
                found[key] = _error("value_not_in_list", node, name, value, [names, {}])
            if name in ("width", "height", "steps") and isinstance(value, int) and value < 1:
                found[key] = _error("value_smaller_than_min", node, name, value, ["INT", {"min": 1}])
    return found


def _error(type_: str, node: dict, name: str, value: Any, config: list) -> dict[str, Any]:
    extra = {"input_name": name, "input_config": config, "received_value": value}
    error = {"type": type_, "message": "Not so", "details": f"{name}: {value!r}", "extra_info": extra}
    return {"errors": [error], "dependent_outputs": ["9"], "class_type": node["class_type"]}


def _node_of(graph: dict[str, Any], kind: str) -> str:
    return next(key for key, node in graph.items() if node["class_type"] == kind)


def picture(graph: dict[str, Any]) -> bytes:
    inputs = [node["inputs"] for node in graph.values()]
    seed = next((values["seed"] for values in inputs if "seed" in values), 0)
    size = next(((v["width"], v["height"]) for v in inputs if isinstance(v.get("width"), int)), (16, 16))
    file = io.BytesIO()
    Image.new("RGB", size, (seed * 83 % 256, seed * 37 % 256, seed // 256 % 256)).save(file, "PNG")
    return file.getvalue()
