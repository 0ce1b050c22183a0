"""What whoever is not the owner sees: derived sizes, title, caption and alternative text. Nothing else gets in here.

Templates of this page are given no photo and no album, only what is in `Shown` and `Behind`, so that no later edit
of a template can show a prompt, a place or a file name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from photos import leafing, media, titles
from photos.models import Album, Photo
from photos.views import errors
from photos.views.cells import described_to_guests
from photos.views.replies import positive_int


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One picture of somebody else's, as its page says it."""

    title: str  # "" where its owner gave none
    caption: str
    alt: str
    src: str
    width: int
    height: int
    larger: str
    larger_width: int
    color: str


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The album one is looking into."""

    title: str
    address: str
    owner: str
    is_public: bool


def visitors_too(view: Callable) -> Callable:
    """A view that asks for no log-in. Absent and forbidden are the same 404; a visitor's says where to sign in."""

    @wraps(view)
    def answered(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            if request.user.is_authenticated:
                raise
        sentence = _(
            "There is nothing here for everyone to see. If it was shared with you, sign in and look again."
        )
        sign_in = f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}"
        return errors.page(request, 404, sentence, login_address=sign_in, offers_sign_in=True)

    return login_not_required(answered)


def kind_of(request: HttpRequest) -> str:
    """For whom media addresses are signed on this page, where it is not the owner's."""
    return media.GUEST if request.user.is_authenticated else media.PUBLIC


def name_of(owner) -> str:
    return owner.get_full_name() or owner.get_username()


def behind(album: Album) -> Behind:
    return Behind(
        title=album.title,
        address=album.get_absolute_url(),
        owner=name_of(album.owner),
        is_public=album.access == Album.Access.PUBLIC,
    )


def photo_page(request: HttpRequest, photo: Photo) -> HttpResponse:
    """A picture its viewer may see but does not own, between its neighbours in the album they came by."""
    come_by = Case(When(album=positive_int(request.GET.get("album")) or 0, then=0), default=1)
    here = leafing.places_for(request.user, photo).order_by(come_by, "album_id").first()
    if here is None:  # closed between two queries
        raise Http404
    album = here.album
    previous, following = leafing.neighbours(here)
    context = {
        "shown": shown(*titles.for_guests([photo]), kind_of(request)),
        "album": behind(album),
        "previous": _beside(previous, album),
        "following": _beside(following, album),
        "section": "albums",
        "own_primary": True,
    }
    return render(request, "photo/guest.html", context)


def shown(photo: Photo, viewer: str) -> Shown:
    width, height = photo.size_of("l1600")
    return Shown(
        title=photo.title,
        caption=photo.caption,
        alt=described_to_guests(photo),
        src=media.sign(photo, "l1600", viewer),
        width=width,
        height=height,
        larger=media.sign(photo, "l2560", viewer),
        larger_width=photo.size_of("l2560")[0],
        color=photo.color,
    )


def _beside(photo_id: int | None, album: Album) -> str:
    return f"{reverse('photo', args=[photo_id])}?album={album.pk}" if photo_id else ""
