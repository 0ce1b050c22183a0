"""Vary on a sheet: more of these images in the same session, while one goes on choosing."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from generation import varying
from generation.models import MAX_COUNT, Candidate, GenerationSession
from generation.rights import generators_only
from generation.views.places import frame_name
from generation.views.sheet import sheet_of
from generation.wishes import WorkflowError
from photos import bulk
from photos.views.bars import say, token
from photos.views.replies import back, positive_int, see_other, wants_json


@require_POST
@generators_only
def vary(request: HttpRequest, pk: int) -> HttpResponse:
    """One child for each image that is ticked, or, with `whole`, for all that the list shows."""
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    return vary_in_session(request, session, _wanted(request, session))


def vary_in_session(request: HttpRequest, session: GenerationSession, ids: Sequence[int]) -> HttpResponse:
    """Ask for them, and go to the first on the sheet; a script gets what its page needs to show them."""
    try:
        numbers = varying.vary(session, ids)
    except WorkflowError as problem:
        return _refused(request, session, problem.sentence)
    if not numbers:
        return _refused(request, session, _("No image was selected."))
    sentence = _said(session, ids, numbers)
    way_back = [("vary", session.pk, numbers)]
    if wants_json(request):
        known = {"sentence": sentence, "way_back": token(request.user, way_back), "numbers": numbers}
        return JsonResponse(known | _fragments(request, session))
    say(request, sentence, way_back)
    return see_other(f"{session.get_absolute_url()}?at={numbers[0]}#f{frame_name(numbers[0])}")


def _wanted(request: HttpRequest, session: GenerationSession) -> list[int]:
    if request.POST.get("whole"):
        try:
            listed = bulk.photos_in(request.user, request.POST.get("scope", ""))
        except (bulk.BulkError, ValueError):
            return []
        ours = listed.filter(candidate__session=session)
        return list(ours.values_list("pk", flat=True)[: MAX_COUNT + 1])
    return [pk for text in request.POST.getlist("photo")[: MAX_COUNT + 1] if (pk := positive_int(text))]


def _refused(request: HttpRequest, session: GenerationSession, sentence: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"sentence": sentence}, status=422)
    messages.error(request, sentence)
    return back(request, otherwise=session.get_absolute_url())


def _said(session: GenerationSession, ids: Sequence[int], numbers: list[int]) -> str:
    """ "Varied 07: frame 25 is on its way." """
    parent = Candidate.objects.filter(session=session, photo__in=ids).values_list("number", flat=True).first()
    if len(numbers) == 1 and parent:
        words = {"parent": frame_name(parent), "number": frame_name(numbers[0])}
        return _("Varied %(parent)s: frame %(number)s is on its way.") % words
    n = len(numbers)
    return ngettext("%s variation is on its way.", "%s variations are on their way.", n) % n


def _fragments(request: HttpRequest, session: GenerationSession) -> dict[str, str]:
    """The line that asks for news, and the wells that wait."""
    session.refresh_from_db()
    have = positive_int(request.POST.get("have"), most=10**9) or 0
    sheet = sheet_of(session, show=request.POST.get("show", "all"), after=max(1, have))
    context = {"session": session, "sheet": sheet, "was_live": True}
    wells = [
        render_to_string("session/_well.html", {"session": session, "frame": frame}, request)
        for frame in sheet.frames
        if not frame.cell
    ]
    return {"live": render_to_string("session/_live.html", context, request), "wells": "".join(wells)}
