"""What people decide of pictures: verdicts, stars and labels, trash and back, and the end.

Each gesture is one batch, however many pictures it touches, and one short transaction. Whoever keeps
something of its own about pictures (a session its counts) follows by `on_change`, inside that transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from photos import counts, gestures, search, working
from photos.db import in_transaction
from photos.models import Decision, PendingFileDeletion, Photo
from photos.text import clean

FIELDS = {Decision.Axis.DECISION: "decision", Decision.Axis.RATING: "rating", Decision.Axis.LABEL: "label"}
RANGES = {Decision.Axis.DECISION: range(3), Decision.Axis.RATING: range(6), Decision.Axis.LABEL: range(6)}
LONGEST_REASON = 40


class CurationError(Exception):
    """A decision that makes no sense; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Change:
    """One gesture: which pictures changed on which axis (one of FIELDS, "trash", "restore"), to what."""

    batch: uuid.UUID
    photo_ids: list[int]
    axis: str
    value: int = 0


@dataclass(frozen=True, kw_only=True)
class Step:
    """One picture before and after, for those who follow. A state is (decision, live); `gone`: purged, for good."""

    photo: Photo
    old: tuple[int, bool]
    new: tuple[int, bool]
    gone: bool = False


_followers: list[Callable[[list[Step]], None]] = []


def on_change(follower: Callable[[list[Step]], None]) -> None:
    """Call `follower` with every change, inside its transaction. Registered once, at start-up."""
    if follower not in _followers:
        _followers.append(follower)


def decide(
    owner,
    photo_ids: Iterable[int],
    *,
    axis: str = "decision",
    value: int,
    reason: str | None = None,
    actor=None,
    batch: uuid.UUID | None = None,
) -> Change:
    """Set one axis of this person's live pictures; those of others, and those that stand so already, are left.

    `reason` says what is rejected for; None leaves what was said before. It goes when the reject is taken back.
    `actor` is who decides where that is not the owner: an administrator, whose gestures the owner's undo leaves alone.
    `batch` joins several calls into one gesture.
    Raises CurationError for an axis, value or reason that does not exist.
    """
    if axis not in FIELDS or value not in RANGES[axis]:
        raise CurationError(f"There is no {axis} {value!r}.")
    if reason is not None:
        reason = reason_from(reason)
        if reason and (axis, value) != ("decision", Photo.Verdict.REJECTED):
            raise CurationError("Only what is rejected has a reason.")
    wanted = list(photo_ids)
    return in_transaction(lambda: decide_now(owner, wanted, axis, value, batch, actor=actor, reason=reason))


def reason_from(text: str) -> str:
    """A reason as it is kept: one line. Raises CurationError where it is too long."""
    text = " ".join(clean(text).split())
    if len(text) > LONGEST_REASON:
        raise CurationError(f"A reason has at most {LONGEST_REASON} characters.")
    return text


def trash(owner_id: int, photo_ids: Sequence[int], *, batch: uuid.UUID | None = None) -> Change:
    """Move live pictures to the trash, as one batch."""
    batch = batch or uuid.uuid4()
    return in_transaction(lambda: trash_now(owner_id, photo_ids, batch))


def restore(owner_id: int, photo_ids: Sequence[int], *, batch: uuid.UUID | None = None) -> Change:
    """Bring pictures back from the trash. They keep `batch` until they go there anew, and are known by it."""
    return in_transaction(lambda: restore_now(owner_id, photo_ids, batch))


def purge(owner_id: int, photo_ids: Sequence[int], *, only_trashed: bool = False) -> int:
    """Delete rows for good and have their files deleted afterwards. Returns how many.

    The names of the files are written down in the same transaction: a crash in between leaves nothing that is
    served, and nothing that is taken for a picture again. `only_trashed` spares what was restored meanwhile.
    """
    return in_transaction(lambda: purge_now(owner_id, photo_ids, only_trashed=only_trashed))


# --- inside a transaction -------------------------------------------------------------------------


def decide_now(
    owner,
    photo_ids: list[int],
    axis: str,
    value: int,
    batch: uuid.UUID | None = None,
    *,
    actor=None,
    reason: str | None = None,
) -> Change:
    """As `decide`; `axis` and `value` are known to exist."""
    field, differs = FIELDS[axis], ~Q(**{FIELDS[axis]: value})
    if axis == Decision.Axis.DECISION and reason is not None:
        differs |= ~Q(reason=reason)
    photos = locked(Photo.objects.owned_by(owner).live().filter(differs, pk__in=photo_ids))
    own = batch or uuid.uuid4()
    write(actor or owner, [(photo, value, reason or "") for photo in photos], axis, own)
    if photos:
        said = {"owner": owner, "actor": actor or owner, "axis": axis, "value": value, "reason": reason or ""}
        gestures.note(own, len(photos), is_new=batch is None, **said)
    return Change(batch=own, photo_ids=[photo.pk for photo in photos], axis=field, value=value)


