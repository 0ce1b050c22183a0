"""One session: its contact sheet, how it gets on, and what a person asks of it."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from generation import finals, previews, registry, varying, workflow
from generation.models import GenerationSession
from generation.rights import generators_only, may_generate
from generation.views import desk
from generation.views.choosing import choosing
from generation.views.culled import culled_of
from generation.views.sheet import Sheet, filed_ids, sheet_of
from photos.models import Photo
from photos.views.bars import bar
from photos.views.replies import back, positive_int, see_other


def _session_or_404(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)


@require_safe
@never_cache
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """The contact sheet: as its address asks for, and without a wish where this person was last."""
    shown = _session_or_404(request, pk)
    wish = desk.wish_of(request, shown)
    sheet = _sheet(shown, wish)
    if wish.place and not sheet.frames:  # what was shown then is empty by now
        wish = replace(wish, show="all")
        sheet = _sheet(shown, wish)
    marks = desk.marks_of(shown, sheet, wish)
    context = {
        "wish": wish,
        "session": shown,
        "sheet": sheet,
        "at": desk.at_of(sheet, wish.place),
        "engine": registry.title_of(shown.engine),
        "chips": desk.chips(shown, sheet, wish),
        "by_marks": desk.by_marks(marks, sheet, wish),
        "orders": desk.orders(sheet, wish),
        "pages": desk.pages(sheet, wish),
        "previous": desk.beside(sheet.cut.previous, wish),
        "following": desk.beside(sheet.cut.following, wish),
        "stacks": desk.stacks(wish),
        "vary_address": _vary_address(request, shown),
        **bar(request, f"{desk.scope_of(shown)}:{sheet.show}", sheet.n_shown),
        **choosing(marks),
        "culled": culled_of(shown, sheet.round, sheet.n_unfiled),
        "section": "sessions",
        "own_primary": True,
        "has_more_words": shown.negative_prompt or shown.prompt.casefold() != shown.title.casefold(),
    }
    return render(request, "session/page.html", context)


def _vary_address(request: HttpRequest, session: GenerationSession) -> str:
    """ "" where this person may not, or the engine is gone."""
    allowed = may_generate(request.user) and varying.can_vary(session)
    return reverse("session_vary", args=[session.pk]) if allowed else ""


def _sheet(session: GenerationSession, wish: desk.Wish) -> Sheet:
    return sheet_of(
        session,
        show=wish.show,
        order=wish.order,
        start=wish.start,
        at=wish.at,
        stacks=wish.stacks,
        opened=wish.opened,
    )


@require_safe
@never_cache
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked once a second while something is being made or filed: only what is new since frame `have`."""
    shown = _session_or_404(request, pk)
    have = positive_int(request.GET.get("have"), most=10_000) or 0
    show = request.GET.get("show", "all")
    sheet = sheet_of(shown, show=show, after=have)
    was_filing = request.GET.get("filing") == "1"
    context = {
        "session": shown,
        "sheet": sheet,
        "fresh": [frame for frame in sheet.frames if frame.cell],
        "well": next(
            (frame for frame in sheet.frames if not frame.cell), None
        ),  # also once it is drawn no more
        "filed": filed_ids(shown) if was_filing or shown.filing_since else [],
        "was_filing": was_filing,
        "was_live": True,
        "trouble_changed": shown.trouble_key != (positive_int(request.GET.get("trouble")) or 0),
        "culled": culled_of(shown, sheet.round, sheet.n_unfiled),
    }
    return render(request, "session/_progress.html", context)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the image being made looks like so far. Its address changes with it."""
    found = previews.get(_session_or_404(request, pk).pk)
    if found is None:
        raise Http404
    data, media_type = found
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, max-age=60"})


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    workflow.cancel(_session_or_404(request, pk))
    return _to_sheet(pk)


@require_POST
@generators_only
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    workflow.go_on(_session_or_404(request, pk))
    return _to_sheet(pk)


@require_POST
def uncomplete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a final back; the candidate stays as it is."""
    final = get_object_or_404(Photo.objects.owned_by(request.user).finals(), pk=pk)
    finals.uncomplete(final)
    messages.info(
        request, _("Taken back: “%s” is no final any more. The generated image is untouched.") % final
    )
    return back(request)


def _to_sheet(pk: int) -> HttpResponse:
    return see_other(GenerationSession(pk=pk).get_absolute_url())
