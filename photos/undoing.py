"""Taking a gesture back, and doing it again: also after a restart, and from another device.

Neither overtakes a task: of a gesture that is still under way it is noted that it is unwanted, the task stops at its
next chunk and takes back what it did. What is too much for a request is a task too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils import timezone

from photos import gestures, working
from photos.curate import FIELDS, Change, locked, write
from photos.db import in_transaction
from photos.models import Decision, Gesture, Photo

CHUNK = 1_000  # pictures in one transaction
AT_ONCE = 2_000  # in a request; more is a task
TRIES = 50  # gestures of which nothing stands any more, passed over at one go


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was taken back or done again; `later`: a task does it."""

    gesture: Gesture
    photo_ids: list[int]
    later: bool = False


def undo(owner, batch: uuid.UUID | None = None) -> Change | None:
    """Take back this person's last gesture that still stands, or the one of that batch. None where there is none.

    A picture that was decided anew since, elsewhere, keeps what it has. However many they are: see `take_back`.
    """
    if batch:
        found = gestures.of(owner, batch).filter(undone_at__isnull=True, running=False).first()
        return _undo(owner, found) if found else None
    for found in gestures.standing(owner).filter(running=False)[:TRIES]:
        if (change := _undo(owner, found)) and change.photo_ids:
            return change
    return None


def redo(owner, batch: uuid.UUID | None = None) -> Change | None:
    """Do again what was taken back last, or the gesture of that batch. None where something new was decided since."""
    waiting = gestures.redoable(owner)
    for found in waiting.filter(batch=batch) if batch else waiting[:TRIES]:
        if (change := _redo(owner, found)).photo_ids:
            return change
    return None


def take_back(owner, batch: uuid.UUID | None = None) -> Answer | None:
    """As `undo`, in a request: what is under way, or is too much, is left to a task."""
    for _ in range(TRIES):
        found = (
            gestures.of(owner, batch).filter(undone_at__isnull=True) if batch else gestures.standing(owner)
        )
        gesture = found.first()
        if gesture is None:
            return None
        if gesture.running or gesture.count > AT_ONCE:
            return _later(owner, gesture, "undo")
        change = _undo(owner, gesture)
        if batch or change.photo_ids:
            return Answer(gesture=gesture, photo_ids=change.photo_ids)
    return None


def do_again(owner, batch: uuid.UUID | None = None) -> Answer | None:
    """As `redo`, in a request."""
    for gesture in (gestures.redoable(owner).filter(batch=batch) if batch else gestures.redoable(owner))[
        :TRIES
    ]:
        if gesture.count > AT_ONCE:
            return _later(owner, gesture, "redo")
        if photo_ids := _redo(owner, gesture).photo_ids:
            return Answer(gesture=gesture, photo_ids=photo_ids)
    return None


def ended(owner, batch: uuid.UUID) -> None:
    """A task is through with a gesture, or was stopped; what is unwanted by then is taken back."""

    def work() -> Gesture | None:
        found = gestures.of(owner, batch).select_for_update().first()
        gestures.of(owner, batch).update(running=False)
        return found

    gesture = in_transaction(work)
    if gesture and gesture.unwanted:
        _undo(owner, gesture)


# --- parts ----------------------------------------------------------------------------------------


def _later(owner, gesture: Gesture, kind: str) -> Answer:
    """Out of the way of the next undo at once. A task that is at it looks, and needs no other."""

    def work() -> None:
        found = gestures.of(owner, gesture.batch).select_for_update().get()
        mine = gestures.of(owner, gesture.batch)
        mine.update(unwanted=True) if kind == "undo" else mine.update(redoable=False)
        if not found.running:
            working.enqueue("take_back", owner.pk, [[kind, gesture.batch.hex]])

    in_transaction(work)
    return Answer(gesture=gesture, photo_ids=[], later=True)


def _undo(owner, gesture: Gesture) -> Change:
    """Of its pictures those that stand as it left them get back what they had."""
    own = gesture.undone_by or uuid.uuid4()
    done = {"undone_by": own, "undone_at": timezone.now(), "unwanted": False}
    return _turn(owner, gesture, gesture.batch, own, lambda n: done | {"redoable": n > 0})


def _redo(owner, gesture: Gesture) -> Change:
    """What taking it back changed, and nobody since, is as it was."""
    done = {"undone_by": None, "undone_at": None, "redoable": False}
    return _turn(
        owner, gesture, gesture.undone_by, uuid.uuid4(), lambda n: done if n else {"redoable": False}
    )


def _turn(owner, gesture: Gesture, events_of, own: uuid.UUID, done) -> Change:
    """The events of one batch the other way round, as batch `own`; with the last of them the book says so."""
    ids = list(
        Decision.objects.filter(batch=events_of, photo__owner=owner)
        .order_by("photo")
        .values_list("photo_id", flat=True)
    )
    parts = [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)] or [[]]
    changed: list[int] = []

    def work(some: list[int], is_last: bool) -> list[int]:
        turned = _turn_now(owner, events_of, some, own)
        if is_last:
            gestures.of(owner, gesture.batch).update(**done(len(changed) + len(turned)))
        elif events_of == gesture.batch:
            gestures.of(owner, gesture.batch).update(undone_by=own)
        return turned

    for some in parts:
        changed += in_transaction(lambda some=some: work(some, some is parts[-1]))
    return Change(batch=own, photo_ids=changed, axis=gesture.axis, value=gesture.value)


def _turn_now(owner, batch: uuid.UUID, photo_ids: list[int], own: uuid.UUID) -> list[int]:
    """The ids of those that changed."""
    events: dict[str, dict[int, Decision]] = {}
    for event in Decision.objects.filter(batch=batch, photo__in=photo_ids):
        events.setdefault(event.axis, {})[event.photo_id] = event
    photos, turned = locked(Photo.objects.owned_by(owner).live().filter(pk__in=photo_ids)), set()
    for axis, of_photo in events.items():
        standing = [
            (photo, event.old, event.old_reason)
            for photo in photos
            if (event := of_photo.get(photo.pk)) and _stands(photo, event)
        ]
        write(owner, standing, axis, own, undoes=batch)
        turned |= {photo.pk for photo, *_ in standing}
    return sorted(turned)


def _stands(photo: Photo, event: Decision) -> bool:
    if getattr(photo, FIELDS[event.axis]) != event.new:
        return False
    return event.axis != Decision.Axis.DECISION or photo.reason == event.new_reason
