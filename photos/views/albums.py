"""Albums as pages: the shelf of them, and one, for its owner or for whoever may look into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import leafing, media, search, titles
from photos.forms_albums import ACCESS
from photos.models import Album, AlbumPhoto, Photo, Share
from photos.thumbnails import variant_size
from photos.views import guests, smart_albums
from photos.views.bars import bar
from photos.views.cells import Cell, GuestCell
from photos.views.replies import positive_int

SHELF, PAGE = 48, 100
EXPECTED = 13  # the first paint waits for so many cells: a row that arrives in two pieces would jump
REMOVED = (
    "removed_from_album"  # in the log-in session: what the last removal took out, so that it can be undone
)


class AlbumRef:
    """`12` or `12-family`: the number finds the album, the rest is for people."""

    regex = "[0-9]{1,18}(?:-[-a-zA-Z0-9_]*)?"

    def to_python(self, text: str) -> int:
        return int(text.partition("-")[0])

    def to_url(self, ref: str | int) -> str:
        return str(ref)


# --- the shelf ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Card:
    """An album on the shelf. `src` is "" where it shows nothing."""

    title: str
    address: str
    note: (
        str  # what stands below: "31 images, November 2026", "31 images, by Alice"; of a smart one its search
    )
    access: str  # "" where there is nothing to say
    is_smart: bool = False
    src: str = ""
    width: int = 0
    height: int = 0
    color: str = ""


@require_safe
@guests.visitors_too
@cache_control(private=True, no_cache=True)
def albums(request: HttpRequest) -> HttpResponse:
    return shelf_page(request)


def shelf_page(request: HttpRequest, *, form=None, status: int = 200) -> HttpResponse:
    """One's own albums, then those of others that are open to one. For visitors the public ones."""
    mine, mine_older, theirs, theirs_older = [], "", [], ""
    before, shared_before = request.GET.get("before", ""), request.GET.get("shared", "")
    if request.user.is_authenticated and not shared_before:
        mine, mine_older = _shelf(request, Album.objects.owned_by(request.user), before)
    if not before:
        open_to_me = Album.objects.visible_to(request.user).exclude(owner_id=request.user.pk)
        theirs, theirs_older = _shelf(request, open_to_me, shared_before, empty_too=False)
    context = {
        "mine": mine,
        "mine_older": mine_older,
        "theirs": theirs,
        "theirs_older": theirs_older,
        "is_first": not (before or shared_before),
        "form": form,
        "section": "albums",
    }
    return render(request, "albums/shelf.html", context, status=status)


def _shelf(
    request: HttpRequest, listed: QuerySet[Album], cursor: str, *, empty_too: bool = True
) -> tuple[list[Card], str]:
    """A row of cards, last changed first, and the cursor of the next: an album's number."""
    edge = listed.filter(pk=positive_int(cursor) or 0)
    if edge:
        # Compared where it is stored: what SQLite writes by itself has three digits of a second, what we write six.
        at = Subquery(edge.values("changed_at")[:1])
        listed = listed.filter(Q(changed_at__lte=at) & (Q(changed_at__lt=at) | Q(pk__lt=edge[0].pk)))
    listed = leafing.with_facts(listed.select_related("owner"))
    if not empty_too:
        listed = listed.filter(first_photo__isnull=False)
    found = list(listed.recent_first()[: SHELF + 1])
    covers = leafing.covers(found[:SHELF])
    cards = [_card(request, album, covers.get(album.pk)) for album in found[:SHELF]]
    return cards, str(found[SHELF - 1].pk) if len(found) > SHELF else ""


def _card(request: HttpRequest, album: Album, cover: Photo | None) -> Card:
    is_mine = album.owner_id == request.user.pk
    by_or_when = (
        span_words(album.first_at, album.last_at) if is_mine else _("by %s") % guests.name_of(album.owner)
    )
    picture = {}
    if cover is not None:
        width, height = variant_size("h320", cover.width, cover.height)
        src = media.sign(cover, "h320", media.OWNER if is_mine else guests.kind_of(request))
        picture = {"src": src, "width": width, "height": height, "color": cover.color}
    return Card(
        title=album.title,
        address=album.get_absolute_url(),
        note=album.query
        if album.is_smart
        else ", ".join(filter(None, [count_words(album.n_shown), by_or_when])),
        access=access_label(album) if is_mine and album.access != Album.Access.PRIVATE else "",
        is_smart=album.is_smart,
        **picture,
    )


# --- one album ----------------------------------------------------------------------------------------


@require_safe
@guests.visitors_too
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def album(request: HttpRequest, ref: int) -> HttpResponse:
    """The pictures of an album; for a script that appends, only them."""
    visible = leafing.with_facts(Album.objects.visible_to(request.user).select_related("owner"))
    linked = Exists(Share.objects.switched_on().filter(album=OuterRef("pk")))
    shown = get_object_or_404(visible.annotate(is_linked=linked), pk=ref)
    if request.path != shown.get_absolute_url():
        query = request.META.get("QUERY_STRING", "")
        return redirect(shown.get_absolute_url() + (f"?{query}" if query else ""))
    if shown.owner_id != request.user.pk:
        return _as_guest(request, shown)
    return _as_owner(request, shown)


