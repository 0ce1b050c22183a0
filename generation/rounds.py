"""Narrowing the picks: one more look at them, and only at them.

In a round a pick is kept, or rejected as anywhere else; so 34 picks of 200 become 12, and the other 188 are rejects.
What was kept is noted with the image (`Candidate.kept_in`): a round goes on where it was, on any device.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from generation import showing
from generation.models import Candidate, GenerationSession
from photos.db import in_transaction
from photos.models import Photo


@dataclass(frozen=True, kw_only=True)
class Round:
    """`number` counts from 1; `n_before` picks went in, `n_left` of them are still to be looked at."""

    number: int
    n_before: int
    n_now: int
    n_left: int

    @property
    def is_on(self) -> bool:
        return self.n_left > 0

    @property
    def n_seen(self) -> int:
        return max(0, self.n_before - self.n_left)


def round_of(session: GenerationSession) -> Round | None:
    """The round that is on, or the last one; None where there was none."""
    if not session.round:
        return None
    return Round(
        number=session.round,
        n_before=session.round_from or 0,
        n_now=session.n_picked,
        n_left=showing.candidates(session.pk, showing.ROUND).count(),
    )


def begin(session: GenerationSession) -> None:
    """Begin the next round, over all that is picked now; nothing where one is on, or fewer than two are picked."""

    def work() -> None:
        now = GenerationSession.objects.select_for_update().get(pk=session.pk)
        on = round_of(now)
        if now.n_picked > 1 and not (on and on.is_on):
            GenerationSession.objects.filter(pk=now.pk).update(
                round=(now.round or 0) + 1, round_from=now.n_picked
            )

    in_transaction(work)


def keep(session: GenerationSession, photo_ids: Iterable[int]) -> list[int]:
    """These picks come through this round; those of which that was not known yet."""
    return in_transaction(lambda: _keep_now(session, list(photo_ids)))


def keep_rest(session: GenerationSession) -> int:
    """End the round: what it has not come to stays picked."""

    def work() -> int:
        left = showing.candidates(session.pk, showing.ROUND).values("pk")
        return Candidate.objects.filter(pk__in=left).update(kept_in=session.round)

    return in_transaction(work)


def look_again(owner, session_id: int, photo_ids: Iterable[int]) -> int:
    """Undo `keep`: the round comes to them once more."""
    session = GenerationSession.objects.owned_by(owner).filter(pk=session_id, round__gt=0).first()
    if session is None:
        return 0
    kept = Candidate.objects.filter(session=session, photo__in=list(photo_ids), kept_in=session.round)
    return in_transaction(lambda: kept.update(kept_in=F("kept_in") - 1))


def _keep_now(session: GenerationSession, photo_ids: list[int]) -> list[int]:
    left = showing.candidates(session.pk, showing.ROUND).filter(photo__in=photo_ids)
    ids = list(left.filter(photo__decision=Photo.Verdict.PICKED).values_list("photo_id", flat=True))
    Candidate.objects.filter(session=session, photo__in=ids).update(kept_in=session.round)
    return ids
