"""A page of what a person's words find: their own live pictures, each once, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from photos.models import Photo
from photos.search.keeping import backend
from photos.search.query import Query

PAGE = 100
COUNT_AT_MOST = 1_000


class Place(NamedTuple):
    """Where a page ends, of any list by time and id. Text form: `20261122140500123456-17`."""

    shown_at: datetime
    pk: int

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for anything that is not a place of ours."""
        stamp, _, pk = text.partition("-")
        if not (text.isascii() and stamp.isdigit() and pk.isdigit() and len(stamp) == 20 and len(pk) < 19):
            return None
        try:
            return cls(datetime.strptime(stamp, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), int(pk))
        except ValueError:
            return None

    @classmethod
    def of(cls, photo: Photo) -> Place:
        return cls(photo.shown_at, photo.pk)

    def __str__(self) -> str:
        return f"{self.shown_at.year:04d}{self.shown_at:%m%d%H%M%S%f}-{self.pk}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """`photos` have the fields asked for; `total` stops one above COUNT_AT_MOST."""

    photos: list[Photo]
    total: int
    newer: Place | None = None  # what to give as `after`
    older: Place | None = None  # what to give as `before`


def find(
    owner,
    query: Query,
    *,
    before: Place | None = None,
    after: Place | None = None,
    fields: Sequence[str] = (),
    counted: bool = True,
) -> Found:
    """The newest page, the one older than `before`, or the one right above `after`.

    `fields` are those wanted of each photo, () all. Without `counted` the total is that of the page.
    """
    if not query or owner.pk is None:
        return Found(photos=[], total=0)
    if before or after:
        ids = backend().newest(owner.pk, query, PAGE + 1, before=before, after=after)
        total = backend().count(owner.pk, query, COUNT_AT_MOST + 1) if counted else len(ids)
    else:
        ids, total = backend().first(owner.pk, query, PAGE + 1, COUNT_AT_MOST + 1)
    more, ids = len(ids) > PAGE, ids[:PAGE]
    photos = _in_order(owner, ids[::-1] if after else ids, fields)
    return Found(
        photos=photos,
        total=total,
        newer=_newer(owner, query, photos, known=bool(after), more=more) if before or after else None,
        older=Place.of(photos[-1]) if photos and (after or more) else None,
    )


def _in_order(owner, ids: list[int], fields: Sequence[str]) -> list[Photo]:
    photos = Photo.objects.owned_by(owner).everything().only(*fields).in_bulk(ids)
    return [photos[pk] for pk in ids if pk in photos]


def _newer(owner, query: Query, photos: list[Photo], *, known: bool, more: bool) -> Place | None:
    """Going down the page above is there; going up it is where more was found."""
    if not photos or (known and not more):
        return None
    return Place.of(photos[0])
