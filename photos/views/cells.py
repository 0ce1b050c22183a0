"""What a list shows of one picture: everything that is printed of it, worked out beforehand.

A cell asks nothing of the database and nothing of the storage. Its markup is a template like any other, but
is rendered only once for a language, with `%(name)s` where the values go, and filled in from then on: a page of
a hundred costs 3 ms that way and 50 ms as a hundred templates. Addresses are signed here.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache

from django.template.loader import render_to_string
from django.utils import formats
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from photos import media
from photos.models import Photo
from photos.thumbnails import variant_size

EAGER = 8  # pictures of the first screen, loaded at once
IN_ROWS = "340px"  # about how wide a picture is drawn on a large screen


class Cell:
    """One picture of a list."""

    template = "_cell.html"
    drawn_width = IN_ROWS
    viewer = media.OWNER  # whom the addresses are signed for
    __slots__ = ("color", "id", "ratio", "values")

    def __init__(self, photo: Photo, *, alt: str = "", place: int = 0, **more: str) -> None:
        """`photo` has the fields of `photos.leafing.CELL_FIELDS`; `place` is the position on the page, from 0.

        `more` are further values of the template, not escaped yet.
        """
        width, height = variant_size("h320", photo.width, photo.height)
        src = escape(self._address(photo, "h320"))
        self.id, self.color, self.ratio = photo.pk, photo.color, photo.ratio
        self.values = (
            {"query": ""}
            | {name: escape(value) for name, value in more.items()}
            | {
                "id": photo.pk,
                "src": src,
                "srcset": self._srcset(photo, src, width, place),
                "width": width,
                "height": height,
                "loading": loading(place),
                "ratio": photo.ratio,
                "color": photo.color,
                "decision": photo.decision,
                "rating": photo.rating,
                "label": photo.label,
                "reason": escape(photo.reason),
                "kind": photo.collection,
                "alt": escape(alt or described(photo)),
                "state": escape(state_words(photo)),
            }
        )

    @property
    def html(self) -> SafeString:
        return filled(self.template, self.values)

    def _srcset(self, photo: Photo, src: str, width: int, place: int) -> str:
        """Twice the size for fine screens, where the picture is that large. `sizes=auto` needs lazy loading."""
        larger = variant_size("h640", photo.width, photo.height)[0]
        if larger <= width:
            return ""
        sizes = (
            f"(max-width: 699px) 50vw, {self.drawn_width}" if place < EAGER else f"auto, {self.drawn_width}"
        )
        src2 = escape(self._address(photo, "h640"))
        return f' srcset="{src} {width}w, {src2} {larger}w" sizes="{sizes}"'

    def _address(self, photo: Photo, variant: str) -> str:
        return media.sign_values(photo.pk, photo.sha256, photo.access_revision, variant, self.viewer)


class Thumb(Cell):
    """A picture that only decorates: on the tile of a session, in a row of a list."""

    template = "_thumb.html"
    __slots__ = ()

    def __init__(self, photo: Photo) -> None:
        width, height = variant_size("h320", photo.width, photo.height)
        self.id, self.color, self.ratio = photo.pk, photo.color, photo.ratio
        src = escape(self._address(photo, "h320"))
        self.values = {"src": src, "width": width, "height": height, "color": photo.color}


class GuestCell(Cell):
    """A picture in somebody else's album: derived sizes and words for it, nothing of what its owner thinks of it."""

    template = "albums/_cell.html"
    __slots__ = ("viewer",)

    def __init__(self, photo: Photo, *, viewer: str, query: str, place: int = 0) -> None:
        self.viewer = viewer
        width, height = variant_size("h320", photo.width, photo.height)
        src = escape(self._address(photo, "h320"))
        self.id, self.color, self.ratio = photo.pk, photo.color, photo.ratio
        self.values = {
            "id": photo.pk,
            "query": escape(query),
            "src": src,
            "srcset": self._srcset(photo, src, width, place),
            "width": width,
            "height": height,
            "loading": loading(place),
            "ratio": photo.ratio,
            "color": photo.color,
            "alt": escape(described_to_guests(photo)),
        }


def described(photo: Photo) -> str:
    """Words for a picture: a person's own, else its title, else its day. One line, at most 120 characters."""
    words = " ".join((photo.alt_text or photo.title)[:400].split())
    return words[:120] or untitled(photo.shown_at)


def described_to_guests(photo: Photo) -> str:
    """The same without a date, prompt or file name to fall back on."""
    return " ".join((photo.alt_text or photo.title)[:400].split())[:120] or _("Untitled image")


def untitled(shown_at: datetime) -> str:
    return _untitled(shown_at.date(), get_language())


@lru_cache(maxsize=4096)
def _untitled(day: date, language: str) -> str:
    """The same for all pictures of a day, of which a page has many."""
    return _("Untitled, %s") % formats.date_format(day, "j F Y")


def state_words(photo: Photo) -> str:
    """ ", rejected: hands, 3 stars, red label": what the marks say, for those who hear the page."""
    if not (photo.decision or photo.rating or photo.label):
        return ""
    return _state_words(photo.decision, photo.reason, photo.rating, photo.label, get_language())


@lru_cache(maxsize=4096)
def _state_words(decision: int, reason: str, rating: int, label: int, language: str) -> str:
    """The same for all pictures with the same marks: each word costs a look for the language."""
    words = {1: _(", picked"), 2: _(", rejected")}.get(decision, "")
    words += f": {reason}" if reason else ""
    words += ngettext(", %s star", ", %s stars", rating) % rating if rating else ""
    return words + (label_words(label) if label else "")


def label_words(label: int) -> str:
    return {
        1: _(", red label"),
        2: _(", yellow label"),
        3: _(", green label"),
        4: _(", blue label"),
        5: _(", purple label"),
    }[label]


def filled(template: str, values: dict) -> SafeString:
    """A template with `%(name)s` where the values go, which are escaped already: for what stands a hundred times."""
    return mark_safe(_pattern(template, get_language()) % values)


def loading(place: int) -> str:
    if place == 0:
        return ' fetchpriority="high"'
    return "" if place < EAGER else ' loading="lazy"'


@cache
def _pattern(template: str, language: str) -> str:
    return render_to_string(template).strip()
