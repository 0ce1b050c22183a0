"""The end of choosing: all is decided, the picks are filed, and what becomes of the rejects is asked once."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from generation import finals, showing, trashing
from generation.models import GenerationSession
from generation.rounds import Round, round_of
from photos.views.bars import say
from photos.views.compare import COMPARED, SURVEYED
from photos.views.replies import see_other


@dataclass(frozen=True, kw_only=True)
class Culled:
    """What is left to be done on a sheet where everything is decided. Numbers are 0 where there is nothing to ask."""

    n_unfiled: int  # picks without a final
    n_rejects: int  # to be trashed or kept
    size: str  # "290 MB", of the rejects
    round: Round | None = None  # of narrowing the picks: the one that is on, or the last
    can_narrow: bool = False
    compare: str = ""  # the address that shows the picks beside each other


def culled_of(
    session: GenerationSession, now: Round | None = None, n_unfiled: int | None = None
) -> Culled | None:
    """None while something is being made, filed or undecided, and where nothing is left to ask.

    While a round of narrowing is on (`now`) how far that has come, until all picks are filed. `n_unfiled` picks have
    no final, where that is known.
    """
    all_filed = 0 < session.n_picked <= session.n_finals
    if now and now.is_on and not all_filed:
        beside = _beside(session, showing.ROUND)
        return Culled(n_unfiled=0, n_rejects=0, size="", round=now, compare=beside)
    busy = session.is_generating or session.filing_since is not None
    if busy or session.n_undecided or not session.n_made:
        return None
    n_unfiled = finals.unfiled(session).count() if n_unfiled is None else n_unfiled
    if n_unfiled:
        can_narrow, beside = session.n_picked > 1, _beside(session, "picks")
        return Culled(
            n_unfiled=n_unfiled, n_rejects=0, size="", round=now, can_narrow=can_narrow, compare=beside
        )
    if session.n_rejected <= session.rejects_kept:
        return None
    size = trashing.rejects_of(session).aggregate(n=Sum("byte_size"))["n"] or 0
    return Culled(n_unfiled=0, n_rejects=session.n_rejected, size=filesizeformat(size))


@require_safe
@never_cache
def culled(request: HttpRequest, pk: int) -> HttpResponse:
    """Only that line: for a script, once the last mark is saved."""
    session = _session(request, pk)
    found = culled_of(session, round_of(session))
    return render(request, "session/_culled.html", {"session": session, "culled": found})


@require_POST
def rejects(request: HttpRequest, pk: int) -> HttpResponse:
    """Trash them, or keep them and ask no more."""
    session = _session(request, pk)
    if request.POST.get("do") == "trash":
        change = trashing.trash_rejects(session)
        n = len(change.photo_ids)
        sentence = ngettext("Moved %s reject to the trash.", "Moved %s rejects to the trash.", n) % n
        say(request, sentence, [("restore", change.batch.hex)] if n else ())
    else:
        GenerationSession.objects.filter(pk=session.pk).update(rejects_kept=session.n_rejected)
    return see_other(session.get_absolute_url())


def _beside(session: GenerationSession, show: str) -> str:
    """All that fit a page, or of more the first four: a rejected one makes room for the next. "" for one alone."""
    picks = showing.candidates(session.pk, show).order_by("number").values_list("photo_id", flat=True)
    ids = list(picks[: SURVEYED + 1])
    if len(ids) < 2:
        return ""
    ids = ids if len(ids) <= SURVEYED else ids[:COMPARED]
    query = {"ids": ",".join(map(str, ids)), "back": f"{session.get_absolute_url()}?show={show}"}
    return f"{reverse('compare' if len(ids) <= COMPARED else 'survey')}?{urlencode(query)}"


def _session(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
