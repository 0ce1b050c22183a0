"""Where a picture stands: what it comes from, and what lies beside it.

Pictures know no sessions. Who knows more than this app registers a finder here at start-up; the first that
answers is used, and a picture nobody knows more of stands on the timeline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from photos import leafing, search
from photos.models import AlbumPhoto, Photo


@dataclass(frozen=True, kw_only=True)
class Place:
    """`line` says what the picture is and comes from. `previous` and `following` are ids in its own list."""

    section: str = "timeline"  # of the navigation
    title: str = ""  # what it is called where nobody gave it a title
    line: SafeString | str = ""
    notes: tuple[SafeString | str, ...] = ()
    previous: int | None = None
    following: int | None = None
    query: str = ""  # of the pages beside it: "?album=12"
    back_address: str = ""
    back_label: str = ""
    remix_address: str = ""
    vary_address: str = ""  # a POST: the same recipe with new seeds, now
    start_address: str = ""  # a form that starts from the image
    enlarge_address: str = ""
    uncomplete_address: str = ""
    facts: tuple[tuple[str, str], ...] = ()  # label and value, for the prompt and settings


Finder = Callable[[Photo], Place | None]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    if finder not in _finders:
        _finders.append(finder)


def place_of(photo: Photo) -> Place:
    """The place of a picture its viewer may see."""
    return next((place for finder in _finders if (place := finder(photo))), None) or on_timeline(photo)


def on_timeline(photo: Photo, **known) -> Place:
    """Between its neighbours on the timeline of its owner."""
    listed = Photo.objects.filter(owner_id=photo.owner_id).on_timeline().values_list("pk", flat=True)
    here = (photo.shown_at, photo.pk)
    values = {
        "line": _("Linked") if photo.collection == Photo.Collection.LINKED else _("Upload"),
        "previous": listed.newer_than(*here).order_by("shown_at", "pk").first(),
        "following": listed.older_than(*here).newest_first().first(),
        "back_address": reverse("month", args=[photo.shown_at.year, photo.shown_at.month]),
        "back_label": _("Timeline"),
    }
    return Place(**values | known)


def in_album(photo: Photo, here: AlbumPhoto) -> Place:
    """Its place between its neighbours in an album of its owner's."""
    album = here.album
    previous, following = leafing.neighbours(here)
    return replace(
        place_of(photo),
        section="albums",
        previous=previous,
        following=following,
        query=f"?album={album.pk}",
        back_address=album.get_absolute_url(),
        back_label=album.title,
    )


def in_search(photo: Photo, words: str, query: search.Query, place: Place) -> Place:
    """Its place between its neighbours among what a query finds."""
    previous, following = search.neighbours(photo, query)
    asked = "?" + urlencode({"q": words})
    return replace(
        place,
        previous=previous,
        following=following,
        query=asked,
        back_address=reverse("search") + asked,
        back_label=_("Back to the search"),
    )
