"""The book of gestures: what each person did at one go, and which of it stands.

Kept in the transaction that decides. What was taken back can be done again until something new is decided.
"""

from __future__ import annotations

import uuid

from django.db.models import F

from photos.models import Gesture


def note(batch: uuid.UUID, count: int, *, is_new: bool, owner, actor, **said) -> None:
    """`count` pictures were changed by this gesture; `said`: axis, value, reason. Inside the transaction."""
    known = 0 if is_new else of(owner, batch).update(count=F("count") + count)
    if not known:
        Gesture.objects.create(batch=batch, owner=owner, actor=actor, count=count, **said)
    forget_undone(actor)


def begin(batch: uuid.UUID, *, owner, **said) -> None:
    """A task will do it: it is in the book before the first picture is touched."""
    Gesture.objects.create(batch=batch, owner=owner, actor=owner, running=True, **said)
    forget_undone(owner)


def forget_undone(actor) -> None:
    """Something new was decided: what was taken back stays so."""
    Gesture.objects.filter(actor=actor, redoable=True).update(redoable=False)


def of(owner, batch: uuid.UUID):
    return Gesture.objects.filter(owner=owner, batch=batch)


def standing(actor):
    """What this person did of one's own pictures and did not take back, newest first."""
    mine = Gesture.objects.filter(owner=actor, actor=actor, undone_at__isnull=True, unwanted=False)
    return mine.order_by("-id")


def redoable(actor):
    """What could be done again, last taken back first."""
    return Gesture.objects.filter(owner=actor, actor=actor, redoable=True).order_by("-undone_at", "id")