def _as_guest(request: HttpRequest, shown: Album) -> HttpResponse:
    page, pager = _leaf(request, shown, order=shown.order)
    viewer, query = guests.kind_of(request), f"?album={shown.pk}"
    photos = titles.for_guests([place.photo for place in page.places])
    cells = [GuestCell(photo, viewer=viewer, query=query, place=n) for n, photo in enumerate(photos)]
    context = _of_the_list(cells, pager) | {
        "album": guests.behind(shown),
        "description": shown.description,
        "count": count_words(shown.n_shown),
    }
    if request.htmx:
        return render(request, "albums/_grid.html", context)
    if viewer == media.PUBLIC:
        context |= {"graph": _graph(request, shown)}
    return render(request, "albums/guest.html", context)


def _as_owner(request: HttpRequest, shown: Album) -> HttpResponse:
    if shown.is_smart:
        return smart_albums.page(request, shown)
    arranging = "arrange" in request.GET
    page, pager = _leaf(request, shown, order=Album.Order.MANUAL if arranging else shown.order)
    query = f"?album={shown.pk}"
    cells = [Cell(place.photo, place=n, query=query) for n, place in enumerate(page.places)]
    context = _of_the_list(cells, pager) | {"album": shown}
    if request.htmx:
        return render(request, "albums/_grid.html", context)
    context |= {
        "count": count_words(shown.n_shown),
        "span": span_words(shown.first_at, shown.last_at),
        "access_label": access_label(shown),
        "is_linked": shown.is_linked,
        "choices": [(value, label, meaning, value == shown.access) for value, label, meaning in ACCESS],
        "is_by_date": shown.order == Album.Order.DATE,
    }
    if arranging:
        return render(request, "albums/arrange.html", context | _arranging(shown, page.places))
    context |= bar(request, f"album:{shown.pk}", _number(shown.n_shown)) | {
        "n_removed": _just_removed(request, shown)
    }
    return render(request, "albums/page.html", context)


def _leaf(request: HttpRequest, shown: Album, *, order: str) -> tuple[leafing.Page, dict[str, str]]:
    """A page, and where the pages before and after it are."""
    cursor = {name: positive_int(request.GET.get(name)) for name in ("after", "before")}
    page = leafing.page(shown, order=order, limit=PAGE, **cursor)
    kept = {"arrange": "1"} if "arrange" in request.GET else {}

    def address(**cursor: int) -> str:
        return f"{shown.get_absolute_url()}?{urlencode({**kept, **cursor})}"

    return page, {
        "earlier": address(before=page.places[0].photo_id) if page.places and page.has_earlier else "",
        "later": address(after=page.places[-1].photo_id) if page.places and page.has_later else "",
    }


def _of_the_list(cells: list[Cell | GuestCell], pager: dict[str, str]) -> dict:
    return {
        "cells": cells,
        "expected": f"p{cells[EXPECTED - 1].id}" if len(cells) > EXPECTED else "",
        "section": "albums",
        **pager,
    }


def _arranging(shown: Album, places: list[AlbumPhoto]) -> dict:
    first = leafing.number_of(shown, places[0]) if places else 1
    return {
        "rows": [(number, Cell(place.photo)) for number, place in enumerate((*places,), start=first)],
        "cover_id": leafing.covers([shown])[shown.pk].pk if shown.first_photo else None,
    }


def _just_removed(request: HttpRequest, shown: Album) -> int:
    """How many pictures can be put back."""
    if "removed" not in request.GET:
        return 0
    kept = request.session.get(REMOVED) or {}
    return len(kept.get("places", ())) if kept.get("album") == shown.pk else 0


def _graph(request: HttpRequest, shown: Album) -> dict[str, str]:
    """What a messenger shows of a link to a public album."""
    cover = leafing.covers([shown]).get(shown.pk)
    found = {
        "title": shown.title,
        "description": " ".join(shown.description.split())[:200],
        "url": request.build_absolute_uri(shown.get_absolute_url()),
    }
    if cover is not None:
        width, height = variant_size("l1600", cover.width, cover.height)
        src = request.build_absolute_uri(media.sign(cover, "l1600", media.PUBLIC))
        found |= {"image": src, "width": str(width), "height": str(height)}
    return found


def own_album(request: HttpRequest, pk: int) -> Album:
    return get_object_or_404(Album.objects.owned_by(request.user), pk=pk)


def in_album(owner, rest: str) -> QuerySet[Photo]:
    """The pictures of the list "album:12", for what is done to all of it."""
    if (pk := positive_int(rest)) is None:
        raise Http404
    shown = get_object_or_404(Album.objects.owned_by(owner), pk=pk)
    if shown.is_smart:
        return search.everything(owner, search.parse(shown.query))
    return Photo.objects.filter(pk__in=leafing.places_of(shown).values("photo"))


# --- words --------------------------------------------------------------------------------------------


def access_label(album: Album) -> str:
    return next(str(label) for value, label, _meaning in ACCESS if value == album.access)


def count_words(n: int) -> str:
    """ "31 images"; no album is counted further than a thousand."""
    return ngettext("%s image", "%s images", n) % _number(n)


def _number(n: int) -> str:
    most = leafing.COUNT_AT_MOST
    return formats.number_format(min(n, most), use_l10n=True, force_grouping=True) + ("+" if n > most else "")


def span_words(first: datetime | None, last: datetime | None) -> str:
    """ "22 November 2026", "November 2026", "September to November 2026", "May 2024 to November 2026"."""
    if first is None or last is None:
        return ""
    first, last = first.replace(tzinfo=None), last.replace(tzinfo=None)
    if first.date() == last.date():
        return formats.date_format(last, "j F Y")
    if (first.year, first.month) == (last.year, last.month):
        return formats.date_format(last, "F Y")
    begins = formats.date_format(first, "F" if first.year == last.year else "F Y")
    return _("%(first)s to %(last)s") % {"first": begins, "last": formats.date_format(last, "F Y")}
