"""The WebSocket of a ComfyUI server: what it says while it draws, on a thread of its own.

Nothing depends on it. A message may be lost, the line may break or be refused by a proxy: it is opened again with
growing pauses, and meanwhile the history of the server says how things are.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from generation.engines.base import EngineError
from generation.engines.lines import insist_on_peer

MAX_MESSAGE_BYTES = 4 * 2**20
MAX_PREVIEW_BYTES = 2 * 2**20
MAX_WAITING = 2_000  # messages nobody has read yet; what comes beyond is lost
MAX_WAITING_BYTES = 16 * 2**20  # of all of them, as they came
OPEN_SECONDS = 3.0
UNHEARD = logging.getLogger("gallery.comfyui.feed")  # the library tells its log every header, keys among them
UNHEARD.disabled = True
PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

# Binary messages: a number says what follows.
PREVIEW, PREVIEW_WITH_FACTS = 1, 4


@dataclass(frozen=True)
class Message:
    """`kind` is the server's own word, or "preview" with `image`; `data` is untrusted."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    image: bytes | None = None
    byte_size: int = 0  # as it came

    @property
    def prompt_id(self) -> str:
        return str(self.data.get("prompt_id") or "")


class Feed:
    """`with Feed(...) as feed:` listens as `client_id` until the end of the block."""

    def __init__(self, url: str, *, client_id: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._url = f"ws{'s' if self._secure else ''}://{parts.netloc}{parts.path}/ws?clientId={client_id}"
        self._headers = dict(headers)
        self._messages: queue.Queue[Message] = queue.Queue(MAX_WAITING)
        self._put_bytes = self._read_bytes = 0  # each written by one thread alone
        self._line: ClientConnection | None = None
        self._tried = threading.Event()
        self._closed = threading.Event()
        self.is_open = False
        self.times_opened = 0

    def __enter__(self) -> Feed:
        threading.Thread(target=self._listen, name="comfyui feed", daemon=True).start()
        return self

    def __exit__(self, *trouble: object) -> None:
        self._closed.set()
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.socket.shutdown(socket.SHUT_RDWR)

    def was_tried(self, seconds: float) -> bool:
        """Whether the server talks to us, or cannot be made to; waits for that."""
        return self._tried.wait(seconds)

    def next(self, seconds: float) -> Message | None:
        """The next message, waited for up to `seconds`."""
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        self._read_bytes += message.byte_size
        return message

    def _listen(self) -> None:
        failed = 0
        while not self._closed.is_set():
            try:
                with self._opened() as self._line:
                    self.is_open, failed = True, 0
                    self.times_opened += 1
                    while not self._closed.is_set():
                        self._take(self._line.recv())
                        self._tried.set()  # with its first words the server has us on its list
            except (
                WebSocketException,
                EngineError,
                OSError,
                ValueError,
                EOFError,
            ):  # broken, refused, sent elsewhere
                failed += 1
            finally:
                self.is_open = False
                self._tried.set()
            self._closed.wait(PAUSES_SECONDS[min(failed, len(PAUSES_SECONDS)) - 1] if failed else 0)

    @contextlib.contextmanager
    def _opened(self):
        # A socket of our own: no proxy is asked, and no redirect to another place can be followed.
        line = socket.create_connection((self._host, self._port), timeout=OPEN_SECONDS)
        insist_on_peer(line)
        secure = {"ssl": ssl.create_default_context()} if self._secure else {}
        try:
            connection = connect(
                self._url,
                sock=line,
                additional_headers=self._headers,
                user_agent_header=None,  # it is among the headers
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
                ping_interval=None,  # a server that computes does not answer for minutes, and is well
                max_size=MAX_MESSAGE_BYTES,
                max_queue=4,
                compression=None,
                logger=UNHEARD,
                legacy=True,
                **secure,
            )
        except BaseException:
            line.close()
            raise
        with connection:
            connection.send(
                json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
            )
            yield connection

    def _take(self, received: str | bytes) -> None:
        message = read_preview(received) if isinstance(received, bytes) else read_message(received)
        if message is None or (message.image and self._messages.qsize() > MAX_WAITING // 50):
            return  # a preview that nobody would see in time
        if self._put_bytes - self._read_bytes + len(received) > MAX_WAITING_BYTES:
            return
        with contextlib.suppress(queue.Full):
            self._messages.put_nowait(replace(message, byte_size=len(received)))
            self._put_bytes += len(received)


def read_message(text: str | bytes) -> Message | None:
    """A message in JSON; None for what is none."""
    said = _object(text)
    kind, data = said.get("type"), said.get("data")
    return Message(kind, data if isinstance(data, dict) else {}) if isinstance(kind, str) else None


def read_preview(data: bytes) -> Message | None:
    """A preview: a number, its format, the image; or of newer servers a number, a length, JSON of it, the image."""
    if not 8 < len(data) <= MAX_PREVIEW_BYTES:
        return None
    what, second = struct.unpack(">II", data[:8])
    if what == PREVIEW:
        return Message("preview", image=data[8:])
    if what == PREVIEW_WITH_FACTS and second < len(data) - 8:
        return Message("preview", _object(data[8 : 8 + second]), image=data[8 + second :])
    return None


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
