"""What was decided of a session's images, newest first."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation.models import Candidate, GenerationSession
from generation.views.places import frame_name
from photos.models import Decision
from photos.views.history import lines_of


@require_safe
@never_cache
def of_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    images = Candidate.objects.filter(session=session, photo__isnull=False).values("photo")
    context = lines_of(request, Decision.objects.filter(photo__in=images), names=_names) | {
        "title": session.title,
        "back_address": session.get_absolute_url(),
        "back_label": _("Back to the sheet"),
        "section": "sessions",
    }
    return render(request, "history/page.html", context)


def _names(ids: Iterable[int]) -> dict[int, str]:
    rows = Candidate.objects.filter(photo_id__in=ids).values_list("photo_id", "number")
    return {pk: _("Image %s") % frame_name(number) for pk, number in rows}
