"""One piece of work on many items, in a few threads: what decodes in other processes can be fed from here."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Item = TypeVar("Item")
Result = TypeVar("Result")

WAITING = 4  # items a thread that may wait for their turn: enough to keep it busy, little to throw away


def in_threads(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    threads: int,
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """Yield `work(item)` in the order of `items`, worked on in `threads` threads.

    `items` is read, and results are handed out, in the calling thread. Once `stop` is set nothing new is begun;
    what was begun is finished and handed out. The first exception of `work` ends it all. Each thread has a
    database connection of its own, closed at the end.
    """
    stop = stop or threading.Event()
    if threads <= 1 or connection.in_atomic_block:  # other threads would not see what is not committed
        for item in items:
            if stop.is_set():
                return
            yield work(item)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                if stop.is_set():
                    break
                waiting.append(pool.submit(work, item))
                if len(waiting) >= threads * WAITING:
                    yield waiting.popleft().result()
            if stop.is_set():
                waiting = deque(future for future in waiting if not future.cancel())
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
            _close_connections(pool, threads)


def _close_connections(pool: ThreadPoolExecutor, threads: int) -> None:
    """Have each thread close its own connection: as many jobs as threads, none of which ends before all run."""
    together = threading.Barrier(threads)

    def close() -> None:
        together.wait()
        connection.close()

    for _ in range(threads):
        pool.submit(close)
