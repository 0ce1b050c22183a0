"""How many pictures a month holds: stored, kept in the writing transaction, and repairable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db.models import Count, F
from django.db.models.functions import TruncMonth

from photos.models.keeping import MonthCount
from photos.models.photo import Photo

Key = tuple[int, str, date]  # owner, collection, first day of the month


def month_of(shown_at: datetime) -> date:
    """The first day of its month, on the picture's own clock."""
    return shown_at.date().replace(day=1)


def counted(photo: Photo) -> bool:
    """Whether a picture stands in lists: not in the trash, and not represented by its final."""
    return photo.trashed_at is None and not photo.represented


def add(owner_id: int, collection: str, shown_at: datetime, by: int = 1) -> None:
    """One picture comes in (1) or goes (-1); in the transaction that writes it."""
    add_many({(owner_id, collection, month_of(shown_at)): by})


def add_photos(photos: Iterable[Photo], by: int) -> None:
    """The same for several."""
    add_many(_summed(photos, by))


def add_many(changes: dict[Key, int]) -> None:
    """Add to each count; in the transaction that changed the pictures."""
    for (owner_id, collection, month), by in sorted(changes.items()):
        if not by:
            continue
        key = {"owner_id": owner_id, "collection": collection, "month": month}
        if not MonthCount.objects.filter(**key).update(count=F("count") + by):
            # Another transaction may make the row in between: then this insert is ignored, and the update counts.
            MonthCount.objects.bulk_create([MonthCount(**key, count=0)], ignore_conflicts=True)
            MonthCount.objects.filter(**key).update(count=F("count") + by)


def recount(owner_id: int) -> None:
    """Make the counts of one person true again; inside a transaction."""
    MonthCount.objects.filter(owner_id=owner_id).delete()
    MonthCount.objects.bulk_create(
        MonthCount(owner_id=owner_id, collection=collection, month=month, count=count)
        for (collection, month), count in _true(owner_id).items()
    )


def drift(owner_id: int) -> dict[tuple[str, date], tuple[int, int]]:
    """(collection, month) -> (stored, true) where the two differ."""
    rows = MonthCount.objects.filter(owner_id=owner_id).values_list("collection", "month", "count")
    stored = {(collection, month): count for collection, month, count in rows}
    true = _true(owner_id)
    return {
        key: (stored.get(key, 0), true.get(key, 0))
        for key in sorted(stored.keys() | true.keys())
        if stored.get(key, 0) != true.get(key, 0)
    }


def _true(owner_id: int) -> dict[tuple[str, date], int]:
    """Counted now, over all pictures."""
    rows = (
        Photo.objects.filter(owner_id=owner_id)
        .everything()
        .values("collection", month=TruncMonth("shown_at", tzinfo=UTC))
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(row["collection"], row["month"].date()): row["n"] for row in rows}


def _summed(photos: Iterable[Photo], by: int) -> dict[Key, int]:
    sums: Counter[Key] = Counter()
    for photo in photos:
        sums[photo.owner_id, photo.collection, month_of(photo.shown_at)] += by
    return dict(sums)
