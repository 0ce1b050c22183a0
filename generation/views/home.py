"""The timeline: uploads and finals of a day as pictures, each session as one tile."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generation import demo, timeline
from generation.models import GenerationSession
from generation.views.places import frame_name
from photos import stacking
from photos.views.account import front_page
from photos.views.alike import StackCell, stack_words
from photos.views.bars import bar
from photos.views.cells import Cell, Thumb, filled
from photos.views.replies import see_other

TILE_RATIO = 2.35
EXPECTED = 13  # the first paint waits for so many cells: a row that arrives in two pieces would jump
# (width of the rows, height of one) on a phone, a tablet, a laptop, a wide screen; see --row in site.css
ROWS = ((358, 110), (770, 150), (1130, 180), (1700, 230))
SMALL = 3.7  # days no wider than this, in row heights, share a row with their neighbours
DENSITY = {"s": 0.6, "l": 1.6}


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A session among the pictures."""

    session: GenerationSession
    thumbs: list[Thumb]
    place: str = ""  # the frame this person was at last; asked for only where one is to go on
    kind: str = "session"

    @property
    def html(self) -> SafeString:
        session = self.session
        values = {
            "id": session.pk,
            "address": session.get_absolute_url(),
            "thumbs": "".join(thumb.html for thumb in self.thumbs),
            "title": escape(session.title),
            "words": escape(_tile_words(session)),
            "ratio": TILE_RATIO,
            "foot": self._foot(),
        }
        return filled("timeline/_tile.html", values)

    def _foot(self) -> str:
        """How far it is: being made, being chosen from, or done."""
        session = self.session
        line = escape(session.state_line)
        if session.is_generating:
            bar = {"live": " class=live", "max": session.count, "value": session.n_made, "label": line}
        elif session.n_undecided:
            bar = {
                "live": "",
                "max": session.n_made,
                "value": session.n_decided,
                "label": escape(_("Decided")),
            }
            line = escape(_("%s to decide") % session.n_undecided)
        else:
            return filled("timeline/_tile_done.html", {"line": line})
        return filled("timeline/_tile_bar.html", bar | {"line": line})


@dataclass(frozen=True, kw_only=True)
class Day:
    date: date
    items: list[Cell | Tile]
    count: str  # "11 images, 1 session"
    breadth: float  # the sum of its ratios: how many row heights it is wide
    heights: list[int]  # estimated pixels, for each of ROWS

    @property
    def label(self) -> str:
        """ "Sunday 22 November", with the year where it is not this one."""
        pattern = "l j F" if self.date.year == timezone.localdate().year else "l j F Y"
        return formats.date_format(self.date, pattern)

    @property
    def style(self) -> str:
        """What site.css takes the place of this day from before it is drawn."""
        heights = ";".join(f"--h{n}:{height}" for n, height in enumerate(self.heights, 1))
        return f"{heights};--sum:{self.breadth};--n:{len(self.items)}"

    @property
    def html(self) -> SafeString:
        """All that is in it."""
        return mark_safe("".join(item.html for item in self.items))

    @property
    def is_small(self) -> bool:
        return self.breadth <= SMALL


