"""What of a contact sheet is shown, and in which order.

One word each ("picks", "stars3", "red", "reason:hands"), as it stands in the address and in the scope of the list:
"session:17:picks".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Length

from generation.models import Candidate, GenerationSession
from photos.models import Photo

ALL, ROUND, REASON = "all", "round", "reason:"
PICKED, REJECTED = Photo.Verdict.PICKED, Photo.Verdict.REJECTED
DECISIONS = {"undecided": Photo.Verdict.UNDECIDED, "picks": PICKED, "rejects": REJECTED}
LABELS = {label.name.lower(): label for label in Photo.Label if label}
STARS = {f"stars{n}": n for n in range(1, 6)}
ORDERS = {
    "number": ("number",),
    "stars": ("-photo__rating", "number"),
    "seed": (Length("seed"), "seed", "number"),
}


@dataclass(frozen=True, kw_only=True)
class Marks:
    """How many images of a session have so many stars or more, which label, which reason."""

    stars: dict[int, int] = field(default_factory=dict)  # 1..5 -> how many have as many, or more
    labels: dict[int, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def known(show: str) -> str:
    """The word itself, or "all" for what means nothing."""
    return show if _condition(show) is not None else ALL


def candidates(session_id: int, show: str = ALL) -> QuerySet[Candidate]:
    """The live images of a session that are shown. Raises ValueError for a word that means nothing."""
    condition = _condition(show)
    if condition is None:
        raise ValueError(show)
    live = Candidate.objects.filter(session=session_id, photo__isnull=False, photo__trashed_at__isnull=True)
    return live.filter(condition)


def numbers(session_id: int, show: str = ALL, order: str = "number") -> list[int]:
    """Their numbers, in order."""
    shown = candidates(session_id, show).order_by(*ORDERS.get(order, ORDERS["number"]))
    return list(shown.values_list("number", flat=True))


def numbers_and_marks(session_id: int, order: str = "number") -> tuple[list[int], Marks]:
    """Of all images of a session: `numbers` and `marks_of` in one query."""
    shown = candidates(session_id).order_by(*ORDERS.get(order, ORDERS["number"]))
    rows = list(shown.values_list("number", "photo__rating", "photo__label", "photo__reason"))
    return [row[0] for row in rows], _added_up((*row[1:], 1) for row in rows)


def marks_of(session: GenerationSession) -> Marks:
    """Over all images of the session: one query."""
    marked = Q(photo__rating__gt=0) | Q(photo__label__gt=0) | ~Q(photo__reason="")
    grouped = candidates(session.pk).filter(marked).order_by()
    rows = grouped.values_list("photo__rating", "photo__label", "photo__reason").annotate(n=Count("pk"))
    return _added_up(rows)


def marks_in(photos: Iterable[Photo]) -> Marks:
    """As `marks_of`, where all of them are at hand."""
    return _added_up((photo.rating, photo.label, photo.reason, 1) for photo in photos)


def _added_up(rows: Iterable[tuple[int, int, str, int]]) -> Marks:
    found = Marks()
    for rating, label, reason, n in rows:
        for stars in range(1, rating + 1):
            found.stars[stars] = found.stars.get(stars, 0) + n
        if label:
            found.labels[label] = found.labels.get(label, 0) + n
        if reason:
            found.reasons[reason] = found.reasons.get(reason, 0) + n
    return found


def _condition(show: str) -> Q | None:
    if show == ALL:
        return Q()
    if show in DECISIONS:
        return Q(photo__decision=DECISIONS[show])
    if show in STARS:
        return Q(photo__rating__gte=STARS[show])
    if show in LABELS:
        return Q(photo__label=LABELS[show])
    if show.startswith(REASON):
        return Q(photo__decision=REJECTED, photo__reason=show.removeprefix(REASON))
    if show == ROUND:  # picks that this round of narrowing has not come to yet
        return Q(photo__decision=PICKED) & (Q(kept_in__isnull=True) | Q(kept_in__lt=F("session__round")))
    return None
