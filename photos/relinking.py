"""Rows of linked pictures that follow their files: inside a transaction, told what became of which."""

from __future__ import annotations

from uuid import uuid4

from django.db.models import F, Min

from photos import search
from photos.ingest import Ready, recipe_fields
from photos.models import DuplicateGroup, DuplicateMember, DuplicateSearch, Photo, Recipe
from photos.storage import LINKED

# What follows the bytes; what a person said of a picture, and its day in the lists, stay when they change.
OF_THE_BYTES = (
    "sha256", "byte_size", "format", "width", "height", "frames", "color", "exif", "latitude", "longitude",
    "digital_source_type", "signed", "marked_as", "marking", "phash0", "phash1", "phash2", "phash3",
    "derived", "derived_reason",
)  # fmt: skip


def take_bytes_now(pk: int, was: str, new: Photo, ready: Ready) -> None:
    """Give the row what follows the bytes of `new`, if it still has the hash `was` and the same file."""
    row = Photo.objects.select_for_update().filter(pk=pk, sha256=was, name_folded=new.name_folded).first()
    if row is None:
        return
    Photo.objects.filter(pk=pk).update(
        **{field: getattr(new, field) for field in OF_THE_BYTES},
        revision=F("revision") + 1,
        access_revision=F("access_revision") + 1,
    )
    if ready.facts.recipe:
        Recipe.objects.update_or_create(photo=row, defaults=recipe_fields(ready.facts.recipe))
    _forget_likeness(row)
    search.index([pk])


def exchange_now(pk: int, was: str, name: str, other: int | None) -> bool:
    """This row gets the new name, the one that has it the old one. Whether all were as read."""
    rows = Photo.objects.select_for_update().filter(root=LINKED, name_folded__in=[was, name]).order_by("pk")
    if dict(rows.values_list("name_folded", "pk")) != {was: pk, **({name: other} if other else {})}:
        return False
    if other:
        _rename(other, f"{LINKED}/{uuid4().hex}")  # names are unique at every moment
    _rename(pk, name)
    if other:
        _rename(other, was)
    search.index([pk, *([other] if other else [])])
    return True


def _rename(pk: int, name: str) -> None:
    Photo.objects.filter(pk=pk).update(file=name, name_folded=name)


def _forget_likeness(photo: Photo) -> None:
    """What it was found to look like it may not look like now: nobody is to clear it away for that."""
    stale = DuplicateGroup.objects.filter(kept=False, members__photo=photo.pk)
    lowest = DuplicateMember.objects.filter(group__in=stale).aggregate(lowest=Min("photo"))["lowest"]
    first = min(lowest or photo.pk, photo.pk)
    stale.delete()
    DuplicateSearch.objects.filter(owner_id=photo.owner_id, reached__gte=first).update(reached=first - 1)
