"""The finals: what was chosen and filed, newest first, under the session it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generation.forms_finals import differing, titles_from
from generation.timeline import CELL_FIELDS, Cursor
from photos import editing, working
from photos.models import MonthCount, Photo
from photos.views.bars import bar
from photos.views.cells import Cell, Thumb
from photos.views.replies import back, positive_int

PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Group:
    """Finals of one session that were filed one after the other. `session_id` is None where it is gone.

    `named` are the same ones with their titles, where those are being written.
    """

    session_id: int | None
    title: str
    filed_at: datetime
    cells: list[Cell]
    first: int  # number of its first final
    named: list[tuple[Photo, Thumb]] | None = None


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
    edited = positive_int(request.GET.get("titles"))
    context = {
        "groups": groups_of(page, edited),
        "here": request.get_full_path().partition("?")[0] + (f"?before={cursor}" if cursor else ""),
        "before": str(cursor) if cursor else "",
        "edited": edited,
        "older": str(Cursor(page[-1].added_at.astimezone(UTC), "p", page[-1].pk)) if more else "",
        "is_first": cursor is None,
        "section": "finals",
        "own_primary": not page or bool(edited),
        "total": total,
        **bar(request, "finals:", total),
    }
    return render(request, "finals/_groups.html" if request.htmx else "finals/page.html", context)


@require_POST
def titles(request: HttpRequest) -> HttpResponse:
    """Other titles for finals, as typed on their page; their files follow behind."""
    typed = titles_from(request.POST)
    mine = list(Photo.objects.owned_by(request.user).finals().filter(pk__in=typed).only("pk", "title"))
    changed, troubles = differing(mine, typed), []
    for pk, (title, revision) in changed.items():
        try:
            editing.edit(request.user, pk, revision=revision, title=title)
        except (editing.EditError, Photo.DoesNotExist) as problem:
            troubles.append(getattr(problem, "sentence", ""))
    if changed and len(troubles) < len(changed):
        working.enqueue("write_titles", request.user.pk, list(changed))
        messages.info(request, _("The titles are saved; the files are being written anew."))
    if troubles:
        messages.error(request, " ".join(dict.fromkeys(filter(None, troubles))))
    return back(request, otherwise=reverse("finals"))


def groups_of(photos: list[Photo], edited: int | None = None) -> list[Group]:
    place, groups = 0, []
    for (session_id, title), members in groupby(
        photos, lambda photo: (photo.session_id, photo.session_title)
    ):
        members = list(members)
        cells = [Cell(photo, place=place + n) for n, photo in enumerate(members)]
        place += len(members)
        is_edited = edited in {photo.pk for photo in members}
        groups.append(
            Group(
                session_id=session_id,
                title=title or "",
                filed_at=localtime(members[0].added_at),
                cells=cells,
                first=members[0].pk,
                named=[(photo, Thumb(photo)) for photo in members] if is_edited else None,
            )
        )
    return groups


def _with_session(listed):
    return listed.only(*CELL_FIELDS, "revision").annotate(
        session_id=F("source__candidate__session_id"), session_title=F("source__candidate__session__title")
    )


def _filed_before(listed, cursor: Cursor):
    """The guarded form, as `PhotoQuerySet.older_than` has it, on the time of filing."""
    return listed.filter(added_at__lte=cursor.at).exclude(added_at=cursor.at, pk__gte=cursor.pk)
