"""Pictures that came in before their thumbnails: drawn behind, newest first, a chunk a task.

`pending` in the row is the queue: a worker that dies loses the picture it had in hand, and the next takes it up.
"""

from __future__ import annotations

import os
from functools import partial

from photos import lookalikes, redrawing, storage, working
from photos.db import in_transaction
from photos.models import DuplicateSearch, ImportedFile, ImportRun, Photo
from photos.models.photo import PhotoQuerySet
from photos.parallel import in_threads
from photos.thumbnails import EAGER

CHUNK = 200  # a task: others of the queue have their turn in between
LOCK = "drawing-pending"


def waiting() -> PhotoQuerySet:
    """Pending pictures, newest first. The condition is a literal: SQLite enters a partial index by no other."""
    return Photo.objects.extra(where=["photos_photo.derived = 'pending'"]).newest_first()


def draw(*, chunk: int = CHUNK) -> int:
    """Draw some that wait, and ask for the next. Returns how many were drawn; 0 while another is at it."""
    with storage.only_one(LOCK) as ours:
        if not ours:
            return 0
        drawn, some = 0, list(waiting()[:chunk])
        while some and not drawn and not working.stopping.is_set():
            drawn, last = _draw_all(some), some[-1]
            some = list(waiting().older_than(last.shown_at, last.pk)[:chunk])  # where all of these are away
    if working.stopping.is_set():
        return drawn
    if drawn and waiting().exists():
        working.enqueue_once("draw_pending")
    else:
        lookalikes.ask_all()  # some may have been compared as long as they looked like nothing
    return drawn


def ask() -> None:
    """Whoever has brought in pictures without thumbnails, or finds some at a sweep, calls this."""
    if waiting().exists():
        working.enqueue_once("draw_pending")


def sweep() -> None:
    """What was left by a process that died before it could ask. Linked files may be away: those wait for a day."""
    if waiting().exclude(root=storage.LINKED).exists():
        working.enqueue_once("draw_pending")


def _draw_all(some: list[Photo]) -> int:
    cores = os.cpu_count() or 1
    drawn = [pk for pk in in_threads(_draw, some, threads=cores, stop=working.stopping) if pk]
    for owner_id in {photo.owner_id for photo in some}:
        _look_again_for_duplicates(owner_id, some)
    broken = Photo.objects.filter(pk__in=drawn, derived=Photo.Derived.BROKEN)
    for photo in broken.only("derived_reason"):
        in_transaction(partial(_refuse, photo.pk, photo.derived_reason))
    return len(drawn)


def _draw(photo: Photo) -> int | None:
    """Its id; None where the file cannot be reached now, so that it still waits."""
    redrawing.redraw(photo, EAGER)
    still = Photo.objects.filter(pk=photo.pk, derived=Photo.Derived.PENDING)
    return None if still.exists() else photo.pk


def _refuse(photo_id: int, reason: str) -> None:
    """The report of the import that took the file unopened says now what is wrong with it; inside a transaction."""
    files = ImportedFile.objects.filter(photo_id=photo_id, became="added")
    for run_id in list(files.exclude(run=None).values_list("run_id", flat=True)):
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        moved = {"added": run.counts.get("added", 1) - 1, "rejected": run.counts.get("rejected", 0) + 1}
        ImportRun.objects.filter(pk=run_id).update(counts={**run.counts, **moved})
    files.update(became="rejected", reason=reason)


def _look_again_for_duplicates(owner_id: int, some: list[Photo]) -> None:
    """Until they were drawn they looked like nothing."""
    first = min(photo.pk for photo in some if photo.owner_id == owner_id)
    DuplicateSearch.objects.filter(owner_id=owner_id, reached__gte=first).update(reached=first - 1)
