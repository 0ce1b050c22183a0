"""Recipes read anew from the original files, when readers have learnt. What a person wrote is never touched.

A file's recipe takes the place of one that a reader of ours has read before. It leaves alone what others wrote into
the row (a session, an importing program, a person), and it takes no prompt away from a picture made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from photos import images, search, storage
from photos.db import in_transaction
from photos.images import IPTC_READER, RecipeFacts, RejectedImage
from photos.ingest import recipe_fields
from photos.models import Photo, Recipe
from photos.recipes import READERS
from photos.redrawing import GONE


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a photo's file says now; `problem` is a sentence, and then nothing was read."""

    photo: Photo
    recipe: RecipeFacts | None = None
    problem: str = ""


@dataclass(kw_only=True)
class Tally:
    """How many rows were new, changed, right as they were, or left to who wrote them."""

    new: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0


def read_again(photo: Photo) -> Reading:
    """Ask the original for its recipe; nothing is written."""
    try:
        with storage.original(photo.root, photo.file.name, byte_size=photo.byte_size) as path:
            return Reading(photo=photo, recipe=images.recipe_in(path))
    except storage.NotThere as away:
        return Reading(photo=photo, problem=away.sentence)
    except FileNotFoundError:
        return Reading(photo=photo, problem=GONE)
    except RejectedImage as rejected:
        return Reading(photo=photo, problem=rejected.sentence)


def write(readings: Iterable[Reading]) -> Tally:
    """Write what has changed, and the search text with it, in one transaction; none where nothing has."""
    readings = [reading for reading in readings if not reading.problem]
    tally, wanted = _compared(readings, Recipe.objects.all())
    if wanted:
        tally = in_transaction(lambda: _write(readings))
    return tally


def _write(readings: list[Reading]) -> Tally:
    ids = [reading.photo.pk for reading in readings]
    there = set(
        Photo.objects.filter(pk__in=ids).select_for_update().order_by("pk").values_list("pk", flat=True)
    )
    readings = [reading for reading in readings if reading.photo.pk in there]  # not those purged meanwhile
    tally, wanted = _compared(readings, Recipe.objects.select_for_update())
    for photo_id, fields in wanted.items():
        Recipe.objects.update_or_create(photo_id=photo_id, defaults=fields)
    search.index(wanted)
    return tally


def _compared(readings: list[Reading], rows) -> tuple[Tally, dict[int, dict]]:
    """The tally, and the fields to be written by photo."""
    known = rows.in_bulk([reading.photo.pk for reading in readings])
    tally, wanted = Tally(), {}
    for reading in readings:
        row = known.get(reading.photo.pk)
        fields = recipe_fields(reading.recipe) if reading.recipe else None
        if fields is None or (row and all(getattr(row, name) == value for name, value in fields.items())):
            tally.same += 1
        elif row and not _may_replace(row, reading):
            tally.kept += 1
        else:
            wanted[reading.photo.pk] = fields
            tally.new += row is None
            tally.changed += row is not None
    return tally, wanted


def _may_replace(row: Recipe, reading: Reading) -> bool:
    """Whether one of our readers wrote the row, from the file alone."""
    if row.prompt and reading.recipe.reader.startswith(f"{IPTC_READER}/"):
        return row.reader.startswith(f"{IPTC_READER}/")  # else it knows the settings too
    ours = row.reader.partition("/")[0] in {reader.NAME for reader in READERS}
    if not ours or not row.prompt or reading.recipe.prompt:
        return ours
    # The prompt may be a door's, which fills what the file leaves empty.
    return row.generator == reading.recipe.generator and reading.photo.origin != Photo.Origin.MADE
