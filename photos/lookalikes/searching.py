"""Looking for duplicates: only what is new since last time, a whole library at once where that is more.

    photos -> pairs -> groups of one picture and its copies -> rows, in short transactions

One search of a person's pictures at a time: the row `DuplicateSearch` is held by a lease. Workers notice that pictures
came in and have become quiet; nothing is looked for while an import or a session goes on, but every five minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice

from django.contrib.auth import get_user_model
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from photos import curate, working
from photos.db import in_chunks, in_transaction
from photos.lookalikes import grouping, hashes
from photos.lookalikes.finding import photos_of, same_as
from photos.lookalikes.judging import FIELDS, camera_moment, rgb
from photos.models import DuplicateGroup, DuplicateMember, DuplicateSearch, Photo, Recipe

Kind = DuplicateGroup.Kind
FEW = 300  # new pictures that are asked about one by one; for more all are compared
OVERLAP = 1_000  # numbers looked at anew: a transaction that was slow may have taken a lower one,
LATE = timedelta(minutes=15)  # but not slower than this
ROWS = 20_000  # read at once
IDS = 5_000  # in one question
GROUPS = 100  # written in one transaction
PATIENCE = 20  # sweeps until it is looked for although pictures still come in


@dataclass
class _Watch:
    """What the sweeps of this process have seen: the newest picture, and up to which one was asked for."""

    newest: int | None = None
    asked: int | None = None
    sweeps: int = 0


_watch = _Watch()


def search(owner_id: int, *, anew: bool = False) -> int | None:
    """Find what is new among one person's pictures; `anew` forgets what nobody has looked at. Returns new groups.

    None where another worker is at it.
    """
    token = _claim(owner_id)
    if token is None:
        return None
    newest, begun = _newest(), timezone.now()
    try:
        with working.Heartbeat(DuplicateSearch, owner_id, token) as heart:
            if anew:
                _forget_open(owner_id)
            before = _row(owner_id).get()
            found = _found_among_all(owner_id) if anew else _found(owner_id, before)
            count, finished = 0, True
            for some in _batched(found, GROUPS):
                if heart.lost.is_set() or working.stopping.is_set():
                    finished = False
                    break
                count += in_transaction(partial(_write, owner_id, some))
    finally:
        _row(owner_id).filter(lease_token=token).update(lease_token=None, lease_until=None)
    if finished:
        _row(owner_id).update(reached=newest, searched_at=begun)
    return count


def groups(owner, kind: int) -> QuerySet[DuplicateGroup]:
    """A person's open groups, what was found last first."""
    mine = DuplicateGroup.objects.filter(owner_id=getattr(owner, "pk", None) or 0, kind=kind)
    return mine.filter(kept=False, n_live__gte=2).order_by("-id")


def state(owner) -> DuplicateSearch | None:
    """How far it is; None where nobody has looked yet."""
    return _row(owner.pk).first()


# --- when -----------------------------------------------------------------------------------------


def sweep() -> None:
    """In each worker, every few seconds: ask for a search where pictures came in and it has become quiet."""
    newest = _newest()
    if _watch.asked is None:
        _watch.asked = newest  # what came in before this process is asked for once a day
    quiet, _watch.newest = newest == _watch.newest, newest
    _watch.sweeps += 1
    if newest > _watch.asked and (quiet or _watch.sweeps >= PATIENCE):
        came_in = Photo.objects.filter(pk__gt=_watch.asked).order_by()
        for owner_id in came_in.values_list("owner_id", flat=True).distinct():
            working.enqueue_once("find_duplicates", owner_id)
        _watch.asked, _watch.sweeps = newest, 0


def ask_all() -> None:
    """When a worker starts and once a day: for everybody who has pictures that were not looked through."""
    reached = dict(DuplicateSearch.objects.values_list("owner_id", "reached"))
    for owner_id in get_user_model().objects.order_by("pk").values_list("pk", flat=True).iterator():
        newest = Photo.objects.filter(owner_id=owner_id).order_by("-pk").values_list("pk", flat=True).first()
        if newest and newest > reached.get(owner_id, 0):
            working.enqueue_once("find_duplicates", owner_id)


def _newest() -> int:
    return Photo.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _claim(owner_id: int) -> uuid.UUID | None:
    DuplicateSearch.objects.get_or_create(owner_id=owner_id)
    token, free = uuid.uuid4(), Q(lease_token=None) | Q(lease_until__lt=Now())
    held = _row(owner_id).values_list("lease_holder", flat=True).first()
    if held and working.is_dead(held):
        free |= Q(lease_holder=held)
    values = {"lease_token": token, "lease_until": DuplicateSearch.lease_term()}
    is_ours = _row(owner_id).filter(free).update(**values, lease_holder=working.holder())
    return token if is_ours else None


