"""Many pictures through the one door together: one flush of each folder and one transaction, not one for each.

For pictures whose thumbnails are drawn later, so that rows are most of the work. Whoever meets an error here tries
them one by one with `keep`, which says what is wrong with which.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import DatabaseError, IntegrityError

from photos import counts, ingest, linking, search, storage
from photos.db import in_transaction
from photos.images import completed
from photos.ingest import Arrival, Ready
from photos.models import PendingFileDeletion, Photo, Recipe
from photos.stacking import stack_of


@dataclass(frozen=True, kw_only=True)
class Item:
    """`linked`: it stays where it lies."""

    ready: Ready
    arrival: Arrival
    linked: bool = False

    @property
    def name(self) -> str:
        """Its name; of an original the one that is tried first."""
        if self.linked:
            return storage.linked_name(self.arrival.owner_id, self.ready.spooled.path)
        return f"{self.arrival.place.folder}/{self.arrival.place.stem}{self.extension}"

    @property
    def extension(self) -> str:
        return storage.EXTENSIONS[self.ready.facts.format]


def not_new(owner_id: int, hashes: Sequence[str]) -> set[str]:
    """Those of these hashes that this owner has, or that come twice."""
    here = Photo.objects.filter(owner_id=owner_id, sha256__in=hashes).order_by()
    twice = {sha256 for sha256, times in Counter(hashes).items() if times > 1}
    return twice.union(here.values_list("sha256", flat=True))


def keep_many(items: Sequence[Item], also: Callable[[list[Photo]], None]) -> list[Photo]:
    """Originals, then all rows in one transaction, and `also(photos)` in it. After an error nothing is kept.

    `guard` and `also` of the arrivals are not asked.
    """
    written: list[tuple[str, Item]] = []
    try:
        names = _originals(items, written)
        photos = [_row(name, item) for name, item in zip(names, items, strict=True)]
        in_transaction(lambda: _insert(photos, items, also))
    except BaseException:
        for name, item in written:
            with contextlib.suppress(DatabaseError):
                ingest.take_back(name, item.ready.spooled, item.arrival, written=True)
        raise
    return photos


def _originals(items: Sequence[Item], written: list[tuple[str, Item]]) -> list[str]:
    """The names under which they lie; those that this call wrote are noted in `written`."""
    names, spoken_for = [], _spoken_for([item.name for item in items])
    for item in items:
        if item.linked:
            if spoken_for(item.name):
                raise IntegrityError(f"{item.name} has a row, or its thumbnails are being deleted")
            names.append(item.name)
            continue
        name, is_ours = storage.keep_original(
            item.ready.spooled, item.arrival.place, item.extension, spoken_for=spoken_for, flush_folder=False
        )
        names.append(name)
        if is_ours:
            written.append((name, item))
    storage.flush_folders(name for name, _ in written)
    return names


def _spoken_for(names: Iterable[str]) -> Callable[[str], bool]:
    """As `ingest.is_spoken_for`, asked for all of these at once."""
    folded = {storage.folded_name(name) for name in names}
    taken: set[str] = set()
    for model in (Photo, PendingFileDeletion):
        taken.update(model.objects.filter(name_folded__in=folded).values_list("name_folded", flat=True))

    def spoken_for(name: str) -> bool:
        key = storage.folded_name(name)
        return key in taken if key in folded else ingest.is_spoken_for(name)

    return spoken_for


def _row(name: str, item: Item) -> Photo:
    arrival = item.arrival
    if item.linked:
        arrival = replace(arrival, place=linking.place_of(name, arrival.place))
    photo = ingest.row_of(name, item.ready.spooled, _facts(item), arrival)
    photo.derived = Photo.Derived.PENDING
    return photo


def _facts(item: Item):
    return item.arrival.beside.fill(item.ready.facts) if item.arrival.beside else item.ready.facts


def _insert(photos: list[Photo], items: Sequence[Item], also: Callable[[list[Photo]], None]) -> None:
    for photo in photos:
        photo.pk = None
    Photo.objects.bulk_create(photos)
    recipes = []
    for photo, item in zip(photos, items, strict=True):
        facts = _facts(item)
        if recipe := completed(facts.recipe, item.arrival.recipe):
            recipes.append(Recipe(photo=photo, **ingest.recipe_fields(recipe)))
            recipes[-1].stack = stack_of(recipes[-1], photo.owner_id)  # `save` is not asked
        else:
            Photo._meta.get_field("recipe").set_cached_value(photo, None)  # known: nobody has to ask for it
        if words := [*facts.keywords, *item.arrival.tags]:
            ingest.tag(photo, words)
    Recipe.objects.bulk_create(recipes)
    counts.add_photos(photos, 1)
    also(photos)
    search.index([photo.pk for photo in photos])
