"""The pictures of a link as they stand now, in its order: an album's, or those once chosen; none from the trash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from photos import leafing, titles
from photos.models import Album, AlbumPhoto, Photo, Recipe, Share, SharedPhoto

COUNTED = 100
FIELDS = (
    *leafing.CELL_FIELDS,
    *("caption", "digital_source_type", "file", "root", "format", "byte_size", "origin"),
)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """Some pictures of a link, and whether there are more on either side."""

    photos: list[Photo]
    has_earlier: bool
    has_later: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """One picture of a link between its neighbours; `number_before` is counted no further than COUNTED."""

    photo: Photo
    previous: int | None
    following: int | None
    number_before: int


def leaf(share: Share, *, after: int = 0, before: int = 0, limit: int) -> Leaf:
    """The first page, the one after a picture, or the one before it; the first too where that is not in it any more."""
    edge = _place(share, before or after)
    if edge and before:
        if found := _photos(_beside(share, edge, earlier=True)[: limit + 1]):
            return Leaf(photos=found[:limit][::-1], has_earlier=len(found) > limit, has_later=True)
        edge = None
    found = _photos(_beside(share, edge)[: limit + 1])
    return Leaf(photos=found[:limit], has_earlier=edge is not None, has_later=len(found) > limit)


def one(share: Share, photo_id: int) -> Found | None:
    """A picture of the link; None where it is not in it now."""
    here = _place(share, photo_id)
    photos = _photos(_places(share).filter(pk=here.pk)) if here else []
    if not photos:
        return None
    before, after = (_beside(share, here, earlier=earlier) for earlier in (True, False))
    earlier = list(before.values_list("photo_id", flat=True)[:COUNTED])
    following = after.values_list("photo_id", flat=True).first()
    previous = earlier[0] if earlier else None
    return Found(photo=photos[0], previous=previous, following=following, number_before=len(earlier))


def count(share: Share) -> int:
    """How many it shows; no further than `leafing.COUNT_AT_MOST` and one more."""
    return _places(share).order_by().values("pk")[: leafing.COUNT_AT_MOST + 1].count()


def has_more_than(share: Share, most: int) -> bool:
    """Whether there is one more than so many."""
    return bool(_places(share).order_by().values_list("pk", flat=True)[most : most + 1])


def first(share: Share, most: int) -> list[Photo]:
    """The first so many."""
    return _photos(_beside(share, None)[:most])


def ids(share: Share, most: int) -> list[int]:
    """The numbers of the first so many, in order."""
    return list(_beside(share, None).values_list("photo_id", flat=True)[:most])


def each(share: Share, photo_ids: list[int], size: int = 100) -> Iterator[tuple[int, Photo | None]]:
    """(number from 1, picture) of those; None for what has left the link since. Asks anew for every hundred."""
    for start in range(0, len(photo_ids), size):
        part = photo_ids[start : start + size]
        found = {photo.pk: photo for photo in _photos(_places(share).filter(photo__in=part))}
        yield from ((start + n, found.get(pk)) for n, pk in enumerate(part, start=1))


def chosen(photos: QuerySet[Photo]) -> list[Photo]:
    """Pictures that are no link's yet, with what this room asks of them."""
    made = Exists(Recipe.objects.filter(photo=OuterRef("pk")))
    return list(titles.for_guests(list(photos.only(*FIELDS).annotate(has_recipe=made))))


# --- parts ------------------------------------------------------------------------------------------


def _places(share: Share) -> QuerySet:
    if share.album_id:
        return leafing.places_of(share.album)
    return SharedPhoto.objects.filter(share=share, photo__trashed_at__isnull=True)


def _order(share: Share) -> str:
    return share.album.order if share.album_id else Album.Order.MANUAL


def _place(share: Share, photo_id: int) -> AlbumPhoto | SharedPhoto | None:
    return _places(share).filter(photo=photo_id).first() if photo_id else None


def _beside(share: Share, edge, *, earlier: bool = False) -> QuerySet:
    return leafing.beside(_places(share), edge, _order(share), earlier=earlier)


def _photos(places: QuerySet) -> list[Photo]:
    """The pictures of these places: titles nobody typed are gone from them, and `has_recipe` is known."""
    fields = (f"photo__{name}" for name in FIELDS)
    made = Exists(Recipe.objects.filter(photo=OuterRef("photo")))
    found = list(places.select_related("photo").only("position", *fields).annotate(has_recipe=made))
    for place in found:
        place.photo.has_recipe = place.has_recipe
    return list(titles.for_guests([place.photo for place in found]))
