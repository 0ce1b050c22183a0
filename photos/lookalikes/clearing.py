"""Clearing duplicates: one is kept and given what the others had, the others go to the trash. And the way back.

What a keeper was given is written down (`DuplicateMerge`), so that taking it back needs no more than the gesture's
batch, and leaves alone what was changed since.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db.models import F, Q, Sum
from django.utils import timezone

from photos import albums, bulk, curate, search, trash, undoing, working
from photos.db import in_chunks, in_transaction
from photos.editing import MAX_TAGS
from photos.lookalikes.proposing import members, proposed, with_recipe
from photos.lookalikes.searching import groups
from photos.models import Album, AlbumPhoto, DuplicateGroup, DuplicateMember, DuplicateMerge, Photo

Kind = DuplicateGroup.Kind
WORDS = ("title", "caption", "alt_text")
CHUNK = 50  # groups in one transaction
COUNTED = 10_000  # groups; beyond it a page says "10,000+"


class DuplicateError(Exception):
    """Something that cannot be done to a group; a sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """What went to the trash, and of it how many were finals, rated, in an album that others see."""

    trashed: list[Photo] = field(default_factory=list)
    shared: set[int] = field(default_factory=set)

    @property
    def n_finals(self) -> int:
        return sum(photo.is_final for photo in self.trashed)

    @property
    def n_rated(self) -> int:
        return sum(photo.rating > 0 for photo in self.trashed)


def clear(owner, group: DuplicateGroup, keeper_id: int) -> tuple[Cleared, list[bulk.Step]]:
    """Keep one picture of a group and trash the others; the second value is the way back. Raises DuplicateError."""
    batch = uuid.uuid4()
    cleared = in_transaction(lambda: _clear(owner, group.pk, keeper_id, batch))
    return cleared, [("unmerge", batch.hex)]


def keep_all(owner, group: DuplicateGroup) -> list[bulk.Step]:
    """They are no duplicates to this person: never offered together again, until it is taken back."""
    groups(owner, group.kind).filter(pk=group.pk).update(kept=True)
    return [("offer_again", group.pk)]


@dataclass(frozen=True, kw_only=True)
class ExactPlan:
    """What clearing all exact duplicates would do. Counted up to COUNTED groups."""

    n_groups: int
    n_images: int  # that would go
    byte_size: int
    more: bool


def exact_plan(owner) -> ExactPlan:
    found = groups(owner, Kind.EXACT).order_by()
    ids = list(found.values_list("pk", flat=True)[: COUNTED + 1])
    counted = DuplicateGroup.objects.filter(pk__in=ids[:COUNTED])
    n_images = (counted.aggregate(n=Sum(F("n_live") - 1))["n"] or 0) if ids else 0
    some = DuplicateMember.objects.filter(group__in=ids[:COUNTED], photo__trashed_at__isnull=True)
    sizes = some.values_list("group", "photo__byte_size", "group__n_live").distinct()
    byte_size = sum(size * (n_live - 1) for _group, size, n_live in sizes)
    return ExactPlan(
        n_groups=min(len(ids), COUNTED), n_images=n_images, byte_size=byte_size, more=len(ids) > COUNTED
    )


def clear_exact(owner, *, batch: uuid.UUID | None = None, newest: int | None = None) -> bulk.Done:
    """Clear all groups of the same bytes by the proposal, as one gesture: now, or for many as a task.

    A group stays where a final, or an image in an album that others see, would go: somebody is to look at it.
    """
    batch, found = batch or uuid.uuid4(), groups(owner, Kind.EXACT)
    step: bulk.Step = ("unmerge", batch.hex)
    if newest is None:
        newest = found.values_list("pk", flat=True).first() or 0
        if exact_plan(owner).n_images > bulk.AT_ONCE:
            working.enqueue("clear_exact", owner.pk, batch.hex, newest)
            return bulk.Done(count=0, way_back=[("later", step)], later=True)
    count = 0
    for ids in in_chunks(found.filter(pk__lte=newest), CHUNK):
        count += in_transaction(partial(_clear_chunk, owner, ids, batch))
    return bulk.Done(count=count, way_back=[step] if count else [])


