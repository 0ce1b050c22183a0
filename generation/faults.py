"""Passing faults of engines: how often they are tried again, and after which pause. A pause keeps no worker busy."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from generation.engines import EngineError

PAUSES_SECONDS = (5, 15, 45, 120, 300)  # a generator that is restarted needs a minute or two
MAX_ATTEMPTS = len(PAUSES_SECONDS) + 1  # in a row; then it is a person's turn
LONGEST_SECONDS = 300.0  # however long a server asks for


def tried_again_at(failure: EngineError, *, before: int) -> datetime | None:
    """When to try again, after `before` faults in a row; None: not by itself."""
    if failure.permanent or before >= len(PAUSES_SECONDS):
        return None
    seconds = max(PAUSES_SECONDS[before], failure.retry_after_seconds or 0.0)
    return timezone.now() + timedelta(seconds=min(seconds, LONGEST_SECONDS))
