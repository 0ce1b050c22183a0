"""The trash: what lies in it, for how long, and its end. Moving in and out is `photos.curate`."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from photos import curate, storage, working
from photos.db import in_chunks
from photos.models import Photo

CHUNK = 500
COUNTED = 10_000  # beyond this the page says "10,000+"

_followers: list[Callable[..., None]] = []


@dataclass(frozen=True, kw_only=True)
class Contents:
    """How much lies there, counted up to COUNTED."""

    count: int
    byte_size: int  # of files that go; linked ones stay where they are
    linked: int
    more: bool  # there is more than was counted


def on_emptied(follower: Callable) -> None:
    """Call `follower(owner, before)` after the trash was emptied of what came into it before an instant.

    `owner` is None where it was everybody's.
    """
    if follower not in _followers:
        _followers.append(follower)


def photos(owner):
    """A person's trash, what came in last first."""
    return Photo.objects.owned_by(owner).trashed().order_by("-trashed_at", "-id")


def contents(owner) -> Contents:
    counted = photos(owner).order_by()[: COUNTED + 1]
    rows = list(counted.values_list("byte_size", "root"))
    ours = [size for size, root in rows[:COUNTED] if root != storage.LINKED]
    count = min(len(rows), COUNTED)
    return Contents(count=count, byte_size=sum(ours), linked=count - len(ours), more=len(rows) > COUNTED)


def count_batches(owner, batches: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many lie there of each of these gestures; one more than COUNTED is any number beyond it."""
    found = photos(owner).filter(trash_batch__in=batches).order_by().values_list("trash_batch", flat=True)
    counts = Counter(found[: COUNTED + 1])
    if counts.total() <= COUNTED:
        return counts
    return {batch: of_batch(owner, batch).order_by()[: COUNTED + 1].count() for batch in batches}


def days_left_since(trashed_at) -> int:
    """Days until what was trashed at this instant is deleted, begun ones counted; 0 is at any moment."""
    gone_at = trashed_at + timedelta(days=settings.GALLERY_TRASH_DAYS)
    return max(0, -(-(gone_at - timezone.now()) // timedelta(days=1)))


def of_batch(owner, batch: uuid.UUID):
    """What lies there of all that one gesture moved into it."""
    return photos(owner).filter(trash_batch=batch)


def restore_batch(owner, batch: uuid.UUID) -> int:
    """Bring back what one gesture moved into the trash. Returns how many."""
    chunks = in_chunks(of_batch(owner, batch), CHUNK)
    return sum(len(curate.restore(owner.pk, chunk).photo_ids) for chunk in chunks)


def trash_again(owner, batch: uuid.UUID) -> int:
    """Take back what `curate.restore` brought back as this batch. Returns how many."""
    chunks = in_chunks(Photo.objects.owned_by(owner).live().filter(trash_batch=batch), CHUNK)
    return sum(len(curate.trash(owner.pk, chunk, batch=batch).photo_ids) for chunk in chunks)


def delete_batch(owner, batch: uuid.UUID) -> int:
    """Purge what one gesture moved into the trash and still lies there. Returns how many."""
    chunks = in_chunks(of_batch(owner, batch), CHUNK)
    return sum(curate.purge(owner.pk, chunk, only_trashed=True) for chunk in chunks)


def delete_for_ever(owner, photo_ids: Sequence[int]) -> int:
    """Purge some of what lies in a person's trash, and nothing else."""
    return sum(
        curate.purge(owner.pk, photo_ids[n : n + CHUNK], only_trashed=True)
        for n in range(0, len(photo_ids), CHUNK)
    )


def empty(owner=None, *, days: int = 0, before=None) -> int:
    """Purge what has lain in the trash for at least `days`, of one person or of everybody. Returns how many.

    `before` is an instant instead: what came in after it was not seen by whoever asked, and stays.
    """
    before, purged = before or timezone.now() - timedelta(days=days), 0
    ripe = Photo.objects.trashed().filter(trashed_at__lte=before)
    ripe = ripe.filter(owner=owner) if owner else ripe
    last = 0  # never the same row twice, whatever becomes of it
    while chunk := list(ripe.filter(pk__gt=last).order_by("pk").values_list("owner_id", "pk")[:CHUNK]):
        last = chunk[-1][1]
        for owner_id in sorted({owner_id for owner_id, _ in chunk}):
            purged += curate.purge(owner_id, [pk for one, pk in chunk if one == owner_id], only_trashed=True)
    for follower in _followers:
        follower(owner, before)
    return purged


def tidy() -> None:
    """Once a day: have deleted what has lain here long enough."""
    working.enqueue_once("empty_trash")
