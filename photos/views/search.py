"""The search page: what a query finds among one's own pictures, as a list like any other, and ways to narrow it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
from photos.models import Album, Photo
from photos.text import clean
from photos.views import narrowing
from photos.views.bars import bar
from photos.views.cells import Cell
from photos.views.replies import positive_int

SHOWN_LENGTH = 80  # characters of the query in the heading
FIRST = 50  # finals and uploads above the candidates; all of them are one click away
CANDIDATES, OTHERS = "is:candidate", "-is:candidate"
BARE_NUMBERS = ("rating", "steps", "cfg", "seed", "has")  # keys whose value says little without them

TURNING = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)  # they would turn the heading around

Address = Callable[..., str]  # of other words, or of these at another place (before=, after=)


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def results(request: HttpRequest) -> HttpResponse:
    """A page of results; for a script that appends, only its pictures."""
    edited = _edited(request)
    address = partial(_address, album=edited and edited.pk)
    if "form" in request.GET:
        return HttpResponseRedirect(address(SearchForm(request.GET).query()))
    words = _words(request)
    query = search.parse(words)
    found, context = listed(request, words, query, address)
    if request.htmx:
        return render(request, "search/_results.html", context | {"appended": True})
    context |= _advice(query, found, address)
    context |= {
        "heading": _heading(found, words) if words else _("Search"),
        "searched": words,
        "is_cut": len(request.GET.get("q", "")) > search.MAX_CHARACTERS,
        "edited": edited,
        "proposed": proposed_title(query),
        "narrow_address": f"{reverse('search_narrow')}?{_parameters(words, edited and edited.pk)}",
        "form_address": address(words, by="form"),
        "choices": choices_of(request.user) if not words or "by" in request.GET else None,
    }
    return render(request, "search/page.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
def narrow(request: HttpRequest) -> HttpResponse:
    """Months, models, stars, tags of what was found, each a link; as a page where there is no script."""
    words, edited = _words(request), _edited(request)
    query, address = search.parse(words), partial(_address, album=edited and edited.pk)
    context = {
        "searched": words,
        "back_address": address(words),
        "facets": narrowing.facets_of(request.user, query, address),
    }
    return render(request, "search/_narrow.html" if request.htmx else "search/narrow.html", context)


@require_safe
@cache_control(private=True, max_age=30)
def offers(request: HttpRequest) -> HttpResponse:
    """What could be typed next, for the box."""
    return JsonResponse({"offers": search.offers(request.user, request.GET.get("start", "")[:100])})


def found_by(owner, words: str):
    """The pictures of the list "search:red lighthouse", for what is done to all of it."""
    return search.everything(owner, search.parse(words))


# --- the list, for the page of a smart album too --------------------------------------------------


def listed(
    request: HttpRequest, words: str, query: search.Query, address: Address
) -> tuple[search.Found, dict]:
    """What is found at the place the request names; and the context of the list, with its chips and notes."""
    before, after = (search.Place.parse(request.GET.get(name, "")) for name in ("before", "after"))
    found = search.find(
        request.user, query, before=before, after=after, fields=CELL_FIELDS, counted=not request.htmx
    )
    context = {
        "query": query,
        "sections": [{"cells": _cells(words, found.photos)}] if found.photos else [],
        "newer_address": address(words, after=found.newer) if found.newer else "",
        "older_address": address(words, before=found.older) if found.older else "",
    }
    if request.htmx:
        return found, context
    if not (before or after) and (sections := _sections(request.user, words, query, found, address)):
        context |= {"sections": sections, "older_address": sections[1]["older_address"], "newer_address": ""}
    context |= {
        "chips": [(term.source, address(term.without)) for term in query.terms],
        "notes": [
            {
                "source": note.source,
                "sentence": _(note.message) % note.values,
                "address": address(note.instead) if note.instead else "",
                "instead": note.instead,
            }
            for note in query.notes
        ],
        "too_many_to_sort": found.unsorted,
        "is_elsewhere": bool(found.total and not found.photos),
        "first_address": address(words),
    }
    return found, context | bar(request, f"search:{words}", number(found))


def number(found: search.Found | search.Kind) -> str:
    """ "37", "1,000+"."""
    count = number_format(min(found.total, search.COUNT_AT_MOST), force_grouping=True)
    return f"{count}+" if found.capped else count


def proposed_title(query: search.Query) -> str:
    """What a smart album of this search could be called: "Red lighthouse, Flux dev, picked"."""
    words, others = [], []
    for source in (term.source for term in query.terms):
        key, colon, value = source.partition(":")
        if not colon or not key.isalpha():
            words.append(source.strip('"'))
        elif key not in ("sort", "order"):
            others.append(source if key in BARE_NUMBERS else value.strip('"'))
    title = ", ".join(filter(None, [" ".join(words), *others]))
    return title[:1].upper() + title[1:200]


# --- parts ----------------------------------------------------------------------------------------


def _words(request: HttpRequest) -> str:
    return " ".join(clean(request.GET.get("q", "")[: search.MAX_CHARACTERS]).split())


def _edited(request: HttpRequest) -> Album | None:
    """The smart album whose search is being changed."""
    if (pk := positive_int(request.GET.get("smart"))) is None:
        return None
    return Album.objects.owned_by(request.user).exclude(query="").filter(pk=pk).first()


def _cells(words: str, photos: list[Photo], begin: int = 0) -> list[Cell]:
    query = "?" + urlencode({"q": words})
    return [Cell(photo, place=place, query=query) for place, photo in enumerate(photos, begin)]


def _sections(owner, words: str, query: search.Query, found: search.Found, address: Address) -> list[dict]:
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
            "count": number(others),
            "cells": _cells(words, shown),
            "all_address": address(f"{OTHERS} {words}") if others.total > len(shown) else "",
        },
        {
            "title": _("Candidates"),
            "count": number(candidates),
            "cells": _cells(words, candidates.photos, len(shown)),
            "older_address": address(f"{CANDIDATES} {words}", before=candidates.older)
            if candidates.older
            else "",
        },
    ]


def _advice(query: search.Query, found: search.Found, address: Address) -> dict:
    """What helps where nothing was found."""
    return {
        "single_words": [] if found.total else _single_words(query, address),
        "leaves_out": any(term.source.startswith("-") for term in query.terms),
    }


def _heading(found: search.Found, words: str) -> str:
    """ "37 images for “red lighthouse”"."""
    shown = Truncator(words.translate(TURNING)).chars(SHOWN_LENGTH)
    values = {"n": number(found), "words": shown}
    if not found.total:
        return _("No images for “%(words)s”") % values
    total = found.total + found.capped
    return ngettext("%(n)s image for “%(words)s”", "%(n)s images for “%(words)s”", total) % values


def _single_words(query: search.Query, address: Address) -> list[tuple[str, str]]:
    """Of a query of several terms each alone, with its address: advice where all together find nothing."""
    if len(query.terms) < 2:
        return []
    alone = [term.source for term in query.terms if not term.source.startswith(("-", "sort:"))]
    return [(words, address(words)) for words in alone]


def _address(words: str, *, album: int | None = None, **rest: object) -> str:
    return f"{reverse('search')}?{_parameters(words, album, **rest)}"


def _parameters(words: str, album: int | None, **rest: object) -> str:
    return urlencode({"q": words, **({"smart": album} if album else {}), **rest})
