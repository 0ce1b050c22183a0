"""All sessions of a person, newest first by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generation import registry
from generation.models import GenerationSession, SessionQuerySet
from generation.timeline import Cursor, covers
from generation.views.desk import numbers_of
from generation.views.places import frame_name
from photos.views.cells import Thumb

PAGE = 40
COUNT_AT_MOST = 1_000
THUMBS = 6
SHOWN = {"all": SessionQuerySet.live, "waiting": SessionQuerySet.waiting, "generating": SessionQuerySet.generating,
         "done": SessionQuerySet.done}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    session: GenerationSession
    engine: str
    thumbs: list[Thumb]
    place: str = ""  # the frame this person was at last, "137"

    @property
    def blanks(self) -> range:
        """Places of the six that wait for their image."""
        return range(len(self.thumbs), THUMBS if self.session.is_generating else len(self.thumbs))

    @property
    def continue_address(self) -> str:
        """Where this person was, or to the next image that nobody decided; "" where there is nothing to decide."""
        if self.session.is_generating or not self.session.n_undecided:
            return ""
        address = self.session.get_absolute_url()
        return address if self.place else f"{address}?show=undecided"


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "all")
    show = show if show in SHOWN else "all"
    mine = GenerationSession.objects.visible_to(request.user)
    listed = SHOWN[show](mine)
    cursor = Cursor.parse(request.GET.get("before", ""))
    if cursor:
        listed = listed.older_than(cursor.at, cursor.pk)
    found = list(listed.newest_first()[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    context = {
        "days": by_day(page, numbers_of(request.user, page)),
        "chips": _chips(mine, show),
        "show": show,
        "older": str(Cursor(page[-1].shown_at, "s", page[-1].pk)) if more else "",
        "is_first": cursor is None,
        "section": "sessions",
    }
    return render(request, "sessions.html", context)


def by_day(page: list[GenerationSession], places: dict[int, int]) -> list[tuple[date, list[Row]]]:
    """`places` are the numbers of the images that were looked at last, by session."""
    pictures = covers(page, THUMBS)
    rows = [
        Row(
            session=session,
            engine=registry.title_of(session.engine),
            thumbs=[Thumb(photo) for photo in pictures.get(session.pk, [])],
            place=frame_name(places[session.pk]) if session.pk in places else "",
        )
        for session in page
    ]
    return [(day, list(group)) for day, group in groupby(rows, lambda row: row.session.shown_at.date())]


def _chips(mine: SessionQuerySet, show: str) -> list[tuple[str, str, str, bool]]:
    """Address, label, count up to a thousand, whether it is the one shown."""
    labels = {
        "all": _("All"),
        "waiting": _("Waiting for me"),
        "generating": _("Generating"),
        "done": _("Done"),
    }
    here = reverse("sessions")
    return [
        (here if name == "all" else f"{here}?show={name}", label, _capped(SHOWN[name](mine)), name == show)
        for name, label in labels.items()
    ]


def _capped(sessions: SessionQuerySet) -> str:
    n = len(sessions.values_list("pk", flat=True)[: COUNT_AT_MOST + 1])
    return f"{COUNT_AT_MOST:,}+" if n > COUNT_AT_MOST else f"{n:,}"