def _row(owner_id: int) -> QuerySet[DuplicateSearch]:
    return DuplicateSearch.objects.filter(owner_id=owner_id)


# --- what -----------------------------------------------------------------------------------------


def _shown(owner_id: int) -> QuerySet[Photo]:
    return Photo.objects.filter(owner_id=owner_id).everything()


def _found(owner_id: int, before: DuplicateSearch) -> Iterator[tuple[int, list[int]]]:
    """(kind, ids) of groups with something new in them."""
    if before.searched_at is None:
        return _found_among_all(owner_id)
    is_new = Q(pk__gt=before.reached) | Q(added_at__gt=before.searched_at - LATE)
    new = _shown(owner_id).filter(is_new, pk__gt=before.reached - OVERLAP)
    ids = list(new.order_by("pk").values_list("pk", flat=True)[: FEW + 1])
    return _found_among_all(owner_id) if len(ids) > FEW else _found_beside(owner_id, ids)


def _found_among_all(owner_id: int) -> Iterator[tuple[int, list[int]]]:
    table = grouping.table(_rows(owner_id))
    for ids in _by_bytes(grouping.maybe_same_bytes(table).tolist()):
        yield from ((Kind.EXACT, group) for group in _grouped(owner_id, [(ids[0], pk) for pk in ids[1:]]))
    pairs = grouping.same_pictures(table).tolist()
    del table
    yield from ((Kind.NEAR, group) for group in _near_groups(owner_id, pairs))


def _found_beside(owner_id: int, ids: list[int]) -> Iterator[tuple[int, list[int]]]:
    near, asked = [], set()
    for photo in photos_of(ids).only(*FIELDS, "owner_id"):
        same = _shown(owner_id).filter(sha256=photo.sha256).order_by("pk").values_list("pk", flat=True)
        together = [] if photo.sha256 in asked else list(same[: grouping.MOST_MEMBERS])
        asked.add(photo.sha256)  # of two new ones with the same bytes the second says nothing new
        if len(together) > 1:
            pairs = [(together[0], pk) for pk in together[1:]]
            yield from ((Kind.EXACT, group) for group in _grouped(owner_id, pairs))
        near += [(photo.pk, other.pk) for other in same_as(photo)]
    near += _known_pairs(owner_id, {pk for pair in near for pk in pair})
    yield from ((Kind.NEAR, group) for group in _near_groups(owner_id, near))


def _rows(owner_id: int) -> Iterator[list[tuple]]:
    """As `grouping.COLUMNS`; no read transaction is held open."""
    names = ("pk", *hashes.PIECES, "sha256", "width", "height", "color", "origin", "dated_by", "taken_at")
    last = 0
    while rows := list(
        _shown(owner_id).filter(pk__gt=last).order_by("pk").values_list(*names, named=True)[:ROWS]
    ):
        last = rows[-1].pk
        yield [_row_of(row) for row in rows]


def _row_of(row) -> tuple:
    pieces = hashes.pieces_of(row)
    whole = sum(piece << hashes.BITS_OF_A_PIECE * n for n, piece in enumerate(pieces or ()))
    taken = camera_moment(row)
    return (
        row.pk, whole, int(row.sha256[:16] or "0", 16), row.width, row.height, rgb(row.color), row.origin == "made",
        -1.0 if taken is None else taken, pieces is None,
    )  # fmt: skip


def _by_bytes(ids: list[int]) -> Iterator[list[int]]:
    """Those of really the same bytes, the oldest first."""
    together: dict[str, list[int]] = {}
    for some in _batched(ids, IDS):
        for pk, sha256 in Photo.objects.filter(pk__in=some).order_by("pk").values_list("pk", "sha256"):
            together.setdefault(sha256, []).append(pk)
    return (sorted(group)[: grouping.MOST_MEMBERS] for group in together.values() if len(group) > 1)


def _near_groups(owner_id: int, pairs: list) -> Iterator[list[int]]:
    """Without those whose seeds say that they are two, and those that are nothing but the same bytes."""
    seeds, bytes_ = {}, {}
    for some in _batched({pk for pair in pairs for pk in pair}, IDS):
        seeds |= Recipe.objects.filter(photo__in=some).exclude(seed="").values_list("photo_id", "seed")
        bytes_ |= Photo.objects.filter(pk__in=some).values_list("pk", "sha256")

    def are_one(one: int, other: int) -> bool:
        same_bytes = bytes_.get(one) == bytes_.get(other)
        return same_bytes or not (one in seeds and other in seeds and seeds[one] != seeds[other])

    kept = [pair for pair in pairs if are_one(*pair)]
    return (group for group in _grouped(owner_id, kept) if len({bytes_.get(pk) for pk in group}) > 1)


