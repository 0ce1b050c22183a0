"""The upload page, the address that takes one file at a time, and the page of what a batch brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from photos import albums, images, media, uploading
from photos.leafing import CELL_FIELDS
from photos.models import Album, Photo, UploadBatch, UploadEntry
from photos.uploading import Outcome
from photos.views import errors
from photos.views.bars import bar
from photos.views.cells import Cell, Thumb
from photos.views.replies import positive_int, see_other, wants_json

PAGE = 100
LATELY = 5
ALBUMS = 200  # offered in the list; the last used come first
LISTED = 1_000  # refusals and known files on the page of a batch
DAYS = 6  # named in the sentence
SMALL = 3.7  # row heights; as the timeline has it
FOLDED_FROM = 9  # so many refusals are folded away, so that the pictures stay in sight


# --- bringing -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@vary_on_headers("HX-Request", "Accept")
def upload(request: HttpRequest) -> HttpResponse:
    """The page; for a script only its panel. A form brings all its files at once, a script begins a batch with it."""
    if request.method != "POST":
        return _page(request)
    files = request.FILES.getlist("files")
    if not files and not wants_json(request):
        return _page(request, error=_("Choose at least one image."))
    batch = uploading.begin(request.user, _album(request))
    for file in files:
        uploading.receive(batch, file, name=file.name)
    address = batch.get_absolute_url()
    if wants_json(request):
        return JsonResponse({"batch": batch.pk, "address": address}, status=201)
    return see_other(address)


@require_POST
def upload_file(request: HttpRequest) -> HttpResponse:
    """One file: its bytes are the body, the rest stands in the query, so that no form has to be read.

    `batch`, `name` (with folders), `modified` (milliseconds), `again` (the entry of a try that was refused). What
    would be refused for its size or kind is announced without a body, with `size` and `type`, and written down.
    """
    batch = _own_batch(request, positive_int(request.GET.get("batch")) or 0)
    name = request.GET.get("name") or _("image")
    body = Body(request)
    try:
        if not body.left:
            entry = uploading.refuse(batch, name, *_why_left_at_home(request, name))
        else:
            modified_at = uploading.modified_from_milliseconds(request.GET.get("modified", ""))
            again = positive_int(request.GET.get("again"))
            entry = uploading.receive(batch, body, name=name, modified_at=modified_at, instead_of=again)
    except (BrokeOff, UnreadablePostError):
        return errors.page(request, 400, _("The connection broke off. Nothing of this file was kept."))
    return JsonResponse(_answer(entry))


@require_POST
def batch_album(request: HttpRequest, pk: int) -> HttpResponse:
    """Put what a batch brought, and still brings, into an album."""
    batch = _own_batch(request, pk)
    album = _album(request)
    if album is None:
        return see_other(batch.get_absolute_url())
    try:
        n = uploading.into_album(batch, album)
    except albums.AlbumError as error:
        return errors.page(request, 400, error.sentence)
    sentence = ngettext("%(n)s image added to “%(album)s”.", "%(n)s images added to “%(album)s”.", n) % {
        "n": n,
        "album": album.title,
    }
    if wants_json(request):
        return JsonResponse({"sentence": sentence, "album": album.title})
    messages.info(request, sentence)
    return see_other(batch.get_absolute_url())


class BrokeOff(Exception):
    """The body ended before its announced length."""


class Body:
    """The body of a request as a file. The server ends it silently where the sender went away: here that is told."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.left = int(request.META.get("CONTENT_LENGTH") or 0)

    def read(self, size: int) -> bytes:
        block = self._request.read(size)
        self.left -= len(block)
        if not block and self.left:
            raise BrokeOff
        return block


def _why_left_at_home(request: HttpRequest, name: str) -> tuple[str, str]:
    if uploading.is_video(name) or request.GET.get("type", "").startswith("video/"):
        return "video", _("Videos are not kept yet.")
    if (positive_int(request.GET.get("size")) or 0) > settings.GALLERY_MAX_FILE_BYTES:
        return "too-large", uploading.too_large_sentence()
    return "empty", _("The file is empty.")


