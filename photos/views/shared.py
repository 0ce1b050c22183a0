"""What the receiver of a link sees: a grid, a page for each picture, and a download where it is allowed.

Templates here are given no photo, no album and no person, only what stands in `Page` and `Picture`. No answer sets a
cookie, is kept by anybody in between, or tells other sites where one came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from photos import leafing, sharing, storage, throttle
from photos.devices import address_of
from photos.models import Photo, Share
from photos.sharing import given, names, packing, served, shown
from photos.thumbnails import variant_size
from photos.views.albums import count_words
from photos.views.cells import Cell, described_to_guests, loading

PAGE = 100
FREE_TRIES = 30  # addresses that do not work, from one place, before the next has to wait
BUSY_SECONDS = 120
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A link, as its pages say it. `address` is where its pages begin: by its token, or for its owner who looks."""

    title: str
    signed_by: str
    count: str
    address: str
    download: str = ""  # "" where there is none
    why_no_download: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture, as its page says it."""

    title: str
    caption: str
    alt: str
    made: str  # "Made with AI"; "" where nothing is to be said
    src: str
    width: int
    height: int
    color: str
    previous: str
    following: str
    back: str


class SharedCell(Cell):
    """A picture in the grid of a link."""

    template = "shared/_cell.html"
    __slots__ = ("share",)

    def __init__(self, photo: Photo, *, share: Share, address: str, place: int) -> None:
        self.share = share
        width, height = variant_size("h320", photo.width, photo.height)
        src, name = escape(self._address(photo, "h320")), names.name_of(share.pk, photo.pk)
        self.id, self.color, self.ratio = name, photo.color, photo.ratio
        self.values = {
            "id": name,
            "href": escape(f"{address}{name}/"),
            "src": src,
            "srcset": self._srcset(photo, src, width, place),
            "width": width,
            "height": height,
            "loading": loading(place),
            "ratio": photo.ratio,
            "color": photo.color,
            "alt": escape(described_to_guests(photo)),
            "made": escape(given.disclosure(given.mark_of(photo))),
        }

    def _address(self, photo: Photo, variant: str) -> str:
        return served.sign(photo, variant, self.share)


def for_receivers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of an open link, for whoever has its token. All else is the same page, whatever the reason.

    Wrong ones are counted for the address they come from, and have to wait when they are many. A right one is never
    refused for what others guess from the same place: 256 bits are not guessed, the wait is for the machine's sake.
    """

    @wraps(view)
    def answered(request: HttpRequest, token: str, **names: str) -> HttpResponse:
        request.path = "/x/.../"  # what is logged of this request names no link that works, or will again
        share = sharing.open_for(token)
        response = view(request, share, reverse("shared", args=[token]), **names) if share else None
        if response is None:
            response = closed(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return login_not_required(require_safe(answered))


def closed(request: HttpRequest) -> HttpResponse:
    """Unknown, ended, switched off, deleted: nobody learns which."""
    response = render(request, "shared/closed.html", status=404)
    try:
        throttle.begin_try("a share link", address_of(request), free=FREE_TRIES)
    except throttle.TooManyFailures as problem:
        response.status_code = 429
        response["Retry-After"] = str(problem.retry_after_seconds)
    return response


@for_receivers
def shared(request: HttpRequest, share: Share, address: str) -> HttpResponse:
    if (
        request.method == "GET"
        and not request.GET
        and not _is_prefetch(request)
        and not _is_owner(request, share)
    ):
        sharing.note_opening(share)
    return grid(request, share, address)


@for_receivers
def shared_photo(request: HttpRequest, share: Share, address: str, name: str) -> HttpResponse | None:
    return picture(request, share, address, name)


@for_receivers
def shared_download(request: HttpRequest, share: Share, address: str) -> HttpResponse | None:
    return download(request, share, address)


# --- pages, for receivers and for the owner who looks at them -----------------------------------------


def grid(request: HttpRequest, share: Share, address: str) -> HttpResponse:
    cursor = {side: names.in_link(share.pk, request.GET.get(side, "")) for side in ("after", "before")}
    leaf = shown.leaf(share, **cursor, limit=PAGE)
    cells = [SharedCell(photo, share=share, address=address, place=n) for n, photo in enumerate(leaf.photos)]
    context = {
        "page": _page(share, address),
        "cells": cells,
        "earlier": f"{address}?{urlencode({'before': cells[0].id})}" if leaf.has_earlier and cells else "",
        "later": f"{address}?{urlencode({'after': cells[-1].id})}" if leaf.has_later and cells else "",
    }
    return render(request, "shared/grid.html", context)


def picture(request: HttpRequest, share: Share, address: str, name: str) -> HttpResponse | None:
    """None where it is not in the link, or not any more."""
    found = shown.one(share, names.in_link(share.pk, name))
    if found is None:
        return None
    photo, beside = found.photo, [_of(share, address, pk) for pk in (found.previous, found.following)]
    width, height = photo.size_of(given.WEB)
    known = Picture(
        title=photo.title,
        caption=photo.caption,
        alt=described_to_guests(photo),
        made=given.disclosure(given.mark_of(photo)),
        src=served.sign(photo, given.WEB, share),
        width=width,
        height=height,
        color=photo.color,
        previous=beside[0],
        following=beside[1],
        back=_back(share, address, found, name),
    )
    return render(request, "shared/photo.html", {"page": _page(share, address), "picture": known})


def download(request: HttpRequest, share: Share, address: str) -> HttpResponse | None:
    """All of it as one ZIP; None where that is not allowed. Begun for nobody who only thinks it may be wanted."""
    if not share.allows_download:
        return None
    if _is_prefetch(request):
        return HttpResponse(status=503)
    try:
        packed = packing.Packed(share) if request.method == "GET" else ()
    except sharing.ShareError as problem:
        said = {"sentence": problem.sentence, "address": address}
        is_busy = isinstance(problem, packing.Busy)
        response = render(request, "shared/wait.html", said, status=503 if is_busy else 409)
        if is_busy:
            response["Retry-After"] = str(BUSY_SECONDS)
        return response
    response = StreamingHttpResponse(packed, content_type="application/zip")
    name = storage.download_name(share.title, "images.zip")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _page(share: Share, address: str) -> Page:
    n = shown.count(share)
    download, why = "", ""
    if share.allows_download and n:
        too_many = n > leafing.COUNT_AT_MOST and shown.has_more_than(share, packing.MOST)
        download, why = ("", packing.too_many()) if too_many else (f"{address}download/", "")
    return Page(
        title=share.title, signed_by=share.signed_by, count=count_words(n), address=address,
        download=download, why_no_download=why,
    )  # fmt: skip


def _of(share: Share, address: str, photo_id: int | None) -> str:
    return f"{address}{names.name_of(share.pk, photo_id)}/" if photo_id else ""


def _back(share: Share, address: str, found: shown.Found, name: str) -> str:
    """To the grid, where it shows this picture."""
    if found.number_before < PAGE or not found.previous:
        return f"{address}#i{name}"
    return f"{address}?{urlencode({'after': names.name_of(share.pk, found.previous)})}#i{name}"


def _is_prefetch(request: HttpRequest) -> bool:
    asked = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in asked.lower() or "preview" in asked.lower()


def _is_owner(request: HttpRequest, share: Share) -> bool:
    """Asked only where there is a cookie: who has none costs no query."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.pk == share.owner_id
