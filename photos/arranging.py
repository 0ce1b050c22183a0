"""The order of an album: by hand, with gaps between two positions, so that one move is one row."""

from __future__ import annotations

from django.db import connection
from django.db.models import Max

from photos.albums import GAP, AlbumError, locked, touch
from photos.db import in_transaction
from photos.leafing import beside, places_of
from photos.models import Album, AlbumPhoto

NOT_HERE = "That image is not in this album any more."


def move(album: Album, photo_id: int, *, before: int | None) -> None:
    """Put one picture right before another, or at the end (None). Switches the album to its manual order.

    Raises AlbumError when either is not in the album.
    """

    def work() -> None:
        locked(album)
        places = AlbumPhoto.objects.filter(album=album, photo=photo_id)
        if not places.exists():
            raise AlbumError(NOT_HERE)
        if before != photo_id:
            position = _free_position(album, photo_id, before)
            if position is None:
                _spread(album)
                position = _free_position(album, photo_id, before)
            places.update(position=position)
        Album.objects.filter(pk=album.pk).update(order=Album.Order.MANUAL)
        touch(album)

    in_transaction(work)


def step(album: Album, photo_id: int, by: int) -> None:
    """Move one picture `by` places up (negative) or down, among those the album shows."""
    here = AlbumPhoto.objects.filter(album=album, photo=photo_id).first()
    if here is None:
        raise AlbumError(NOT_HERE)
    others = beside(places_of(album), here, Album.Order.MANUAL, earlier=by < 0)
    passed = list(others.values_list("photo_id", flat=True)[: abs(by) + (by > 0)])
    if by < 0:
        move(album, photo_id, before=passed[-1] if passed else photo_id)
    else:
        move(album, photo_id, before=passed[by] if len(passed) > by else None)


def move_to(album: Album, photo_id: int, number: int) -> None:
    """Move one picture to a place counted from 1, or to the end where there are fewer."""
    others = (
        places_of(album).exclude(photo=photo_id).order_by("position", "id").values_list("photo_id", flat=True)
    )
    place = max(1, number) - 1
    at_place = others[place : place + 1]  # once a gesture, not in a list: an OFFSET will do
    move(album, photo_id, before=next(iter(at_place), None))


def arrange_by_date(album: Album) -> None:
    """Begin the manual order anew, from the order by date."""

    def work() -> None:
        locked(album)
        _spread(album, by="shown_at")
        touch(album)

    in_transaction(work)


def _free_position(album: Album, photo_id: int, before: int | None) -> int | None:
    """A position between two neighbours, None when they stand too close."""
    places = AlbumPhoto.objects.filter(album=album).exclude(photo=photo_id)
    if before is None:
        return (places.aggregate(last=Max("position"))["last"] or 0) + GAP
    next_ = places.filter(photo=before).values_list("position", flat=True).first()
    if next_ is None:
        raise AlbumError("The image to put it before is not in this album any more.")
    if places.filter(position=next_)[1:2]:  # two in one place: one of them was put back there
        return None
    previous = places.filter(position__lt=next_).aggregate(last=Max("position"))["last"]
    if previous is None:
        return next_ - GAP
    middle = (previous + next_) // 2
    return middle if previous < middle < next_ else None


def _spread(album: Album, *, by: str = "position") -> None:
    """Give all places their gaps again, in the order of `by`. One statement: 200,000 rows take two seconds."""
    assert by in ("position", "shown_at")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE photos_albumphoto SET position = ranked.place * %s FROM "
            f"(SELECT id, ROW_NUMBER() OVER (ORDER BY {by}, id) AS place FROM photos_albumphoto WHERE album_id = %s)"
            f" AS ranked WHERE photos_albumphoto.id = ranked.id",
            [GAP, album.pk],
        )
