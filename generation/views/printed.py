"""The sheet on paper: numbered frames with their seeds, picks ringed, and what it was made with in the head."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation import registry
from generation.models import GenerationSession
from generation.views import desk
from generation.views.sheet import Frame, sheet_of
from photos import media
from photos.models import Photo
from photos.thumbnails import variant_size


@dataclass(frozen=True, kw_only=True)
class Print:
    """One frame on paper: an address that loads at once, and its marks as words."""

    number: str
    seed: str
    src: str
    width: int
    height: int
    alt: str
    words: str
    is_pick: bool
    is_reject: bool


@require_safe
@never_cache
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """At most 600 frames a page of the screen; `show` and `sort` as on the sheet."""
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    wish = desk.wish_of(request, session) if request.GET else desk.Wish()
    found = sheet_of(session, show=wish.show, order=wish.order, start=wish.start, at=wish.at)
    context = {
        "session": session,
        "wish": wish,
        "engine": registry.title_of(session.engine),
        "prints": [_print(frame) for frame in found.frames if frame.cell],
        "ratio": found.ratio,
        "size": found.size,
        "chips": [link for link in desk.chips(session, found, wish) if link.count or link.here],
        "pages": desk.pages(found, wish),
        "n_shown": found.n_shown,
    }
    return render(request, "session/print.html", context)


def _print(frame: Frame) -> Print:
    photo = frame.photo
    width, height = variant_size("h640", photo.width, photo.height)
    return Print(
        number=frame.number,
        seed=frame.seed,
        src=media.sign(photo, "h640"),
        width=width,
        height=height,
        alt=photo.alt_text or _("Frame %s") % frame.number,
        words=_words(photo),
        is_pick=photo.decision == Photo.Verdict.PICKED,
        is_reject=photo.decision == Photo.Verdict.REJECTED,
    )


def _words(photo: Photo) -> str:
    """ "Pick, 3 stars, red"; what paper cannot show by colour alone."""
    said = {1: _("Pick"), 2: _("Reject")}.get(photo.decision, "")
    said += f": {photo.reason}" if photo.reason else ""
    stars = ngettext("%s star", "%s stars", photo.rating) % photo.rating if photo.rating else ""
    label = photo.get_label_display() if photo.label else ""
    return ", ".join(part for part in (said, stars, label) if part)
