"""What engines say they can do, remembered: a page that offers ten servers waits for none of them long.

An answer is fresh for a minute. After that it is given at once while the server is asked again behind it; for ten
minutes if need be, so that a server that restarts does not vanish from the form. A server that was away is asked again
after 15 seconds, and nobody waits for it for more than a moment; for one that swallows every question, not at all.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from generation.engines import Capabilities, Engine, EngineError

FRESH_SECONDS, STALE_SECONDS = 60.0, 600.0
AWAY_SECONDS = 15.0
PATIENCE_SECONDS = 3.0  # for all that are asked at once, when nothing is known of them
MOMENT_SECONDS = 0.4  # for one that was away

log = logging.getLogger(__name__)


class Known:
    """What one engine said last, and when. Threads share one; `clock` gives seconds."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._clock, self._lock = engine, clock, threading.Lock()
        self._said: Capabilities | None = None
        self._trouble: EngineError | None = None  # of the last time, None when that went well
        self._said_at = self._asked_at = float("-inf")
        self._away_since: float | None = None
        self._began = 0.0  # of the question that is being asked, on the clock of the machine
        self._is_slow = False  # it took more than a moment the last time
        self._asking: threading.Event | None = None

    def begin(self) -> tuple[threading.Event, float, float] | None:
        """Ask in the background if it is time to: what to wait on, since when it is asked (time.monotonic), and how
        many seconds from then on are worth it."""
        with self._lock:
            age = self._clock() - self._asked_at
            if self._asking is None:
                if age < (AWAY_SECONDS if self._trouble else FRESH_SECONDS):
                    return None
                self._asking, self._began = threading.Event(), time.monotonic()
                threading.Thread(
                    target=self._ask, args=(self._asking,), daemon=True, name="capabilities"
                ).start()
            if self._is_usable():
                return self._asking, self._began, 0.0
            if self._trouble:
                return self._asking, self._began, 0.0 if self._is_slow else MOMENT_SECONDS
            return self._asking, self._began, PATIENCE_SECONDS

    def answer(self) -> Capabilities:
        """What is known now. Raises EngineError where that is nothing, or too old."""
        with self._lock:
            if self._said is not None and self._is_usable():
                return self._said
            if self._trouble is not None:
                trouble = self._trouble
                raise EngineError(trouble.sentence, permanent=trouble.permanent, field=trouble.field)
        raise EngineError(f"{self._engine.title} has not answered yet. Try again in a moment.")

    def last(self) -> Capabilities | None:
        """What was said last, however long ago; nobody is asked."""
        with self._lock:
            return self._said

    def away(self) -> tuple[str, float] | None:
        """The sentence and since how many seconds it gives none but such; None while it answers, or nobody knows."""
        with self._lock:
            if self._trouble is None or self._away_since is None:
                return None
            return self._trouble.sentence, self._clock() - self._away_since

    def _is_usable(self) -> bool:
        return self._clock() - self._said_at < STALE_SECONDS

    def _ask(self, asked: threading.Event) -> None:
        said, trouble = None, None
        try:
            said = self._engine.capabilities()
        except EngineError as error:
            trouble = error
        except Exception:  # whoever wrote the engine
            log.exception("%s could not be asked what it can do", self._engine.title)
            trouble = EngineError(f"{self._engine.title} does not answer; the log says why.")
        with self._lock:
            self._asked_at, self._trouble, self._asking = self._clock(), trouble, None
            self._is_slow = time.monotonic() - self._began > MOMENT_SECONDS
            self._away_since = (self._away_since or self._asked_at) if trouble else None
            if said is not None:
                self._said, self._said_at = said, self._asked_at
            elif trouble is not None and trouble.permanent:  # a wrong key is no restart
                self._said_at = float("-inf")
        asked.set()


def ask(known: Iterable[Known], *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Have all of them asked that are due, at the same time, and wait for what is worth it: who was waited for before
    and has not answered since is not waited for again."""
    for asked, since, patience in [begun for one in known if (begun := one.begin())]:
        asked.wait(max(0.0, since + min(patience, patience_seconds) - time.monotonic()))
