"""What looks like a picture, and what was made with its settings: lists like any other, for its owner alone."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import lookalikes
from photos.leafing import CELL_FIELDS
from photos.models import Photo, Recipe
from photos.views.bars import bar
from photos.views.cells import Cell
from photos.views.replies import positive_int

PAGE = 100
STRIP = 12  # on the page of a picture
COUNTED = 1_000


class LikeCell(Cell):
    """A picture with `words` for how alike it is."""

    template = "duplicates/_like.html"
    __slots__ = ()


class StripCell(LikeCell):
    """The same, small, on the page of a picture."""

    template = "duplicates/_strip.html"
    __slots__ = ()


class StackCell(Cell):
    """The first of a stack, with `count`: how many it stands for here."""

    template = "duplicates/_stack.html"
    __slots__ = ()


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def look_alikes(request: HttpRequest, pk: int) -> HttpResponse:
    """What looks like this picture, the nearest first; for a script that asks, the first few."""
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live(), pk=pk)
    found = lookalikes.near(photo, limit=STRIP if request.htmx else PAGE)
    cells = [
        (StripCell if request.htmx else LikeCell)(one.photo, place=place, words=likeness_words(one.likeness))
        for place, one in enumerate(found)
    ]
    context = {
        "photo": photo,
        "cells": cells,
        "is_plain": photo.phash0 is None,
        "is_waiting": photo.derived == "pending",
        "section": "timeline",
    }
    if request.htmx:
        return render(request, "duplicates/_alike.html", context)
    context["title"] = _("Look-alikes")
    context |= bar(request, f"alike:{pk}", len(cells))
    return render(request, "duplicates/list.html", context)


@require_safe
@never_cache
def stack(request: HttpRequest, pk: int) -> HttpResponse:
    """All that was made with this picture's prompt and settings, whatever the seed; newest first, by pages."""
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live().select_related("recipe"), pk=pk)
    key = getattr(getattr(photo, "recipe", None), "stack", None)
    before = positive_int(request.GET.get("before"))
    ids = _newest(key, before, PAGE + 1)
    listed = Photo.objects.owned_by(request.user).everything().filter(pk__in=ids[:PAGE]).order_by("-pk")
    shown = Recipe.objects.filter(stack=key, photo__trashed_at=None, photo__represented=False)
    count = shown[: COUNTED + 1].count() if key else 0
    address = reverse("stack", args=[pk])
    words = number_format(min(count, COUNTED), force_grouping=True) + ("+" if count > COUNTED else "")
    context = {
        "photo": photo,
        "cells": [Cell(one, place=place) for place, one in enumerate(listed.only(*CELL_FIELDS))],
        "title": _("Same prompt and settings"),
        "is_stack": True,
        "first_address": address if before else "",
        "older_address": f"{address}?before={ids[PAGE - 1]}" if len(ids) > PAGE else "",
        "section": "timeline",
        **bar(request, f"stack:{pk}", words),
    }
    return render(request, "duplicates/list.html", context)


def looking_like(owner, rest: str) -> QuerySet[Photo]:
    """The pictures of the list "alike:17"."""
    photo = get_object_or_404(Photo.objects.owned_by(owner).live(), pk=int(rest))
    return (
        Photo.objects.owned_by(owner).live().filter(pk__in=[one.photo.pk for one in lookalikes.near(photo)])
    )


def in_stack(owner, rest: str) -> QuerySet[Photo]:
    """The pictures of the list "stack:17"."""
    known = Recipe.objects.filter(photo__owner=owner, photo__trashed_at=None)
    recipe = known.filter(pk=positive_int(rest)).first()
    if recipe is None or recipe.stack is None:
        raise Http404
    return Photo.objects.owned_by(owner).everything().filter(recipe__stack=recipe.stack)


def likeness_words(likeness: lookalikes.Likeness) -> str:
    return {
        lookalikes.Likeness.SAME_FILE: _("the same file"),
        lookalikes.Likeness.SMALLER: _("the same picture, smaller"),
        lookalikes.Likeness.LARGER: _("the same picture, larger"),
        lookalikes.Likeness.SAVED_ANEW: _("the same picture, saved anew"),
        lookalikes.Likeness.NEARLY: _("nearly the same"),
        lookalikes.Likeness.ALIKE: _("look-alike"),
    }[likeness]


def stack_words(count: int) -> str:
    """ "12 with these settings": what the mark of a stack says aloud."""
    return ngettext("%s with these settings", "%s with these settings", count) % count


def _newest(key: int | None, before: int | None, limit: int) -> list[int]:
    """By the number of the picture: one range of one index, however large the stack is."""
    rows = Recipe.objects.filter(stack=key) if key else Recipe.objects.none()
    rows = rows.filter(photo_id__lt=before) if before else rows
    return list(rows.order_by("-photo_id").values_list("photo_id", flat=True)[:limit])
