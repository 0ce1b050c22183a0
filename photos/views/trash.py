"""The trash: what lies in it, together with what it went there with, and for how long still."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.http import urlencode
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
from photos.search import Place
from photos.views import bundles
from photos.views.bars import in_background, say
from photos.views.bundles import Bundle, left_words
from photos.views.cells import Cell
from photos.views.replies import back, see_other

PAGE = 100
BUNDLES = 50  # on a page, beside its pictures
WORD = "delete"  # what has to be typed before the trash is emptied


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pictures that came in by one gesture, or one by one on the same day."""

    date: date
    cells: list[Cell]
    batch: uuid.UUID | None = None  # where more than one went together
    count: int = 0  # of the whole gesture, the next page included, up to one more than lying.COUNTED
    left: str = ""

    @property
    def day(self) -> str:
        if self.date == timezone.localdate():
            return _("Today")
        return formats.date_format(
            self.date, "j F" if self.date.year == timezone.localdate().year else "j F Y"
        )

    @property
    def count_words(self) -> str:
        return _n(min(self.count, lying.COUNTED)) + ("+" if self.count > lying.COUNTED else "")


@dataclass(frozen=True)
class Leaf:
    photos: list[Photo]
    bundles: list[Bundle]
    older: str = ""  # the query of the page after this one


class TrashCell(Cell):
    """A picture in the trash, with the days it has left; its address works for its owner and only while it is here."""

    template = "trash/_cell.html"
    viewer = media.TRASH
    __slots__ = ()


@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    asked = {name: Place.parse(request.GET.get(name, "")) for name in ("before", "bundles")}
    leaf = _leaf(request.user, asked["before"], asked["bundles"])
    context = {
        "bundles": leaf.bundles,
        "groups": groups_of(request.user, leaf.photos),
        "older_address": f"{reverse('trash')}?{leaf.older}" if leaf.older else "",
        "is_first": not any(asked.values()),
        **_contents(request.user),
    }
    return render(request, "trash/page.html", context)


@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """The ticked boxes, or all that one gesture moved here (`batch`)."""
    chosen, batch = _chosen(request)
    if not chosen.exists():
        messages.error(request, _("No image was selected."))
        return back(request, otherwise=reverse("trash"))
    if batch:
        done = bulk.do_all(request.user, f"trashed:{batch.hex}", "restore", batch=batch)
    else:
        done = bulk.do(request.user, list(chosen.values_list("pk", flat=True)), "restore")
    sentence = ngettext("Restored %s image.", "Restored %s images.", done.count) % _n(done.count)
    if done.later:
        sentence = in_background()
    elif chosen.exists():
        sentence += " " + _("What has a newer final beside it stays here.")
    say(request, sentence, done.way_back)
    return back(request, otherwise=reverse("trash"))


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Some of it, for ever. Selecting it in here was the question."""
    chosen, batch = _chosen(request)
    if batch and chosen.values_list("pk")[bulk.AT_ONCE : bulk.AT_ONCE + 1]:
        working.enqueue("delete_batch", request.user.pk, batch.hex)
        messages.info(request, in_background())
        return back(request, otherwise=reverse("trash"))
    n = lying.delete_for_ever(request.user, list(chosen.values_list("pk", flat=True)))
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
        "linked": contents.linked,
        "days": settings.GALLERY_TRASH_DAYS,
        "now": timezone.now().isoformat(),
        "word": WORD,
        "section": "trash",
    }


def _chosen(request: HttpRequest) -> tuple[QuerySet[Photo], uuid.UUID | None]:
    """What of one's own trash a form is about, and the gesture it names."""
    if batch := _uuid(request.POST.get("batch", "")):
        return lying.of_batch(request.user, batch), batch
    ids = photo_ids(request.POST.getlist("photo")) or []
    return lying.photos(request.user).filter(pk__in=ids), None


def _leaf(owner, before: Place | None, before_bundles: Place | None) -> Leaf:
    """A page of bundles and single pictures, what came in last first.

    It ends where one of the two has filled it, and the other goes no further: so neither runs ahead, and only what
    lies within the page is looked through for what is in no bundle.
    """
    found = bundles.page_of(owner, before_bundles, BUNDLES + 1)
    whole, end = found[:BUNDLES], None
    single = bundles.after(bundles.outside(owner, lying.photos(owner)), before)
    if len(found) > BUNDLES:
        end = whole[-1].trashed_at
        single = single.filter(trashed_at__gte=end)
    photos = list(single.only(*CELL_FIELDS, "trashed_at", "trash_batch")[: PAGE + 1])
    if len(photos) > PAGE:
        photos = photos[:PAGE]
        end = photos[-1].trashed_at
        whole = [bundle for bundle in whole if bundle.trashed_at >= end]
    if end is None:
        return Leaf(photos, whole)
    places = {"before": _end_of(photos, PAGE, end), "bundles": _end_of(whole, BUNDLES, end)}
    return Leaf(photos, whole, urlencode(places))


def _end_of(rows: Sequence[Photo | Bundle], most: int, end: datetime) -> Place:
    """The place after which the next page goes on. Rows that do not fill a page are all there are up to its end."""
    at, pk = (rows[-1].trashed_at, rows[-1].pk) if len(rows) == most else (end, 0)
    return Place(at.astimezone(UTC), pk)


def groups_of(owner, photos: list[Photo]) -> list[Group]:
    """Gestures of many each for itself; those of one, by day."""
    counts = lying.count_batches(owner, {photo.trash_batch for photo in photos})
    together = {batch: n for batch, n in counts.items() if n > 1}

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


def _n(count: int) -> str:
    return number_format(count, force_grouping=True)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
