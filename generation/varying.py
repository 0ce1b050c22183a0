"""Vary as a verdict: the same recipe with a new seed, as a further image of the same session.

    asked for -> a Variation: number, seed, parent -> the worker makes it like the others -> a Candidate

Choosing goes on meanwhile. One that is taken back before it is made may leave a hole in the numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from django.db.models import Count, F, Max

from generation import registry
from generation.models import MAX_COUNT, Candidate, GenerationSession, Variation
from generation.wishes import WorkflowError, enlarged_by
from photos import curate, working
from photos.db import in_transaction
from photos.models import Photo

State = GenerationSession.State
FULL = "A session makes at most %s images, and this one has them all. Remix it to go on in a new one."
ROOM = "A session makes at most %s images: there is room for %s more here."
ALIKE = "Enlarging gives the same image each time; there is nothing to vary. Vary the image it was made from."


class Unwanted(Exception):
    """The image that comes in was taken back while it was drawn."""


def can_vary(session: GenerationSession) -> bool:
    """Whether this session can be given more images: its engine is still there, and a seed changes something."""
    is_there = session.engine != registry.IMPORTED and session.engine in registry.aliases()
    return is_there and not only_enlarges(session)


def only_enlarges(session: GenerationSession) -> bool:
    """Whether all its images would be one image: the source made larger, without a seed."""
    can = registry.remembered(session.engine)
    if session.source_id is None or can is None or not can.enlarges_alike:
        return False
    return enlarged_by(can, session.options if isinstance(session.options, dict) else {}) > 1


def vary(session: GenerationSession, photo_ids: Iterable[int]) -> list[int]:
    """Ask for a child of each of these images of the session, in its order; their numbers. Raises WorkflowError.

    What a person had stopped stays undone: only the new ones are made.
    """
    if only_enlarges(session):
        raise WorkflowError(ALIKE, field="engine")
    if not can_vary(session):
        raise WorkflowError("The engine that made this session is not set up here any more.", field="engine")
    wanted = list(photo_ids)
    return in_transaction(lambda: _vary_now(session.pk, wanted))


def take_back(owner, session_id: int, numbers: Sequence[int]) -> int:
    """Undo it: what is not made yet is not made, what is made goes to the trash. Returns how many."""
    session = GenerationSession.objects.owned_by(owner).filter(pk=session_id).first()
    if session is None:
        return 0
    dropped = in_transaction(lambda: _drop(session.pk, list(numbers)))
    varied = Variation.objects.filter(session=session, number__in=list(numbers)).values("number")
    made = Photo.objects.owned_by(owner).live().filter(candidate__session=session)
    ids = list(made.filter(candidate__number__in=varied).values_list("pk", flat=True))
    return dropped + (len(curate.trash(session.owner_id, ids).photo_ids) if ids else 0)


def missing(session: GenerationSession) -> dict[int, int]:
    """Number -> seed of all that was asked for and has no candidate, also not one that was thrown away since."""
    there = set(Candidate.objects.filter(session=session).values_list("number", flat=True))
    rows = GenerationSession.objects.filter(pk=session.pk)  # the count with its variations: of one moment
    rows = list(rows.values_list("count", "variations__number", "variations__seed"))
    varied = {number: int(seed) for _count, number, seed in rows if number is not None}
    n_at_first = rows[0][0] - len(varied) if rows else 0
    wanted = {number: session.seed_of(number) for number in range(1, n_at_first + 1)} | varied
    return {number: seed for number, seed in sorted(wanted.items()) if number not in there}


def check_wanted(session: GenerationSession, number: int, seed: int) -> None:
    """Raises Unwanted where nobody asks any more for this number with this seed."""
    asked_later = _variations(session).filter(number=number, seed=str(seed))
    if number > n_first(session) and not asked_later.exists():
        raise Unwanted


def parents(session: GenerationSession, numbers: Iterable[int]) -> dict[int, int]:
    """Number -> the number of the image it was varied from, where both are known."""
    known = _variations(session).filter(number__in=list(numbers), parent__isnull=False)
    return dict(known.values_list("number", "parent__candidate__number"))


def n_first(session: GenerationSession) -> int:
    """How many were asked for at first, as it stands now: both numbers of one moment."""
    rows = GenerationSession.objects.filter(pk=session.pk).annotate(n_varied=Count("variations"))
    return next((count - varied for count, varied in rows.values_list("count", "n_varied")), 0)


def forget_the_rest(session: GenerationSession) -> None:
    """Inside a transaction: what was stopped before it was made is not asked for any more."""
    _drop(session.pk, list(missing(session)))
    last = Candidate.objects.filter(session=session, number__lte=n_first(session)).aggregate(n=Max("number"))
    first = max(1, last["n"] or 0)
    GenerationSession.objects.filter(pk=session.pk).update(count=first + _variations(session).count())


# --- inside a transaction -------------------------------------------------------------------------


def _vary_now(session_id: int, photo_ids: list[int]) -> list[int]:
    session = GenerationSession.objects.select_for_update().get(pk=session_id)
    if session.state == State.CANCELLED:
        forget_the_rest(session)
        session.refresh_from_db()
    ours = Candidate.objects.filter(session=session, photo__in=photo_ids, photo__trashed_at__isnull=True)
    parent_ids = list(ours.order_by("number").values_list("photo_id", flat=True))
    room = max(0, MAX_COUNT - session.count)
    if len(parent_ids) > room:
        raise WorkflowError(ROOM % (MAX_COUNT, room) if room else FULL % MAX_COUNT, field="count")
    first = _last_number(session) + 1
    rows = [
        Variation(session=session, number=first + place, seed=str(seed), parent_id=parent_id)
        for place, (parent_id, seed) in enumerate(
            zip(parent_ids, _new_seeds(session, len(parent_ids)), strict=True)
        )
    ]
    Variation.objects.bulk_create(rows)
    GenerationSession.objects.filter(pk=session.pk).update(count=F("count") + len(rows))
    if rows:
        _queue(session)
    return [row.number for row in rows]


def _queue(session: GenerationSession) -> None:
    """Have it run again, where it does not run already: a running one looks for more before it ends."""
    at_rest = GenerationSession.objects.filter(
        pk=session.pk, state__in=(State.READY, State.CANCELLED, State.FAILED)
    )
    at_rest.update(state=State.QUEUED, error="", error_field="", attempts=0, not_before=None, progress=0)
    working.enqueue("run_session", session.pk)


def _drop(session_id: int, numbers: list[int]) -> int:
    """Those of these variations that are not made; a session that waits for nothing else is ready again."""
    session = GenerationSession.objects.select_for_update().get(pk=session_id)
    made = Candidate.objects.filter(session=session).values("number")
    doomed = _variations(session).filter(number__in=numbers).exclude(number__in=made)
    n = doomed.delete()[0]
    if n:
        GenerationSession.objects.filter(pk=session.pk).update(count=F("count") - n)
        session.refresh_from_db()
        if session.state == State.QUEUED and not missing(session):
            GenerationSession.objects.filter(pk=session.pk).update(state=State.READY)
    return n


def _variations(session: GenerationSession):
    return Variation.objects.filter(session_id=session.pk)


def _last_number(session: GenerationSession) -> int:
    """The highest number that was ever given."""
    tops = [
        rows.filter(session_id=session.pk).aggregate(n=Max("number"))["n"] or 0
        for rows in (Candidate.objects, Variation.objects)
    ]
    return max(*tops, n_first(session))


def _new_seeds(session: GenerationSession, n: int) -> list[int]:
    """Seeds that nothing of this session has."""
    used = set(Candidate.objects.filter(session=session).values_list("seed", flat=True))
    used |= {str(session.seed_of(number)) for number in range(1, n_first(session) + 1)}
    used |= set(_variations(session).values_list("seed", flat=True))
    dice, found = random.SystemRandom(), []
    while len(found) < n:
        seed = dice.randrange(2**32)
        if str(seed) not in used:
            used.add(str(seed))
            found.append(seed)
    return found
