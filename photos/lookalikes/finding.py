"""What looks like one picture among its owner's: never a scan, and as quick for a small owner among a million rows."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from photos.leafing import CELL_FIELDS
from photos.lookalikes import hashes
from photos.lookalikes.judging import FIELDS, Likeness, is_same, likeness
from photos.models import Photo

AT_MOST = 100
OF_A_PIECE = 1_500  # rows looked at for each piece: a value that thousands share tells little

_BESIDE = (
    f"SELECT id, {{has_its_bytes}}, {', '.join(hashes.PIECES)} FROM photos_photo "
    "WHERE owner_id = %s AND trashed_at IS NULL AND NOT represented AND {condition}"
)


@dataclass(frozen=True)
class Alike:
    """A picture that looks like another: how many bits apart, and what that means. `photo` has CELL_FIELDS."""

    photo: Photo
    apart: int
    likeness: Likeness


def near(photo: Photo, *, limit: int = AT_MOST) -> list[Alike]:
    """Up to `limit` live pictures of the same owner's that look like this one, the nearest first: two queries."""
    apart = near_ids(photo, limit=limit)
    known = {one.pk: one for one in photos_of([photo.pk, *apart]).only(*CELL_FIELDS, *FIELDS)}
    this = known.pop(photo.pk, photo)
    found = [
        Alike(one, apart[pk], likeness(this, one, apart[pk]))
        for pk, one in known.items()
        if not (one.is_final and one.source_id == photo.pk)
    ]
    return sorted(found, key=lambda one: (one.likeness != Likeness.SAME_FILE, one.apart, -one.photo.pk))


def same_as(photo: Photo) -> list[Photo]:
    """Live pictures of the same owner's that are this one in another size, format or compression."""
    apart = near_ids(photo, limit=AT_MOST, most=hashes.SAME)
    others = photos_of(apart).only(*FIELDS, "owner_id")
    return [other for other in others if is_same(photo, other, apart[other.pk])]


def apart(one: Photo, other: Photo) -> int:
    """How many bits lie between two; all of them where one is too plain for a hash."""
    pieces = [hashes.pieces_of(photo) for photo in (one, other)]
    return 64 if None in pieces else hashes.distance(*pieces)


def photos_of(ids):
    """With what is compared, and the seed."""
    return Photo.objects.filter(pk__in=list(ids)).annotate(seed=F("recipe__seed"))


def near_ids(photo: Photo, *, limit: int, most: int = hashes.REACH) -> dict[int, int]:
    """id -> bits apart, the nearest `limit`; those with the same bytes too, which may be too plain for a hash."""
    pieces = hashes.pieces_of(photo)
    reach = hashes.reach(pieces, most) if pieces else 0
    alike: dict[int, int] = {}
    for pk, has_its_bytes, *others in _rows_beside(photo, pieces):
        bits = hashes.distance(pieces, others) if pieces and None not in others else 0
        if has_its_bytes or bits <= reach:
            alike[pk] = min(bits, alike.get(pk, bits))
    alike.pop(photo.pk, None)
    return dict(heapq.nsmallest(limit, alike.items(), key=lambda entry: (entry[1], -entry[0])))


def _rows_beside(photo: Photo, pieces: tuple[int, ...] | None) -> list[tuple]:
    """(id, whether of the same bytes, the four pieces) of all that share one of these, or differ in a bit of it.

    In SQL, because each part has a limit of its own: four indexes and one of bytes, asked in one go.
    """
    asked = [("sha256 = %s", [photo.sha256], 1, AT_MOST)]
    for name, piece in zip(hashes.PIECES, pieces or (), strict=False):
        probes = hashes.probes(piece)
        asked.append((f"{name} IN ({', '.join(['%s'] * len(probes))})", probes, 0, OF_A_PIECE))
    parts, values = [], []
    for condition, of_it, has_its_bytes, limit in asked:
        parts.append(
            f"SELECT * FROM ({_BESIDE.format(has_its_bytes=has_its_bytes, condition=condition)} LIMIT {limit}) AS part"
        )
        values += [photo.owner_id, *of_it]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return cursor.fetchall()
