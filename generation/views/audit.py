"""The marking audit of one's own images, and what can be done about what it finds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from generation import marks_audit
from photos.forms_albums import photo_ids
from photos.marking import FINALS, STATEMENTS, Marking
from photos.models import Photo
from photos.views.cells import Thumb, described
from photos.views.replies import positive_int, see_other

KINDS = {"finals": FINALS, "camera": (Marking.CAMERA,), "shared": ()}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One image: what is wrong with it, in words."""

    id: int
    title: str
    address: str
    thumb: Thumb
    words: str


@require_safe
@never_cache
def audit(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "finals")
    show = show if show in KINDS else "finals"
    lines, following = _shared(request) if show == "shared" else _found(request, show)
    context = {
        "show": show,
        "lines": lines,
        "following": following,
        "is_first": not request.GET.get("after"),
        "chips": _chips(request, show),
        "statements": STATEMENTS.items(),
        "unread": marks_audit.unread(request.user).exists(),
        "section": "finals",
        "own_primary": True,
    }
    return render(request, "finals/audit.html", context)


@require_POST
def mend(request: HttpRequest) -> HttpResponse:
    """Write the finals anew that say too little or something else, behind."""
    marks_audit.ask_to_mend(request.user)
    messages.info(request, _("Your finals are being written anew. What they were before goes to the trash."))
    return see_other(reverse("audit"))


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    marks_audit.ask_to_read(request.user)
    messages.info(request, _("The files are being read back. Reload in a moment."))
    return see_other(reverse("audit"))


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """What the owner knows of how these were made."""
    term, ids = request.POST.get("term", ""), photo_ids(request.POST.getlist("photo")) or []
    n = marks_audit.say(request.user, ids, term) if term in STATEMENTS else 0
    messages.info(request, ngettext("Noted of %s image.", "Noted of %s images.", n) % n)
    show = request.POST.get("show")
    return see_other(reverse("audit") + (f"?show={show}" if show in KINDS else ""))


def _found(request: HttpRequest, show: str) -> tuple[list[Line], str]:
    before = positive_int(request.GET.get("after"))
    page = marks_audit.found(request.user, KINDS[show], before, most=marks_audit.PAGE + 1)
    lines = [_line(photo, _words(photo)) for photo in page[: marks_audit.PAGE]]
    return lines, str(lines[-1].id) if len(page) > marks_audit.PAGE else ""


def _shared(request: HttpRequest) -> tuple[list[Line], str]:
    after = request.GET.get("after", "")
    is_place = re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18}){2}", after)
    seen = marks_audit.shared(request.user, after if is_place else "")
    return [_line(photo, _("Shared by “%s”") % by) for photo, by in seen.found], seen.following


def _line(photo: Photo, words: str) -> Line:
    return Line(
        id=photo.pk,
        title=photo.title or described(photo),
        address=photo.get_absolute_url(),
        thumb=Thumb(photo),
        words=words,
    )


def _words(photo: Photo) -> str:
    record = STATEMENTS.get(photo.digital_source_type, photo.digital_source_type)
    if photo.marking == Marking.BARE_FINAL:
        return _("The file says nothing of how it was made.")
    if photo.marking == Marking.OTHERWISE:
        says = STATEMENTS.get(photo.marked_as, photo.marked_as)
        return _("The file says: %(says)s. Known here: %(record)s.") % {"says": says, "record": record}
    exif = photo.exif if isinstance(photo.exif, dict) else {}
    camera = " ".join(filter(None, (str(exif.get("make", "")), str(exif.get("model", "")))))
    return _("Marked: %(record)s. Its camera: %(camera)s.") % {"record": record, "camera": camera}


def _chips(request: HttpRequest, show: str) -> list[tuple[str, str, str, bool]]:
    """Kind, label, how many (as far as they are counted), whether it is the one shown."""
    labels = {"finals": _("Finals"), "shared": _("Shared"), "camera": _("From a camera")}
    chips = []
    for kind, label in labels.items():
        n = marks_audit.counted(request.user, KINDS[kind]) if KINDS[kind] else None
        words = "" if n is None else "1,000+" if n >= marks_audit.COUNTED else str(n)
        chips.append((kind, label, words, kind == show))
    return chips
