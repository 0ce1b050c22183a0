"""A call that blocks, on a thread of its own, so that whoever waits for it can look up now and then.

job = in_background(lambda: server.post_json("/draw", wish))
while not job.wait(0.25):
    if cancelled():
        job.hang_up()
        return
answer = job.result()
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar

from generation.engines import lines

T = TypeVar("T")

_current: ContextVar[Background | None] = ContextVar("background", default=None)


class Background(Generic[T]):
    """One such call. Its thread is a daemon: a server that never answers keeps no process from ending."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._line: socket.socket | None = None
        self._hung_up = False
        self._guard = threading.Lock()
        self._value: T | None = None
        self._trouble: BaseException | None = None
        threading.Thread(target=self._run, name="engine call", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether the call has ended; waits up to `seconds` for it, not a moment longer than it takes."""
        return self._ended.wait(seconds)

    def result(self) -> T:
        """What the call returned; raises what it raised. Waits for the end."""
        self._ended.wait()
        if self._trouble is not None:
            raise self._trouble
        return self._value  # type: ignore[return-value]

    def hang_up(self) -> None:
        """Close the line under the call, which then ends in an error nobody needs to read."""
        with self._guard:
            self._hung_up = True
            if self._line is not None:
                lines.hang_up(self._line)

    def hold(self, line: socket.socket) -> None:
        """The call runs over this line from now on."""
        with self._guard:
            self._line = line
        if self._hung_up:
            self.hang_up()

    def _run(self) -> None:
        _current.set(self)
        try:
            self._value = self._call()
        except BaseException as trouble:
            self._trouble = trouble
        finally:
            self._line = None
            self._ended.set()


def in_background(call: Callable[[], T]) -> Background[T]:
    """Start `call` now. What it asks of a `Server` can be hung up on."""
    return Background(call)


def on_line(line: socket.socket) -> None:
    """Hands a new line to the call of this thread, if it is one."""
    background = _current.get()
    if background is not None:
        background.hold(line)
