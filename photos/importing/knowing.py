"""What can be said of a file before it is brought in: unopened, then by its head and its hash."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from django.conf import settings

from photos import curate, images, storage
from photos.images import RejectedImage, detect_format
from photos.importing import sidecars
from photos.importing.filing import Seen
from photos.importing.found import Found
from photos.importing.memory import Remembered
from photos.importing.troubles import Told, told
from photos.importing.words import Became, Options, recipe_word
from photos.ingest import Ingested, known, recall
from photos.models import Photo

HEAD_BYTES = 4096


class Knowing:
    """What one owner has already, as one run asks for it."""

    def __init__(self, owner_id: int, options: Options) -> None:
        self.owner_id, self.options = owner_id, options
        self._would_be_added: set[bytes] = set()  # hashes, in a dry run

    @cached_property
    def _sizes(self) -> set[int]:
        sizes = Photo.objects.filter(owner_id=self.owner_id).order_by().values_list("byte_size", flat=True)
        return set(sizes.iterator())

    def is_of_new_size(self, found: Found) -> bool:
        """Whether no picture here has so many bytes: there is nothing to compare with, so it is read only once."""
        return found.byte_size not in self._sizes

    def by_memory(self, found: Found, was: Remembered | None) -> Told | None:
        """The answer for a file that is as it was when it was met before; None: it has to be opened."""
        if was is None or found.refused or not was.is_as_it_was(found):
            return None
        became = self._remembered(was)
        if became is None:
            return None
        answer = told(found, became, photo_id=was.photo_id, recipe=was.recipe)
        reason = was.reason if became == Became.REJECTED else ""
        return Told(found, replace(answer.outcome, reason=reason), noted=became == Became.ALREADY)

    def by_bytes(self, found: Found) -> Told | None:
        """What can be said before anything is copied: refused by its head, or here already. None: to be taken."""
        if found.refused:
            raise found.refused
        if found.byte_size > settings.GALLERY_MAX_FILE_BYTES:
            limit = settings.GALLERY_MAX_FILE_BYTES // 1024**2
            raise RejectedImage("too-large", f"The file is larger than {limit} MB, the most accepted here.")
        with found.open() as file:
            detect_format(file.read(HEAD_BYTES))
        if not (self.options.dry_run or self.options.watching) and (
            is_to_be_linked(found, self.options) or self.is_of_new_size(found)
        ):
            return None  # a linked file is hashed and compared where it lies
        sha256 = _hash(found)
        photo = known(self.owner_id, sha256)
        if self.options.dry_run:
            return self._would_become(found, sha256, photo)
        if photo and photo.trashed_at and self.options.watching:
            return told(found, Became.LEFT, photo_id=photo.pk)
        if photo is None or is_to_be_linked(found, self.options):
            return None
        return answered(found, recall(self.owner_id, sha256))

    def _remembered(self, was: Remembered) -> Became | None:
        if was.became == Became.REJECTED:
            return Became.REJECTED
        if was.photo_id and not was.trashed:
            return Became.ALREADY
        if self.options.watching:
            return Became.LEFT
        if was.photo_id and not self.options.dry_run:
            curate.restore(self.owner_id, [was.photo_id])
        return Became.RESTORED if was.photo_id else None  # purged: who brings it by hand wants it

    def _would_become(self, found: Found, sha256: str, photo: Photo | None) -> Told:
        if photo:
            return told(found, Became.RESTORED if photo.trashed_at else Became.ALREADY, photo_id=photo.pk)
        digest = bytes.fromhex(sha256)
        if digest in self._would_be_added:
            return told(found, Became.ALREADY)
        self._would_be_added.add(digest)
        with as_file(found) as path:
            facts = Seen(found, sidecars.read(found.beside), images.examine(path, {})).filled
        return told(found, Became.ADDED, recipe=recipe_word(facts.recipe))


def is_to_be_linked(found: Found, options: Options) -> bool:
    """What lies in an archive cannot be read in place: it is copied."""
    return options.link and found.path is not None


def answered(found: Found, done: Ingested) -> Told:
    if done.created:
        return added(found, done.photo)
    became = Became.RESTORED if done.restored else Became.ALREADY
    return told(found, became, photo_id=done.photo.pk, recipe=recipe_of(done.photo))


def added(found: Found, photo: Photo) -> Told:
    return told(found, Became.ADDED, photo_id=photo.pk, recipe=recipe_of(photo), noted=True)


def _hash(found: Found) -> str:
    with found.open() as file:
        digest = hashlib.sha256()
        while block := file.read(storage.CHUNK):
            digest.update(block)
        return digest.hexdigest()


@contextlib.contextmanager
def as_file(found: Found) -> Iterator[Path]:
    """Its bytes as a file that can be named. A member of an archive has to be written somewhere for that, and is gone
    after; so has a file whose name the imaging library cannot be told."""
    if found.path and images.can_be_named(found.path):
        yield found.path
        return
    with storage.workspace() as folder, found.open() as file:
        yield storage.spool(file, folder).path


def recipe_of(photo: Photo) -> str:
    return recipe_word(getattr(photo, "recipe", None))  # asked of the database unless it was just written
