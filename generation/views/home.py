"""The timeline: uploads and finals of a day as pictures, each session as one tile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generation import demo, timeline
from generation.models import GenerationSession
from photos.views.cells import Cell
from photos.views.replies import see_other

TILE_RATIO = 2.35
EXPECTED = 13  # the first paint waits for so many cells: a row that arrives in two pieces would jump
# (width of the rows, height of one) on a phone, a tablet, a laptop, a wide screen; see --row in site.css
ROWS = ((358, 110), (770, 150), (1130, 180), (1700, 230))
DENSITY = {"s": 0.6, "l": 1.6}


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A session among the pictures."""

    session: GenerationSession
    thumbs: list[Cell]
    kind: str = "session"


@dataclass(frozen=True, kw_only=True)
class Day:
    date: date
    items: list[Cell | Tile]
    count: str  # "11 images, 1 session"
    heights: list[int]  # estimated pixels, for each of ROWS


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def home(request: HttpRequest) -> HttpResponse:
    demo.start_waiting(request.user)
    return _timeline(request)


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        raise Http404
    return _timeline(request, month=(year, month))


@require_POST
def remove_demo(request: HttpRequest) -> HttpResponse:
    demo.remove(request.user)
    messages.info(request, _("The demo content is gone."))
    return see_other(reverse("home"))


def _timeline(request: HttpRequest, month: tuple[int, int] | None = None) -> HttpResponse:
    """A page of the timeline; for a script that appends, only its days."""
    show = request.GET.get("show", "pictures")
    show = show if show in timeline.SHOWN else "pictures"
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    page = timeline.page(request.user, show=show, before=before, after=after, month=month)
    context = {
        "page": page,
        "show": show,
        "days": days_of(page, DENSITY.get(request.COOKIES.get("density"), 1)),
        "older_address": _address(show=show, before=page.older) if page.older else "",
        "newer_address": _address(show=show, after=page.newer) if page.newer else "",
        "section": "timeline",
        "expected": _expected(page),
    }
    if request.htmx:
        return render(request, "timeline/_days.html", context | {"appended": True})
    waiting, n_waiting = timeline.continue_sessions(request.user) if not (before or after or month) else ([], 0)
    newest = page.days[0].date if page.days else None
    context |= {
        "heading": newest,
        "month": newest.replace(day=1) if newest else None,
        "chips": _chips(page, show),
        "query": "" if show == "pictures" else f"?show={show}",
        "waiting": [Tile(session=t.session, thumbs=_thumbs(t.cover[:1])) for t in waiting],
        "n_waiting": n_waiting,
        "has_demo": demo.present(request.user),
        "command": f"{settings.BASE_DIR / 'manage.py'} import_photos",
        "is_empty": not page.days and show == "pictures" and not (before or after or month),
        "own_primary": not page.days,
    }
    return render(request, "timeline/page.html", context)


def days_of(page: timeline.TimelinePage, density: float = 1) -> list[Day]:
    """The days of a page, ready to be printed."""
    place, days = 0, []
    for day in page.days:
        items: list[Cell | Tile] = []
        for item in day.items:
            if item.kind == "session":
                items.append(Tile(session=item.session, thumbs=_thumbs(item.cover)))
            else:
                items.append(Cell(item.photo, place=place))
            place += 1
        days.append(Day(date=day.date, items=items, count=_count(day), heights=_heights(items, density)))
    return days


def _expected(page: timeline.TimelinePage) -> str:
    """The id of the cell the first paint waits for; "" on a page too short to need it."""
    items = [item for day in page.days for item in day.items]
    if len(items) <= EXPECTED:
        return ""
    item = items[EXPECTED - 1]
    return f"s{item.session.pk}" if item.kind == "session" else f"p{item.photo.pk}"


def _thumbs(photos) -> list[Cell]:
    return [Cell(photo, alt=" ") for photo in photos]


def _heights(items: list[Cell | Tile], density: float) -> list[int]:
    """What the rows of a day will measure, roughly, so that a day not drawn yet takes its place."""
    ratios = [TILE_RATIO if isinstance(i, Tile) else min(3.0, max(0.4, i.ratio)) for i in items]
    total, gap, heading = sum(ratios), 4, 26
    heights = []
    for width, row in ROWS:
        row = round(row * density)
        rows = max(1, -(-total * row // width))
        # rows are stretched to the full width, the last one is not
        height = row if rows == 1 else min(row * 1.35, width / (total / rows))
        heights.append(round(heading + rows * (max(row, height) + gap)))
    return heights


def _count(day: timeline.Day) -> str:
    parts = []
    if day.n_pictures:
        parts.append(ngettext("%s image", "%s images", day.n_pictures) % day.n_pictures)
    if day.n_sessions:
        parts.append(ngettext("%s session", "%s sessions", day.n_sessions) % day.n_sessions)
    return ", ".join(parts)


def _chips(page: timeline.TimelinePage, show: str) -> list[tuple[str, str, int | None, bool]]:
    labels = {
        "pictures": _("Uploads and finals"), "uploads": _("Uploads"), "finals": _("Finals"), "everything": _("Everything"),
    }  # fmt: skip
    return [(_address(show=name), label, page.counts[name], name == show) for name, label in labels.items()]


def _address(*, show: str, **cursor: str) -> str:
    query = {**({} if show == "pictures" else {"show": show}), **cursor}
    return reverse("home") + (f"?{urlencode(query)}" if query else "")
