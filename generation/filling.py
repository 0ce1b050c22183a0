"""Whether a session is still being filled from outside: from a watched folder, while a generator writes into it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from generation.models import Candidate, GenerationSession
from photos.models import ImportRun, WatchedFolder

LATELY = timedelta(minutes=30)  # since the last image came: longer than any image takes
JUST_NOW = timedelta(
    minutes=3
)  # where neither page nor worker brings anything in: perhaps a command in a shell


def is_filling(session: GenerationSession) -> bool:
    """Whether more may come at any moment. Asks the database only of sessions that came from a folder."""
    if not session.arrived_key or session.is_generating:
        return False
    newest = Candidate.objects.filter(session=session, photo__isnull=False).order_by("-number")
    added_at = newest.values_list("photo__added_at", flat=True).first()
    if added_at is None or timezone.now() - added_at >= LATELY:
        return False
    return timezone.now() - added_at < JUST_NOW or _is_being_brought_in(session.owner_id)


def _is_being_brought_in(owner_id: int) -> bool:
    running = ImportRun.objects.filter(owner_id=owner_id, state__in=("queued", "running"))
    return WatchedFolder.objects.filter(owner_id=owner_id, is_on=True).exists() or running.exists()
