"""What a list says quietly while one goes along it: which picture is being looked at."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from photos import kept_places
from photos.views.replies import positive_int


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """No page and no message: scripts send it behind one's back."""
    photo_id = positive_int(request.POST.get("photo")) or 0
    scope, query = request.POST.get("scope", ""), request.POST.get("query", "")
    if not kept_places.keep(request.user, scope, photo_id, query):
        raise Http404
    return HttpResponse(status=204)
