"""A session to the trash and back: one entry there, with the images that went with it."""

from __future__ import annotations

import uuid
from collections import defaultdict

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from generation import trashing
from generation.models import Candidate, GenerationSession
from generation.timeline import THUMB_FIELDS
from photos.models import Photo
from photos.search import Place
from photos.views.bars import say
from photos.views.bundles import Bundle, Source, TrashThumb, after
from photos.views.replies import back, see_other

THUMBS = 6


@require_POST
def trash(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    change = trashing.trash_session(session)
    n = len(change.photo_ids) if change else 0
    sentence = ngettext(
        "Moved “%(title)s” with %(n)s image to the trash.",
        "Moved “%(title)s” with %(n)s images to the trash.",
        n,
    ) % {"title": session.title, "n": n}
    if session.n_finals:
        sentence += " " + ngettext("Its final stays.", "Its %(n)s finals stay.", session.n_finals) % {
            "n": session.n_finals
        }
    say(request, sentence, [("session", session.pk)] if change else ())
    return see_other(reverse("sessions"))


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    session = _in_trash(request, pk)
    n = trashing.take_back(request.user, session.pk)
    sentence = ngettext(
        "Restored “%(title)s” with %(n)s image.", "Restored “%(title)s” with %(n)s images.", n
    ) % {"title": session.title, "n": n}
    messages.info(request, sentence)
    return back(request, otherwise=session.get_absolute_url())


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    session = _in_trash(request, pk)
    n = trashing.delete_for_ever(session)
    sentence = ngettext("%s image is deleted for ever.", "%s images are deleted for ever.", n) % n
    messages.info(request, sentence)
    return see_other(reverse("trash"))


def _page(owner, before: Place | None, most: int) -> list[Bundle]:
    """The sessions of a page of the trash."""
    return _bundles(list(after(_lying(owner), before)[:most]))


def _one(owner, batch: uuid.UUID) -> Bundle | None:
    return next(iter(_bundles(list(_lying(owner).filter(trash_batch=batch)))), None)


def _batches(owner) -> QuerySet:
    return _lying(owner).order_by().values("trash_batch")


SESSIONS = Source(page=_page, one=_one, batches=_batches)


def _lying(owner) -> QuerySet[GenerationSession]:
    sessions = GenerationSession.objects.owned_by(owner).filter(trashed_at__isnull=False)
    return sessions.order_by("-trashed_at", "-id")


def _bundles(sessions: list[GenerationSession]) -> list[Bundle]:
    """What `photos.views.trash` shows of sessions."""
    gone_along = Photo.objects.trashed().filter(trash_batch__in=[session.trash_batch for session in sessions])
    counts = dict(gone_along.order_by().values_list("trash_batch").annotate(n=Count("pk")))
    thumbs = _thumbs(sessions)
    return [
        Bundle(
            pk=session.pk,
            batch=session.trash_batch,
            title=_title(session.title, counts.get(session.trash_batch, 0)),
            trashed_at=session.trashed_at,
            restore_address=reverse("session_restore", args=[session.pk]),
            delete_address=reverse("session_delete", args=[session.pk]),
            thumbs=thumbs[session.pk],
        )
        for session in sessions
    ]


def _title(title: str, n: int) -> str:
    words = {"title": title, "n": n}
    return ngettext("Session %(title)s, %(n)s image", "Session %(title)s, %(n)s images", n) % words


def _thumbs(sessions: list[GenerationSession]) -> dict[int, list[TrashThumb]]:
    first = Candidate.objects.filter(
        session__in=sessions, number__lte=THUMBS, photo__trashed_at__isnull=False
    )
    fields = ("session_id", "number", *(f"photo__{name}" for name in THUMB_FIELDS))
    found = defaultdict(list)
    for candidate in first.select_related("photo").only(*fields).order_by("number"):
        found[candidate.session_id].append(TrashThumb(candidate.photo))
    return found


def _in_trash(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(_lying(request.user), pk=pk)
