"""A page of what a query finds: a person's own live pictures, each once, newest first unless it says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from photos.models import Photo
from photos.search import filters
from photos.search.filters import Asked
from photos.search.keeping import backend
from photos.search.ordering import BY_VALUE, ordered_ids
from photos.search.tree import Query

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
    """`photos` have the fields asked for; `total` stops one above COUNT_AT_MOST.

    `capped`: there are more, whether counted to there or, where counting would take too long, to an earlier place.
    """

    photos: list[Photo]
    total: int
    capped: bool = False
    newer: Place | None = None  # of the page in front: what to give as `after`
    older: Place | None = None  # of the page behind: what to give as `before`
    unsorted: bool = False  # too many for the order asked for
    ids: tuple[int, ...] = ()  # of all that were counted, in their order


def find(
    owner,
    query: Query,
    *,
    before: Place | None = None,
    after: Place | None = None,
    fields: Sequence[str] = (),
    counted: bool = True,
) -> Found:
    """The first page in the order asked for, the one behind `before`, or the one right in front of `after`.

    `fields` are those wanted of each photo, () all. Without `counted` the total is that of the page.
    """
    if not query or owner.pk is None:
        return Found(photos=[], total=0)
    asked, beginning = ask(owner, query), not (before or after)
    listed = ordered_ids(owner, query, asked) if query.sort in BY_VALUE else None
    limit = COUNT_AT_MOST + 1 if counted else PAGE + 1
    if listed is not None:
        ids, total, is_all = _cut(listed, before, after), min(len(listed), COUNT_AT_MOST + 1), True
    else:
        is_down = (query.sort != "oldest") != bool(after)
        if beginning and counted and is_down:
            ids, is_all = backend().newest(asked, limit, PAGE + 1)
        else:
            ids, is_all = (
                backend().page(asked, limit if beginning else PAGE + 1, before or after, down=is_down),
                True,
            )
        total = len(ids) if beginning or not counted else count(asked)
    more, counted_ids, ids = len(ids) > PAGE, ids[: COUNT_AT_MOST + 1], ids[:PAGE]
    photos = in_order(owner, ids[::-1] if after else ids, fields)
    return Found(
        photos=photos,
        total=total,
        newer=_place(photos[:1]) if not beginning and (more or not after) else None,
        older=_place(photos[-1:]) if after or more else None,
        unsorted=listed is None and query.sort in BY_VALUE,
        ids=tuple(counted_ids),
        capped=total > COUNT_AT_MOST or not is_all,
    )


def ask(owner, query: Query) -> Asked:
    return filters.ask(owner, query.tree, backend().condition)


def count(asked: Asked) -> int:
    """How many there are, counted to one above COUNT_AT_MOST."""
    return len(backend().page(asked, COUNT_AT_MOST + 1))


def everything(owner, query: Query) -> QuerySet[Photo]:
    """All that a query finds, however many, for what is done to all of them; in no order."""
    photos = Photo.objects.owned_by(owner).everything()
    if not query or owner.pk is None:
        return photos.none()
    return photos.filter(pk__in=RawSQL(*backend().whole(ask(owner, query))))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The candidates among what was found, or the rest: the first of them, and how many there are."""

    photos: list[Photo]
    total: int
    capped: bool = False  # there may be more
    older: Place | None = None


def by_kind(
    owner, query: Query, found: Found, kinds: Sequence[Query], fields: Sequence[str] = ()
) -> list[Kind]:
    """What was found apart by kind, from one look at the index; another only for a kind that was hardly met."""
    is_cut = found.capped
    candidates = set(backend().candidates(found.ids))
    apart = [[pk for pk in found.ids if pk not in candidates], [pk for pk in found.ids if pk in candidates]]
    if is_cut:
        apart = [
            ids
            if len(ids) > PAGE
            else backend().page(ask(owner, kind), PAGE + 1, down=query.sort != "oldest")
            for ids, kind in zip(apart, kinds, strict=True)
        ]
    known = {photo.pk: photo for photo in found.photos}
    more = [pk for ids in apart for pk in ids[:PAGE] if pk not in known]
    known |= {photo.pk: photo for photo in in_order(owner, more, fields)}
    return [
        Kind(
            photos=(photos := [known[pk] for pk in ids[:PAGE] if pk in known]),
            total=len(ids),
            capped=is_cut,
            older=_place(photos[-1:]) if len(ids) > PAGE else None,
        )
        for ids in apart
    ]


def neighbours(photo: Photo, query: Query) -> tuple[int | None, int | None]:
    """The pictures before and after one of the owner's, as the list of this query has them."""
    if not query:
        return None, None
    asked, is_down = ask(photo.owner, query), query.sort != "oldest"
    if query.sort in BY_VALUE and (listed := ordered_ids(photo.owner, query, asked)):
        pairs = (_cut(listed, None, Place.of(photo)), _cut(listed, Place.of(photo), None))
        return tuple(ids[0] if photo.pk in listed and ids else None for ids in pairs)
    pages = (backend().page(asked, 1, Place.of(photo), down=down) for down in (not is_down, is_down))
    return tuple(ids[0] if ids else None for ids in pages)


def in_order(owner, ids: list[int], fields: Sequence[str] = ()) -> list[Photo]:
    if not ids:
        return []
    photos = Photo.objects.owned_by(owner).everything().only(*fields).in_bulk(ids)
    return [photos[pk] for pk in ids if pk in photos]


def _cut(ids: list[int], before: Place | None, after: Place | None) -> list[int]:
    """What follows a picture; or what stands in front of it, the nearest first. A picture gone is the beginning."""
    place = before or after
    at = ids.index(place.pk) if place and place.pk in ids else None
    if at is None:
        return ids
    return ids[at + 1 :] if before else ids[:at][::-1]


def _place(photos: list[Photo]) -> Place | None:
    return Place.of(photos[0]) if photos else None
