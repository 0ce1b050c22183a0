"""The counters of a session follow what happens to its pictures, in the same transaction."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, F, Q

from generation.models import Candidate, GenerationSession
from photos.curate import Step
from photos.models import Photo

PICKED, REJECTED = Photo.Verdict.PICKED, Photo.Verdict.REJECTED


def follow(steps: list[Step]) -> None:
    """Registered with `photos.curate`: add up what these steps change for each session."""
    ours = {s.photo.pk: s for s in steps if s.photo.collection == Photo.Collection.SESSION}
    finals = {s.photo.source_id: s for s in steps if s.photo.is_final and s.photo.source_id}
    changes: dict[int, Counter] = {}
    rows = Candidate.objects.filter(Q(photo__in=list(ours)) | Q(photo__in=list(finals)))
    for session_id, photo_id in rows.values_list("session_id", "photo_id"):
        change = changes.setdefault(session_id, Counter())
        if step := ours.get(photo_id):
            _add(change, step.new, +1)
            _add(change, step.old, -1)
            # Its final stays, but nothing says any more whose it was.
            if step.gone and step.photo.represented:
                change["n_finals"] -= 1
        if step := finals.get(photo_id):
            change["n_finals"] += step.new[1] - step.old[1]
    for session_id in sorted(changes):
        fields = {name: F(name) + by for name, by in changes[session_id].items() if by}
        if fields:
            GenerationSession.objects.filter(pk=session_id).update(**fields)


def recount(session_id: int) -> None:
    """Make the counters of one session true again; inside a transaction."""
    GenerationSession.objects.filter(pk=session_id).update(**_true(session_id))


def drift(session_id: int) -> dict[str, tuple[int, int]]:
    """Counter -> (stored, true) where the two differ."""
    true = _true(session_id)
    stored = GenerationSession.objects.filter(pk=session_id).values(*true).first() or true
    return {name: (stored[name], true[name]) for name in true if stored[name] != true[name]}


def _true(session_id: int) -> dict[str, int]:
    """Counted now, over all images."""
    live = Q(photo__trashed_at__isnull=True, photo__isnull=False)
    counted = Candidate.objects.filter(session_id=session_id).aggregate(
        n_made=Count("pk", filter=live),
        n_picked=Count("pk", filter=live & Q(photo__decision=PICKED)),
        n_rejected=Count("pk", filter=live & Q(photo__decision=REJECTED)),
    )
    finals = Photo.objects.finals().filter(source__candidate__session_id=session_id)
    return {**counted, "n_finals": finals.count()}


def _add(change: Counter, state: tuple[int, bool], by: int) -> None:
    decision, live = state
    if live:
        change["n_made"] += by
        change["n_picked"] += by * (decision == PICKED)
        change["n_rejected"] += by * (decision == REJECTED)
