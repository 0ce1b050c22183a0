"""Whether files and rows agree: what `check_media` finds, and how each case is put right.

Nothing is believed for long: a report may be stale when it is acted upon, so every case is looked at again, under
lock, before anything is done. An original is never deleted, whatever is found.
"""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import PurePosixPath

from django.contrib.auth import get_user_model
from django.core.files.storage import InvalidStorageError
from django.db import IntegrityError
from django.db.models import Count, Q, Sum
from django.utils import timezone

from photos import counts, deletion, redrawing, storage
from photos.db import in_transaction
from photos.images import RejectedImage
from photos.ingest import Arrival, adopt
from photos.models import PendingFileDeletion, Photo
from photos.thumbnails import EAGER, VARIANTS

BATCH = 500  # names looked up at once
SECOND_LOOK_SECONDS = 2.0  # what comes in now has its row by then
MOST_DEFERRED = 10_000
YOUNG = "it is young and may just be coming in"
BRAKE_SHARE, BRAKE_COUNT = 0.2, 20  # more missing originals than this, and the disk is missing, not the files

# What can be wrong, as the end of the report counts it.
KINDS = {
    "missing": "originals missing",
    "size": "originals of another size",
    "hash": "originals with other bytes",
    "unreadable": "originals that cannot be read",
    "altered": "linked, but changed since",
    "away": "linked, not reachable now",
    "sidecar": "sidecars of finals missing or changed",
    "stray": "files without a picture",
    "undrawn": "pictures without all thumbnails",
    "broken": "pictures marked as broken",
    "thumbnail": "thumbnails of nothing",
    "leftover": "leftovers of broken-off work",
    "deletion": "deletions not done",
    "count": "counts that are off",
}


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What came of trying to put a thing right: in a few words, and whether it is right now."""

    words: str
    done: bool = True


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong. `mend` looks again, under lock, and acts; None: it is a person's turn.

    `harmless` is only said: a disk that is not plugged in is nothing wrong. `count`: so many of a kind in one sentence.
    """

    kind: str
    sentence: str
    mend: Callable[[], Mended] | None = None
    harmless: bool = False
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What the library holds; bytes are those of the originals."""

    photos: int
    in_trash: int
    byte_size: int


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of the check, for one progress bar. `look(advance)` yields what it finds; `total` None: unknown."""

    title: str
    unit: str
    look: Callable[[Callable[[], None]], Iterator[Finding]]
    total: int | None = None


_audits: list[Callable[[], Iterator[Finding]]] = []
_claims: list[Callable[[str], str]] = []


def on_audit(audit: Callable[[], Iterator[Finding]]) -> None:
    """Ask `audit()` too what is wrong. Registered once, at start-up, by apps that keep books of their own."""
    if audit not in _audits:
        _audits.append(audit)


def on_stray(claim: Callable[[str], str]) -> None:
    """Ask `claim(name)` whose a file without a row is: a sentence why it is not to be adopted, or ""."""
    if claim not in _claims:
        _claims.append(claim)


def missing_originals() -> tuple[int, int]:
    """(rows whose original is missing, rows); linked files lie elsewhere, and tell nothing of our disk."""
    lost = rows = 0
    for photo in redrawing.in_order(Photo.objects.exclude(root=storage.LINKED)):
        rows += 1
        lost += _look(photo) is None
    return lost, rows


def totals() -> Totals:
    trashed = Count("pk", filter=Q(trashed_at__isnull=False))
    sums = Photo.objects.aggregate(photos=Count("pk"), in_trash=trashed, byte_size=Sum("byte_size"))
    return Totals(**{name: number or 0 for name, number in sums.items()})


def is_disk_missing(lost: int, rows: int) -> bool:
    """Absence of so many is no deletion: repair nothing then."""
    return lost > BRAKE_COUNT and lost > BRAKE_SHARE * rows


def phases(*, hashes: bool, older_than: timedelta, owner=None) -> list[Phase]:
    """All that is checked, in order. `owner`: for whom files are adopted. Younger things than `older_than` are
    named, but left alone: they may just be coming in."""
    age = older_than.total_seconds()
    return [
        Phase(
            title="Reading originals" if hashes else "Photos",
            unit="photos",
            total=Photo.objects.count(),
            look=lambda advance: _photos(hashes, advance),
        ),
        Phase(title="Files", unit="files", look=lambda advance: _originals(age, owner, advance)),
        Phase(title="Thumbnails", unit="files", look=lambda advance: _thumbnails(age, advance)),
        Phase(title="Books", unit="things", look=lambda advance: _books(older_than, advance)),
    ]


# --- rows -> files --------------------------------------------------------------------------------


