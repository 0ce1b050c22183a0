"""Leafing through an album, page by page, and a shelf of albums with their covers.

Both orders are an index from its beginning to its end: (album, position, id) and (album, shown_at, id).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)

from photos.models import Album, AlbumPhoto, Photo

COUNT_AT_MOST = 1_000  # an album is counted no further on a page
# What a cell shows; recipes, EXIF and captions stay in the database.
CELL_FIELDS = (
    "id", "collection", "sha256", "width", "height", "shown_at", "title", "alt_text", "rating", "decision", "reason",
    "label", "color",
    "access_revision", "owner_id", "source_id",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of an album's places, in its order, and whether there is more on either side."""

    places: list[AlbumPhoto]
    has_earlier: bool
    has_later: bool


def places_of(album: Album) -> QuerySet[AlbumPhoto]:
    """What the album shows: live pictures of its owner's. Somebody else's that lies in it by accident is not shown."""
    places = AlbumPhoto.objects.filter(album=album, photo__trashed_at__isnull=True)
    return places.filter(_is_of(album.owner_id))


def _is_of(owner_id) -> Case:
    """Whether a place's picture is this owner's, asked so that no planner begins with all pictures of an owner.

    It knows how many people have on average; of the one who has most it read 800,000 for an album's first hundred
    (0.2 s on PostgreSQL, 1.7 s on a SQLite that was told to ANALYZE; now 2 and 10 ms).
    """
    return Case(When(photo__owner_id=owner_id, then=True), default=False, output_field=BooleanField())


def page(
    album: Album, *, order: str, after: int | None = None, before: int | None = None, limit: int = 100
) -> Page:
    """The first page, the one after a picture, or the one before it.

    A cursor is the id of a picture, never its date: guests see the address of the next page and no dates. A picture
    that is in the album no more leads to the first page.
    """
    fields = ("position", "shown_at", *(f"photo__{name}" for name in CELL_FIELDS))
    places = places_of(album).select_related("photo").only(*fields)
    edge = AlbumPhoto.objects.filter(album=album, photo=before or after or 0).first()
    if edge and before:
        if found := list(beside(places, edge, order, earlier=True)[: limit + 1]):
            return Page(places=found[:limit][::-1], has_earlier=len(found) > limit, has_later=True)
        edge = None  # nothing is before it
    found = list(beside(places, edge, order)[: limit + 1])
    return Page(places=found[:limit], has_earlier=edge is not None, has_later=len(found) > limit)


def neighbours(here: AlbumPhoto) -> tuple[int | None, int | None]:
    """The pictures before and after one, in the album's order."""
    places, order = places_of(here.album), here.album.order
    before, after = (beside(places, here, order, earlier=earlier) for earlier in (True, False))
    return before.values_list("photo_id", flat=True).first(), after.values_list("photo_id", flat=True).first()


def beside(places: QuerySet, edge: AlbumPhoto | None, order: str, *, earlier: bool = False) -> QuerySet:
    """Places after (before) one, nearest first; all from the beginning for None. One range of one index."""
    field = "shown_at" if order == Album.Order.DATE else "position"
    ordered = places.order_by(f"-{field}", "-id") if earlier else places.order_by(field, "id")
    if edge is None:
        return ordered
    at, near, far = getattr(edge, field), *(("lte", "lt") if earlier else ("gte", "gt"))
    return ordered.filter(
        Q(**{f"{field}__{near}": at}) & (Q(**{f"{field}__{far}": at}) | Q(**{f"id__{far}": edge.pk}))
    )


class CappedCount(Subquery):
    """Rows of a sliced subquery, for an annotation: of 200,000 no more are counted than the slice has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def with_facts(albums: QuerySet[Album]) -> QuerySet[Album]:
    """Albums with `n_shown` (capped), `first_photo` (an id), `first_at` and `last_at`: one query for all."""
    places = AlbumPhoto.objects.filter(album=OuterRef("pk"), photo__trashed_at__isnull=True)
    shown = places.filter(_is_of(OuterRef("owner")))
    by_date = shown.values("shown_at")
    return albums.annotate(
        n_shown=CappedCount(shown.values("pk")[: COUNT_AT_MOST + 1]),
        first_photo=Subquery(shown.order_by("position", "id").values("photo_id")[:1]),
        first_at=Subquery(by_date.order_by("shown_at", "id")[:1]),
        last_at=Subquery(by_date.order_by("-shown_at", "-id")[:1]),
    )


def covers(albums: Sequence[Album]) -> dict[int, Photo]:
    """Album id -> its cover: the chosen one while the album shows it, else its first picture. Of `with_facts`.

    Of a smart album the one remembered, while its owner has it outside the trash.
    """
    shown = AlbumPhoto.objects.filter(photo__trashed_at__isnull=True, photo__owner=F("album__owner"))
    chosen = shown.filter(album__in=[album.pk for album in albums], photo=F("album__cover"))
    chosen = chosen.values_list("album_id", "photo_id")
    wanted = {album.pk: album.first_photo for album in albums if album.first_photo} | dict(chosen)
    found = {album.pk: album.cover_id for album in albums if album.is_smart and album.cover_id}
    photos = Photo.objects.only(*CELL_FIELDS, "trashed_at").in_bulk([*wanted.values(), *found.values()])
    owners = {album.pk: album.owner_id for album in albums}
    shown = {pk: photo for pk, photo in found.items() if _is_shown(photos.get(photo), owners[pk])}
    return {album: photos[photo] for album, photo in (wanted | shown).items() if photo in photos}


def _is_shown(photo: Photo | None, owner_id: int) -> bool:
    return photo is not None and photo.owner_id == owner_id and photo.trashed_at is None


def places_for(viewer, photo: Photo) -> QuerySet[AlbumPhoto]:
    """Where a picture stands in those albums of its owner's that a viewer may look into; each with its album."""
    albums = Album.objects.visible_to(viewer).filter(owner_id=photo.owner_id)
    return AlbumPhoto.objects.filter(photo=photo, album__in=albums).select_related("album__owner")


def for_one(owner, photo: Photo, *, limit: int) -> list[Album]:
    """A person's albums with `holds`, whether the picture is in it; those first, then the last changed."""
    holds = Exists(AlbumPhoto.objects.filter(album=OuterRef("pk"), photo=photo))
    albums = Album.objects.owned_by(owner).by_hand().annotate(holds=holds)
    return list(albums.order_by("-holds", "-changed_at", "-id")[:limit])


def number_of(album: Album, place: AlbumPhoto) -> int:
    """Where a place stands in the manual order, counted from 1. Reads all before it: for arranging alone."""
    return beside(places_of(album), place, Album.Order.MANUAL, earlier=True).order_by().count() + 1
