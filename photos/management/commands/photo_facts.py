"""Say what the gallery knows of its photos, from its rows: one JSON object a line, keys as in `inspect_images`."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Prefetch, Q, QuerySet

from photos import storage
from photos.management.commands.inspect_images import FIELDS, RECIPE_FIELDS, zone
from photos.management.library import LibraryCommand
from photos.models import Album, Photo, Recipe
from photos.thumbnails import VARIANTS

CHUNK = 500
CAMERA = {
    "camera_make": "make",
    "camera_model": "model",
    "lens": "lens",
    "iso": "iso",
    "exposure": "exposure",
}


class Command(LibraryCommand):
    help = (
        "Say what the gallery knows of its photos: one JSON object a line, with the keys of inspect_images and id, "
        "collection, path, thumbnails, source, decision, tags, albums. Without arguments all photos outside the "
        "trash; one that is named may lie in it."
    )
    writes = False

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "photos", nargs="*", metavar="ID|PATH",
            help="a number, or a file or folder: below media/, or from the root of this machine",
        )  # fmt: skip
        parser.add_argument("--owner", metavar="NAME", help="only this person's (default: everybody's)")

    def handle(self, *, photos: list[str], owner: str | None, **options) -> None:
        listed = Photo.objects.all()
        if owner:
            listed = listed.filter(owner=self.owner_from({"owner": owner}))
        missing = []
        try:
            if not photos:
                self._say(listed.live())
            for name in photos:
                if not self._say(listed.filter(named(name))):
                    missing.append(name)
            self.stdout.flush()
        except BrokenPipeError:  # `| head` has read enough; Python would complain once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if missing:
            raise CommandError(f"No photo here: {', '.join(missing)}")

    def _say(self, photos: QuerySet[Photo]) -> bool:
        """Whether there was anything to say."""
        something = False
        for photo in _in_chunks(photos):
            self.stdout.write(json.dumps(facts_of(photo), allow_nan=False))
            something = True
        return something


def named(name: str) -> Q:
    """The photo of a number; else of a file, or all below a folder."""
    if name.isascii() and name.isdigit():
        return Q(pk=int(name)) if len(name) < 19 else Q(pk=0)
    if not name:
        return Q(pk=0)
    path = Path(name)
    if path.is_absolute():
        root = Path(settings.MEDIA_ROOT)
        inside = next(
            (path.relative_to(one) for one in (root, root.resolve()) if path.is_relative_to(one)), None
        )
        if inside is None:
            return _linked_at(path)
        path = inside
    folded = storage.fold(str(path))
    if folded == ".":
        return Q(trashed_at__isnull=True)
    return Q(name_folded=folded) | Q(name_folded__startswith=f"{folded}/")


def _linked_at(path: Path) -> Q:
    """Whoever linked this file, or what lies below this folder."""
    found = Q(pk=0)
    for owner in (
        Photo.objects.filter(root=storage.LINKED).order_by().values_list("owner", flat=True).distinct()
    ):
        name = f"{storage.LINKED}/{owner}{path}"
        found |= Q(root=storage.LINKED) & (Q(name_folded=name) | Q(name_folded__startswith=f"{name}/"))
    return found


def facts_of(photo: Photo) -> dict[str, Any]:
    """The line of one photo; what is unknown is null, for every kind of field alike."""
    path = storage.local_path(photo.root, photo.file.name)
    exif = photo.exif if isinstance(photo.exif, dict) else {}
    found = exif.get("tags") if isinstance(exif.get("tags"), dict) else {}
    is_broken = photo.derived == Photo.Derived.BROKEN
    by_camera = photo.dated_by == Photo.DatedBy.CAMERA
    tags = sorted(tag.name for tag in photo.tags.all())
    said = {
        "file": str(path),
        "ok": not is_broken,
        "code": "broken" if is_broken else "",
        "reason": photo.derived_reason if is_broken else "",
        **dict.fromkeys(FIELDS),
        **{name: getattr(photo, name) for name in ("format", "width", "height", "frames", "sha256")},
        "orientation": _orientation(found.get("Orientation")),
        "taken_at": photo.shown_at.replace(tzinfo=None).isoformat() if by_camera else None,
        "taken_zone": zone(photo.taken_offset_minutes),
        **{name: exif.get(key) or None for name, key in CAMERA.items()},
        "lat": _finite(photo.latitude),
        "lon": _finite(photo.longitude),
        "title": photo.title or None,
        "caption": photo.caption or None,
        "keywords": tags,
        "rating": photo.rating or None,
        "recipe": _recipe(getattr(photo, "recipe", None)),
        "digital_source_type": photo.digital_source_type or None,
    }
    return said | {
        "id": photo.pk,
        "collection": photo.collection,
        "path": photo.file.name,
        "thumbnails": _thumbnails(photo),
        "source": photo.source_id,
        "decision": Photo.Verdict(photo.decision).name.lower(),
        "tags": tags,
        "albums": [{"id": album.pk, "title": album.title} for album in photo.named_albums],
    }


def _in_chunks(photos: QuerySet[Photo]) -> Iterator[Photo]:
    """All of them by their number, a few hundred at a time: no query stays open while they are said."""
    albums = Prefetch("albums", Album.objects.order_by("pk"), to_attr="named_albums")
    rows, last = photos.select_related("recipe").prefetch_related("tags", albums).order_by("pk"), 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk


def _thumbnails(photo: Photo) -> dict[str, str]:
    """Variant -> its place below media/, of those that are there."""
    names = {variant: photo.thumbnail_name(variant) for variant in VARIANTS}
    return {variant: name for variant, name in names.items() if storage.look("thumbnails", name)}


def _recipe(recipe: Recipe | None) -> dict[str, Any] | None:
    if recipe is None:
        return None
    return {name: getattr(recipe, name) for name in RECIPE_FIELDS} | {"cfg": _finite(recipe.cfg)}


def _orientation(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
