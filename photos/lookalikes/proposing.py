"""Which picture of a group to keep: by pixels, then bytes, then whether it has its recipe, then age; and the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from django.db.models import Exists, F, OuterRef

from photos.leafing import CELL_FIELDS
from photos.lookalikes.judging import FIELDS
from photos.models import DuplicateMember, Photo, Recipe

MEMBER_FIELDS = (*CELL_FIELDS, *FIELDS, "byte_size", "format", "added_at", "caption", "revision")


class Reason(StrEnum):
    PIXELS = "pixels"
    BYTES = "bytes"
    RECIPE = "recipe"
    FINAL = "final"
    RATING = "rating"
    AGE = "age"


# Each is better the larger it is. Finals and stars come before age, so that of equals they stay.
_RANKS: tuple[tuple[Reason, Callable[[Photo], float]], ...] = (
    (Reason.PIXELS, lambda photo: photo.width * photo.height),
    (Reason.BYTES, lambda photo: photo.byte_size),
    (Reason.RECIPE, lambda photo: photo.has_recipe),
    (Reason.FINAL, lambda photo: photo.is_final),
    (Reason.RATING, lambda photo: photo.rating),
    (Reason.AGE, lambda photo: -photo.added_at.timestamp()),
)


def members(group_ids: Sequence[int]) -> dict[int, list[Photo]]:
    """Group -> its pictures as lists show them, those in the trash left out, the best first: one query.

    They have MEMBER_FIELDS, `seed` and `has_recipe`.
    """
    rows = DuplicateMember.objects.filter(group__in=group_ids).values_list("group_id", "photo_id")
    photos = with_recipe(Photo.objects.everything().filter(pk__in=[photo_id for _group, photo_id in rows]))
    photos = {photo.pk: photo for photo in photos}
    found: dict[int, list[Photo]] = {group_id: [] for group_id in group_ids}
    for group_id, photo_id in rows:
        if photo_id in photos:
            found[group_id].append(photos[photo_id])
    return {group_id: sorted(some, key=_rank, reverse=True) for group_id, some in found.items()}


def with_recipe(photos):
    has_recipe = Exists(Recipe.objects.filter(photo=OuterRef("pk")))
    return photos.only(*MEMBER_FIELDS, "alt_text").annotate(seed=F("recipe__seed"), has_recipe=has_recipe)


def proposed(photos: Sequence[Photo]) -> tuple[Photo, Reason]:
    """The one to keep, and what it has more of than each of the others, or than the next best."""
    best, *others = sorted(photos, key=_rank, reverse=True)
    for reason, rank in _RANKS:
        if others and rank(best) > rank(others[0]):
            return best, reason
    return best, Reason.AGE


def _rank(photo: Photo) -> tuple:
    return (*(rank(photo) for _reason, rank in _RANKS), -photo.pk)
