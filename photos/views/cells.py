"""What a list shows of one picture: everything a template prints, worked out beforehand.

A cell asks nothing of the database and nothing of the storage, so that a page of a hundred costs a few
milliseconds. Addresses are signed here.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos import media
from photos.models import Photo
from photos.thumbnails import variant_size

EAGER = 8  # pictures of the first screen, loaded at once


class Cell:
    """One picture of a list. `number` is the frame number on a contact sheet, "" elsewhere."""

    __slots__ = (
        "alt", "color", "decision", "eager", "final", "first", "has_final", "height", "id", "large", "large_height",
        "large_width", "number", "rating", "ratio", "seed", "src", "src2", "state", "width", "width2",
    )  # fmt: skip

    def __init__(
        self,
        photo: Photo,
        *,
        alt: str = "",
        place: int = 0,
        number: str = "",
        seed: str = "",
        has_final: bool = False,
    ) -> None:
        """`photo` has the fields of `generation.timeline.CELL_FIELDS`; `place` is the position on the page, from 0."""
        pk, width, height = photo.pk, photo.width, photo.height
        self.id, self.color, self.ratio = pk, photo.color, photo.ratio
        self.width, self.height = variant_size("h320", width, height)
        self.width2 = variant_size("h640", width, height)[0]
        self.large_width, self.large_height = variant_size("l1600", width, height)
        signed = (pk, photo.sha256, photo.access_revision)
        self.src = media.sign_values(*signed, "h320")
        self.src2 = media.sign_values(*signed, "h640") if self.width2 > self.width else ""
        self.large = media.sign_values(*signed, "l1600")
        self.decision, self.rating = photo.decision, photo.rating
        self.final = photo.collection == "completed"
        self.has_final = has_final
        self.number, self.seed = number, seed
        self.alt = alt or described(photo)
        self.state = state_words(self.decision, self.rating)
        self.eager, self.first = place < EAGER, place == 0


def described(photo: Photo) -> str:
    """Words for a picture: a person's own, else its title, else its day. One line, at most 120 characters."""
    words = " ".join((photo.alt_text or photo.title)[:400].split())
    return words[:120] or untitled(photo.shown_at)


def untitled(shown_at: datetime) -> str:
    return _("Untitled, %s") % formats.date_format(shown_at.replace(tzinfo=None), "j F Y")


def state_words(decision: int, rating: int) -> str:
    """ ", picked, 3 stars": what the marks say, for those who hear the page."""
    words = {1: _(", picked"), 2: _(", rejected")}.get(decision, "")
    return words + (ngettext(", %s star", ", %s stars", rating) % rating if rating else "")
