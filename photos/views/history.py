"""The history of a picture, and the lines that any history consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from photos import history
from photos.models import Decision, Photo
from photos.views.replies import positive_int
from photos.views.telling import state_words


@dataclass(frozen=True, kw_only=True)
class Line:
    """One gesture, ready to be printed."""

    entry: history.Entry
    what: list[str]  # "5 images: undecided → rejected: hands"
    whole: str  # "12", where it touched others too


@require_safe
@never_cache
def of_photo(request: HttpRequest, pk: int) -> HttpResponse:
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live(), pk=pk)
    context = lines_of(request, Decision.objects.filter(photo=photo), is_one=True) | {
        "title": str(photo),
        "back_address": photo.get_absolute_url(),
        "back_label": _("Back to the image"),
        "section": "",
    }
    return render(request, "history/page.html", context)


def lines_of(
    request: HttpRequest,
    events,
    *,
    is_one: bool = False,
    names: Callable[[Iterable[int]], dict[int, str]] = lambda ids: {},
) -> dict:
    """Context of a page of history. `is_one`: of a single picture, which needs no counts.

    `names` says what pictures are called there ("Image 04"), for gestures that went to one of them.
    """
    before = positive_int(request.GET.get("before"))
    page = history.page(request.user, events, before=before, is_one=is_one)
    alone = {step.photo_id for entry in page.entries for step in entry.steps if step.count == 1}
    known = {} if is_one else names(alone)
    return {"lines": [_line(entry, is_one, known) for entry in page.entries], "older": page.before}


def _line(entry: history.Entry, is_one: bool, known: dict[int, str]) -> Line:
    here = (
        max((step.count for step in entry.steps), default=0) if is_one else sum(s.count for s in entry.steps)
    )
    return Line(
        entry=entry,
        what=[_what(step, is_one, known) for step in entry.steps],
        whole=number_format(entry.whole, force_grouping=True) if entry.whole > here else "",
    )


def _what(step: history.Step, is_one: bool, known: dict[int, str]) -> str:
    old = state_words(step.axis, step.old, step.old_reason)
    new = state_words(step.axis, step.new, step.new_reason)
    if is_one:
        return f"{old} → {new}"
    if step.count == 1 and step.photo_id in known:
        return f"{known[step.photo_id]}: {old} → {new}"
    n = number_format(step.count, force_grouping=True)
    many = ngettext("%(n)s image: %(old)s → %(new)s", "%(n)s images: %(old)s → %(new)s", step.count)
    return many % {"n": n, "old": old, "new": new}