def _album(request: HttpRequest) -> Album | None:
    """The album the form names: one of one's own, a new one, or none. A wrong one must not cost the files."""
    chosen = request.POST.get("album", "")
    if chosen == "new":
        today = formats.date_format(timezone.localdate(), "j F Y")
        title = request.POST.get("new_album", "")
        return albums.create(request.user, title=title if title.strip() else _("Upload from %s") % today)
    album = Album.objects.owned_by(request.user).by_hand().filter(pk=positive_int(chosen) or 0).first()
    if chosen and album is None:
        messages.warning(request, _("That album is not there any more; the images are on the timeline."))
    return album


def _page(request: HttpRequest, error: str = "") -> HttpResponse:
    context = {
        "error": error,
        "most": settings.GALLERY_MAX_FILE_BYTES,
        "most_words": f"{settings.GALLERY_MAX_FILE_BYTES // 1024**2} MB",
        "formats": _formats(),
        "albums": Album.objects.owned_by(request.user).by_hand().recent_first().only("pk", "title")[:ALBUMS],
        "section": "upload",
        "own_primary": True,
    }
    if request.htmx:
        return render(request, "upload/_panel.html", context)
    context["lately"] = _lately(request.user)
    return render(request, "upload/page.html", context, status=422 if error else 200)


