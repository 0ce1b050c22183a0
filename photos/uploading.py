"""Uploads: a batch is one visit to the upload page, and remembers what became of each file."""

from __future__ import annotations

import contextlib
import errno
import logging
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from photos import albums, storage
from photos.dating import wall_clock_now
from photos.db import in_transaction
from photos.images import RejectedImage
from photos.ingest import Arrival, ingest
from photos.models import Album, Photo, UploadBatch, UploadEntry
from photos.text import clean

log = logging.getLogger(__name__)

VIDEO_ENDINGS = {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".3gp", ".mts", ".m2ts"}
Outcome = UploadEntry.Outcome
CAME_IN = (Outcome.ADDED, Outcome.RESTORED)


def begin(owner, album: Album | None = None) -> UploadBatch:
    """A new batch; what it brings goes into `album` too."""
    return UploadBatch.objects.create(owner=owner, album=album)


def receive(
    batch: UploadBatch,
    file: BinaryIO,
    *,
    name: str,
    modified_at: datetime | None = None,
    instead_of: int | None = None,
) -> UploadEntry:
    """Bring one file in and write down what became of it. Refusals are entries, not errors.

    `name` may hold folders ("Holiday/2024/beach.jpg"): its dates count, its last part is the file's name.
    `instead_of` is the entry of an earlier try that was refused. A try whose answer was lost on the way is
    answered with the entry it made. Where the entry itself cannot be written (a full disk) it has no id.
    """
    name = clean(name)[-300:]
    if instead_of:
        batch.entries.filter(pk=instead_of, outcome=Outcome.REFUSED).delete()
    if is_video(name):
        return refuse(batch, name, "video", _("Videos are not kept yet."))
    made: list[UploadEntry] = []
    arrival = Arrival(
        owner_id=batch.owner_id,
        place=storage.uploaded(name, wall_clock_now().date()),
        name=name,
        modified_at=modified_at,
        also=lambda photo: made.append(_entry(batch, name, Outcome.ADDED, photo)),
    )
    try:
        done = ingest(file, arrival)
        entry = made[-1] if done.created else _answered(batch, name, done.photo, restored=done.restored)
    except RejectedImage as rejected:
        return refuse(batch, name, rejected.code, rejected.sentence)
    except (OSError, DatabaseError) as error:
        if not (why := why_nothing_is_kept(error)):
            raise
        log.error("Nothing can be kept: %s", error)
        return refuse(batch, name, *why)
    _into_its_album(batch, [done.photo.pk])
    return entry


def refuse(batch: UploadBatch, name: str, code: str, sentence: str) -> UploadEntry:
    """Write down that a file was not taken in. Without an id where not even that can be written."""
    entry = UploadEntry(
        batch=batch, name=clean(name)[-300:], outcome=Outcome.REFUSED, code=code[:40], sentence=sentence[:300]
    )
    try:
        in_transaction(entry.save)
    except DatabaseError as error:
        if not why_nothing_is_kept(error):
            raise
        entry.pk = None
    return entry


def is_video(name: str) -> bool:
    """By the ending of its name alone: refused before it is sent."""
    return PurePosixPath(name).suffix.lower() in VIDEO_ENDINGS


def too_large_sentence() -> str:
    megabytes = settings.GALLERY_MAX_FILE_BYTES // 1024**2
    return _("The file is larger than %s MB, the most taken here.") % megabytes


def into_album(batch: UploadBatch, album: Album) -> int:
    """Put what a batch brought, and what it still will bring, into an album. Returns how many are new in it.

    Raises AlbumError. The batch is told first: a file that comes in meanwhile sees the album, or is seen here.
    """
    batch.album = album
    batch.save(update_fields=["album"])
    return albums.add(album, list(photos_of(batch).order_by("shown_at", "id").values_list("pk", flat=True)))


def outcomes(batch: UploadBatch) -> dict[str, int]:
    """How many files of a batch ended how: {"added": 41, "known": 3, ...}."""
    rows = batch.entries.values_list("outcome").annotate(n=Count("pk")).order_by()
    return {**dict.fromkeys(Outcome.values, 0), **dict(rows)}


def days(batch: UploadBatch) -> list[tuple[date, int, int]]:
    """Where the pictures that came in stand in the timeline: (day, how many, the id of one), newest day first."""
    by_day = came_in(batch).order_by().annotate(day=TruncDate("shown_at", tzinfo=UTC)).values_list("day")
    return list(by_day.annotate(n=Count("pk"), one=Max("pk")).order_by("-day"))


def modified_from_milliseconds(text: str) -> datetime | None:
    """A browser's `lastModified`, milliseconds since 1970, as an instant; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 14):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def photos_of(batch: UploadBatch) -> QuerySet[Photo]:
    """What a batch brought, newest picture first; live only."""
    return (
        Photo.objects.owned_by(batch.owner).live().filter(pk__in=batch.entries.values("photo")).newest_first()
    )


def came_in(batch: UploadBatch) -> QuerySet[Photo]:
    """As `photos_of`, without those that were here already."""
    brought = batch.entries.filter(outcome__in=CAME_IN).values("photo")
    return Photo.objects.owned_by(batch.owner).live().filter(pk__in=brought).newest_first()


def why_nothing_is_kept(error: BaseException) -> tuple[str, str] | None:
    """Code and sentence where the machine, not the file, is to blame and a person can mend it; else None."""
    text = str(error).lower()
    sqlstate = getattr(error.__cause__, "sqlstate", "")
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in text or sqlstate == "53100":
        return "disk-full", _("The gallery's disk is full. Nothing of this file was kept.")
    if (
        number in (errno.EROFS, errno.EACCES, errno.EPERM)
        or "readonly database" in text
        or sqlstate == "25006"
    ):
        return "read-only", _("The gallery may not write to its own folder. Nothing of this file was kept.")
    return None


def _entry(batch: UploadBatch, name: str, outcome: str, photo: Photo) -> UploadEntry:
    return UploadEntry.objects.create(batch=batch, name=name, outcome=outcome, photo=photo)


def _answered(batch: UploadBatch, name: str, photo: Photo, *, restored: bool) -> UploadEntry:
    """The entry of a picture that is here already: that of a first try whose answer was lost, else a new one."""
    if restored:
        return _entry(batch, name, Outcome.RESTORED, photo)
    before = batch.entries.filter(photo=photo, name=name, outcome__in=CAME_IN).first()
    return before or _entry(batch, name, Outcome.KNOWN, photo)


def _into_its_album(batch: UploadBatch, photo_ids: list[int]) -> None:
    """Asked anew each time: the album may be chosen, or gone, while files come in."""
    album = Album.objects.filter(pk__in=UploadBatch.objects.filter(pk=batch.pk).values("album")).first()
    if album is None:
        return
    try:
        with contextlib.suppress(Album.DoesNotExist):
            albums.add(album, photo_ids)
    except albums.AlbumError as error:
        log.warning("Batch %s: %s", batch.pk, error.sentence)
