"""The one door: every picture that comes into the gallery comes through `ingest`.

    spool and hash -> known already? -> examine -> original -> thumbnails -> one row

The row is last: a reader never sees a row whose file is missing. A crash anywhere leaves at most a file
without a row, which `check_media` finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from django.db import DatabaseError, IntegrityError
from django.db.models import Q
from django.utils import timezone

from photos import counts, curate, marking, papers, search, storage
from photos.dating import Dating, date_picture
from photos.db import in_transaction
from photos.images import Beside, Facts, RecipeFacts, completed, examine, glance
from photos.models import PendingFileDeletion, Photo, Recipe, Tag
from photos.text import clean, folded
from photos.thumbnails import EAGER, VARIANTS

Source = BinaryIO | bytes | Path


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What a door knows of a picture beside its bytes.

    `name` is the file name or path as brought (its date may count). `recipe` is used where the file carries none.
    `beside` is what a sidecar says, and fills what the file leaves empty. `sidecar` is an XMP packet to be kept beside
    the original, where that itself must stay as it is. `dating` overrules every date. `guard` and
    `also` run inside the transaction that inserts the row, before and after the insert: they may write rows of their
    own, or raise to keep the picture out.
    """

    owner_id: int
    place: storage.Place
    origin: str = Photo.Origin.BROUGHT
    name: str = ""
    modified_at: datetime | None = None
    dating: Dating | None = None
    recipe: RecipeFacts | None = None
    beside: Beside | None = None
    title: str = ""
    caption: str = ""
    rating: int = 0
    label: int = 0
    tags: tuple[str, ...] = ()
    digital_source_type: str = ""
    sidecar: bytes = b""
    source: Photo | None = None
    guard: Callable[[], None] | None = None
    also: Callable[[Photo], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """The picture, and whether this call made it. `restored`: it was known, and lay in the trash."""

    photo: Photo
    created: bool
    restored: bool = False


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A picture that can be kept: its bytes in a workspace, what they say, its thumbnails (none: drawn later)."""

    spooled: storage.Spooled
    facts: Facts
    targets: dict[str, Path]


def ingest(source: Source, arrival: Arrival) -> Ingested:
    """Bring one picture in. Raises RejectedImage when the bytes are not acceptable; nothing was stored then.

    Bytes this person brought before, or has anywhere, are an answer (`created=False`), not an error. What engines
    make and finals are never deduplicated: both runs happened.
    """
    with storage.workspace() as folder:
        ready = prepare(source, folder, arrival)
        return keep(ready, arrival) if isinstance(ready, Ready) else ready


def prepare(
    source: Source,
    folder: Path,
    arrival: Arrival,
    *,
    thumbnails: bool = True,
    facts: Facts | None = None,
    ask: bool = True,
) -> Ready | Ingested:
    """All that can be done before anything is kept, in the workspace `folder`; or the answer. Errors as `ingest`.

    Without `ask` nobody is asked whether these bytes are here: who keeps many at once asks for all of them.

    Without `thumbnails` only the head of the file is read (or not even that, where `facts` of it are known): they
    are drawn behind, by `photos.pending`, and a file that is broken further down shows then.
    """
    spooled = storage.spool(source, folder)
    may_be_here = ask and arrival.origin == Photo.Origin.BROUGHT
    if may_be_here and (answer := recall(arrival.owner_id, spooled.sha256)):
        return answer
    if not thumbnails:
        return Ready(spooled=spooled, facts=facts or glance(spooled.path), targets={})
    targets = {variant: folder / f"{variant}.webp" for variant in EAGER}
    return Ready(spooled=spooled, facts=examine(spooled.path, targets), targets=targets)


def adopt(name: str, arrival: Arrival) -> Ingested:
    """Make the row of an original that lies in its place without one; the file is not touched.

    Bytes its owner has already are an answer, made here or brought: what lies there is then a spare copy. Raises
    RejectedImage when it is no picture, IntegrityError when somebody else was faster or `arrival.guard` objects.
    """
    path = storage.local_path("media", name)
    lying = storage.Spooled(path=path, sha256=storage.file_hash(path), byte_size=path.stat().st_size)
    if photo := known(arrival.owner_id, lying.sha256):
        return Ingested(photo=photo, created=False)
    with storage.workspace() as folder:
        targets = {variant: folder / f"{variant}.webp" for variant in EAGER}
        facts = examine(path, targets)
        storage.keep_thumbnails(name, lying.sha256, targets)
    if arrival.beside:
        facts = arrival.beside.fill(facts)
    if name.startswith(f"{storage.COMPLETED}/") and (beside := storage.read_sidecar(name)):
        arrival = replace(arrival, sidecar=beside)
    photo = row_of(name, lying, facts, arrival)

    def insert() -> None:
        if PendingFileDeletion.objects.filter(
            Q(name_folded=photo.name_folded) | Q(sha256=photo.sha256)
        ).exists():
            raise IntegrityError(f"{name} is to be deleted")
        insert_now(photo, facts, arrival)

    in_transaction(insert)
    return Ingested(photo=photo, created=True)


def known(owner_id: int, sha256: str) -> Photo | None:
    """This owner's picture with these bytes, a live one before one in the trash; changes nothing."""
    mine = Photo.objects.filter(owner_id=owner_id, sha256=sha256)
    return mine.live().order_by("id").first() or mine.order_by("id").first()


def recall(owner_id: int, sha256: str) -> Ingested | None:
    """The answer for bytes this owner has; a picture in the trash is restored. None: they are new."""
    photo = known(owner_id, sha256)
    return _answer(photo) if photo else None


def keep(ready: Ready, arrival: Arrival) -> Ingested:
    """Original, thumbnails, row; with another name when a race took the first one."""
    spooled, targets = ready.spooled, ready.targets
    facts = arrival.beside.fill(ready.facts) if arrival.beside else ready.facts
    for _attempt in range(3):
        name, written = storage.keep_original(
            spooled, arrival.place, storage.EXTENSIONS[facts.format], spoken_for=is_spoken_for
        )
        try:
            storage.keep_thumbnails(name, spooled.sha256, targets)
            if arrival.sidecar:
                storage.keep_sidecar(name, arrival.sidecar, spooled.path.parent)
            photo = row_of(name, spooled, facts, arrival)
            photo.derived = Photo.Derived.READY if targets else Photo.Derived.PENDING
            in_transaction(lambda photo=photo: insert_now(photo, facts, arrival))
            return Ingested(photo=photo, created=True)
        except IntegrityError:
            take_back(name, spooled, arrival, written=written)
            if arrival.origin == Photo.Origin.BROUGHT and (
                answer := recall(arrival.owner_id, spooled.sha256)
            ):
                return answer
            if not is_spoken_for(name):
                raise
            if targets:
                examine(spooled.path, targets)  # the thumbnails went with the lost name
        except BaseException:
            take_back(name, spooled, arrival, written=written)
            raise
    raise FileExistsError(f"The name {name} was taken three times in a row")


def take_back(name: str, spooled: storage.Spooled, arrival: Arrival, *, written: bool) -> None:
    """Remove a file that got no row. Where workers adopt files it stays, as where a row has it: it is another's now."""
    if not written or arrival.place.adopt:
        return
    try:
        has_row = Photo.objects.filter(file=name).exists()
    except DatabaseError:  # gone: nobody can say whether the row was written
        storage.leave_behind(spooled)
        return
    if not has_row:
        storage.remove_original("media", name, spooled.sha256, tuple(VARIANTS))


def insert_now(photo: Photo, facts: Facts, arrival: Arrival) -> None:
    """The row and all that belongs to it, inside a transaction."""
    if arrival.guard:
        arrival.guard()
    photo.pk = None
    photo.save(force_insert=True)
    if recipe := completed(facts.recipe, arrival.recipe):
        Recipe.objects.create(photo=photo, **recipe_fields(recipe))
    tag(photo, [*facts.keywords, *arrival.tags])
    counts.add(photo.owner_id, photo.collection, photo.shown_at)
    if arrival.also:
        arrival.also(photo)
    search.index([photo.pk])


def tag(photo: Photo, words: list[str]) -> None:
    """Give a picture tags, making those its owner has not used yet; inside a transaction."""
    names = {folded(word): word.strip()[:100] for word in map(clean, words) if folded(word)}
    if not names:
        return
    Tag.objects.bulk_create(
        [Tag(owner_id=photo.owner_id, name=name, folded=key[:200]) for key, name in names.items()],
        ignore_conflicts=True,
    )
    photo.tags.add(*Tag.objects.filter(owner_id=photo.owner_id, folded__in=[key[:200] for key in names]))


def row_of(name: str, spooled: storage.Spooled, facts: Facts, arrival: Arrival) -> Photo:
    """The row of these bytes, not yet written."""
    dating = arrival.dating or date_picture(facts, name=arrival.name, modified_at=arrival.modified_at)
    photo = Photo(
        owner_id=arrival.owner_id,
        collection=arrival.place.collection,
        origin=arrival.origin,
        root=storage.root_of(name),
        file=name,
        name_folded=storage.folded_name(name),
        sha256=spooled.sha256,
        byte_size=spooled.byte_size,
        format=facts.format,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        shown_at=dating.shown_at,
        taken_at=dating.taken_at,
        taken_offset_minutes=dating.offset_minutes,
        dated_by=dating.dated_by,
        added_at=timezone.now(),
        title=clean(arrival.title or facts.title)[:500],
        caption=clean(arrival.caption or facts.caption),
        rating=arrival.rating or facts.rating or 0,
        label=arrival.label,
        color=facts.color,
        exif=_exif(facts),
        latitude=facts.lat,
        longitude=facts.lon,
        digital_source_type=(facts.digital_source_type or arrival.digital_source_type)[:60],
        source=arrival.source,
        source_sha256=arrival.source.sha256 if arrival.source else "",
        signed=facts.signed,
        sidecar_sha256=sha256(arrival.sidecar).hexdigest() if arrival.sidecar else "",
        **hash_pieces(facts.phash),
    )
    beside = papers.read_packet(arrival.sidecar) if arrival.sidecar else facts
    photo.marked_as = beside.digital_source_type[:60]
    if arrival.sidecar:
        photo.digital_source_type = photo.marked_as
    made = photo.origin == Photo.Origin.MADE or bool(completed(facts.recipe, arrival.recipe))
    photo.marking = marking.judge(photo, made=made)
    return photo


def _exif(facts: Facts) -> dict:
    """The camera's facts under names of ours, and what else was found under its own."""
    ours = {
        "make": facts.camera_make,
        "model": facts.camera_model,
        "lens": facts.lens,
        "iso": facts.iso,
        "exposure": facts.exposure,
    }
    return {
        **{key: value for key, value in ours.items() if value not in ("", None)},
        "tags": dict(facts.exif),
    }


def recipe_fields(recipe: RecipeFacts) -> dict:
    """Fields of a Recipe row; what does not fit its column is unknown (SQLite would take it, PostgreSQL refuse)."""
    short = {"generator": 60, "model": 300, "model_hash": 130, "sampler": 120, "scheduler": 120, "seed": 100}
    short |= {"reader": 60, "note": 300}
    fields = {name: clean(getattr(recipe, name))[:size] for name, size in short.items()}
    for name in ("prompt", "negative_prompt", "raw"):
        fields[name] = clean(getattr(recipe, name))
    for name in ("steps", "width", "height"):
        value = getattr(recipe, name)
        fields[name] = value if value is not None and 0 <= value < 2**31 else None
    return {**fields, "cfg": recipe.cfg, "loras": [dict(lora) for lora in recipe.loras]}


def hash_pieces(phash: int | None) -> dict[str, int | None]:
    """64 bits in four pieces of 16, each indexed, so that near pictures are found on either database."""
    return {f"phash{n}": None if phash is None else phash >> (16 * n) & 0xFFFF for n in range(4)}


def _answer(known: Photo) -> Ingested:
    if known.trashed_at is None:
        return Ingested(photo=known, created=False)
    curate.restore(known.owner_id, [known.pk])
    known.refresh_from_db()
    return Ingested(photo=known, created=False, restored=True)


def is_spoken_for(name: str) -> bool:
    """Whether a row has this name, or a deletion of it is still to be done."""
    key = {"root": "media", "name_folded": storage.fold(name)}
    return Photo.objects.filter(**key).exists() or PendingFileDeletion.objects.filter(**key).exists()
