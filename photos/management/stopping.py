"""Ctrl+C in a long command: the file in hand is finished, nothing new is begun, and the command says where it is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from photos import working

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 130  # exit status, as shells have it for Ctrl+C


@contextmanager
def stopping_cleanly() -> Iterator[threading.Event]:
    """Yield `working.stopping`, set by the first Ctrl+C (or SIGTERM, SIGHUP); the second ends the command at once."""
    if threading.current_thread() is not threading.main_thread():  # only that one may listen to signals
        yield working.stopping
        return

    def stop(number, frame) -> None:
        if working.stopping.is_set():
            raise KeyboardInterrupt
        working.stopping.set()

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield working.stopping
    finally:
        working.stopping.clear()
        for number, handler in before.items():
            signal.signal(number, handler)
