"""A service of OpenAI's shape, on loopback: official answers, and those of LocalAI, vLLM-Omni and stable-diffusion.cpp.

`script` holds what the next requests for images get, one after the other; an image when it is empty. An entry is a
number of seconds to wait before the image, or a function that answers by itself::

    with OpenAIPeer() as peer:
        peer.script = [says(429, {"error": {"message": "Slow down"}}, retry_after="7")]

`asked` has path, fields and headers of each request. The image is one colour, made of prompt and seed.
"""

from __future__ import annotations

import base64
import email.parser
import email.policy
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 50},
    "output_tokens": 1_000,
    "total_tokens": 1_050,
}
Answer = Callable[["Handler"], None]


class OpenAIPeer:
    """`url` ends in /v1. `kind` says how it answers: "b64", "url", or "stream" where a request wants that."""

    def __init__(self, *, key: str = "", kind: str = "b64", data: bytes | None = None) -> None:
        self.key, self.kind, self.data = key, kind, data
        self.script: list[float | Answer] = []
        self.asked: list[dict[str, Any]] = []
        self.sent: list[bytes] = []  # the files of all images
        self.models = ["painter-1", "painter-2"]
        self.gone = threading.Event()  # set when the test is over: nobody goes on waiting
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.peer = self  # type: ignore[attr-defined]

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def __enter__(self) -> OpenAIPeer:
        serve = {"poll_interval": 0.01}
        threading.Thread(target=self._server.serve_forever, kwargs=serve, daemon=True).start()
        return self

    def __exit__(self, *exc_info) -> None:
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        peer = self._peer()
        if self.path == "/v1/models":
            if not self._is_known():
                return
            self.say(200, {"data": [{"id": name} for name in peer.models]}, server="Standing/1")
        elif self.path.startswith("/images/"):
            peer.asked.append({"path": self.path, "headers": dict(self.headers)})
            width, height = map(int, self.path.split("/")[2].split("x"))
            self.send(200, peer.data or flat_png(width, height, 7), "image/png")
        else:
            self.say(404, {"error": {"message": "Unknown address", "type": "invalid_request_error"}})

    def do_POST(self) -> None:
        peer = self._peer()
        fields = _fields(self)
        peer.asked.append({"path": self.path, "fields": fields, "headers": dict(self.headers)})
        if not self._is_known():
            return
        step = peer.script.pop(0) if peer.script else 0.0
        if callable(step):
            step(self)
            return
        if step and peer.gone.wait(step):
            return
        self.draw(fields)

    def draw(self, fields: dict[str, Any]) -> None:
        peer = self._peer()
        width, height = map(int, str(fields["size"]).split("x"))
        colour = zlib.crc32(f"{fields['prompt']} {fields.get('seed', '')}".encode())
        data = peer.data or flat_png(width, height, colour)
        peer.sent.append(data)
        if fields.get("stream") in (True, "true"):
            self._stream(data, int(fields.get("partial_images") or 0), fields["size"])
            return
        rows = [{"b64_json": base64.b64encode(data).decode()} for _ in range(int(fields.get("n") or 1))]
        if peer.kind == "url":
            rows = [{"url": f"{peer.root}/images/{width}x{height}"}]
        said = {"created": 1_795_000_000, "data": rows, "size": fields["size"]}
        self.say(200, said | ({"usage": USAGE} if peer.key else {}), x_request_id="req_1")

    def say(self, status: int, value: Any, **headers: str) -> None:
        self.send(status, json.dumps(value).encode(), "application/json", **headers)

    def send(self, status: int, body: bytes, kind: str, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, data: bytes, partials: int, size: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        coded = base64.b64encode(data).decode()
        for index in range(partials):
            self._event("image_generation.partial_image", b64_json=coded, partial_image_index=index)
            time.sleep(0.15)
        self._event("image_generation.completed", b64_json=coded, usage=USAGE, size=size)

    def _event(self, kind: str, **said: Any) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **said})}\n\n".encode())
        self.wfile.flush()

    def _is_known(self) -> bool:
        key = self._peer().key
        if not key or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        said = {
            "message": f"Incorrect API key provided: {self.headers.get('Authorization')}",
            "code": "invalid_api_key",
        }
        self.say(401, {"error": said})
        return False

    def _peer(self) -> OpenAIPeer:
        return self.server.peer  # type: ignore[attr-defined]

    def log_message(self, format: str, *words: object) -> None:
        """Nothing between the dots of the tests."""


# --- answers for a script -------------------------------------------------------------------------


def says(status: int, value: Any, **headers: str) -> Answer:
    """An answer in JSON; `retry_after="7"` is a header."""
    return lambda handler: handler.say(status, value, **headers)


def sends(
    body: bytes, kind: str = "application/json", *, status: int = 200, length: int | None = None
) -> Answer:
    """These bytes; a `length` beyond theirs is a promise that is not kept."""
    return lambda handler: handler.send(status, body, kind, length=length)


def hangs(handler: Handler) -> None:
    """A queue that never ends."""
    handler._peer().gone.wait(60)


def dies(handler: Handler) -> None:
    """Restarted in the middle: the line is cut without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def flat_png(width: int, height: int, colour: int) -> bytes:
    """A PNG of one colour (24 bits of `colour`), made in a blink."""
    row = b"\x00" + bytes((colour >> 16 & 255, colour >> 8 & 255, colour & 255)) * width
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * height, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in chunks
    )


def _fields(handler: Handler) -> dict[str, Any]:
    """The fields of a request, whichever way they came; files as their bytes."""
    body = handler.rfile.read(int(handler.headers["Content-Length"]))
    kind = handler.headers["Content-Type"]
    if kind.startswith("application/json"):
        return json.loads(body)
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        fields[name] = content if part.get_filename() else content.decode()
    return fields
