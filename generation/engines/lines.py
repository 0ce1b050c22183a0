"""The line to a server: where it may lead, and for how long it is kept.

A name is looked up when a line is opened, so whatever was known of it before may be wrong by now. What counts is the
address at the other end of the line itself, looked at before a word is said over it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from generation.engines.base import EngineError

# Where a cloud tells a machine its own keys. Loopback and the house are where generators stand.
REFUSED = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
)
NOT_ASKED = "This address belongs to the network of the machine itself and is not asked."
OPENED = {
    "connection.connect_tcp.complete",
    "connection.start_tls.complete",
}  # events of httpx; TLS wraps the first

Listener = Callable[[str, dict], None]


def is_refused(text: str) -> bool:
    """Whether `text` is an address that no engine may ask; a name is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in REFUSED if network.version == address.version)


def insist_on_peer(line: socket.socket) -> None:
    """Raise EngineError, and close the line, where it leads to an address that is not to be asked."""
    with contextlib.suppress(OSError):  # it broke already: whoever reads from it will say so
        if is_refused(str(line.getpeername()[0])):
            line.close()
            raise EngineError(NOT_ASKED, permanent=True, field="url")


def hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was closed already
        line.shutdown(socket.SHUT_RDWR)


def opened(event: str, info: dict) -> socket.socket | None:
    """The line that an event of httpx tells of. Raises EngineError where it leads to the wrong place."""
    line = info["return_value"].get_extra_info("socket") if event in OPENED else None
    if line is not None:
        insist_on_peer(line)
    return line


@contextmanager
def kept_until(ends: float, *, tell: Callable[[socket.socket], None]) -> Iterator[Listener]:
    """A listener for httpx, which hangs up at `ends` (time.monotonic) however slowly something still drips.

    `tell` hears of each line as it is opened.
    """
    lines: list[socket.socket] = []

    def end() -> None:
        for line in lines:
            hang_up(line)

    def listen(event: str, info: dict) -> None:
        if (line := opened(event, info)) is not None:
            lines.append(line)
            tell(line)
            if time.monotonic() >= ends:
                end()

    timer = threading.Timer(max(0.0, ends - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield listen
    finally:
        timer.cancel()
