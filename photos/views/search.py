"""The search page: what a query finds among one's own pictures, as a list like any other, and ways to narrow it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import search
from photos.forms_search import SearchForm, choices_of
from photos.leafing import CELL_FIELDS
from photos.models import Photo
from photos.views import narrowing
from photos.views.bars import bar
from photos.views.cells import Cell

AT_MOST_AS_A_WHOLE = 30_000  # ids that fit into one query on every database
SHOWN_LENGTH = 80  # characters of the query in the heading
FIRST = 50  # finals and uploads above the candidates; all of them are one click away
CANDIDATES, OTHERS = "is:candidate", "-is:candidate"


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def results(request: HttpRequest) -> HttpResponse:
    """A page of results; for a script that appends, only its pictures."""
    if "form" in request.GET:
        return HttpResponseRedirect(_address(SearchForm(request.GET).query()))
    words = _words(request)
    query = search.parse(words)
    before, after = (search.Place.parse(request.GET.get(name, "")) for name in ("before", "after"))
    found = _found(request, query, before, after)
    if request.htmx:
        return render(request, "search/_results.html", _list(words, found) | {"appended": True})
    sections = _sections(request.user, words, query, found) if not (before or after) else []
    context = _list(words, found) | _said(request.user, words, query, found)
    if sections:
        context |= {"sections": sections, "older_address": sections[1]["older_address"], "newer_address": ""}
    context |= bar(request, f"search:{words}", _number(found))
    return render(request, "search/page.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
def narrow(request: HttpRequest) -> HttpResponse:
    """Months, models, stars, tags of what was found, each a link; as a page where there is no script."""
    words = _words(request)
    query = search.parse(words)
    context = {
        "searched": words,
        "back_address": _address(words),
        "facets": narrowing.facets_of(request.user, query, _address),
    }
    return render(request, "search/_narrow.html" if request.htmx else "search/narrow.html", context)


@require_safe
@cache_control(private=True, max_age=30)
def offers(request: HttpRequest) -> HttpResponse:
    """What could be typed next, for the box."""
    return JsonResponse({"offers": search.offers(request.user, request.GET.get("start", "")[:100])})


def found_by(owner, words: str):
    """The pictures of the list "search:red lighthouse", for what is done to all of it."""
    found = search.newest_ids(owner, search.parse(words), AT_MOST_AS_A_WHOLE)
    return Photo.objects.owned_by(owner).everything().filter(pk__in=found)


# --- parts ----------------------------------------------------------------------------------------


def _words(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "")[: search.MAX_CHARACTERS].split())


def _found(request: HttpRequest, query: search.Query, before, after) -> search.Found:
    return search.find(
        request.user, query, before=before, after=after, fields=CELL_FIELDS, counted=not request.htmx
    )


def _list(words: str, found: search.Found) -> dict:
    return {
        "sections": [{"cells": _cells(words, found.photos)}] if found.photos else [],
        "newer_address": _address(words, after=found.newer) if found.newer else "",
        "older_address": _address(words, before=found.older) if found.older else "",
    }


def _cells(words: str, photos: list[Photo], begin: int = 0) -> list[Cell]:
    query = "?" + urlencode({"q": words})
    return [Cell(photo, place=place, query=query) for place, photo in enumerate(photos, begin)]


def _sections(owner, words: str, query: search.Query, found: search.Found) -> list[dict]:
    """Finals and uploads, then candidates; none where all are of one kind."""
    kinds = {photo.collection == "session" for photo in found.photos}
    if len(kinds) < 2 and not found.older:
        return []
    narrower = [query.narrowed(search.parse(kind).tree) for kind in (OTHERS, CANDIDATES)]
    others, candidates = search.by_kind(owner, query, found, narrower, CELL_FIELDS)
    if not (others.photos and candidates.photos):
        return []
    shown = others.photos[:FIRST]
    return [
        {
            "title": _("Finals and uploads"),
            "count": _number(others),
            "cells": _cells(words, shown),
            "all_address": _address(f"{OTHERS} {words}") if others.total > len(shown) else "",
        },
        {
            "title": _("Candidates"),
            "count": _number(candidates),
            "cells": _cells(words, candidates.photos, len(shown)),
            "older_address": _address(f"{CANDIDATES} {words}", before=candidates.older)
            if candidates.older
            else "",
        },
    ]


def _said(owner, words: str, query: search.Query, found: search.Found) -> dict:
    """What stands above the list, or in its place."""
    return {
        "searched": words,
        "query": query,
        "heading": _heading(found, words) if words else _("Search"),
        "chips": [(term.source, _address(term.without)) for term in query.terms],
        "notes": [
            {
                "source": note.source,
                "sentence": note.sentence,
                "address": _address(note.instead) if note.instead else "",
                "instead": note.instead,
            }
            for note in query.notes
        ],
        "too_many_to_sort": found.unsorted,
        "narrow_address": f"{reverse('search_narrow')}?{urlencode({'q': words})}",
        "single_words": _single_words(query),
        "leaves_out": any(term.source.startswith("-") for term in query.terms),
        "is_elsewhere": bool(found.total and not found.photos),
        "choices": choices_of(owner),
    }


def _heading(found: search.Found, words: str) -> str:
    """ "37 images for “red lighthouse”"."""
    values = {"n": _number(found), "words": Truncator(words).chars(SHOWN_LENGTH)}
    if not found.total:
        return _("No images for “%(words)s”") % values
    total = found.total + found.capped
    return ngettext("%(n)s image for “%(words)s”", "%(n)s images for “%(words)s”", total) % values


def _number(found: search.Found | search.Kind) -> str:
    count = number_format(min(found.total, search.COUNT_AT_MOST), force_grouping=True)
    return f"{count}+" if found.capped else count


def _single_words(query: search.Query) -> list[tuple[str, str]]:
    """Of a query of several terms each alone, with its address: advice where all together find nothing."""
    if len(query.terms) < 2:
        return []
    alone = [term.source for term in query.terms if not term.source.startswith(("-", "sort:"))]
    return [(words, _address(words)) for words in alone]


def _address(words: str, **place: search.Place) -> str:
    return f"{reverse('search')}?{urlencode({'q': words, **place})}"
