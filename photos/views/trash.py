"""The trash: what lies in it, together with what it went there with, and for how long still.

What came in as one thing that pictures know nothing of (a session) is shown as one: whoever knows such things
registers a finder here at start-up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from photos import bulk, media, working
from photos import trash as lying
from photos.forms_albums import photo_ids
from photos.leafing import CELL_FIELDS
from photos.models import Photo
from photos.views.bars import say
from photos.views.cells import Cell, Thumb
from photos.views.replies import back, see_other

PAGE = 100
WORD = "delete"  # what has to be typed before the trash is emptied


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What went into the trash as one, and comes back as one."""

    batch: uuid.UUID
    title: str  # "Session Lemon grass, 20 images"
    trashed_at: datetime
    restore_address: str
    delete_address: str
    thumbs: Sequence[Thumb] = ()

    @property
    def left(self) -> str:
        return left_words(self.trashed_at)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pictures that came in by one gesture, or one by one on the same day."""

    date: date
    cells: list[Cell]
    batch: uuid.UUID | None = None  # where more than one went together
    count: int = 0  # of the whole gesture, the next page included
    left: str = ""

    @property
    def day(self) -> str:
        if self.date == timezone.localdate():
            return _("Today")
        return formats.date_format(
            self.date, "j F" if self.date.year == timezone.localdate().year else "j F Y"
        )


@dataclass(frozen=True)
class Leaf:
    photos: list[Photo]
    older: str = field(default="")


class TrashThumb(Thumb):
    viewer = media.TRASH
    __slots__ = ()


class TrashCell(Cell):
    """A picture in the trash, with the days it has left; its address works for its owner and only while it is here."""

    template = "trash/_cell.html"
    viewer = media.TRASH
    __slots__ = ()


Finder = Callable[[object], Sequence[Bundle]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """`finder(owner)` gives what lies in this person's trash as one thing each."""
    if finder not in _finders:
        _finders.append(finder)


def bundles_of(owner) -> list[Bundle]:
    return [bundle for finder in _finders for bundle in finder(owner)]


@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    bundles = bundles_of(request.user)
    before = request.GET.get("before", "")
    leaf = _leaf(request.user, [bundle.batch for bundle in bundles], before)
    context = {
        "bundles": [] if before else bundles,
        "groups": groups_of(request.user, leaf.photos),
        "older_address": f"{reverse('trash')}?before={leaf.older}" if leaf.older else "",
        "is_first": not before,
        **_contents(request.user),
    }
    return render(request, "trash/page.html", context)


@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """The ticked boxes, or all that one gesture moved here (`batch`)."""
    ids = _chosen(request)
    if not ids:
        messages.error(request, _("No image was selected."))
        return back(request, otherwise=reverse("trash"))
    done = bulk.do(request.user, ids, "restore")
    sentence = ngettext("Restored %s image.", "Restored %s images.", done.count) % _n(done.count)
    if done.count < len(ids):
        sentence += " " + _("What has a newer final beside it stays here.")
    say(request, sentence, done.way_back)
    return back(request, otherwise=reverse("trash"))


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Some of it, for ever. Selecting it in here was the question."""
    n = lying.delete_for_ever(request.user, _chosen(request))
    messages.info(
        request, ngettext("%s image is deleted for ever.", "%s images are deleted for ever.", n) % _n(n)
    )
    return back(request, otherwise=reverse("trash"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def empty(request: HttpRequest) -> HttpResponse:
    """The one page of the product that asks whether one is sure."""
    context, status = _contents(request.user), 200
    if request.method == "POST":
        if request.POST.get("word", "").strip().casefold() == WORD:
            _empty(request, context["count"])
            return see_other(reverse("trash"))
        context["error"] = _("Type the word %s, and nothing is left of it.") % WORD
        status = 422
    return render(request, "trash/empty.html", context, status=status)


# --- parts ----------------------------------------------------------------------------------------


def _empty(request: HttpRequest, count: int) -> None:
    """What came in after the page was drawn was not in its number, and stays."""
    now = timezone.now()
    try:
        seen = min(parse_datetime(request.POST.get("before", "")) or now, now)
    except (ValueError, TypeError):
        seen = now
    if count > bulk.AT_ONCE:
        working.enqueue("empty_trash", request.user.pk, seen.isoformat())
        messages.info(request, _("The trash is being emptied in the background."))
        return
    n = lying.empty(request.user, before=seen)
    sentence = ngettext("The trash is empty: %s image deleted.", "The trash is empty: %s images deleted.", n)
    messages.info(request, sentence % _n(n))


def _contents(owner) -> dict:
    """What the page and the question say of the trash as a whole."""
    contents = lying.contents(owner)
    return {
        "count": contents.count,
        "count_words": _n(contents.count) + ("+" if contents.more else ""),
        "size_words": filesizeformat(contents.byte_size),
        "days": settings.GALLERY_TRASH_DAYS,
        "now": timezone.now().isoformat(),
        "word": WORD,
        "section": "trash",
    }


def _chosen(request: HttpRequest) -> list[int]:
    mine = lying.photos(request.user)
    if batch := _uuid(request.POST.get("batch", "")):
        return list(mine.filter(trash_batch=batch).values_list("pk", flat=True))
    return list(
        mine.filter(pk__in=photo_ids(request.POST.getlist("photo")) or []).values_list("pk", flat=True)
    )


def _leaf(owner, bundled: list[uuid.UUID], before: str) -> Leaf:
    """A page of single pictures, what came in last first."""
    listed = (
        lying.photos(owner).exclude(trash_batch__in=bundled).only(*CELL_FIELDS, "trashed_at", "trash_batch")
    )
    if cursor := _cursor(before):
        at, pk = cursor
        listed = listed.filter(trashed_at__lte=at).exclude(trashed_at=at, pk__gte=pk)
    found = list(listed[: PAGE + 1])
    if len(found) <= PAGE:
        return Leaf(found)
    last = found[PAGE - 1]
    return Leaf(found[:PAGE], f"{last.trashed_at.astimezone(UTC):%Y%m%d%H%M%S%f}-{last.pk}")


def _cursor(text: str) -> tuple[datetime, int] | None:
    stamp, _dash, pk = text.partition("-")
    if not (len(stamp) == 20 and stamp.isascii() and stamp.isdigit() and pk.isascii() and pk.isdigit()):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), int(pk[:18])
    except ValueError:
        return None


def groups_of(owner, photos: list[Photo]) -> list[Group]:
    """Gestures of many each for itself; those of one, by day."""
    batches = {photo.trash_batch for photo in photos}
    counted = lying.photos(owner).filter(trash_batch__in=batches).order_by().values_list("trash_batch")
    together = {batch: n for batch, n in counted.annotate(n=Count("pk")) if n > 1}

    def key(photo: Photo):
        return localtime(
            photo.trashed_at
        ).date(), photo.trash_batch if photo.trash_batch in together else None

    groups, place = [], 0
    for (day, batch), members in groupby(photos, key):
        members = list(members)
        cells = [
            TrashCell(photo, place=place + n, left=left_words(photo.trashed_at))
            for n, photo in enumerate(members)
        ]
        place += len(cells)
        left = left_words(members[-1].trashed_at)
        count = together.get(batch, len(cells))
        groups.append(Group(date=day, cells=cells, batch=batch, count=count, left=left))
    return groups


def left_words(trashed_at: datetime) -> str:
    n = lying.days_left_since(trashed_at)
    return ngettext("%s day left", "%s days left", n) % n if n else _("deleted today")


def _n(count: int) -> str:
    return number_format(count, force_grouping=True)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
