"""Which images are taken out: a list by its scope, or a selection. Always the person's own, and none in the trash."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import Count, QuerySet, Sum
from django.http import Http404

from photos import bulk, leafing, storage
from photos.exporting.faults import ExportError
from photos.models import Album, Photo

AT_MOST = 20_000  # images in one ZIP of a page; the command knows no limit
CHUNK = 50  # images whose rows are held at once: a recipe may be a megabyte of text

_orders: dict[str, tuple[str, ...]] = {}


def register_order(kind: str, *fields: str) -> None:
    """How the images of scopes of this kind stand, where it is not newest first."""
    _orders[kind] = fields


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How many images, and how many bytes their originals have; `capped`: there are more."""

    count: int
    byte_size: int
    capped: bool = False


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`scope` as `photos.bulk` has it ("album:12"), else `photo_ids`."""

    owner: object
    scope: str = ""
    photo_ids: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return self.scope.partition(":")[0]

    @cached_property
    def album(self) -> Album | None:
        """The album this is, where it is one."""
        rest = self.scope.partition(":")[2]
        if self.kind != "album" or not rest.isdecimal() or len(rest) > 18:
            return None
        return Album.objects.owned_by(self.owner).filter(pk=int(rest)).first()

    def photos(self) -> QuerySet[Photo]:
        """Whatever it is now, in no order. Raises ExportError where that list is not there any more."""
        if not self.scope:
            listed = Photo.objects.filter(pk__in=self.photo_ids)
        else:
            try:
                listed = bulk.photos_in(self.owner, self.scope)
            except (bulk.BulkError, Http404, ValueError, OverflowError) as problem:
                raise ExportError("That list is not there any more.") from problem
        return listed.filter(owner_id=self.owner.pk).live()

    def ids(self, most: int | None = None) -> array:
        """The images by their numbers, in their order: eight bytes each, however many. No query stays open."""
        listed = self._ordered()
        return array("q", (listed if most is None else listed[:most]).iterator(chunk_size=10_000))

    def _ordered(self) -> QuerySet:
        album = self.album
        if album and not album.is_smart:
            return leafing.beside(leafing.places_of(album), None, album.order).values_list(
                "photo_id", flat=True
            )
        photos = self.photos().only("pk")
        fields = _orders.get(self.kind, ("-shown_at", "-id"))
        return photos.order_by(*fields).values_list("pk", flat=True)

    def measure(self, most: int = AT_MOST) -> Measured:
        """Counted to `most`."""
        some = self.photos().order_by().values("pk", "byte_size")[: most + 1]
        found = some.aggregate(n=Count("pk"), total=Sum("byte_size"))
        return Measured(count=min(found["n"], most), byte_size=found["total"] or 0, capped=found["n"] > most)


def rows_of(owner, ids: array, *related: str, chunk: int = CHUNK) -> Iterator[tuple[int, int, Photo | None]]:
    """(place from 1, number, image) of each, some at a time; None for one that is not there any more."""
    listed = Photo.objects.owned_by(owner).live().select_related("recipe").prefetch_related(*related)
    for start in range(0, len(ids), chunk):
        some = ids[start : start + chunk]
        found = listed.in_bulk(list(some))
        give_back_connection()
        for n, pk in enumerate(some, start=start + 1):
            yield n, pk, found.get(pk)


def give_back_connection() -> None:
    """While a file is on its way nobody else is kept waiting for this connection; SQLite's costs nobody anything."""
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()


def safe_name(photo: Photo) -> str:
    """What a file of the gallery is called by itself, without its folder; never a path."""
    return storage.download_name("", photo.file.name)


register_order("all", "-added_at", "-id")  # the one order that has an index over all collections
bulk.register_scope("all", lambda owner, rest: Photo.objects.owned_by(owner).live())
