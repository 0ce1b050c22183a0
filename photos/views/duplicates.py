"""Duplicates: groups of which one would do, the one to keep proposed; what becomes of the others, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from photos import lookalikes, working
from photos.models import AlbumPhoto, DuplicateGroup, Photo
from photos.views.alike import likeness_words
from photos.views.bars import in_background, say, token
from photos.views.cells import Cell, Thumb
from photos.views.replies import back, positive_int, wants_json

PAGE = 20
SHOWN = 12  # of one group
PREVIEWED = 12  # groups shown before all are cleared
ALBUMS = 3  # named of one image
Kind = DuplicateGroup.Kind
KINDS = {"exact": Kind.EXACT, "near": Kind.NEAR}


class Card(Cell):
    """A picture of a group, with what speaks for it and what would go with it."""

    template = "duplicates/_card.html"
    drawn_width = "400px"
    __slots__ = ("is_kept", "key", "likeness", "notes", "photo", "reason")

    def __init__(self, photo: Photo, *, place: int, key: int, is_kept: bool, likeness: str, notes: list[str]):
        super().__init__(photo, place=place)
        self.photo, self.key, self.is_kept, self.likeness, self.notes = photo, key, is_kept, likeness, notes

    @property
    def size(self) -> str:
        photo = self.photo
        return f"{photo.width} × {photo.height}, {photo.format}, {filesizeformat(photo.byte_size)}"


@dataclass(frozen=True, kw_only=True)
class Group:
    pk: int
    cards: list[Card]
    reason: str
    more: int  # members that are not shown; they go with the others

    @property
    def n_images(self) -> int:
        return len(self.cards) + self.more


@require_safe
@never_cache
def duplicates(request: HttpRequest) -> HttpResponse:
    """A page of groups, exact or near ones; the exact first, as long as there are any."""
    counts = {
        name: lookalikes.groups(request.user, kind).order_by()[: lookalikes.COUNTED + 1].count()
        for name, kind in KINDS.items()
    }
    show = request.GET.get("show", "")
    if show not in KINDS:
        show = "exact" if counts["exact"] or not counts["near"] else "near"
    before = positive_int(request.GET.get("before"))
    found = lookalikes.groups(request.user, KINDS[show])
    found = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    address = f"{reverse('duplicates')}?show={show}"
    context = {
        "groups": groups_of(request.user, [group.pk for group in found[:PAGE]]),
        "show": show,
        "chips": _chips(counts, show),
        "count": counts[show],
        "total": sum(counts.values()),
        "is_first": before is None,
        "first_address": address,
        "older_address": f"{address}&before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "state": lookalikes.state(request.user),
        "section": "duplicates",
    }
    return render(request, "duplicates/page.html", context)


@require_POST
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one (`keep`), the others to the trash."""
    group = get_object_or_404(DuplicateGroup, owner=request.user, pk=pk)
    keeper = positive_int(request.POST.get("keep"))
    try:
        if keeper is None:
            raise lookalikes.DuplicateError(_("Choose the image to keep first."))
        cleared, way_back = lookalikes.clear(request.user, group, keeper)
    except lookalikes.DuplicateError as problem:
        return _answer(request, problem.sentence, status=422)
    return _answer(request, said(cleared), way_back)


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """All of them: this person wants each, and is not asked again."""
    group = get_object_or_404(DuplicateGroup, owner=request.user, pk=pk)
    way_back = lookalikes.keep_all(request.user, group)
    return _answer(request, _("Kept all. They are not offered together again."), way_back)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def exact(request: HttpRequest) -> HttpResponse:
    """What clearing all of the same bytes would do; then it is done."""
    if request.method == "POST":
        done = lookalikes.clear_exact(request.user)
        n = done.count
        sentence = ngettext("Moved %s image to the trash.", "Moved %s images to the trash.", n) % _n(n)
        say(request, in_background() if done.later else sentence, done.way_back)
        return back(request, otherwise=reverse("duplicates"))
    plan = lookalikes.exact_plan(request.user)
    some = lookalikes.groups(request.user, Kind.EXACT).values_list("pk", flat=True)[:PREVIEWED]
    known = [photos for photos in lookalikes.members(list(some)).values() if len(photos) > 1]
    context = {
        "plan": plan,
        "n_groups": _n(plan.n_groups) + ("+" if plan.more else ""),
        "n_images": _n(plan.n_images) + ("+" if plan.more else ""),
        "size": filesizeformat(plan.byte_size),
        "previews": [[Thumb(photo) for photo in photos[:6]] for photos in known],
        "section": "duplicates",
    }
    return render(request, "duplicates/exact.html", context)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Look now, instead of when it has become quiet."""
    working.enqueue_once("find_duplicates", request.user.pk)
    messages.info(request, _("Looking for duplicates. Reload in a moment."))
    return back(request, otherwise=reverse("duplicates"))


# --- parts ----------------------------------------------------------------------------------------


def groups_of(owner, group_ids: Sequence[int]) -> list[Group]:
    """Two queries, however many there are; a group of which others took care meanwhile is left out."""
    known = {pk: photos for pk, photos in lookalikes.members(group_ids).items() if len(photos) > 1}
    albums = _albums_of(owner, [photo.pk for photos in known.values() for photo in photos])
    groups, place = [], 0
    for pk, photos in known.items():
        keeper, reason = lookalikes.proposed(photos)
        cards = [
            Card(
                photo,
                place=place + n,
                key=n + 1,
                is_kept=photo == keeper,
                likeness="" if photo == keeper else _likeness(keeper, photo),
                notes=_notes(photo, albums.get(photo.pk, [])),
            )
            for n, photo in enumerate(photos[:SHOWN])
        ]
        place += len(cards)
        groups.append(
            Group(pk=pk, cards=cards, reason=_reason_words(reason), more=max(0, len(photos) - SHOWN))
        )
    return groups


def said(cleared: lookalikes.Cleared) -> str:
    """ "Moved 2 images to the trash, 1 of them a final." Nothing that counts goes without a word."""
    n = len(cleared.trashed)
    sentence = ngettext("Moved %s image to the trash.", "Moved %s images to the trash.", n) % _n(n)
    more = []
    if count := cleared.n_finals:
        more.append(ngettext("%s was a final.", "%s were finals.", count) % count)
    if count := cleared.n_rated:
        more.append(
            ngettext("%s had stars: the most are kept.", "%s had stars: the most are kept.", count) % count
        )
    if count := len(cleared.shared):
        more.append(
            ngettext(
                "%s was in an album others see: the kept image is there now.",
                "%s were in albums others see: the kept image is there now.",
                count,
            )
            % count
        )
    return " ".join([sentence, *more])


def _likeness(keeper: Photo, photo: Photo) -> str:
    return likeness_words(lookalikes.likeness(keeper, photo, lookalikes.apart(keeper, photo)))


def _reason_words(reason: lookalikes.Reason) -> str:
    return {
        lookalikes.Reason.PIXELS: _("it has the most pixels"),
        lookalikes.Reason.BYTES: _("its file is the largest"),
        lookalikes.Reason.RECIPE: _("it has its prompt and settings"),
        lookalikes.Reason.FINAL: _("it is a final"),
        lookalikes.Reason.RATING: _("it has the most stars"),
        lookalikes.Reason.AGE: _("it was here first"),
    }[reason]


def _albums_of(owner, photo_ids: Sequence[int]) -> dict[int, list]:
    places = AlbumPhoto.objects.filter(photo__in=photo_ids, album__owner=owner).select_related("album")
    found: dict[int, list] = {}
    for place in places.only("photo_id", "album__title", "album__access").order_by("album__access", "pk"):
        found.setdefault(place.photo_id, []).append(place.album)
    return found


def _notes(photo: Photo, albums: list) -> list[str]:
    """What would go to the trash with it, in words."""
    notes = [_("a final")] if photo.is_final else []
    if photo.decision == Photo.Verdict.PICKED:
        notes.append(_("picked"))
    if photo.rating:
        notes.append(ngettext("%s star", "%s stars", photo.rating) % photo.rating)
    shared = sorted(albums, key=lambda album: album.access == "private")
    for album in shared[:ALBUMS]:
        notes.append(_in_album(album))
    if len(albums) > ALBUMS:
        more = len(albums) - ALBUMS
        notes.append(ngettext("in %s more album", "in %s more albums", more) % more)
    return notes


def _in_album(album) -> str:
    words = {
        "private": _("in “%s”"),
        "accounts": _("in “%s”, which everyone with an account here sees"),
        "public": _("in “%s”, which everyone sees"),
    }
    return words[album.access] % album.title


def _chips(counts: dict[str, int], show: str) -> list[tuple[str, str, str, bool]]:
    labels = {"exact": _("The same file"), "near": _("The same picture")}
    return [
        (f"{reverse('duplicates')}?show={name}", label, _capped(counts[name]), name == show)
        for name, label in labels.items()
    ]


def _answer(
    request: HttpRequest, sentence: str, way_back: Sequence = (), *, status: int = 200
) -> HttpResponse:
    if wants_json(request):
        text = token(request.user, way_back) if way_back else ""
        return JsonResponse({"sentence": sentence, "way_back": text}, status=status)
    if status >= 400:
        messages.error(request, sentence)
    else:
        say(request, sentence, way_back)
    return back(request, otherwise=reverse("duplicates"))


def _capped(count: int) -> str:
    return _n(min(count, lookalikes.COUNTED)) + ("+" if count > lookalikes.COUNTED else "")


def _n(count: int) -> str:
    return number_format(count, force_grouping=True)
