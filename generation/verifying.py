"""What `check_media` asks of sessions: whether their counters are true, and whose a file without a row is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial

from generation import counting
from generation.models import GenerationSession
from generation.registry import IMPORTED
from photos import storage
from photos.db import in_transaction
from photos.verifying import Finding, Mended

_IN_SESSION = re.compile(rf"(?P<top>{storage.SESSIONS}|{storage.COMPLETED})/(?P<folder>[^/]+)/[^/]+")
LOOKS = 3  # a session at work changes between two queries; a true fault stays


def audit() -> Iterator[Finding]:
    """Sessions whose counters are not what their images say."""
    for session in GenerationSession.objects.only("pk", "title").order_by("pk").iterator():
        if difference := _lasting_drift(session.pk):
            words = ", ".join(f"{name} {stored}, not {true}" for name, (stored, true) in difference.items())
            yield Finding(
                kind="count", sentence=f"Session {session.pk}: {words}", mend=partial(_recount, session.pk)
            )


def claim(name: str) -> str:
    """Why a file in a session's folder is left to the session; "" when there is no such session."""
    found = _IN_SESSION.fullmatch(name)
    session = found and GenerationSession.objects.filter(folder=found["folder"]).first()
    if not session:
        return ""
    if found["top"] == storage.COMPLETED:
        return (
            f"a final of session {session.pk} that was broken off; complete the session again, then delete it"
        )
    if session.engine == IMPORTED:
        return f"the import of session {session.pk} takes it in when it is run again"
    if session.state == GenerationSession.State.READY:
        return f"session {session.pk} is finished without it"
    return f"session {session.pk} takes it in when it goes on"


def _lasting_drift(session_id: int) -> dict[str, tuple[int, int]]:
    for look in range(LOOKS):
        difference = counting.drift(session_id)
        if not difference:
            return {}
        time.sleep(0.1 * (look + 1 < LOOKS))
    return difference


def _recount(session_id: int) -> Mended:
    in_transaction(lambda: counting.recount(session_id))
    return Mended(words="counted again")
