"""How long things may take, and when a server is asked how a prompt stands."""

from __future__ import annotations

import time
from dataclasses import dataclass

from generation.engines.base import EngineError
from generation.engines.comfyui import complaints
from generation.engines.comfyui.feed import Feed
from generation.engines.comfyui.status import Standing
from generation.engines.comfyui.template import Template

GLANCE_SECONDS = 0.1  # between two looks at whoever may say stop


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds. `image` is for one image, its time in the server's queue included."""

    image: float = 3600.0
    look: float = 8.0  # between two questions how a prompt stands, while the feed is open
    look_blind: float = 1.0  # ... and while it is not
    lost: float = 2.0  # after which a prompt that the server does not know is given up
    away: float = 20.0  # that a server may be away while it holds a prompt
    answer: float = 60.0  # for an answer that is no drawing
    stop: float = 0.8  # for each of the three questions that stop a prompt
    feed: float = 3.0  # that the feed is waited for before the first prompt


class Looks:
    """When to ask next how a prompt stands, and what to make of no news."""

    def __init__(self, pace: Pace, feed: Feed) -> None:
        self._pace, self._feed = pace, feed
        self._heard = time.monotonic()
        self._asked = self._heard - pace.look + pace.look_blind  # soon a first time: who is before it?
        self._opened, self._due = feed.times_opened, False
        self._absent_since: float | None = None

    def soon(self) -> None:
        self._due = True

    def is_due(self) -> bool:
        if self._feed.times_opened != self._opened:  # what was said meanwhile was missed
            self._opened, self._due = self._feed.times_opened, True
        seen = self._feed.is_open and self._absent_since is None
        pause = self._pace.look if seen else min(self._pace.look_blind, self._pace.lost)
        since = time.monotonic() - self._asked
        if not (self._due and since > GLANCE_SECONDS) and since < pause:
            return False
        self._asked, self._due = time.monotonic(), False
        return True

    def is_away_too_long(self) -> bool:
        return time.monotonic() - self._heard > self._pace.away

    def took(self, standing: Standing | None, address: str) -> Standing | None:
        """`standing`, once it is sure. Raises EngineError for a prompt that the server has forgotten."""
        if standing is None:
            return None
        self._heard = now = time.monotonic()
        if standing.state != "absent":
            self._absent_since = None
            return standing
        if self._absent_since is None:
            self._absent_since = now
        elif now - self._absent_since >= self._pace.lost:
            raise EngineError(
                f"{address} knows nothing of the image any more. It was restarted, or its queue was emptied."
            )
        return None


def raise_if_over(standing: Standing, template: Template, address: str) -> None:
    if standing.state == "stopped":
        raise EngineError(f"Somebody stopped the image at {address}.", permanent=True)
    if standing.state == "failed":
        raise complaints.failure(standing.trouble, template)


def duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
