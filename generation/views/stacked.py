"""A sheet in stacks: by prompt and settings, or by look. One frame stands for each, its top; one stack may be open.

The top of a stack is the one with the best marks: a pick before what is undecided, then by stars, then the first made.
So choosing another top is picking it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.models import Candidate, GenerationSession
from generation.views.places import frame_name
from photos import stacking
from photos.lookalikes.piling import piles
from photos.models import Photo

RECIPE, LOOK = "1", "look"
KINDS = (RECIPE, LOOK)
_RANK = {Photo.Verdict.PICKED: 0, Photo.Verdict.UNDECIDED: 1, Photo.Verdict.REJECTED: 2}


@dataclass(frozen=True, kw_only=True)
class Open:
    """The stack that is open: how much is in it, its top, and those beside it that nobody decided on."""

    count: int
    top: str  # "07"
    rest: tuple[int, ...]  # numbers of pictures
    close_address: str

    @property
    def keep_words(self) -> str:
        n = len(self.rest)
        words = ngettext("Keep %(top)s, reject the other", "Keep %(top)s, reject the other %(n)s", n)
        return words % {"top": self.top, "n": n}


@dataclass(frozen=True)
class Folded:
    """A frame to be shown and how many it stands for."""

    candidate: Candidate
    count: int = 1


def fold(
    candidates: Sequence[Candidate], by: str, opened: int | None
) -> tuple[list[Folded], list[Candidate]]:
    """What is shown, in the order of `candidates`, and the stack with image `opened`, its top first."""
    best_first = sorted(candidates, key=_merit)
    ids = [one.photo_id for one in best_first]
    known = piles(ids) if by == LOOK else stacking.stacks_of(ids)
    members: dict[int, list[Candidate]] = {}
    for one in best_first:
        if one.photo_id in known:
            members.setdefault(known[one.photo_id], []).append(one)
    open_stack = next((known.get(one.photo_id) for one in candidates if one.number == opened), None)
    shown, seen = [], set()
    for one in candidates:
        stack = known.get(one.photo_id)
        if stack is None or stack == open_stack or len(members[stack]) == 1:
            shown.append(Folded(one))
        elif stack not in seen:
            seen.add(stack)
            shown.append(Folded(members[stack][0], len(members[stack])))
    return shown, members.get(open_stack, []) if open_stack is not None else []


def opened_of(members: Sequence[Candidate], close_address: str) -> Open | None:
    if len(members) < 2:
        return None
    rest = [one.photo_id for one in members[1:] if one.photo.decision == Photo.Verdict.UNDECIDED]
    return Open(
        count=len(members),
        top=frame_name(members[0].number),
        rest=tuple(rest),
        close_address=f"{close_address}#f{frame_name(members[0].number)}",
    )


def address(session: GenerationSession, show: str, order: str, by: str, opened: int | None = None) -> str:
    query = {"show": show} if show != "all" else {}
    query |= {"sort": order} if order != "number" else {}
    query |= {"stacks": by} | ({"open": opened} if opened else {})
    return f"{session.get_absolute_url()}?{urlencode(query)}"


def mark_words(count: int, by: str) -> str:
    """What the mark of a closed stack says aloud."""
    if by == LOOK:
        words = ngettext("Open the stack: %s that looks alike", "Open the stack: %s that look alike", count)
    else:
        words = ngettext("%s with these settings", "%s with these settings", count)
    return words % count


def top_words(count: int) -> str:
    """Behind the number of the frame, where a mark is announced: that it is the top alone."""
    return _(", the top of %s") % count


def _merit(candidate: Candidate) -> tuple:
    return _RANK[candidate.photo.decision], -candidate.photo.rating, candidate.number
