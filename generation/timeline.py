"""Pictures and sessions of a day: the home timeline, which knows both.

One list by time, cut into pages of about a hundred at the edge of a day. Pages are found by a cursor, never by
counting: a cursor names the last thing shown, (time, kind, id), and the next page begins after it. At one and the
same moment a session stands before the pictures.
"""

from __future__ import annotations

import calendar
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils.timezone import localtime

from generation import showing
from generation.models import GenerationSession
from photos import kept_places
from photos.models import MonthCount, Photo

PAGE = 100
PAGE_AT_MOST = 140  # so that a day is not cut for the sake of a few pictures
SHOWN = {
    "pictures": ("uploaded", "completed", "linked"),
    "uploads": ("uploaded", "linked"),
    "finals": ("completed",),
    "everything": ("uploaded", "completed", "linked", "session"),
}
# What a picture that only decorates needs.
THUMB_FIELDS = ("id", "sha256", "width", "height", "color", "access_revision")
# What a cell shows; recipes, EXIF and captions stay in the database.
CELL_FIELDS = (
    "id", "collection", "sha256", "width", "height", "shown_at", "added_at", "title", "alt_text", "rating",
    "decision", "reason", "label", "color", "access_revision", "owner_id", "source_id", "file", "derived", "frames",
)  # fmt: skip


@dataclass(frozen=True)
class Cursor:
    """A place in the timeline. Text form: `20261122140500123456-p17`."""

    at: datetime
    kind: str  # "s" before "p" at the same moment
    pk: int

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """None for anything that is not a cursor of ours."""
        stamp, _, rest = text.partition("-")
        if not (len(stamp) == 20 and stamp.isascii() and stamp.isdigit() and rest[:1] in ("p", "s")):
            return None
        if not (rest[1:].isascii() and rest[1:].isdigit() and len(rest) < 20):
            return None
        try:
            return cls(datetime.strptime(stamp, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), rest[0], int(rest[1:]))
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.at.year:04d}{self.at:%m%d%H%M%S%f}-{self.kind}{self.pk}"


@dataclass(frozen=True)
class PhotoCell:
    """A picture in its place on the timeline."""

    photo: Photo
    kind: str = "photo"

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.photo.shown_at, "p", self.photo.pk)


@dataclass(frozen=True)
class SessionTile:
    """A session in its place; `cover` has THUMB_FIELDS alone, see `covers`."""

    session: GenerationSession
    cover: list[Photo] = field(default_factory=list)
    kind: str = "session"

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.session.shown_at, "s", self.session.pk)


Item = PhotoCell | SessionTile

