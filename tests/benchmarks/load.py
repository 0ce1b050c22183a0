"""python -m tests.benchmarks.load HANDLE ARGUMENTS: ask for addresses over connections that stay open, and count.

One process, several connections, each of which sends its next request when the answer to the last is complete. Written
on plain sockets, because a client library would need more time than the server that is to be measured.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle


@dataclass
class Connection:
    """One connection and the answer it waits for. `missing`: bytes still to come, None before the head is complete."""

    socket: socket.socket
    received: bytes = b""
    missing: int | None = None
    sent_at: float = 0.0
    seconds: list[float] = field(default_factory=list)

    def ask(self, request: bytes) -> None:
        self.received, self.missing, self.sent_at = b"", None, time.perf_counter()
        self.socket.sendall(request)

    def is_answered(self, data: bytes) -> bool:
        """Take what came. Raises ValueError for an answer that is not 200."""
        if self.missing is not None:
            self.missing -= len(data)
        else:
            self.received += data
            head, end, body = self.received.partition(b"\r\n\r\n")
            if end:
                self.missing = _length(head) - len(body)
        if self.missing != 0:
            return False
        self.seconds.append(time.perf_counter() - self.sent_at)
        return True


def ask_for(
    port: int, addresses: list[str], *, seconds: float, connections: int
) -> dict[str, float | list[float]]:
    """Load the server of this machine for so long. Returns `requests`, `seconds`, and those of each `answers`."""
    requests = cycle([_request(port, address) for address in addresses])
    selector = selectors.DefaultSelector()
    opened = [Connection(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
    for one in opened:
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one.socket, selectors.EVENT_READ, one)
        one.ask(next(requests))
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _events in selector.select(1.0):
            data = key.data.socket.recv(1 << 18)
            if not data:
                raise ValueError("The server closed a connection that was to stay open.")
            if key.data.is_answered(data):
                key.data.ask(next(requests))
    took = time.perf_counter() - began
    answers = [second for one in opened for second in one.seconds]
    for one in opened:
        one.socket.close()
    return {"requests": len(answers), "seconds": took, "answers": answers}


def _request(port: int, address: str) -> bytes:
    return f"GET {address} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: image/webp,*/*\r\n\r\n".encode()


def _length(head: bytes) -> int:
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(f"The server answers {head.decode(errors='replace')}")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("An answer without Content-Length.")


if __name__ == "__main__":
    measured = ask_for(**json.loads(sys.argv[2]))
    with os.fdopen(int(sys.argv[1]), "w") as answer:
        json.dump(measured, answer)