def _grouped(owner_id: int, pairs: list) -> list[list[int]]:
    """Stars of these pairs, without those a person wants both of; the largest picture is the middle."""
    ids = {pk for pair in pairs for pk in pair}
    together, pixels = _wanted_together(owner_id, ids), {}
    for some in _batched(ids, IDS):
        pixels |= Photo.objects.filter(pk__in=some).values_list("pk", F("width") * F("height"))
    nobody: set[int] = set()
    open_pairs = [
        (one, other)
        for one, other in pairs
        if one != other and not together.get(one, nobody) & together.get(other, nobody)
    ]
    return grouping.stars(open_pairs, lambda pk: (-pixels.get(pk, 0), pk))


def _wanted_together(owner_id: int, ids: Iterable[int]) -> dict[int, set[int]]:
    """Picture -> the groups in which somebody wanted all."""
    found: dict[int, set[int]] = {}
    for some in _batched(ids, IDS):
        rows = DuplicateMember.objects.filter(group__owner_id=owner_id, group__kept=True, photo__in=some)
        for photo_id, group_id in rows.values_list("photo_id", "group_id"):
            found.setdefault(photo_id, set()).add(group_id)
    return found


def _known_pairs(owner_id: int, ids: set[int]) -> list[tuple[int, int]]:
    """What lies in open groups with these, so that something new joins them instead of standing beside."""
    open_groups = DuplicateGroup.objects.filter(owner_id=owner_id, kind=Kind.NEAR, kept=False)
    members = DuplicateMember.objects.filter(group__in=open_groups.filter(members__photo__in=ids))
    known = set(members.values_list("photo_id", flat=True)[:IDS]) - ids
    photos = photos_of(known).filter(trashed_at=None).only(*FIELDS, "owner_id")
    return [(photo.pk, other.pk) for photo in islice(photos, FEW) for other in same_as(photo)]


def _batched(items: Iterable, size: int) -> Iterator[tuple]:
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some


# --- written --------------------------------------------------------------------------------------


def _write(owner_id: int, found: tuple) -> int:
    """Inside a transaction: write groups down, unless one there is says the same; smaller ones within are replaced."""
    ids = {pk for _kind, group in found for pk in group}
    live = set(
        _shown(owner_id).filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk", flat=True)
    )
    there, made, replaced = _open_with(owner_id, ids), [], set()
    for kind, group in found:
        members = {pk for pk in group if pk in live}
        beside = [(pk, ids) for pk, (known_kind, ids) in there.items() if known_kind == kind]
        if len(members) > 1 and not any(ids >= members for _pk, ids in beside):
            replaced.update(pk for pk, ids in beside if ids < members)
            made.append((DuplicateGroup(owner_id=owner_id, kind=kind, n_live=len(members)), sorted(members)))
    DuplicateGroup.objects.filter(pk__in=replaced).delete()
    DuplicateGroup.objects.bulk_create(group for group, _members in made)
    DuplicateMember.objects.bulk_create(
        DuplicateMember(group=group, photo_id=photo_id) for group, members in made for photo_id in members
    )
    return len(made)


def _open_with(owner_id: int, ids: set[int]) -> dict[int, tuple[int, set[int]]]:
    """Group -> its kind and members, of those that hold some of these pictures."""
    open_groups = DuplicateGroup.objects.filter(owner_id=owner_id, kept=False, members__photo__in=ids)
    rows = DuplicateMember.objects.filter(group__in=open_groups.values("pk"))
    found: dict[int, tuple[int, set[int]]] = {}
    for group_id, kind, photo_id in rows.values_list("group_id", "group__kind", "photo_id"):
        found.setdefault(group_id, (kind, set()))[1].add(photo_id)
    return found


def _forget_open(owner_id: int) -> None:
    mine = DuplicateGroup.objects.filter(owner_id=owner_id, kept=False)
    for ids in in_chunks(mine, 500):
        in_transaction(lambda ids=ids: mine.filter(pk__in=ids).delete())


def follow(steps: list[curate.Step]) -> None:
    """Inside the transaction that moves pictures to the trash, back, or out for good: count what is left."""
    moved = {step.photo.pk for step in steps if step.gone or step.old[1] != step.new[1]}
    gone = {step.photo.pk for step in steps if step.gone}
    touched = list(
        DuplicateMember.objects.filter(photo__in=moved).values_list("group_id", flat=True).distinct()
    )
    if not touched:
        return
    live = DuplicateMember.objects.filter(group=OuterRef("pk"), photo__trashed_at__isnull=True)
    counted = live.exclude(photo__in=gone).order_by().values("group").annotate(n=Count("pk")).values("n")
    for some in _batched(sorted(touched), 500):
        DuplicateGroup.objects.filter(pk__in=some).update(n_live=Coalesce(Subquery(counted), 0))