@login_not_required
@require_safe
@never_cache
@vary_on_headers("HX-Request")
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:  # a script that appends is told to sign in, as everywhere
        return redirect_to_login(request.get_full_path()) if request.htmx else front_page(request)
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
    by_arrival = request.GET.get("order") == "added" and not month
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    has_demo = not request.htmx and demo.present(request.user)
    if has_demo:
        demo.start_waiting(request.user)
    if by_arrival:
        page = timeline.recently_added(request.user, show=show, before=before)
    else:
        page = timeline.page(request.user, show=show, before=before, after=after, month=month)
    stacks = {"stacks": "1"} if "stacks" in request.GET else {}
    by_added = {"order": "added"} if by_arrival else {}
    order = by_added | stacks
    context = {
        "page": page,
        "show": show,
        "groups": groups_of(
            days_of(page, DENSITY.get(request.COOKIES.get("density"), 1), stacks=bool(stacks))
        ),
        "older_address": _address(show=show, **order, before=page.older) if page.older else "",
        "newer_address": _address(show=show, **stacks, after=page.newer) if page.newer else "",
        "newest_address": _address(show=show, **order) if by_arrival and before else "",
        "section": "timeline",
        "expected": "" if stacks else _expected(page),
    }
    if request.htmx:
        return render(request, "timeline/_days.html", context | {"appended": True})
    is_first = not (before or after or month)
    waiting = timeline.continue_sessions(request.user, known=page) if is_first else None
    newest = page.days[0].date if page.days else None
    in_order = "" if show == "pictures" else f"?show={show}"
    context |= {
        "heading": _heading(newest, by_arrival),
        "chips": _chips(page, show, order),
        "orders": [
            (_address(show=show, **stacks), _("By date"), not by_arrival),
            (_address(show=show, order="added", **stacks), _("Recently added"), by_arrival),
        ],
        "stacks": bool(stacks),
        "stacks_address": _address(show=show, **(by_added if stacks else order | {"stacks": "1"})),
        "months": months_of(page, in_order, newest.replace(day=1) if newest else None),
        "waiting": waiting,
        "tiles": _to_go_on(waiting),
        "has_demo": has_demo,
        "command": f"{shlex.quote(str(settings.BASE_DIR / 'manage.py'))} import_photos --owner"
        f" {shlex.quote(request.user.get_username())}",
        "is_empty": not page.days and show == "pictures" and is_first,
        "own_primary": not page.days,
        **_bar(request, page, show, month),
    }
    return render(request, "timeline/page.html", context)


def days_of(page: timeline.TimelinePage, density: float = 1, *, stacks: bool = False) -> list[Day]:
    """The days of a page, ready to be printed; with `stacks` one for all of a day with the same settings."""
    place, days = 0, []
    known = stacking.stacks_of(_photo_ids(page)) if stacks else {}
    for day in page.days:
        items: list[Cell | Tile] = []
        for item, count in stacking.folded(
            day.items, lambda item: known.get(item.photo.pk) if item.kind == "photo" else None
        ):
            if item.kind == "session":
                items.append(Tile(session=item.session, thumbs=_thumbs(item.cover)))
            elif count > 1:
                items.append(StackCell(item.photo, place=place, count=str(count), words=stack_words(count)))
            else:
                items.append(Cell(item.photo, place=place))
            place += 1
        ratios = [TILE_RATIO if isinstance(i, Tile) else min(3.0, max(0.4, i.ratio)) for i in items]
        heights = _heights(sum(ratios), density)
        days.append(
            Day(date=day.date, items=items, count=_count(day), heights=heights, breadth=round(sum(ratios), 3))
        )
    return days


def months_of(
    page: timeline.TimelinePage, query: str, current: date | None
) -> list[tuple[int, SafeString, SafeString]]:
    """(year, its months for the edge of the page, the same for above it), newest first.

    Filled into patterns, as cells are: seventy months as templates took longer than a hundred pictures.
    """
    base, names, found = reverse("home"), _month_names(get_language()), []
    for year, months in page.months:
        values = [
            {
                "address": escape(f"{base}timeline/{first.year}/{first.month}/{query}"),
                "name": names[first.month][0],
                "short": names[first.month][1],
                "year": year,
                "count": f"{n:,}",
                "current": ' aria-current="true"' if first == current else "",
            }
            for first, n in months
        ]
        beside, above = (
            mark_safe("".join(filled(template, one) for one in values))
            for template in ("timeline/_month.html", "timeline/_month_chip.html")
        )
        found.append((year, beside, above))
    return found


@cache
def _month_names(language: str) -> dict[int, tuple[str, str]]:
    """Number of a month -> its name, long and short; ten years of them would be formatted for every page."""
    months = (date(2026, number, 1) for number in range(1, 13))
    return {m.month: (formats.date_format(m, "F"), formats.date_format(m, "M")) for m in months}


