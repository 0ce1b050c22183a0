"""Smart albums: the page of a search kept under a title, and the form that keeps it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from photos import albums, search
from photos.forms_albums import SmartForm
from photos.models import Album
from photos.views.replies import see_other
from photos.views.search import listed, number


def page(request: HttpRequest, shown: Album) -> HttpResponse:
    """What its search finds today, as on the search page."""

    def address(words: str, **place) -> str:
        if words != shown.query:
            return f"{reverse('search')}?{urlencode({'q': words, **place})}"
        return shown.get_absolute_url() + (f"?{urlencode(place)}" if place else "")

    query = search.parse(shown.query)
    found, context = listed(request, shown.query, query, address)
    if request.htmx:
        return render(request, "search/_results.html", context | {"appended": True})
    if not {"before", "after"} & set(request.GET):
        with suppress(DatabaseError):  # a cover can wait
            albums.refresh_cover(shown, found.ids)
    context |= {
        "album": shown,
        "count": ngettext("%s image", "%s images", found.total + found.capped) % number(found),
        "edit_address": f"{reverse('search')}?{urlencode({'q': shown.query, 'smart': shown.pk})}",
        "section": "albums",
    }
    return render(request, "albums/smart.html", context)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a search: as a new smart album, or as the search of one that is there (`album`)."""
    form = SmartForm(request.POST)
    wish = form.cleaned_data if form.is_valid() else {}
    try:
        if not wish:
            raise albums.AlbumError(next(iter(form.errors.values()))[0])
        kept = _changed(request, wish) if wish["album"] else _made(request, wish)
    except albums.AlbumError as problem:
        messages.error(request, problem.sentence)
        return see_other(f"{reverse('search')}?{urlencode({'q': request.POST.get('query', '')[:500]})}")
    messages.info(request, _("Saved the search as “%s”.") % kept.title)
    return see_other(kept.get_absolute_url())


def _made(request: HttpRequest, wish: dict) -> Album:
    if not wish["query"]:
        raise albums.AlbumError(_("That search asks for nothing. Type a word first."))
    return albums.create(request.user, title=wish["title"], query=wish["query"])


def _changed(request: HttpRequest, wish: dict) -> Album:
    shown = get_object_or_404(Album.objects.owned_by(request.user), pk=wish["album"])
    as_it_is = {name: getattr(shown, name) for name in ("title", "description", "access", "order")}
    return albums.edit(shown, revision=wish["revision"] or 0, query=wish["query"], **as_it_is)
