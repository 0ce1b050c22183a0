"""The finals: what was chosen and filed, newest first, under the session it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from generation.timeline import CELL_FIELDS, Cursor
from photos.models import MonthCount, Photo
from photos.views.bars import bar
from photos.views.cells import Cell

PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Group:
    """Finals of one session that were filed one after the other. `session_id` is None where it is gone."""

    session_id: int | None
    title: str
    filed_at: datetime
    cells: list[Cell]


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def finals(request: HttpRequest) -> HttpResponse:
    cursor = Cursor.parse(request.GET.get("before", ""))
    listed = Photo.objects.owned_by(request.user).finals()
    if cursor:
        listed = _filed_before(listed, cursor)
    found = list(_with_session(listed).order_by("-added_at", "-id")[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    counts = MonthCount.objects.filter(owner=request.user, collection=Photo.Collection.COMPLETED)
    total = sum(counts.values_list("count", flat=True))
    context = {
        "groups": groups_of(page),
        "older": str(Cursor(page[-1].added_at.astimezone(UTC), "p", page[-1].pk)) if more else "",
        "is_first": cursor is None,
        "section": "finals",
        "own_primary": not page,
        "total": total,
        **bar(request, "finals:", total),
    }
    return render(request, "finals/_groups.html" if request.htmx else "finals/page.html", context)


def groups_of(photos: list[Photo]) -> list[Group]:
    place, groups = 0, []
    for (session_id, title), members in groupby(
        photos, lambda photo: (photo.session_id, photo.session_title)
    ):
        members = list(members)
        cells = [Cell(photo, place=place + n) for n, photo in enumerate(members)]
        place += len(members)
        groups.append(
            Group(
                session_id=session_id, title=title or "", filed_at=localtime(members[0].added_at), cells=cells
            )
        )
    return groups


def _with_session(listed):
    return listed.only(*CELL_FIELDS).annotate(
        session_id=F("source__candidate__session_id"), session_title=F("source__candidate__session__title")
    )


def _filed_before(listed, cursor: Cursor):
    """The guarded form, as `PhotoQuerySet.older_than` has it, on the time of filing."""
    return listed.filter(added_at__lte=cursor.at).exclude(added_at=cursor.at, pk__gte=cursor.pk)
