"""A final written anew: the row keeps its number, its place in albums and links; the file is another one."""

from __future__ import annotations

import contextlib
import copy
import uuid
from pathlib import Path, PurePosixPath

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from photos import ingest, papers, search, storage, working
from photos.db import in_transaction
from photos.models import PendingFileDeletion, Photo

_OF_THE_FILE = ("file", "name_folded", "sha256", "byte_size", "signed", "marked_as", "marking")


class Overtaken(Exception):
    """Somebody else changed, trashed or wrote the final meanwhile."""

    sentence = "This final was changed elsewhere meanwhile. Look at it as it is now, and try again."


def write_anew(final: Photo, packet: bytes, *, term: str, keep_old: bool) -> None:
    """Give a live final these papers. Its picture is copied byte for byte; on any fault nothing is changed.

    With `keep_old` the file it had goes to the trash as a picture of its own; else it is deleted. Where the papers
    stand in a sidecar only that is written. Raises papers.MarkError, RejectedImage, storage.NotThere, Overtaken,
    FileNotFoundError.
    """
    if final.sidecar_sha256 or final.signed or not papers.can_write(final.format):
        _write_beside(final, packet, term)
        return
    with storage.workspace() as folder:
        told = {"byte_size": final.byte_size, "sha256": final.sha256}
        with storage.original(final.root, final.file.name, **told) as source:
            if not source.is_file():
                raise FileNotFoundError(final.file.name)
            papers.write(source, folder / "final", format=final.format, packet=packet)
            papers.verify(source, folder / "final", final.format, term)
        _exchange(final, folder, term, keep_old=keep_old)


def _write_beside(final: Photo, packet: bytes, term: str) -> None:
    with storage.workspace() as folder:
        digest = storage.keep_sidecar(final.file.name, packet, folder)
    fields = {"sidecar_sha256": digest, "marked_as": term, "digital_source_type": term, "marking": 0}
    in_transaction(lambda: Photo.objects.filter(pk=final.pk, sha256=final.sha256).update(**fields))


def _exchange(final: Photo, folder: Path, term: str, *, keep_old: bool) -> None:
    place = storage.Place(
        collection=final.collection, folder=str(PurePosixPath(final.file.name).parent), stem=_stem(final)
    )
    arrival = ingest.Arrival(
        owner_id=final.owner_id,
        place=place,
        origin=final.origin,
        digital_source_type=term,
        source=final.source,
    )
    (folder / "new").mkdir()
    ready = ingest.prepare(folder / "final", folder / "new", arrival)
    extension = PurePosixPath(final.file.name).suffix
    name, written = storage.keep_original(ready.spooled, place, extension, spoken_for=ingest.is_spoken_for)
    try:
        storage.keep_thumbnails(name, ready.spooled.sha256, ready.targets)
        new = ingest.row_of(name, ready.spooled, ready.facts, arrival)
        in_transaction(lambda: _swap_now(final, new, keep_old=keep_old))
    except BaseException:
        with contextlib.suppress(DatabaseError):
            ingest.take_back(name, ready.spooled, arrival, written=written)
        raise


def _stem(final: Photo) -> str:
    """The name it began with: digits of a hash behind it belong to the file before."""
    stem = PurePosixPath(final.file.name).stem
    return stem.removesuffix(f"-{final.content8}")


def _swap_now(final: Photo, new: Photo, *, keep_old: bool) -> None:
    row = Photo.objects.select_for_update().live().filter(pk=final.pk, sha256=final.sha256).first()
    if row is None:
        raise Overtaken
    old = copy.copy(row)
    fields = {name: getattr(new, name) for name in _OF_THE_FILE}
    Photo.objects.filter(pk=row.pk).update(
        **fields,
        digital_source_type=new.digital_source_type,
        access_revision=F("access_revision") + 1,
        revision=F("revision") + 1,
    )
    if keep_old:
        old.pk, old._state.adding = None, True
        old.trashed_at, old.trash_batch = timezone.now(), uuid.uuid4()
        old.save(force_insert=True)
        search.index([row.pk, old.pk])
        return
    PendingFileDeletion.objects.create(
        root=old.root, name=old.file.name, name_folded=old.name_folded, sha256=old.sha256
    )
    search.index([row.pk])
    working.enqueue("delete_files")