def forget_merges(owner, before: datetime) -> None:
    """What came into the trash before this was deleted from it: nothing of it can be taken back."""
    old = DuplicateMerge.objects.filter(at__lte=before)
    (old.filter(owner=owner) if owner else old).delete()


# --- inside a transaction ---------------------------------------------------------------------------


def _clear_chunk(owner, group_ids: list[int], batch: uuid.UUID) -> int:
    known, count = members(group_ids), 0
    shared = shared_among(owner, [photo.pk for photos in known.values() for photo in photos])
    for group_id, photos in known.items():
        keeper = proposed(photos)[0] if len(photos) > 1 else None
        others = [photo for photo in photos if photo != keeper]
        if keeper and not any(photo.is_final or photo.pk in shared for photo in others):
            count += len(_clear(owner, group_id, keeper.pk, batch).trashed)
    return count


def _clear(owner, group_id: int, keeper_id: int, batch: uuid.UUID) -> Cleared:
    ids = DuplicateMember.objects.filter(group=group_id, group__owner=owner).values("photo_id")
    mine = Photo.objects.owned_by(owner).everything().filter(pk__in=ids)
    list(mine.order_by("pk").select_for_update().values_list("pk"))
    photos = list(with_recipe(mine).order_by("pk"))
    keeper = next((photo for photo in photos if photo.pk == keeper_id), None)
    others = [photo for photo in photos if photo.pk != keeper_id]
    if keeper is None:
        raise DuplicateError("The image to keep is not there any more. Look at the group as it is now.")
    if not others:
        raise DuplicateError("There is nothing left to move to the trash here.")
    shared = shared_among(owner, [photo.pk for photo in others])
    given = _give(owner, keeper, others, batch)
    curate.trash_now(owner.pk, [photo.pk for photo in others], batch)
    DuplicateMerge.objects.create(owner_id=owner.pk, batch=batch, keeper=keeper, given=given)
    return Cleared(trashed=others, shared=shared)


def shared_among(owner, photo_ids: Sequence[int]) -> set[int]:
    """Those of a person's pictures that others may see in an album of theirs."""
    places = AlbumPhoto.objects.filter(photo__in=photo_ids, album__owner_id=owner.pk)
    return set(
        places.exclude(album__access=Album.Access.PRIVATE).order_by().values_list("photo_id", flat=True)
    )


def _give(owner, keeper: Photo, others: list[Photo], batch: uuid.UUID) -> dict:
    """Albums, tags, stars and words of the others to the one that stays. Returns what it was given."""
    ids = [photo.pk for photo in others]
    given = {"tags": _give_tags(keeper, ids), "words": _give_words(keeper, others)} | _give_places(
        owner, keeper, ids
    )
    best = max(photo.rating for photo in others)
    if best > keeper.rating:
        curate.decide_now(owner, [keeper.pk], "rating", best, _part(batch, "rating"))
    is_picked = any(photo.decision == Photo.Verdict.PICKED for photo in others)
    if is_picked and keeper.decision == Photo.Verdict.UNDECIDED:
        curate.decide_now(owner, [keeper.pk], "decision", Photo.Verdict.PICKED, _part(batch, "decision"))
    if given["tags"] or given["words"]:
        Photo.objects.filter(pk=keeper.pk).update(**given["words"], revision=F("revision") + 1)
        search.index([keeper.pk])
    return given


def _give_tags(keeper: Photo, ids: list[int]) -> list[int]:
    through = Photo.tags.through.objects
    has = set(through.filter(photo_id=keeper.pk).values_list("tag_id", flat=True))
    others = through.filter(photo_id__in=ids).order_by("tag_id").values_list("tag_id", flat=True).distinct()
    new = [tag for tag in others if tag not in has][: max(0, MAX_TAGS - len(has))]
    keeper.tags.add(*new)
    return new


def _give_words(keeper: Photo, others: list[Photo]) -> dict[str, str]:
    return {
        name: words
        for name in WORDS
        if not getattr(keeper, name)
        and (words := next((getattr(photo, name) for photo in others if getattr(photo, name)), ""))
    }


