"""Pictures side by side: two to four with all that tells them apart, or up to eight to choose from.

The address holds what is shown, in order: `?ids=4,9&mode=slider`, and where one came from (`back`). With `drop=9` that
one is left out; on the page that compares, the next undecided image of its session takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from photos import media
from photos.models import Photo
from photos.views.cells import described, state_words
from photos.views.known import NOTHING, Known, following, known_of
from photos.views.replies import back, positive_int, see_other
from photos.views.sides import Sides, sides_of

COMPARED, SURVEYED = 4, 8
MOST_NAMED = 200  # ids that are looked at
MODES = ("side", "slider", "blink")
DRAWN_BY_BROWSERS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")


@dataclass(frozen=True, kw_only=True)
class Pane:
    """One picture in its place. `steps` are its sizes as "width address", for a script that zooms in."""

    photo: Photo
    known: Known
    title: str
    src: str
    width: int
    height: int
    steps: str
    state: str
    out: str  # the address of this page without it
    rejected: str  # and where one is once it is rejected


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for, in order and cleaned."""

    ids: list[int]
    mode: str
    back: str
    drop: int | None

    def address(self, view: str, ids: list[int], drop: int | None = None) -> str:
        query = {"ids": ",".join(map(str, ids))}
        query |= {"mode": self.mode} if self.mode != MODES[0] and view == "compare" else {}
        query |= {"drop": str(drop)} if drop else {}
        return f"{reverse(view)}?{urlencode(query | ({'back': self.back} if self.back else {}), safe=',')}"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@vary_on_headers("HX-Request")
def compare(request: HttpRequest) -> HttpResponse:
    """Two to four, with one zoom for all, and a table of what differs."""
    return _page(request, "compare", COMPARED)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@vary_on_headers("HX-Request")
def survey(request: HttpRequest) -> HttpResponse:
    """Two to eight, as large as they go."""
    return _page(request, "survey", SURVEYED)


def _page(request: HttpRequest, view: str, most: int) -> HttpResponse:
    if request.method == "POST":
        return _gathered(request, view)
    asked = _asked(request.GET)
    photos = _photos(request, asked, fill=view == "compare")
    if not photos:
        raise Http404
    n_absent = len(set(asked.ids) - {asked.drop}) - sum(photo.pk in asked.ids for photo in photos)
    shown = photos[:most]
    known, ids = known_of(shown), [photo.pk for photo in shown]
    context = {
        "panes": [_pane(photo, known.get(photo.pk, NOTHING), asked, view, ids) for photo in shown],
        "here": asked.address(view, ids),
        "ids": ids,
        "view": view,
        "mode": asked.mode,
        "back": asked.back or next((known[pk].address for pk in ids if pk in known), "") or reverse("home"),
        "other": asked.address("survey" if view == "compare" else "compare", ids),
        "left_out": _left_out(n_absent, len(photos) - len(shown)),
        "sides": sides_of(shown, known) if view == "compare" else Sides(),
        "section": "timeline",
    }
    return render(request, "compare/_parts.html" if request.htmx else "compare/page.html", context)


def _gathered(request: HttpRequest, view: str) -> HttpResponse:
    """The ticked ones of a list. One alone is compared with what follows it."""
    asked = _asked(request.POST)
    if len(asked.ids) == 1 and (
        photo := Photo.objects.owned_by(request.user).live().filter(pk=asked.ids[0]).first()
    ):
        beside = following(photo, asked.ids)
        asked.ids.extend([beside] if beside else [])
    if len(asked.ids) < 2:
        messages.error(request, _("Tick two images or more."))
        return back(request)
    view = "survey" if len(asked.ids) > COMPARED else view
    return see_other(asked.address(view, asked.ids))


def _asked(query: QueryDict) -> Request:
    texts = query.getlist("photo") or query.get("ids", "").split(",")
    ids = [pk for text in texts[:MOST_NAMED] if (pk := positive_int(text))]
    came_from = query.get("back") or query.get("next", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts=None) and len(came_from) <= 500
    mode = query.get("mode", "")
    return Request(
        ids=list(dict.fromkeys(ids)),
        mode=mode if mode in MODES else MODES[0],
        back=came_from if ours else "",
        drop=positive_int(query.get("drop")),
    )


def _photos(request: HttpRequest, asked: Request, *, fill: bool) -> list[Photo]:
    """One's own that are there, in the order asked for; `drop` has gone, and the next of its session came."""
    mine = Photo.objects.owned_by(request.user).select_related("recipe").defer("recipe__raw")
    found = mine.live().in_bulk(asked.ids)
    ids = list(asked.ids)
    if asked.drop in ids:
        gone = found.pop(asked.drop, None)
        comes = following(gone, ids) if fill and gone else None
        found |= mine.live().in_bulk([comes]) if comes else {}
        place = ids.index(asked.drop)
        ids[place : place + 1] = [comes] if comes else []
    return [found[pk] for pk in ids if pk in found]


def _pane(photo: Photo, known: Known, asked: Request, view: str, ids: list[int]) -> Pane:
    width, height = photo.size_of("l1600")
    without = [pk for pk in ids if pk != photo.pk]
    return Pane(
        photo=photo,
        known=known,
        title=known.title or described(photo),
        src=media.sign(photo, "l1600"),
        width=width,
        height=height,
        steps=_steps(photo),
        state=state_words(photo).removeprefix(", "),
        out=asked.address(view, without) if without else "",
        rejected=asked.address(view, ids, photo.pk if view == "compare" else None),
    )


def _steps(photo: Photo) -> str:
    """What a browser cannot draw ends with the largest variant."""
    sizes = {photo.size_of(name)[0]: media.sign(photo, name) for name in ("l2560", "l1600")}
    if photo.format in DRAWN_BY_BROWSERS and photo.frames == 1 and photo.width > max(sizes):
        sizes[photo.width] = media.sign(photo, media.ORIGINAL)
    return " ".join(f"{width} {address}" for width, address in sorted(sizes.items()))


def _left_out(n_absent: int, n_more: int) -> str:
    """Absent and forbidden are one sentence."""
    said = []
    if n_absent:
        words = ngettext(
            "%s image is not here any more, and is left out.",
            "%s images are not here any more, and are left out.",
            n_absent,
        )
        said.append(words % n_absent)
    if n_more:
        words = ngettext(
            "%s more does not fit, and is left out.", "%s more do not fit, and are left out.", n_more
        )
        said.append(words % n_more)
    return " ".join(said)