def write(
    actor, photos: list[tuple[Photo, int, str]], axis: str, batch: uuid.UUID, undoes: uuid.UUID | None = None
) -> None:
    """Values (and reasons, where it is about verdicts) of locked pictures, and the events; tells the followers."""
    field, steps, events = FIELDS[axis], [], []
    has_reason = axis == Decision.Axis.DECISION
    alike: dict[tuple[int, str], list[int]] = {}
    for photo, value, reason in photos:
        old, old_state, old_reason = getattr(photo, field), state_of(photo), photo.reason
        setattr(photo, field, value)
        if has_reason:
            photo.reason = reason
        alike.setdefault((value, reason), []).append(photo.pk)
        steps.append(Step(photo=photo, old=old_state, new=state_of(photo)))
        event = Decision(photo=photo, actor=actor, axis=axis, old=old, new=value, batch=batch, undoes=undoes)
        if has_reason:
            event.old_reason, event.new_reason = old_reason, reason
        events.append(event)
    for (value, reason), pks in alike.items():
        changes = {field: value} | ({"reason": reason} if has_reason else {})
        Photo.objects.filter(pk__in=pks).update(**changes, revision=F("revision") + 1)
    Decision.objects.bulk_create(events)
    tell(steps)


def trash_now(owner_id: int, photo_ids: Sequence[int], batch: uuid.UUID) -> Change:
    """As `trash`. A candidate whose final goes stands for itself again."""
    photos = locked(Photo.objects.filter(owner_id=owner_id, pk__in=photo_ids).live())
    _count(photos, -1)
    _move(photos, trashed_at=timezone.now(), trash_batch=batch)
    _represent([photo for photo in photos if photo.is_final and photo.source_id], by=False)
    return Change(batch=batch, photo_ids=[photo.pk for photo in photos], axis="trash")


def restore_now(owner_id: int, photo_ids: Sequence[int], batch: uuid.UUID | None = None) -> Change:
    """As `restore`. Beside a live final of the same candidate no second one comes back."""
    photos = _without_second_finals(
        locked(Photo.objects.filter(owner_id=owner_id, pk__in=photo_ids).trashed())
    )
    _move(photos, trashed_at=None, trash_batch=batch)
    _represent([photo for photo in photos if photo.is_final and photo.source_id], by=True)
    _count(photos, +1)
    return Change(batch=batch or uuid.uuid4(), photo_ids=[photo.pk for photo in photos], axis="restore")


def _without_second_finals(photos: list[Photo]) -> list[Photo]:
    """A candidate has one live final at most: of several the newest may come back, beside a live one none."""
    sources = [photo.source_id for photo in photos if photo.is_final and photo.source_id]
    finals = Photo.objects.finals().filter(source_id__in=sources)
    taken, kept = set(finals.values_list("source_id", flat=True)), []
    for photo in reversed(photos):
        if photo.is_final and photo.source_id:
            if photo.source_id in taken:
                continue
            taken.add(photo.source_id)
        kept.append(photo)
    return kept[::-1]


def purge_now(owner_id: int, photo_ids: Sequence[int], *, only_trashed: bool = False) -> int:
    """As `purge`."""
    wanted = Photo.objects.filter(owner_id=owner_id, pk__in=photo_ids)
    doomed = locked(wanted.trashed() if only_trashed else wanted)
    _represent(
        [photo for photo in doomed if photo.is_final and photo.source_id and photo.trashed_at is None],
        by=False,
    )
    # Read again: a candidate may stand for itself by now.
    photos = list(Photo.objects.filter(pk__in=[photo.pk for photo in doomed]))
    _count([photo for photo in photos if photo.trashed_at is None], -1)
    tell([Step(photo=photo, old=state_of(photo), new=(photo.decision, False), gone=True) for photo in photos])
    PendingFileDeletion.objects.bulk_create(
        PendingFileDeletion(root=p.root, name=p.file.name, name_folded=p.name_folded, sha256=p.sha256)
        for p in photos
    )
    search.forget([photo.pk for photo in photos])
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
    working.enqueue("delete_files")
    return len(photos)


def represent(candidate: Photo, *, by_final: bool) -> None:
    """Note that a live final stands for a candidate in lists, or does no longer; the candidate's row is locked."""
    if candidate.represented == by_final:
        return
    if candidate.trashed_at is None:
        counts.add(candidate.owner_id, candidate.collection, candidate.shown_at, -1 if by_final else 1)
    candidate.represented = by_final
    Photo.objects.filter(pk=candidate.pk).update(represented=by_final)


def locked(photos) -> list[Photo]:
    """Rows locked in one order, so that two gestures cannot wait for each other."""
    return list(photos.select_for_update().order_by("pk"))


def state_of(photo: Photo) -> tuple[int, bool]:
    return photo.decision, photo.trashed_at is None


def _move(photos: list[Photo], **fields) -> None:
    steps = []
    for photo in photos:
        old = state_of(photo)
        for name, value in fields.items():
            setattr(photo, name, value)
        steps.append(Step(photo=photo, old=old, new=state_of(photo)))
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).update(
        **fields, access_revision=F("access_revision") + 1
    )
    tell(steps)


def _count(photos: list[Photo], by: int) -> None:
    counts.add_photos([photo for photo in photos if not photo.represented], by)


def _represent(finals: list[Photo], *, by: bool) -> None:
    for source in locked(Photo.objects.filter(pk__in=[final.source_id for final in finals])):
        represent(source, by_final=by)


def tell(steps: list[Step]) -> None:
    if steps:
        for follower in _followers:
            follower(steps)