def _give_places(owner, keeper: Photo, ids: list[int]) -> dict:
    """The first place that one of the others has in each album, and its cover; theirs they keep for a way back."""
    has = AlbumPhoto.objects.filter(photo=keeper).values("album")
    places = AlbumPhoto.objects.filter(photo__in=ids, album__owner_id=owner.pk).exclude(album__in=has)
    first = {place.album_id: place for place in places.order_by("album_id", "-position", "-id")}
    AlbumPhoto.objects.bulk_create(
        [
            AlbumPhoto(album_id=pk, photo=keeper, position=place.position, shown_at=keeper.shown_at)
            for pk, place in sorted(first.items())
        ],
        ignore_conflicts=True,
    )
    covered = Album.objects.owned_by(owner).filter(cover__in=ids, places__photo__in=ids).distinct()
    covers = dict(covered.order_by("pk").values_list("pk", "cover_id"))
    touched = Album.objects.filter(pk__in={*first, *covers})
    touched.filter(pk__in=covers).update(cover=keeper)
    touched.update(changed_at=timezone.now())
    return {"albums": sorted(first), "covers": {str(pk): cover for pk, cover in covers.items()}}


def _part(batch: uuid.UUID, axis: str) -> uuid.UUID:
    """A gesture of many parts: what it decided on one axis is undone by a number of its own."""
    return uuid.uuid5(batch, axis)


# --- taking back ----------------------------------------------------------------------------------


def unmerge(owner, batch: str) -> int:
    """Bring back what a clearing threw away, and take from the kept ones what they got by it. Returns how many."""
    known = uuid.UUID(batch)
    count = trash.restore_batch(owner, known)
    merges = DuplicateMerge.objects.filter(owner_id=owner.pk, batch=known)
    for ids in in_chunks(merges, CHUNK):
        _take_places(owner, list(merges.filter(pk__in=ids)))
        in_transaction(partial(_take_words, owner, ids))
    for axis in ("rating", "decision"):
        undoing.undo(owner, _part(known, axis))
    return count


def _take_places(owner, merges: list[DuplicateMerge]) -> None:
    """Albums have a way of their own: addresses that others hold end when they may look no longer."""
    by_album: dict[int, list[int]] = {}
    covers: dict[int, int] = {}
    for merge in merges:
        for pk in merge.given.get("albums", []):
            by_album.setdefault(pk, []).append(merge.keeper_id)
        covers |= {int(pk): cover for pk, cover in merge.given.get("covers", {}).items()}
    for album in Album.objects.owned_by(owner).filter(pk__in=by_album).order_by("pk"):
        albums.remove(album, by_album[album.pk])
    keepers = [merge.keeper_id for merge in merges]
    for pk, cover in covers.items():
        still = Album.objects.owned_by(owner).filter(Q(cover=None) | Q(cover__in=keepers), pk=pk)
        in_transaction(lambda still=still, cover=cover: still.update(cover=cover))


def _take_words(owner, merge_ids: list[int]) -> None:
    merges = list(DuplicateMerge.objects.filter(pk__in=merge_ids).order_by("keeper_id"))
    for merge in merges:
        keeper = Photo.objects.owned_by(owner).filter(pk=merge.keeper_id)
        list(keeper.select_for_update().values_list("pk"))
        given = merge.given
        Photo.tags.through.objects.filter(photo_id=merge.keeper_id, tag_id__in=given.get("tags", [])).delete()
        for name, words in given.get("words", {}).items():
            if name in WORDS:
                keeper.filter(**{name: words}).update(**{name: ""})
        if given.get("tags") or given.get("words"):
            keeper.update(revision=F("revision") + 1)
    search.index([merge.keeper_id for merge in merges])
    DuplicateMerge.objects.filter(pk__in=merge_ids).delete()


def _offer_again(owner, group_id: int) -> int:
    return DuplicateGroup.objects.filter(owner_id=owner.pk, pk=group_id, kept=True).update(kept=False)


bulk.register_way_back("unmerge", unmerge)
bulk.register_way_back("offer_again", _offer_again)