def _photos(hashes: bool, advance: Callable[[], None]) -> Iterator[Finding]:
    away: Counter[str] = Counter()
    for photo in redrawing.in_order(Photo.objects.all()):
        yield from (
            _about_linked(photo, hashes, away) if photo.root == storage.LINKED else _about(photo, hashes)
        )
        advance()
    for folder, count in sorted(away.items()):
        files = f"{count:,} linked file{'' if count == 1 else 's'}"
        yield Finding(
            kind="away", sentence=f"Not reachable now: {files} below {folder}", harmless=True, count=count
        )


def _about_linked(photo: Photo, hashes: bool, away: Counter[str]) -> Iterator[Finding]:
    """A file that is not there is counted by the folder it should be in, and its row is left as it is."""
    named = f"photo {photo.pk}, {photo.file.name}"
    told = {"byte_size": photo.byte_size, "sha256": photo.sha256 if hashes else ""}
    try:
        with storage.original(photo.root, photo.file.name, **told):
            pass
    except storage.NotThere as gone:
        if gone.sentence != storage.CHANGED:
            away[storage.nearest_folder(photo.file.name)] += 1
        elif _still(photo):
            yield Finding(kind="altered", sentence=f"Changed: {named}; import its folder again")
    except (OSError, ValueError) as error:
        yield Finding(
            kind="unreadable", sentence=f"Unreadable: {named}: {getattr(error, 'strerror', '') or error}"
        )
    else:
        yield from _about_thumbnails(photo, named)


def _about(photo: Photo, hashes: bool) -> Iterator[Finding]:
    """At most one finding: what is wrong with the original comes before its thumbnails."""
    named = f"photo {photo.pk}, {photo.file.name}"
    try:
        lying = _look(photo)
        if lying is None:
            if _still(photo):
                yield Finding(kind="missing", sentence=f"Missing: {named}", mend=lambda: _mark_missing(photo))
            return
        if lying.byte_size != photo.byte_size:
            sizes = f"{lying.byte_size:,} bytes instead of {photo.byte_size:,}"
            yield Finding(kind="size", sentence=f"Wrong size: {named}: {sizes}")
            return
        if (
            hashes
            and (found := storage.file_hash(storage.local_path(photo.root, photo.file.name))) != photo.sha256
        ):
            if _still(photo):
                yield Finding(
                    kind="hash", sentence=f"Other bytes: {named}: {found[:12]}, not {photo.sha256[:12]}"
                )
            return
    except (OSError, InvalidStorageError) as error:
        reason = getattr(error, "strerror", "") or error
        yield Finding(kind="unreadable", sentence=f"Unreadable: {named}: {reason}")
        return
    if photo.sidecar_sha256 and storage.sidecar_hash(photo.file.name) != photo.sidecar_sha256:
        if _still(photo):
            yield Finding(
                kind="sidecar",
                sentence=f"No sidecar as it was written: {named}; audit_marks --fix writes it anew",
            )
        return
    yield from _about_thumbnails(photo, named)


def _about_thumbnails(photo: Photo, named: str) -> Iterator[Finding]:
    if photo.derived == Photo.Derived.PENDING:
        return  # `photos.pending` draws them
    if undrawn := redrawing.missing(photo):
        sentence = f"No thumbnail {' '.join(undrawn)}: {named}"
        yield Finding(kind="undrawn", sentence=sentence, mend=lambda: _draw(photo))
    elif photo.derived == Photo.Derived.BROKEN:
        sentence = f"Marked as broken: {named}: {photo.derived_reason}"
        yield Finding(kind="broken", sentence=sentence, mend=lambda: _draw(photo))


def _look(photo: Photo) -> storage.Lying | None:
    return storage.look(photo.root, photo.file.name)


def _still(photo: Photo) -> bool:
    """Whether the row is as it was read; it may have been purged meanwhile, and its files with it."""
    return Photo.objects.filter(pk=photo.pk, file=photo.file.name, sha256=photo.sha256).exists()


def _mark_missing(photo: Photo) -> Mended:
    def work() -> Mended:
        row = Photo.objects.select_for_update().filter(pk=photo.pk, file=photo.file.name).first()
        if row is None or _look(row):
            return Mended(words="it is there again")
        redrawing.note(row, redrawing.GONE)
        return Mended(words="marked as broken; put the file back from a backup and check again", done=False)

    return in_transaction(work)


def _draw(photo: Photo) -> Mended:
    """A picture marked as broken that lacks nothing is tried once, with its smallest thumbnail."""
    now = redrawing.in_order(Photo.objects.filter(pk=photo.pk))
    if (row := next(now, None)) is None:
        return Mended(words="it is gone by now")
    reason = redrawing.redraw(row, redrawing.missing(row) or EAGER[:1])
    return Mended(words=f"not drawn: {reason}", done=False) if reason else Mended(words="drawn")


