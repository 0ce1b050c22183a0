"""What was done, newest first: of one picture event by event, of many gesture by gesture."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F, Max, Min, Q, QuerySet

from photos.models import Decision, Gesture

PAGE = 50
STANDS = (
    Q(axis=Decision.Axis.DECISION, photo__decision=F("new"), photo__reason=F("new_reason"))
    | Q(axis=Decision.Axis.RATING, photo__rating=F("new"))
    | Q(axis=Decision.Axis.LABEL, photo__label=F("new"))
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Step:
    """How many went from what to what."""

    axis: str
    old: int
    new: int
    old_reason: str
    new_reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A gesture as far as these pictures are concerned; `whole` is how many it touched altogether."""

    batch: uuid.UUID
    last: int  # its newest event here: the cursor
    at: datetime
    actor: str  # "" of one that is gone
    is_undo: bool = False
    is_redo: bool = False
    is_undone: bool = False
    stands: bool = False  # so it can be taken back
    whole: int = 0
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: list[Entry]
    before: int | None  # of the next page


def page(owner, events: QuerySet[Decision], *, before: int | None = None, limit: int = PAGE) -> Page:
    """Gestures of this owner's pictures among `events`; four queries, however long the history."""
    heads = (
        events.filter(photo__owner=owner)
        .values("batch", "undoes", "actor__username")
        .annotate(last=Max("pk"), when=Min("at"))
        .order_by("-last")
    )
    if before:
        heads = heads.filter(last__lt=before)
    found = list(heads[: limit + 1])
    batches = [head["batch"] for head in found[:limit]]
    steps, standing = _steps(events, batches), _standing(owner, events, batches)
    known = _known(owner, [*batches, *(head["undoes"] for head in found if head["undoes"])])
    entries = [_entry(head, steps, standing, known) for head in found[:limit]]
    return Page(entries=entries, before=entries[-1].last if len(found) > limit else None)


def _steps(events: QuerySet[Decision], batches: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Step]]:
    names = ("axis", "old", "new", "old_reason", "new_reason")
    rows = events.filter(batch__in=batches).values("batch", *names).annotate(count=Count("pk"))
    found: dict[uuid.UUID, list[Step]] = {}
    for row in rows.order_by("axis", "-count"):
        found.setdefault(row.pop("batch"), []).append(Step(**row))
    return found


def _standing(owner, events: QuerySet[Decision], batches: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    there = events.filter(STANDS, batch__in=batches, photo__owner=owner, photo__trashed_at__isnull=True)
    return set(there.order_by().values_list("batch", flat=True).distinct())


def _known(owner, batches: Sequence[uuid.UUID]) -> dict[uuid.UUID, Gesture]:
    return {one.batch: one for one in Gesture.objects.filter(owner=owner, batch__in=batches)}


def _entry(head: dict, steps: dict, standing: set, known: dict[uuid.UUID, Gesture]) -> Entry:
    gesture, undoes = known.get(head["batch"]), head["undoes"]
    open_ = gesture is not None and gesture.undone_at is None and not gesture.unwanted
    return Entry(
        batch=head["batch"],
        last=head["last"],
        at=head["when"],
        actor=head["actor__username"] or "",
        is_undo=undoes in known,
        is_redo=undoes is not None and undoes not in known,
        is_undone=gesture is not None and gesture.undone_at is not None,
        stands=open_ and head["batch"] in standing,
        whole=gesture.count if gesture else 0,
        steps=steps.get(head["batch"], []),
    )
