"""What a person rejects for, each with a key of its own: a list of theirs, at most nine long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from photos.curate import CurationError, reason_from
from photos.models import Photo, RejectReasons
from photos.text import folded

KEYS = "hjoqwyr,."  # characters that no other key of the pages uses (static/js/keys.js)
USUAL = (("hands", "h"), ("text", "w"), ("crop", "j"), ("off-prompt", "o"), ("artefact", "q"))
ANY = ("any", "*")


@dataclass(frozen=True)
class Reason:
    name: str
    key: str


class ReasonError(Exception):
    """A list that cannot be kept; a sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def reasons_of(owner) -> list[Reason]:
    return as_listed(RejectReasons.objects.filter(owner_id=owner.pk).values_list("listed", flat=True).first())


def as_listed(kept: list | None) -> list[Reason]:
    """Of the row as it is kept, for who has read it with another; None where there is no row."""
    return [Reason(name, key) for name, key in (USUAL if kept is None else kept)]


def write(owner, rows: Sequence[tuple[str, str]]) -> list[Reason]:
    """The whole list anew, names without a key given one; rows without a name are left out. Raises ReasonError.

    What was rejected for a reason that is not listed any more keeps it.
    """
    wanted: list[tuple[str, str]] = []
    for name, key in rows:
        try:
            name = reason_from(name)
        except CurationError as problem:
            raise ReasonError(problem.sentence) from problem
        if name:
            wanted.append((name, key.strip().lower()))
    _check(wanted)
    free = [key for key in KEYS if key not in (taken for _, taken in wanted)]
    listed = [Reason(name, key or free.pop(0)) for name, key in wanted]
    rows = [[one.name, one.key] for one in listed]
    RejectReasons.objects.update_or_create(owner=owner, defaults={"listed": rows})
    return listed


def _check(wanted: list[tuple[str, str]]) -> None:
    if len(wanted) > len(KEYS):
        raise ReasonError(f"At most {len(KEYS)} reasons: there are no more keys.")
    keys = [key for _, key in wanted if key]
    names = [folded(name) for name, _ in wanted]
    if wrong := next((key for key in keys if len(key) != 1 or key not in KEYS), None):
        raise ReasonError(f"The key {wrong[:10]!r} is not free: choose one of {', '.join(KEYS.upper())}.")
    if len(set(keys)) < len(keys):
        raise ReasonError("Two reasons cannot have the same key.")
    if len(set(names)) < len(names):
        raise ReasonError("Two reasons cannot have the same name.")


def rejected_for(owner, text: str) -> QuerySet:
    """Ids of what was rejected for this reason, or for any: what `reason:` means in a search."""
    mine = Photo.objects.owned_by(owner).exclude(reason="")
    if text not in ANY:
        given = mine.filter(trashed_at__isnull=True, represented=False).order_by("reason")
        names = [
            name for name in given.values_list("reason", flat=True).distinct() if folded(name) == folded(text)
        ]
        mine = mine.filter(reason__in=names)
    return mine.values("pk")