# --- files -> rows --------------------------------------------------------------------------------


def _originals(age: float, owner, advance: Callable[[], None]) -> Iterator[Finding]:
    for lying in _settled(storage.all_originals(), _without_row, advance):
        claimed = next(filter(None, (claim(lying.name) for claim in _claims)), "")
        note = f" ({claimed})" if claimed else ""
        yield Finding(
            kind="stray",
            sentence=f"No picture: {lying.name}{note}",
            mend=None if claimed else lambda lying=lying: _adopt(lying, age, owner),
        )


def _thumbnails(age: float, advance: Callable[[], None]) -> Iterator[Finding]:
    for lying in _settled(storage.all_thumbnails(), _of_nothing, advance):
        yield Finding(
            kind="thumbnail",
            sentence=f"Of no picture: {lying.name}",
            mend=lambda lying=lying: _remove_thumbnail(lying, age),
        )


def _settled(
    all_lying: Iterable[storage.Lying],
    suspicious: Callable[[list[storage.Lying]], list[storage.Lying]],
    advance: Callable[[], None],
) -> Iterator[storage.Lying]:
    """Those that stay suspicious. What is only seconds old gets a second look at the end: its row may be on its way."""
    remaining, deferred = iter(all_lying), []
    while batch := list(islice(remaining, BATCH)):
        for lying in suspicious(batch):
            if time.time() - lying.changed_at < SECOND_LOOK_SECONDS and len(deferred) < MOST_DEFERRED:
                deferred.append(lying)
            else:
                yield lying
        for _ in batch:
            advance()
    if deferred:
        time.sleep(SECOND_LOOK_SECONDS)
    for start in range(0, len(deferred), BATCH):
        yield from suspicious(deferred[start : start + BATCH])


def _without_row(batch: list[storage.Lying]) -> list[storage.Lying]:
    """Files that no row has, and that are not noted for deletion either; a sidecar is its final's."""
    folded = {storage.fold(_of_whom(lying)) for lying in batch}
    rows = dict(Photo.objects.filter(root="media", name_folded__in=folded).values_list("name_folded", "file"))
    pending = PendingFileDeletion.objects.filter(root="media", name_folded__in=folded)
    going = set(pending.values_list("name_folded", flat=True))

    def has_row(lying: storage.Lying) -> bool:
        """By its name, in whatever spelling the file system gives it; not by that of another file beside it."""
        row = rows.get(storage.fold(_of_whom(lying)))
        return bool(row) and (
            unicodedata.normalize("NFC", _of_whom(lying)) == row or storage.look("media", row) is None
        )

    rowless = [each for each in batch if storage.fold(_of_whom(each)) not in going and not has_row(each)]
    return [each for each in rowless if storage.look("media", each.name)]


def _of_whom(lying: storage.Lying) -> str:
    """The original that a file is, or that it stands beside."""
    return storage.parse_sidecar(lying.name) or lying.name


def _of_nothing(batch: list[storage.Lying]) -> list[storage.Lying]:
    """Thumbnails whose original has no row, or other content by now, or whose size we do not make."""
    parsed = {lying.name: storage.parse_thumbnail(lying.name) for lying in batch}
    folded = {storage.folded_name(found[0]) for found in parsed.values() if found}
    content = {
        (name, sha256[:8])
        for model in (PendingFileDeletion, Photo)  # what is to be deleted takes its thumbnails with it
        for name, sha256 in model.objects.filter(
            root__in=["media", storage.LINKED], name_folded__in=folded
        ).values_list("name_folded", "sha256")
    }

    def is_of_something(lying: storage.Lying) -> bool:
        found = parsed[lying.name]
        if not found or found[2] not in VARIANTS:
            return False
        return (storage.folded_name(found[0]), found[1]) in content or (
            storage.is_shortened(found[0]) and _is_of_a_long_name(lying.name, *found)
        )

    return [lying for lying in batch if not is_of_something(lying)]


def _is_of_a_long_name(name: str, original: str, content8: str, variant: str) -> bool:
    """Whether this is the thumbnail of a linked file whose name is too long to be read off it; asked by the bytes."""
    folder = original.rpartition("/")[0]
    return any(
        storage.thumbnail_name(row, sha256, variant) == name
        for model in (PendingFileDeletion, Photo)
        for row, sha256 in model.objects.filter(
            root=storage.LINKED, sha256__startswith=content8, name_folded__startswith=f"{folder}/"
        ).values_list("name_folded", "sha256")
    )


