"""Pictures that stay where they are: read in place, never written, moved or deleted there.

    link      hash in place -> known already? -> examine in place -> thumbnails -> one row
    changed   other bytes lie at the path of a row: the row is theirs from now on
    moved     the bytes of a row lie at another path: the row points there

A file that is not there says nothing: its disk may be unplugged. No run deletes a row for that or marks it broken;
`about_source` says what it saw instead.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import DatabaseError, IntegrityError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos import deletion, relinking, storage
from photos.db import in_transaction
from photos.images import Facts, RejectedImage, examine, glance
from photos.ingest import Arrival, Ingested, Ready, insert_now, known, recall, row_of
from photos.models import PendingFileDeletion, Photo
from photos.storage import LINKED, Spooled
from photos.thumbnails import EAGER, VARIANTS

ATTEMPTS = 5
PURGE_SECONDS = 0.2  # the files of one picture are deleted in less
BRAKE_SHARE = 0.5  # with fewer files than this part of what is linked from it, a folder has lost them


class _BeingPurged(IntegrityError):
    """What was linked from this path before is deleted this very moment, its thumbnails with it: try again."""


def link(path: Path, arrival: Arrival, *, thumbnails_later: bool = False) -> Ingested:
    """Give a file of this machine a row, where it lies; of `arrival.place` only its collection counts.

    Bytes its owner has are an answer, as everywhere; if their own file is gone, the row points here from now on. So is
    a row that this path has: it takes the new bytes. Raises RejectedImage, or OSError where the file cannot be read.
    """
    with storage.workspace() as folder:
        ready = prepare(path, folder, arrival, thumbnails=not thumbnails_later)
        return keep(ready, arrival) if isinstance(ready, Ready) else ready


def prepare(
    path: Path, folder: Path, arrival: Arrival, *, thumbnails: bool = True, facts: Facts | None = None
) -> Ready | Ingested:
    """The first half of `link`, as `ingest.prepare`: all that can be done before a row is written, or the answer."""
    name = storage.linked_name(arrival.owner_id, path.parent.resolve() / path.name)
    try:
        with storage.in_place(name) as seen:
            if answer := _answer(seen, name, arrival.owner_id):
                return answer
            if not thumbnails:
                return Ready(spooled=seen, facts=facts or glance(seen.path), targets={})
            return Ready(spooled=seen, **_examined(seen, folder))
    except storage.NotThere as gone:
        raise RejectedImage("unreadable", gone.sentence) from gone


def keep(ready: Ready, arrival: Arrival) -> Ingested:
    """The second half: thumbnails and row. After an IntegrityError of `arrival.guard` it may be called again."""
    name, seen = storage.linked_name(arrival.owner_id, ready.spooled.path), ready.spooled
    for attempts_left in reversed(range(ATTEMPTS)):
        deletion.settle(LINKED, name)
        try:
            return _file(name, ready, arrival)
        except _BeingPurged:
            if not attempts_left:
                raise
            time.sleep(PURGE_SECONDS)
        except IntegrityError:  # somebody was faster, with these bytes or this path
            if answer := _answer(seen, name, arrival.owner_id):
                return answer
            raise
    raise AssertionError("never reached")


def changed(photo: Photo, path: Path) -> Ingested:
    """Other bytes lie at the path of a row: give it their hash, facts, recipe and thumbnails.

    What its owner wrote and decided stays, and so does its place in albums and lists. Bytes that this owner has
    already are that picture's, and the answer. Raises RejectedImage where they are no picture any more: the row stays.
    """
    name = storage.linked_name(photo.owner_id, path)
    _must_be_linked(photo)
    with storage.workspace() as folder:
        with storage.in_place(name) as seen:
            if seen.sha256 == photo.sha256:
                return Ingested(photo=photo, created=False)
            if known(photo.owner_id, seen.sha256) and (answer := _answer(seen, name, photo.owner_id)):
                return answer
            ready = Ready(spooled=seen, **_examined(seen, folder))
        storage.keep_thumbnails(name, seen.sha256, ready.targets)
    was = photo.sha256
    with contextlib.suppress(IntegrityError):  # somebody brought these bytes meanwhile
        in_transaction(
            lambda: relinking.take_bytes_now(photo.pk, was, _row(name, ready, photo.owner_id), ready)
        )
    photo.refresh_from_db()
    for sha256 in {was, seen.sha256} - {photo.sha256}:
        storage.remove_thumbnails(name, sha256, VARIANTS)
    return Ingested(photo=photo, created=False)


def moved(photo: Photo, path: Path) -> None:
    """The bytes of a linked row lie at `path`: point the row there; its thumbnails follow.

    A row that has that path already takes the old one in exchange: two files that swapped their names keep their
    rows, and one whose bytes are nowhere any more stays as a row whose file is away.
    """
    _must_be_linked(photo)
    was, name = photo.file.name, storage.linked_name(photo.owner_id, path)
    if name == was:
        return
    deletion.settle(LINKED, name)
    other = Photo.objects.filter(root=LINKED, name_folded=name).first()
    steps = [(photo.sha256, was, name), *([(other.sha256, name, was)] if other else [])]
    for sha256, old, new in steps:
        storage.double_thumbnails(old, new, sha256, VARIANTS)
    done = in_transaction(lambda: relinking.exchange_now(photo.pk, was, name, other.pk if other else None))
    for sha256, old, new in steps:
        storage.remove_thumbnails(old if done else new, sha256, VARIANTS)
    photo.refresh_from_db()


def about_source(owner_id: int, place: Path, found: int) -> str:
    """What there is to say of a folder that holds `found` files now, if it has lost most of what is linked from it.

    "" where all is as it should be. `place` is absolute and need not be there.
    """
    try:
        below = f"{storage.linked_name(owner_id, place)}/"
    except RejectedImage:
        return ""
    linked = Photo.objects.filter(root=LINKED, owner_id=owner_id, name_folded__startswith=below).count()
    if found >= linked * BRAKE_SHARE:
        return ""
    values = {"place": place, "n": number_format(linked, force_grouping=True)}
    values["kept"] = (
        ngettext("%(n)s image linked from it is kept.", "%(n)s images linked from it are kept.", linked)
        % values
    )
    if found:
        values["left"] = number_format(found, force_grouping=True)
        return _("%(place)s has lost most of its files, %(left)s are left; %(kept)s") % values
    if place.is_dir():
        return _("%(place)s is empty now; %(kept)s") % values
    return _("There is nothing at %(place)s now; %(kept)s") % values


# --- looking --------------------------------------------------------------------------------------


def _examined(seen: Spooled, folder: Path) -> dict[str, Any]:
    targets = {variant: folder / f"{variant}.webp" for variant in EAGER}
    return {"facts": examine(seen.path, targets), "targets": targets}


def _answer(seen: Spooled, name: str, owner_id: int) -> Ingested | None:
    """The picture that has these bytes, or this path. None: both are new."""
    here = Photo.objects.filter(root=LINKED, name_folded=name).first()
    if photo := known(owner_id, seen.sha256):
        if photo.root == LINKED and photo.file.name != name and _is_gone(photo, surely=here is not None):
            moved(photo, seen.path)
        return recall(owner_id, seen.sha256)
    if here is None:
        return None
    answer = changed(here, seen.path)
    return recall(owner_id, answer.photo.sha256) or answer


def _is_gone(photo: Photo, *, surely: bool) -> bool:
    """Whether the file of a linked row is not there any more; `surely` reads it, for bytes of the same number."""
    try:
        with storage.original(
            LINKED, photo.file.name, byte_size=photo.byte_size, sha256=photo.sha256 if surely else ""
        ):
            return False
    except storage.NotThere:
        return True
    except OSError:  # nobody can tell
        return False


# --- writing --------------------------------------------------------------------------------------


def _file(name: str, ready: Ready, arrival: Arrival) -> Ingested:
    """Thumbnails, then the row. Raises IntegrityError where somebody has these bytes or this path by now."""
    seen, targets = ready.spooled, ready.targets
    facts = arrival.beside.fill(ready.facts) if arrival.beside else ready.facts
    photo = row_of(name, seen, facts, replace(arrival, place=place_of(name, arrival.place)))
    photo.derived = Photo.Derived.READY if targets else Photo.Derived.PENDING
    if not all(target.exists() for target in targets.values()):  # they went with the first try
        with storage.original(LINKED, name, byte_size=seen.byte_size, sha256=seen.sha256) as path:
            examine(path, targets)

    def insert() -> None:
        if PendingFileDeletion.objects.filter(root=LINKED, name_folded=name).exists():
            raise _BeingPurged(f"The thumbnails of {name} are being deleted")
        insert_now(photo, facts, arrival)

    try:
        storage.keep_thumbnails(name, seen.sha256, targets)
        in_transaction(insert)
    except BaseException:
        with contextlib.suppress(DatabaseError):  # gone: nobody can say whether the row was written
            if not Photo.objects.filter(root=LINKED, name_folded=name, sha256=seen.sha256).exists():
                storage.remove_thumbnails(name, seen.sha256, VARIANTS)
        raise
    return Ingested(photo=photo, created=True)


def _row(name: str, ready: Ready, owner_id: int) -> Photo:
    return row_of(name, ready.spooled, ready.facts, Arrival(owner_id=owner_id, place=place_of(name)))


def place_of(name: str, wanted: storage.Place | None = None) -> storage.Place:
    """Where it lies. An image of a session is that, wherever its file is: it stands in its sheet."""
    folder, _slash, last = name.rpartition("/")
    in_session = wanted is not None and wanted.collection == Photo.Collection.SESSION
    collection = Photo.Collection.SESSION if in_session else Photo.Collection.LINKED
    return storage.Place(collection=collection, folder=folder, stem=last)


def _must_be_linked(photo: Photo) -> None:
    if photo.root != LINKED:
        raise ValueError(f"Photo {photo.pk} is not linked")