def groups_of(days: list[Day]) -> list[list[Day]]:
    """Days one by one, but small ones that follow each other together: they share rows."""
    groups: list[list[Day]] = []
    for day in days:
        if groups and day.is_small and groups[-1][-1].is_small:
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _expected(page: timeline.TimelinePage) -> str:
    """The id of the cell the first paint waits for; "" on a page too short to need it."""
    items = [item for day in page.days for item in day.items]
    if len(items) <= EXPECTED:
        return ""
    item = items[EXPECTED - 1]
    return f"s{item.session.pk}" if item.kind == "session" else f"p{item.photo.pk}"


def _tile_words(session: GenerationSession) -> str:
    """ "Session, 24 images, 6 picks"."""
    made = ngettext("Session, %s image", "Session, %s images", session.n_made) % session.n_made
    picked = ngettext("%s pick", "%s picks", session.n_picked) % session.n_picked
    return f"{made}, {picked}" if session.n_picked else made


def _to_go_on(waiting: timeline.Waiting | None) -> list[Tile]:
    return [
        Tile(
            session=tile.session,
            thumbs=_thumbs(tile.cover),
            place=frame_name(tile.session.last_number) if tile.session.last_number else "",
        )
        for tile in (waiting.tiles if waiting else [])
    ]


def _thumbs(photos) -> list[Thumb]:
    return [Thumb(photo) for photo in photos]


def _heights(total: float, density: float) -> list[int]:
    """What rows of so many row heights' width will measure, roughly, so that a day not drawn yet takes its place."""
    gap, heading = 4, 26
    heights = []
    for width, row in ROWS:
        row = round(row * density)
        rows = max(1, -(-total * row // width))
        # rows are stretched to the full width, the last one is not
        height = row if rows == 1 else min(row * 1.35, width / (total / rows))
        heights.append(round(heading + rows * (max(row, height) + gap)))
    return heights


def _photo_ids(page: timeline.TimelinePage) -> list[int]:
    return [item.photo.pk for day in page.days for item in day.items if item.kind == "photo"]


def _count(day: timeline.Day) -> str:
    parts = []
    if day.n_pictures:
        parts.append(ngettext("%s image", "%s images", day.n_pictures) % day.n_pictures)
    if day.n_sessions:
        parts.append(ngettext("%s session", "%s sessions", day.n_sessions) % day.n_sessions)
    return ", ".join(parts)


def _chips(page: timeline.TimelinePage, show: str, order: dict) -> list[tuple[str, str, str, bool]]:
    labels = {
        "pictures": _("Uploads and finals"), "uploads": _("Uploads"), "finals": _("Finals"),
        "everything": _("Everything"),
    }  # fmt: skip
    return [
        (_address(show=name, **order), label, f"{page.counts[name]:,}", name == show)
        for name, label in labels.items()
    ]


def _heading(newest: date | None, by_arrival: bool) -> str:
    if by_arrival:
        return _("Recently added")
    return formats.date_format(newest, "F Y") if newest else _("Timeline")


def _bar(request: HttpRequest, page: timeline.TimelinePage, show: str, month: tuple[int, int] | None) -> dict:
    """All of the list, or where one jumped to a month, all of that month."""
    in_month = {first: n for _year, months in page.months for first, n in months}
    n = in_month.get(date(*month, 1)) if month else None
    if not n:
        return bar(request, f"timeline:{show}", page.total)
    what = _("of %s") % formats.date_format(date(*month, 1), "F Y")
    return bar(request, f"timeline:{show}:{month[0]:04d}-{month[1]:02d}", n, what)


def _address(*, show: str, **cursor: str) -> str:
    query = {**({} if show == "pictures" else {"show": show}), **cursor}
    return reverse("home") + (f"?{urlencode(query)}" if query else "")
