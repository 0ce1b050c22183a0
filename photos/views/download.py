"""ZIP archives of originals: a selection, or an album. The owner's alone."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from photos import bulk, downloads, leafing, storage
from photos.forms_albums import photo_ids
from photos.models import Photo
from photos.views.albums import in_album, own_album
from photos.views.replies import back


@require_POST
def selection(request: HttpRequest) -> HttpResponse:
    """The ticked boxes of a list, or all of it."""
    ids = photo_ids(request.POST.getlist("photo"))
    if ids is None:
        return HttpResponseBadRequest(_("Not a list of pictures."))
    listed = Photo.objects.filter(pk__in=ids)
    if "whole" in request.POST:
        try:
            listed = bulk.photos_in(request.user, request.POST.get("scope", ""))
        except (bulk.BulkError, Http404, ValueError):
            messages.error(request, _("That list is not there any more."))
            return back(request, otherwise=reverse("home"))
    mine = listed.filter(owner_id=request.user.pk).live().newest_first()
    return zip_of(request, downloads.of(mine), title=_("Images"), otherwise=reverse("home"))


@require_safe
def album(request: HttpRequest, pk: int) -> HttpResponse:
    """All of an album, in its order."""
    shown = own_album(request, pk)
    if shown.is_smart:
        found = downloads.of(in_album(request.user, str(pk)).live().newest_first())
        return zip_of(request, found, title=shown.title, otherwise=shown.get_absolute_url())
    places = leafing.beside(leafing.places_of(shown), None, shown.order)
    return zip_of(request, downloads.of_places(places), title=shown.title, otherwise=shown.get_absolute_url())


def zip_of(request: HttpRequest, photos: Iterable[Photo], *, title: str, otherwise: str) -> HttpResponse:
    """Stream these pictures, which are the viewer's own; or go back with a sentence."""
    try:
        archive = downloads.archive(photos)
    except downloads.DownloadError as problem:
        messages.error(request, problem.sentence)
        return back(request, otherwise=otherwise)
    body = [] if request.method == "HEAD" else archive.stream
    response = StreamingHttpResponse(body, content_type="application/zip")
    response["Content-Length"] = str(archive.byte_size)
    response["Content-Disposition"] = content_disposition_header(
        True, storage.download_name(title, "images.zip")
    )
    response["Cache-Control"] = "private, no-store"
    return response
