"""Marks: one picture by its radios, many by their boxes or by the keys, and undo."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from photos import curate
from photos.forms import Gesture, GestureForm, VerdictForm, gestures_from_json
from photos.models import Photo
from photos.views import errors
from photos.views.replies import back, wants_json


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The radios of one picture's page."""
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live().only("pk"), pk=pk)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400, _("There is no such mark."))
    for gesture in form.gestures(photo.pk):
        _make(request, gesture)
    return _answer(request, [photo.pk], otherwise=photo.get_absolute_url())


@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """The boxes of a list (a form), or what the keys did in the last moment (JSON, gestures in order)."""
    if request.content_type == "application/json":
        gestures = gestures_from_json(request.body)
    else:
        form = GestureForm(request.POST)
        gestures = [form.gesture()] if form.is_valid() else None
    if gestures is None:
        return errors.page(request, 400, _("There is no such mark."))
    try:
        changes = [_make(request, gesture) for gesture in gestures]
    except curate.CurationError as error:
        return errors.page(request, 400, error.sentence)
    if not wants_json(request):
        messages.info(request, _said(changes[-1]))
    return _answer(request, sorted({pk for gesture in gestures for pk in gesture.photo_ids}))


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last gesture of this person, wherever it was made."""
    change = curate.undo(request.user)
    if not wants_json(request):
        messages.info(request, _("Undone.") if change else _("Nothing to undo."))
    return _answer(request, change.photo_ids if change else [])


def _make(request: HttpRequest, gesture: Gesture) -> curate.Change:
    return curate.decide(request.user, gesture.photo_ids, axis=gesture.axis, value=gesture.value)


def _answer(request: HttpRequest, photo_ids: list[int], *, otherwise: str = "") -> HttpResponse:
    """How the pictures stand now, or the page the form was on."""
    if not wants_json(request):
        return back(request, otherwise=otherwise)
    rows = (
        Photo.objects.owned_by(request.user)
        .live()
        .filter(pk__in=photo_ids)
        .values("id", "decision", "rating")
    )
    return JsonResponse({"photos": list(rows)})


def _said(change: curate.Change) -> str:
    n = len(change.photo_ids)
    if change.axis == "rating":
        return ngettext("%s image rated.", "%s images rated.", n) % n
    return {
        0: ngettext("%s image is undecided again.", "%s images are undecided again.", n),
        1: ngettext("Picked %s image.", "Picked %s images.", n),
        2: ngettext("Rejected %s image.", "Rejected %s images.", n),
    }[change.value] % n
