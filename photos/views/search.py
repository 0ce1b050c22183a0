"""The search page: what a person's words find among their own pictures, as a list like any other."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import search
from photos.leafing import CELL_FIELDS
from photos.models import Photo
from photos.views.bars import bar
from photos.views.cells import Cell

AT_MOST_AS_A_WHOLE = 30_000  # ids that fit into one query on every database
SHOWN_LENGTH = 80  # characters of the query in the heading


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def results(request: HttpRequest) -> HttpResponse:
    """A page of results; for a script that appends, only its pictures."""
    words = " ".join(request.GET.get("q", "")[: search.MAX_CHARACTERS].split())
    query = search.parse(words)
    found = search.find(
        request.user,
        query,
        before=search.Place.parse(request.GET.get("before", "")),
        after=search.Place.parse(request.GET.get("after", "")),
        fields=CELL_FIELDS,
        counted=not request.htmx,
    )
    context = {
        "cells": [Cell(photo, place=place) for place, photo in enumerate(found.photos)],
        "searched": words,
        "heading": _heading(found.total, words) if words else _("Search"),
        "newer_address": _address(words, after=found.newer) if found.newer else "",
        "older_address": _address(words, before=found.older) if found.older else "",
        "single_words": _single_words(query),
        "leaves_out": bool(query.unwanted),
        "is_elsewhere": bool(found.total and not found.photos),
    }
    if request.htmx:
        return render(request, "search/_results.html", context | {"appended": True})
    count = min(found.total, search.COUNT_AT_MOST)
    more = "+" if found.total > search.COUNT_AT_MOST else ""
    context |= bar(request, f"search:{words}", number_format(count, force_grouping=True) + more)
    return render(request, "search/page.html", context)


def found_by(owner, words: str):
    """The pictures of the list "search:red lighthouse", for what is done to all of it."""
    found = search.find_among([owner.pk], search.parse(words), AT_MOST_AS_A_WHOLE)
    return Photo.objects.owned_by(owner).everything().filter(pk__in=found)


def _heading(total: int, words: str) -> str:
    """ "37 images for “red lighthouse”"."""
    values = {"n": number_format(total), "words": Truncator(words).chars(SHOWN_LENGTH)}
    if total > search.COUNT_AT_MOST:
        values["n"] = number_format(search.COUNT_AT_MOST)
        return _("%(n)s+ images for “%(words)s”") % values
    if not total:
        return _("No images for “%(words)s”") % values
    return ngettext("%(n)s image for “%(words)s”", "%(n)s images for “%(words)s”", total) % values


def _single_words(query: search.Query) -> list[tuple[str, str]]:
    """Of a query of several words each alone, with its address: advice where all together find nothing."""
    if len(query.wanted) + len(query.unwanted) < 2:
        return []
    alone = [" ".join(term.words) if term.prefix else f'"{" ".join(term.words)}"' for term in query.wanted]
    return [(words, _address(words)) for words in alone]


def _address(words: str, **place: search.Place) -> str:
    return f"{reverse('search')}?{urlencode({'q': words, **place})}"
