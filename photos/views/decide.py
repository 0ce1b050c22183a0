"""Marks: one picture by its radios, many by their boxes or by the keys; undo and redo."""

from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from photos import curate, gestures, undoing
from photos.forms import Gesture, GestureForm, VerdictForm, batch_from, gestures_from_json
from photos.models import Photo
from photos.views import errors
from photos.views.replies import back, wants_json
from photos.views.telling import did, no_longer_done

STATES = ("id", "decision", "reason", "rating", "label")


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The radios of one picture's page."""
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live().only("pk"), pk=pk)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400, _("There is no such mark."))
    try:
        for gesture in form.gestures(photo.pk):
            _make(request, gesture)
    except curate.CurationError as error:
        return errors.page(request, 400, error.sentence)
    return _answer(request, [photo.pk], otherwise=photo.get_absolute_url())


@require_http_methods(["GET", "POST"])
@never_cache
def decide_many(request: HttpRequest) -> HttpResponse:
    """The boxes of a list (a form), or what the keys did in the last moment (JSON, gestures in order).

    Asked with GET it gives a fresh token to a page whose own is of an earlier sign-in.
    """
    if request.method == "GET":
        return JsonResponse({"token": get_token(request)})
    if request.content_type == "application/json":
        wanted = gestures_from_json(request.body)
    else:
        form = GestureForm(request.POST)
        wanted = [form.gesture()] if form.is_valid() else None
    if wanted is None:
        return errors.page(request, 400, _("There is no such mark."))
    try:
        changes = [_make(request, gesture) for gesture in wanted]
    except curate.CurationError as error:
        return errors.page(request, 400, error.sentence)
    if not wants_json(request):
        last = wanted[-1]
        messages.info(request, did(len(changes[-1].photo_ids), last.axis, last.value, last.reason or ""))
    return _answer(request, sorted({pk for gesture in wanted for pk in gesture.photo_ids}))


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last gesture of this person, wherever it was made, or the one of `batch`."""
    return _turned(request, undoing.take_back, _("Undone: %s."), _("Nothing to undo."))


@require_POST
def redo(request: HttpRequest) -> HttpResponse:
    """Do again what was taken back last, as long as nothing new was decided since."""
    return _turned(request, undoing.do_again, _("Done again: %s."), _("Nothing to do again."))


# --- parts ----------------------------------------------------------------------------------------


def _make(request: HttpRequest, gesture: Gesture) -> curate.Change:
    """Once, however often a page sends it because no answer came."""
    named = gesture.batch
    if named and gestures.of(request.user, named).exists():
        return curate.Change(batch=named, photo_ids=[], axis=gesture.axis, value=gesture.value)
    mark = {"axis": gesture.axis, "value": gesture.value, "reason": gesture.reason, "batch": named}
    return curate.decide(request.user, gesture.photo_ids, **mark)


def _turned(request: HttpRequest, turn, sentence: str, nothing: str) -> HttpResponse:
    try:
        batch = _batch_of(request)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return errors.page(request, 400, _("There is no such gesture."))
    done = turn(request.user, batch)
    said = no_longer_done(done, sentence) if done else nothing
    if not wants_json(request):
        messages.info(request, said)
        return back(request)
    named = done.gesture.batch.hex if done else ""
    return _answer(request, done.photo_ids if done else [], said=said, batch=named)


def _batch_of(request: HttpRequest) -> uuid.UUID | None:
    if request.content_type == "application/json" and request.body:
        return batch_from(json.loads(request.body).get("batch"))
    return batch_from(request.POST.get("batch", ""))


def _answer(request: HttpRequest, photo_ids: list[int], *, otherwise: str = "", **more) -> HttpResponse:
    """How the pictures stand now, or the page the form was on."""
    if not wants_json(request):
        return back(request, otherwise=otherwise)
    rows = Photo.objects.owned_by(request.user).live().filter(pk__in=photo_ids).values(*STATES)
    return JsonResponse({"photos": list(rows), **more})
