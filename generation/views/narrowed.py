"""Narrowing the picks: a round begins, a pick comes through it, a round is ended early."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from generation import rounds
from generation.models import MAX_COUNT, GenerationSession
from photos.views.bars import say, token
from photos.views.replies import back, positive_int, see_other, wants_json

MAX_PICKS = 4 * MAX_COUNT  # that one request may keep


@require_POST
def narrow(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next round; with `do=end` what is left of this one stays picked."""
    session = _session(request, pk)
    if request.POST.get("do") == "end":
        rounds.keep_rest(session)
        return see_other(f"{session.get_absolute_url()}?show=picks")
    rounds.begin(session)
    return see_other(f"{session.get_absolute_url()}?show=round")


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """These picks stay."""
    session = _session(request, pk)
    asked = [pk for text in request.POST.getlist("photo")[:MAX_PICKS] if (pk := positive_int(text))]
    kept = rounds.keep(session, asked)
    way_back = [("look_again", session.pk, kept)] if kept else []
    sentence = ngettext("Kept %s pick.", "Kept %s picks.", len(kept)) % len(kept)
    if wants_json(request):
        return JsonResponse(
            {
                "sentence": sentence,
                "way_back": token(request.user, way_back) if way_back else "",
                "kept": kept,
            }
        )
    say(request, sentence, way_back)
    return back(request)


def _session(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