_WORDS = ("prompt", "negative_prompt", "options", "error")  # of a session, not shown in lists
_COVERS = f"""
SELECT * FROM (
    SELECT {", ".join(f"photo.{name}" for name in THUMB_FIELDS)}, candidate.session_id, ROW_NUMBER() OVER (
        PARTITION BY candidate.session_id ORDER BY photo.decision %% 2 DESC, photo.decision, candidate.number
    ) AS place
    FROM generation_candidate candidate JOIN photos_photo photo ON photo.id = candidate.photo_id
    WHERE candidate.session_id IN ({{ids}}) AND photo.trashed_at IS NULL
) ranked WHERE place <= %s ORDER BY session_id, place
"""  # decisions in the order 1, 0, 2


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of a page; the counts are of this page."""

    date: date
    items: list[Item]

    @property
    def n_pictures(self) -> int:
        return sum(item.kind == "photo" for item in self.items)

    @property
    def n_sessions(self) -> int:
        return len(self.items) - self.n_pictures


@dataclass(frozen=True, kw_only=True)
class TimelinePage:
    """About a hundred pictures and sessions, by day, and what the page around them says of the rest."""

    days: list[Day]
    newer: str  # cursor for `after=`, "" when this is the newest page
    older: str
    months: list[tuple[int, list[tuple[date, int]]]]
    total: int
    counts: dict[str, int]  # pictures by `show`

    @property
    def n_items(self) -> int:
        return sum(len(day.items) for day in self.days)


def page(
    owner,
    *,
    show: str = "pictures",
    before: str = "",
    after: str = "",
    month: tuple[int, int] | None = None,
) -> TimelinePage:
    """One page of a person's timeline: the newest, the one older than `before`, newer than `after`, or a month's."""
    show = show if show in SHOWN else "pictures"
    older_than, newer_than = Cursor.parse(before), Cursor.parse(after)
    if month and not (older_than or newer_than):
        older_than = _end_of(*month)
    items = _newer(owner, show, newer_than) if newer_than else _older(owner, show, older_than)
    more_newer, more_older = _what_is_beyond(items, owner, show, older_than=older_than, newer_than=newer_than)
    items = items[: _cut(items)] if not newer_than else items[len(items) - _cut(items[::-1]) :]
    by_collection = _month_counts(owner)
    return TimelinePage(
        days=_days(_with_covers(items)),
        newer=str(items[0].cursor if items else older_than) if more_newer(items) else "",
        older=str(items[-1].cursor) if items and more_older(items) else "",
        months=_months(by_collection, SHOWN[show]),
        total=_total(by_collection, show),
        counts={name: _total(by_collection, name) for name in SHOWN},
    )


def recently_added(owner, *, show: str = "pictures", before: str = "") -> TimelinePage:
    """Pictures by the day they came in, what came in last first: old ones that were imported today stand on top."""
    photos = _photos(owner, show).order_by("-added_at", "-id")
    if cursor := Cursor.parse(before):
        photos = photos.filter(added_at__lte=cursor.at).exclude(added_at=cursor.at, pk__gte=cursor.pk)
    found = list(photos[: PAGE + 1])
    page, by_collection = found[:PAGE], _month_counts(owner)
    days = groupby(page, lambda photo: localtime(photo.added_at).date())
    return TimelinePage(
        days=[Day(date=day, items=[PhotoCell(photo) for photo in some]) for day, some in days],
        newer="",
        older=str(Cursor(page[-1].added_at.astimezone(UTC), "p", page[-1].pk)) if len(found) > PAGE else "",
        months=[],
        total=_total(by_collection, show),
        counts={name: _total(by_collection, name) for name in SHOWN},
    )


def covers(sessions: Iterable[GenerationSession], n: int = 6) -> dict[int, list[Photo]]:
    """Up to `n` pictures of each session, picks first, then as they came, rejects last: one query.

    They have THUMB_FIELDS. In SQL, because Django takes 3 ms to write this query and the database 0.2 to answer it.
    """
    ids = [session.pk for session in sessions]
    found: dict[int, list[Photo]] = defaultdict(list)
    if ids:
        for photo in Photo.objects.raw(_COVERS.format(ids=", ".join(["%s"] * len(ids))), [*ids, n]):
            found[photo.session_id].append(photo)
    return found


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The sessions that wait for this person, or are being made: the newest, and how much it is in all."""

    tiles: list[SessionTile]
    n_sessions: int  # 100 at most
    n_undecided: int  # of these


def continue_sessions(owner, limit: int = 3, *, known: TimelinePage | None = None) -> Waiting:
    """`known` is a page that may show some of them already, with their pictures.

    Each session has `last_number`, of the image that this person looked at last there: asked for along with it.
    """
    waiting = GenerationSession.objects.visible_to(owner).open().annotate(last_number=_last_number(owner))
    newest = list(waiting.newest_first().defer(*_WORDS)[:100])
    items = (item for day in known.days for item in day.items) if known else ()
    pictures = {item.session.pk: item.cover for item in items if item.kind == "session"}
    pictures |= covers([session for session in newest[:limit] if session.pk not in pictures], 1)
    return Waiting(
        tiles=[SessionTile(session, pictures.get(session.pk, [])[:1]) for session in newest[:limit]],
        n_sessions=len(newest),
        n_undecided=sum(session.n_undecided for session in newest),
    )


