"""The bar of the selected, as lists show it, and messages that offer a way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from photos import bulk, reasons
from photos.models import Album

ALBUMS = 100  # offered in the bar, last used first
SALT = "photos.bulk"


@dataclass(frozen=True)
class Bar:
    """What the bar of a list needs: who looks, how the list is called as a whole, and how much that is."""

    owner: object
    scope: str
    count: str  # "4,120", "1,000+"
    what: str = ""  # "of November 2026", where that is not all that the list shows

    @cached_property
    def reasons(self) -> list[reasons.Reason]:
        return reasons.reasons_of(self.owner)

    @cached_property
    def albums(self) -> Sequence[Album]:
        return Album.objects.owned_by(self.owner).by_hand().recent_first().only("pk", "title")[:ALBUMS]


def bar(request: HttpRequest, scope: str, count: int | str, what: str = "") -> dict:
    """Context of a page with a list of the viewer's own pictures; `scope` names all of it."""
    words = number_format(count, force_grouping=True) if isinstance(count, int) else count
    return {"bar": Bar(request.user, scope, words, what)}


def token(owner, way_back: Sequence[bulk.Step]) -> str:
    """A way back as text that a page may carry: nobody else can use it, nor change it."""
    return signing.dumps([owner.pk, way_back], salt=SALT, compress=True)


def in_background() -> str:
    """What is said where a task does it."""
    return _("More than %s images: this goes on in the background. Reload in a moment.") % number_format(
        bulk.AT_ONCE, force_grouping=True
    )


def say(request: HttpRequest, sentence: str, way_back: Sequence[bulk.Step] = ()) -> None:
    """A message on the next page, with Undo where there is a way back."""
    messages.info(request, sentence, extra_tags=token(request.user, way_back) if way_back else "")
