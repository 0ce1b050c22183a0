"""Thumbnails drawn anew, where some are missing or all are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from photos import images, search, storage
from photos.db import in_transaction
from photos.images import Facts, RejectedImage
from photos.ingest import hash_pieces
from photos.models import Photo
from photos.thumbnails import EAGER, VARIANTS

CHUNK = 1000
GONE = "The original is missing."


def missing(photo: Photo, variants: Iterable[str] = EAGER) -> tuple[str, ...]:
    """Which variants have no file, or one that a power cut left empty."""
    there = ((variant, storage.look("thumbnails", photo.thumbnail_name(variant))) for variant in variants)
    return tuple(variant for variant, lying in there if lying is None or not lying.byte_size)


def redraw(photo: Photo, variants: Iterable[str]) -> str:
    """Draw these variants from the original. Returns "", or why that cannot be done; the row says so too.

    The row of a linked file that is away, or another by now, says nothing: it may come back.
    """
    try:
        with storage.workspace() as folder:
            targets = {variant: folder / f"{variant}.webp" for variant in variants}
            with storage.original(
                photo.root, photo.file.name, byte_size=photo.byte_size, sha256=photo.sha256
            ) as path:
                facts = images.examine(path, targets)
            storage.keep_thumbnails(photo.file.name, photo.sha256, targets)
    except storage.NotThere as away:
        return away.sentence
    except FileNotFoundError:
        reason = GONE
    except RejectedImage as rejected:
        reason = rejected.sentence
    else:
        reason = ""
        if photo.derived == Photo.Derived.PENDING:
            in_transaction(lambda: _see(photo, facts))
    if not note(photo, reason) and not reason:  # purged meanwhile, and its thumbnails with it
        for variant in VARIANTS:
            storage.remove_thumbnail(photo.thumbnail_name(variant))
    return reason


def _see(photo: Photo, facts: Facts) -> None:
    """What only a decoded picture says, of one that came in without being decoded; inside a transaction."""
    same = Photo.objects.filter(pk=photo.pk, file=photo.file.name, sha256=photo.sha256)
    if same.update(color=facts.color, **hash_pieces(facts.phash)):
        search.index([photo.pk])


def note(photo: Photo, reason: str) -> bool:
    """Write down whether the picture can be shown. Returns whether it is still there."""
    state = Photo.Derived.BROKEN if reason else Photo.Derived.READY
    same = Photo.objects.filter(pk=photo.pk, file=photo.file.name)
    if (photo.derived, photo.derived_reason) == (state, reason):
        return same.exists()
    return bool(same.update(derived=state, derived_reason=reason[:300]))


def in_order(photos, *, after: int = 0) -> Iterator[Photo]:
    """All rows of a queryset by their id, a chunk at a time: no long read, and rows may come and go meanwhile."""
    wanted = photos.only(
        "owner_id",
        "root",
        "file",
        "sha256",
        "byte_size",
        "derived",
        "derived_reason",
        "width",
        "height",
        "trashed_at",
    ).order_by("pk")
    while chunk := list(wanted.filter(pk__gt=after)[:CHUNK]):
        yield from chunk
        after = chunk[-1].pk