def _last_number(owner) -> Subquery:
    scope = Concat(Value("session:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    return Subquery(kept_places.places_of(owner, [scope]).values("photo__candidate__number")[:1])


# --- everything a list shows ------------------------------------------------------------------------


def in_timeline(owner, rest: str) -> QuerySet[Photo]:
    """The pictures of the list "timeline:uploads", or of one month of it: "timeline:uploads:2026-11"."""
    show, _, month = rest.partition(":")
    if show not in SHOWN:
        raise ValueError(rest)
    photos = _photos(owner, show)
    if month:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        photos = photos.filter(shown_at__gte=first, shown_at__lte=_end_of(first.year, first.month).at)
    return photos


def in_finals(owner, rest: str) -> QuerySet[Photo]:
    return _photos(owner, "finals")


def on_sheet(owner, rest: str) -> QuerySet[Photo]:
    """The pictures of a contact sheet: "session:17:undecided". Raises ValueError."""
    pk, _, show = rest.partition(":")
    if len(pk) > 18:  # more digits than a number of a row has
        raise ValueError(rest)
    shown = showing.candidates(int(pk), show or showing.ALL).filter(session__trashed_at__isnull=True)
    return Photo.objects.owned_by(owner).live().filter(pk__in=shown.order_by().values("photo"))


# --- one list out of two --------------------------------------------------------------------------


def _photos(owner, show: str) -> QuerySet[Photo]:
    photos = Photo.objects.owned_by(owner).only(*CELL_FIELDS)
    if show == "pictures":
        return photos.on_timeline()
    if show == "everything":
        return photos.everything()
    if show == "uploads":
        return photos.uploads()
    return photos.finals()


def _sessions(owner, show: str) -> QuerySet[GenerationSession]:
    sessions = GenerationSession.objects.visible_to(owner).defer(*_WORDS)
    return sessions if show == "pictures" else sessions.none()


def _older(owner, show: str, cursor: Cursor | None, limit: int = PAGE_AT_MOST + 1) -> list[Item]:
    photos, sessions = _photos(owner, show), _sessions(owner, show)
    if cursor and cursor.kind == "p":
        photos, sessions = photos.older_than(cursor.at, cursor.pk), sessions.filter(shown_at__lt=cursor.at)
    elif cursor:
        photos, sessions = photos.filter(shown_at__lte=cursor.at), sessions.older_than(cursor.at, cursor.pk)
    found = list(photos.newest_first()[:limit])
    if len(found) == limit:  # sessions beyond the last picture are not on this page
        sessions = sessions.filter(shown_at__gte=found[-1].shown_at)
    return _merged(found, sessions.newest_first()[:limit], newest_first=True)[:limit]


def _newer(owner, show: str, cursor: Cursor, limit: int = PAGE_AT_MOST + 1) -> list[Item]:
    """The page right above a cursor, newest first."""
    photos, sessions = _photos(owner, show), _sessions(owner, show)
    if cursor.kind == "p":
        photos, sessions = photos.newer_than(cursor.at, cursor.pk), sessions.filter(shown_at__gte=cursor.at)
    else:
        photos, sessions = photos.filter(shown_at__gt=cursor.at), sessions.newer_than(cursor.at, cursor.pk)
    upwards = ("shown_at", "id")
    found = list(photos.order_by(*upwards)[:limit])
    if len(found) == limit:
        sessions = sessions.filter(shown_at__lte=found[-1].shown_at)
    return _merged(found, sessions.order_by(*upwards)[:limit], newest_first=False)[:limit][::-1]


def _merged(photos: list[Photo], sessions: QuerySet, *, newest_first: bool) -> list[Item]:
    cells, tiles = [PhotoCell(photo) for photo in photos], [SessionTile(session) for session in sessions]
    return list(heapq.merge(cells, tiles, key=_place, reverse=newest_first))


def _place(item: Item) -> tuple:
    cursor = item.cursor
    return cursor.at, cursor.kind == "s", cursor.pk


def _cut(items: list[Item]) -> int:
    """How many of the fetched items make the page: about a hundred, at the edge of a day where one is near."""
    if len(items) <= PAGE:
        return len(items)
    day = items[PAGE - 1].cursor.at.date()
    for place in range(PAGE, min(len(items), PAGE_AT_MOST + 1)):
        if items[place].cursor.at.date() != day:
            return place
    if len(items) <= PAGE_AT_MOST:
        return len(items)
    return PAGE


def _what_is_beyond(items, owner, show, *, older_than, newer_than):
    """Two questions about the cut page: is there anything newer, anything older?"""
    fetched = len(items)

    def newer(cut: list[Item]) -> bool:
        if newer_than:
            return len(cut) < fetched
        above = cut[0].cursor if cut else older_than
        return bool(older_than) and bool(_newer(owner, show, above, 1))

    def older(cut: list[Item]) -> bool:
        return True if newer_than else len(cut) < fetched

    return newer, older


def _end_of(year: int, month: int) -> Cursor:
    last = calendar.monthrange(year, month)[1]
    return Cursor(datetime(year, month, last, 23, 59, 59, 999_999, tzinfo=UTC), "s", 2**62)


def _with_covers(items: list[Item]) -> list[Item]:
    pictures = covers([item.session for item in items if item.kind == "session"])
    return [
        SessionTile(item.session, pictures.get(item.session.pk, [])) if item.kind == "session" else item
        for item in items
    ]


def _days(items: list[Item]) -> list[Day]:
    return [
        Day(date=day, items=list(group)) for day, group in groupby(items, lambda item: item.cursor.at.date())
    ]


def _month_counts(owner) -> Counter[tuple[str, date]]:
    rows = MonthCount.objects.filter(owner=owner, count__gt=0).values_list("collection", "month", "count")
    return Counter({(collection, month): count for collection, month, count in rows})


def _total(counts: Counter, show: str) -> int:
    return sum(n for (collection, _), n in counts.items() if collection in SHOWN[show])


def _months(counts: Counter, kinds: tuple[str, ...]) -> list[tuple[int, list[tuple[date, int]]]]:
    """[(2026, [(2026-11-01, 412), ...]), ...], newest first."""
    by_month: Counter[date] = Counter()
    for (collection, month), count in counts.items():
        if collection in kinds:
            by_month[month] += count
    ordered = sorted(by_month.items(), reverse=True)
    return [(year, list(months)) for year, months in groupby(ordered, lambda entry: entry[0].year)]