def _formats() -> str:
    *others, last = images.FORMATS.values()
    return _("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last}


def _lately(owner) -> list[tuple[UploadBatch, str]]:
    something = Exists(UploadEntry.objects.filter(batch=OuterRef("pk")))
    batches = UploadBatch.objects.filter(something, owner=owner).order_by("-id")[:LATELY]
    return [(batch, _sentence(uploading.outcomes(batch))) for batch in batches]


def _answer(entry: UploadEntry) -> dict:
    """What a script shows of one file."""
    said = {
        "entry": entry.pk,
        "outcome": entry.outcome,
        "code": entry.code,
        "sentence": entry.sentence,
        # the machine's fault, not the file's: the same file may well be taken later
        "passing": entry.code in ("disk-full", "read-only"),
    }
    if not (photo := entry.photo):
        return said
    words = {
        Outcome.ADDED: _("Kept, with its prompt") if _has_prompt(photo) else _("Kept"),
        Outcome.KNOWN: _("Already here"),
        Outcome.RESTORED: _("Back from the trash"),
    }[entry.outcome]
    return said | {"sentence": words, "address": photo.get_absolute_url(), "thumb": media.sign(photo, "h320")}


def _has_prompt(photo: Photo) -> bool:
    recipe = getattr(photo, "recipe", None)
    return bool(recipe and recipe.prompt)


# --- what was brought ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Day:
    """Some pictures of a batch, under the day they stand under in the timeline."""

    date: date
    address: str  # of the month, at the first of these pictures
    cells: list[Cell]

    @property
    def breadth(self) -> float:
        """How many row heights it is wide."""
        return round(sum(min(3.0, max(0.4, cell.ratio)) for cell in self.cells), 3)


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Exactly what was added, and what became of the rest; for a script that appends, only the pictures."""
    shown = _own_batch(request, pk)
    photos, older = _leaf(shown, positive_int(request.GET.get("before")))
    context = {
        "batch": shown,
        "groups": _groups(_days(photos)),
        "older_address": f"{shown.get_absolute_url()}?before={older}" if older else "",
        "is_first": "before" not in request.GET,
        "section": "upload",
    }
    if request.htmx:
        return render(request, "upload/_added.html", context)
    counts = uploading.outcomes(shown)
    by_day = uploading.days(shown)
    n_came_in = counts[Outcome.ADDED] + counts[Outcome.RESTORED]
    context |= {
        "sentence": _sentence(counts),
        "day_links": [(_in_timeline(day, one), day, n) for day, n, one in by_day[:DAYS]],
        "n_more_days": len(by_day) - DAYS if len(by_day) > DAYS else 0,
        "n_gone": n_came_in - sum(n for _day, n, _one in by_day),
        "refused": _entries(shown, Outcome.REFUSED) if counts[Outcome.REFUSED] else [],
        "n_refused": counts[Outcome.REFUSED],
        "refused_open": counts[Outcome.REFUSED] < FOLDED_FROM,
        "known": _known(shown) if counts[Outcome.KNOWN] else [],
        "n_known": counts[Outcome.KNOWN],
        "n_came_in": n_came_in,
        **bar(request, f"batch:{shown.pk}", sum(n for _day, n, _one in by_day)),
        "albums": Album.objects.owned_by(request.user).by_hand().recent_first().only("pk", "title")[:ALBUMS],
    }
    return render(request, "upload/batch.html", context)


def _own_batch(request: HttpRequest, pk: int) -> UploadBatch:
    batch = get_object_or_404(UploadBatch.objects.select_related("album"), owner=request.user, pk=pk)
    batch.owner = request.user  # known: not asked for again
    return batch


def _leaf(batch: UploadBatch, before: int | None) -> tuple[list[Photo], int | None]:
    """A page of pictures, and the id the next one begins after. A cursor that is gone leads to the first page."""
    listed = uploading.came_in(batch).only(*CELL_FIELDS)
    mine = Photo.objects.owned_by(batch.owner).values_list("shown_at", "pk")
    if before and (edge := mine.filter(pk=before).first()):
        listed = listed.older_than(*edge)
    found = list(listed[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def _days(photos: list[Photo]) -> list[Day]:
    days: list[Day] = []
    for place, photo in enumerate(photos):
        day = photo.shown_at.date()
        if not days or days[-1].date != day:
            days.append(Day(date=day, address=_in_timeline(day, photo.pk), cells=[]))
        days[-1].cells.append(Cell(photo, place=place))
    return days


def _groups(days: list[Day]) -> list[list[Day]]:
    """Days one by one, but small ones that follow each other together: they share rows, as in the timeline."""
    groups: list[list[Day]] = []
    for day in days:
        if groups and day.breadth <= SMALL and groups[-1][-1].breadth <= SMALL:
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _in_timeline(day: date, photo_id: int) -> str:
    return f"{reverse('month', args=[day.year, day.month])}#p{photo_id}"


def _entries(batch: UploadBatch, outcome: str) -> list[UploadEntry]:
    return list(
        batch.entries.filter(outcome=outcome)
        .select_related("photo")
        .defer("photo__exif")
        .order_by("id")[:LISTED]
    )


def _known(batch: UploadBatch) -> list[tuple[UploadEntry, Thumb | None, date | None]]:
    """Entries of what was here already; without thumbnail and day where it is gone since."""
    entries = _entries(batch, Outcome.KNOWN)
    live = {e.pk: e.photo for e in entries if e.photo and e.photo.trashed_at is None}
    return [
        (e, Thumb(live[e.pk]), live[e.pk].shown_at.date()) if e.pk in live else (e, None, None)
        for e in entries
    ]


def _sentence(counts: dict[str, int]) -> str:
    """ "41 added, 3 already here, 1 refused"."""
    words = {
        Outcome.ADDED: _("%s added"),
        Outcome.RESTORED: _("%s back from the trash"),
        Outcome.KNOWN: _("%s already here"),
        Outcome.REFUSED: _("%s refused"),
    }
    parts = [
        text % number_format(counts[outcome], force_grouping=True)
        for outcome, text in words.items()
        if counts[outcome]
    ]
    return ", ".join(parts) or _("Nothing was brought")


def in_batch(owner, rest: str):
    """The pictures of the list "batch:7", for what is done to all of it."""
    shown = get_object_or_404(UploadBatch, owner=owner, pk=positive_int(rest) or 0)
    return uploading.came_in(shown)
