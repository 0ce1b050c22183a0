"""What went into the trash as one thing that pictures know nothing of: a session.

Whoever knows such things registers a source of them here at start-up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos import media, trash
from photos.models import Photo
from photos.search import Place
from photos.views.cells import Thumb


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What went into the trash as one, and comes back as one."""

    pk: int
    batch: uuid.UUID
    title: str  # "Session Lemon grass, 20 images"
    trashed_at: datetime
    restore_address: str
    delete_address: str
    thumbs: Sequence[Thumb] = ()

    @property
    def left(self) -> str:
        return left_words(self.trashed_at)


class TrashThumb(Thumb):
    viewer = media.TRASH
    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one kind of bundles comes from; each begins with whose they are."""

    page: Callable[
        [object, Place | None, int], Sequence[Bundle]
    ]  # so many after a place, what came in last first
    one: Callable[[object, uuid.UUID], Bundle | None]
    batches: Callable[[object], QuerySet]  # of all of them, as a column to ask for


_sources: list[Source] = []


def register(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def page_of(owner, before: Place | None, most: int) -> list[Bundle]:
    """A person's bundles after a place, what came in last first, of whatever kind."""
    found = [bundle for source in _sources for bundle in source.page(owner, before, most)]
    return sorted(found, key=lambda bundle: (bundle.trashed_at, bundle.pk), reverse=True)[:most]


def bundle_of(owner, batch: uuid.UUID) -> Bundle | None:
    """What the pictures of this batch went into the trash with."""
    return next(filter(None, (source.one(owner, batch) for source in _sources)), None)


def outside(owner, photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """Those of a person's pictures in the trash that lie there for themselves."""
    for source in _sources:
        photos = photos.exclude(trash_batch__in=source.batches(owner))
    return photos


def after(rows: QuerySet, place: Place | None) -> QuerySet:
    """What is listed after a place in the order of the trash, of photos or of what bundles are made of."""
    return (
        rows.filter(trashed_at__lte=place[0]).exclude(trashed_at=place[0], pk__gte=place[1])
        if place
        else rows
    )


def left_words(trashed_at: datetime) -> str:
    n = trash.days_left_since(trashed_at)
    return ngettext("%s day left", "%s days left", n) % n if n else _("deleted today")
