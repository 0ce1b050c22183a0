"""The finals of a session as one ZIP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from generation.models import GenerationSession
from photos import downloads
from photos.models import Photo
from photos.views.download import zip_of


@require_safe
def finals(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    filed = Photo.objects.owned_by(request.user).finals().filter(source__candidate__session=session)
    ordered = downloads.of(filed.order_by("source__candidate__number", "pk"))
    return zip_of(request, ordered, title=session.title, otherwise=session.get_absolute_url())
