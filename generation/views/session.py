"""One session: its contact sheet, how it gets on, and what a person asks of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from generation import finals, previews, registry, workflow
from generation.models import GenerationSession
from generation.rights import generators_only
from generation.views.culled import culled_of
from generation.views.sheet import filed_ids, sheet_of
from photos.models import Photo
from photos.views.bars import bar
from photos.views.replies import back, positive_int, see_other


def _session_or_404(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)


@require_safe
@never_cache
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """The contact sheet."""
    shown = _session_or_404(request, pk)
    stacks, opened = "stacks" in request.GET, positive_int(request.GET.get("open"), most=10_000)
    sheet = sheet_of(shown, show=request.GET.get("show", "all"), stacks=stacks, opened=opened)
    in_show = {} if sheet.show == "all" else {"show": sheet.show}
    context = {
        "stacks": stacks,
        "stacks_query": urlencode(in_show if stacks else in_show | {"stacks": 1}),
        "session": shown,
        "sheet": sheet,
        "engine": registry.title_of(shown.engine),
        "chips": _chips(shown, sheet.show),
        **bar(request, f"session:{shown.pk}:{sheet.show}", len(sheet.frames)),
        "culled": culled_of(shown),
        "section": "sessions",
        "own_primary": True,
        "has_more_words": shown.negative_prompt or shown.prompt.casefold() != shown.title.casefold(),
    }
    return render(request, "session/page.html", context)


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
        "culled": culled_of(shown),
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
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the picks filed as finals; the page shows how that gets on."""
    finals.ask_to_file(_session_or_404(request, pk))
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


def _chips(session: GenerationSession, show: str) -> list[tuple[str, str, int, bool]]:
    """Filter, label, count, whether it is the one shown."""
    rows = (
        ("all", _("All"), session.n_made),
        ("undecided", _("Undecided"), session.n_undecided),
        ("picks", _("Picks"), session.n_picked),
        ("rejects", _("Rejects"), session.n_rejected),
    )
    return [(name, label, count, name == show) for name, label, count in rows]