def _adopt(lying: storage.Lying, age: float, owner) -> Mended:
    """Give a file its row, where it lies."""
    if owner is None:
        return _left("say --owner NAME to adopt it")
    if _is_young(lying, age):
        return _left(YOUNG)
    if not _without_row([lying]):
        return Mended(words="it has a row by now")
    if PendingFileDeletion.objects.filter(
        sha256=storage.file_hash(storage.local_path("media", lying.name))
    ).exists():
        return _left("these bytes are being deleted")
    try:
        adopted = adopt(lying.name, _arrival(lying, owner))
    except RejectedImage as rejected:
        return _left(rejected.sentence)
    except (IntegrityError, FileNotFoundError):
        return _left("somebody else was at it; check again")
    if not adopted.created:
        return _left(f"a spare copy of photo {adopted.photo.pk}, which you may delete")
    return Mended(words=f"adopted as photo {adopted.photo.pk} of {owner.get_username()}")


def _left(why: str) -> Mended:
    return Mended(words=f"left: {why}", done=False)


def _arrival(lying: storage.Lying, owner) -> Arrival:
    path = PurePosixPath(lying.name)
    collections = {storage.SESSIONS: Photo.Collection.SESSION, storage.COMPLETED: Photo.Collection.COMPLETED}
    collection = collections.get("/".join(path.parts[:2]), Photo.Collection.UPLOADED)
    brought = collection == Photo.Collection.UPLOADED
    return Arrival(
        owner_id=owner.pk,
        place=storage.Place(collection=collection, folder=str(path.parent), stem=path.stem),
        origin=Photo.Origin.BROUGHT if brought else Photo.Origin.MADE,
        name=path.name,  # its folders say when it arrived, not when it was taken
        modified_at=datetime.fromtimestamp(lying.changed_at, UTC),
    )


def _remove_thumbnail(lying: storage.Lying, age: float) -> Mended:
    if _is_young(lying, age):
        return _left(YOUNG)
    if not _of_nothing([lying]):
        return Mended(words="it belongs to a picture by now")
    storage.remove_thumbnail(lying.name)
    return Mended(words="removed")


def _is_young(lying: storage.Lying, age: float) -> bool:
    return time.time() - lying.changed_at < age


# --- the books ------------------------------------------------------------------------------------


def _books(older_than: timedelta, advance: Callable[[], None]) -> Iterator[Finding]:
    for audit in (lambda: _leftovers(older_than), lambda: _deletions(older_than), _month_counts, *_audits):
        yield from audit()
        advance()


def _leftovers(older_than: timedelta) -> Iterator[Finding]:
    for lying in storage.leftovers(older_than.total_seconds()):
        yield Finding(
            kind="leftover",
            sentence=f"Leftover: tmp/{lying.name}, {lying.byte_size:,} bytes",
            mend=lambda lying=lying: _remove_leftover(lying, older_than),
        )


def _remove_leftover(lying: storage.Lying, older_than: timedelta) -> Mended:
    if lying.name not in {each.name for each in storage.leftovers(older_than.total_seconds())}:
        return Mended(words="it is in use again")
    storage.remove_leftover(lying.name)
    return Mended(words="removed")


def _deletions(older_than: timedelta) -> Iterator[Finding]:
    late = PendingFileDeletion.objects.filter(
        Q(asked_at__lte=timezone.now() - older_than) | Q(attempts__gt=0)
    )
    for pending in late.order_by("pk").iterator():
        reason = f": {pending.last_error}" if pending.last_error else ""
        yield Finding(
            kind="deletion",
            sentence=f"Not deleted yet: {pending.name}{reason}",
            mend=lambda pk=pending.pk: _delete(pk),
        )


def _delete(pk: int) -> Mended:
    """Do what a person asked for: these rows are gone, their files are no originals any more."""
    while PendingFileDeletion.objects.filter(pk=pk).exists():
        if not deletion.delete_pending():
            return _left("it could not be deleted now either")
    return Mended(words="deleted")


def _month_counts() -> Iterator[Finding]:
    for owner in get_user_model().objects.order_by("pk").iterator():
        drift = counts.drift(owner.pk)
        if drift and (drift := counts.drift(owner.pk)):  # a picture may have come in between two queries
            (collection, month), (stored, true) = next(iter(drift.items()))
            more = f" and {len(drift) - 1} more" if len(drift) > 1 else ""
            yield Finding(
                kind="count",
                sentence=f"Count of {owner.get_username()}, {collection} {month:%Y-%m}: {stored}, not {true}{more}",
                mend=lambda pk=owner.pk: _recount(pk),
            )


def _recount(owner_id: int) -> Mended:
    in_transaction(lambda: counts.recount(owner_id))
    return Mended(words="counted again")
