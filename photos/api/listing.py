"""Pages of a list, by cursor: the same rows in the same order as the pages have them, never by counting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from pydantic import AfterValidator, Field

from photos import search
from photos.api.inputs import (
    LABELS,
    PAGE,
    VERDICTS,
    Day,
    Id,
    Label,
    Limit,
    Params,
    Stars,
    TimeCursor,
    Verdict,
)
from photos.api.outputs import LINE_FIELDS, photo_line
from photos.api.problems import Refusal
from photos.models import Album, Photo, PhotoQuerySet
from photos.search import Place

SEARCHES = 5  # pages of hits looked through for one page of an answer, where filters leave few

SHOWN: dict[str, Callable[[PhotoQuerySet], PhotoQuerySet]] = {
    "pictures": PhotoQuerySet.on_timeline,
    "uploads": PhotoQuerySet.uploads,
    "finals": PhotoQuerySet.finals,
    "everything": PhotoQuerySet.everything,
    "trash": PhotoQuerySet.trashed,
}

_narrowings: dict[str, Callable[[object, int], Sequence[int]]] = {}


def narrow_by(name: str, finder: Callable[[object, int], Sequence[int]]) -> None:
    """Let lists be narrowed by `name`: `finder(owner, id)` gives the ids of few pictures, or raises Http404.

    For whoever knows more than pictures; registered once, at start-up.
    """
    _narrowings[name] = finder


def _month(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)


class PhotoWish(Params):
    """Which pictures, in which order."""

    show: Literal["pictures", "uploads", "finals", "everything", "trash"] | None = Field(
        None,
        description="As the chips of the timeline. Without it: pictures; with another filter, all it finds.",
    )
    collection: Literal["uploaded", "session", "completed", "linked"] | None = None
    decision: Verdict | None = None
    rating_min: Stars | None = Field(None, description="So many stars, or more.")
    label: Label | None = None
    album: Id | None = Field(None, description="In this album of yours.")
    session: Id | None = Field(None, description="Candidates and finals of this session of yours.")
    q: str | None = Field(
        None, min_length=1, max_length=search.MAX_CHARACTERS,
        description="As in the search box: words, phrases, -not, or, brackets, keys.",
        examples=["red lighthouse", "lighthouse -fog model:flux rating:>=4"],
    )  # fmt: skip
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$"), AfterValidator(_month)] | None = Field(
        None, description="Shown in this month.", examples=["2026-11"]
    )
    after: Day | None = Field(None, description="Shown on this day, or later.")
    before: Day | None = Field(None, description="Shown before this day.")
    order: Literal["shown", "added"] = Field(
        "shown", description="Newest first. The trash: last thrown away first."
    )
    cursor: TimeCursor | None = None
    limit: Limit = PAGE

    @property
    def place(self) -> Place | None:
        return place_of(self.cursor)

    @property
    def time_field(self) -> str:
        return "trashed_at" if self.show == "trash" else f"{self.order}_at"


def place_of(cursor: str | None) -> Place | None:
    """Where a page begins. Raises Refusal for what never was a `next`."""
    if cursor is None:
        return None
    if place := Place.parse(cursor):
        return place
    raise Refusal(422, "That is no cursor of ours.", code="bad_cursor", field="cursor")


def photo_page(owner, wish: PhotoWish) -> dict:
    """A PhotoPage of one's own pictures."""
    photos = _narrowed(owner, wish)
    if wish.q is None:
        items, following = leaf(photos.only(*LINE_FIELDS), wish.time_field, wish.place, wish.limit)
    elif wish.order == "shown" and wish.show != "trash":
        items, following = _searched(owner, photos, wish)
    else:
        raise Refusal(
            422, "What is found by words comes by the time it shows.", code="invalid", field="order"
        )
    return {"items": [photo_line(photo) for photo in items], "next": str(following) if following else None}


def leaf(rows: QuerySet, field: str, place: Place | None, limit: int) -> tuple[list, Place | None]:
    """A page of rows, newest first by `field`, and where the next one begins."""
    if place:  # the guarded form: see PhotoQuerySet.older_than
        older = Q(**{f"{field}__lt": place.shown_at}) | Q(pk__lt=place.pk)
        rows = rows.filter(Q(**{f"{field}__lte": place.shown_at}) & older)
    found = list(rows.order_by(f"-{field}", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], Place(getattr(last, field), last.pk) if last else None


def _narrowed(owner, wish: PhotoWish) -> QuerySet[Photo]:
    photos = Photo.objects.owned_by(owner)
    is_narrow = wish.collection or wish.album or wish.session or wish.q
    photos = SHOWN[wish.show or "pictures"](photos) if wish.show or not is_narrow else photos.live()
    if wish.collection:
        photos = photos.filter(collection=wish.collection)
    if wish.decision:
        photos = photos.filter(decision=VERDICTS[wish.decision])
    if wish.rating_min:
        photos = photos.filter(rating__gte=wish.rating_min)
    if wish.label:
        photos = photos.filter(label=LABELS[wish.label])
    if wish.album:
        album = get_object_or_404(Album.objects.owned_by(owner), pk=wish.album)
        if album.is_smart:
            sentence = f"A smart album has no members: ask for /albums/{album.pk}/photos, or search for its query (q)."
            raise Refusal(422, sentence, code="invalid", field="album")
        photos = photos.filter(places__album=album)
    if wish.session:
        photos = photos.filter(pk__in=_found_by("session", owner, wish.session))
    if wish.month:
        photos = photos.filter(shown_at__gte=wish.month, shown_at__lt=_next_month(wish.month))
    if wish.after:
        photos = photos.filter(shown_at__gte=datetime.combine(wish.after, time.min, UTC))
    if wish.before:
        photos = photos.filter(shown_at__lt=datetime.combine(wish.before, time.min, UTC))
    return photos


def _next_month(first: datetime) -> datetime:
    if (first.year, first.month) == (9999, 12):
        return datetime.max.replace(tzinfo=UTC)
    return (first + timedelta(days=31)).replace(day=1)


def _found_by(name: str, owner, pk: int) -> Sequence[int]:
    if name not in _narrowings:
        raise Http404
    return _narrowings[name](owner, pk)


def _searched(owner, photos: QuerySet[Photo], wish: PhotoWish) -> tuple[list[Photo], Place | None]:
    """Hits that the other filters let through. A page may have fewer than asked for, and still a next one."""
    query, place, items = search.parse(wish.q), wish.place, []
    for _ in range(SEARCHES):
        found = search.find(owner, query, before=place, fields=LINE_FIELDS, counted=False)
        kept = set(photos.filter(pk__in=[hit.pk for hit in found.photos]).values_list("pk", flat=True))
        for hit in found.photos:
            if hit.pk in kept and len(items) == wish.limit:
                return items, Place.of(items[-1])
            items += [hit] if hit.pk in kept else []
        place = found.older
        if place is None:
            break
    return items, place
