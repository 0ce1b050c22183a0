"""The contact sheet of a session, frame by frame: what is there, and the wells that wait for the rest."""

from __future__ import annotations

import colorsys
import zlib
from dataclasses import dataclass, replace

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from generation import filling, finals, previews, registry, rounds, showing, varying
from generation.models import Candidate, GenerationSession
from generation.timeline import CELL_FIELDS
from generation.views import stacked
from generation.views.places import frame_name
from generation.views.sheet_pages import AT_MOST, Cut, cut
from photos.models import Photo
from photos.thumbnails import variant_size
from photos.views.cells import Cell, filled

EXPECTED = 18
WELLS_IN = ("all", "undecided")  # the sheets on which what is being made appears
DRAWN_WIDTH = "220px"  # about how wide a picture is drawn on a large screen


class FrameCell(Cell):
    """A picture on the sheet, with `number`, `seed`, `final` ("1" where a final stands for it), `arrived`, `kept` ("1"
    where it came through the round that is on), `kin` ("of 07").
    """

    template = "session/_frame.html"
    drawn_width = DRAWN_WIDTH
    __slots__ = ()

    def __init__(self, photo: Photo, **more) -> None:
        """As a cell, and with the address of the large picture: on a sheet the large view opens at once.

        Other lists ask for these addresses when they stand (`photos.views.photo.larger`): a signature each does not
        compress.
        """
        super().__init__(photo, **more)
        self.values["stack"] = self.values["top"] = ""
        self.values["large"] = escape(self._address(photo, "l1600"))
        self.values["large_width"] = variant_size("l1600", photo.width, photo.height)[0]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One place on the sheet. Without a cell it is a well: `percent` is set on the one being drawn.

    `preview` is the version of what that one looks like so far, "" where nothing is known.
    """

    number: str  # "07"
    seed: str
    cell: FrameCell | None = None
    photo: Photo | None = None
    percent: int | None = None
    preview: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    session: GenerationSession
    show: str
    frames: list[Frame]
    last: int  # highest number that is made and shown
    n_unfiled: int  # picks without a final
    color: str  # a hint of the colour to come
    cut: Cut
    order: str = "number"
    round: rounds.Round | None = None
    open_stack: stacked.Open | None = None
    is_filling: bool = False  # images come from a folder that a generator writes into

    @property
    def is_live(self) -> bool:
        """Whether a machine is at work here, so that the page asks again."""
        return self.session.is_generating or self.session.filing_since is not None or self.is_filling

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the pictures shown where all have the same, else what was asked for: some workflows know better,
        and what is enlarged grows."""
        sizes = {(frame.photo.width, frame.photo.height) for frame in self.frames if frame.photo}
        return sizes.pop() if len(sizes) == 1 else (self.session.width, self.session.height)

    @property
    def ratio(self) -> float:
        width, height = self.size
        return round(width / height, 4)

    @property
    def expected(self) -> str:
        """The id of the frame the first paint waits for: a row that arrives in two pieces would jump."""
        return f"f{self.frames[EXPECTED].number}" if len(self.frames) > EXPECTED else ""

    @property
    def cells(self) -> SafeString:
        """All pictures, printed: a loop of the template costs as much as six hundred frames themselves."""
        return mark_safe("".join(frame.cell.html for frame in self.frames if frame.cell))

    @property
    def wells(self) -> list[Frame]:
        """They stand behind the pictures."""
        return [frame for frame in self.frames if not frame.cell]

    @property
    def n_shown(self) -> int:
        """Images on all pages of what is shown; wells count too, as on the page."""
        return self.cut.total or len(self.frames)

    @property
    def n_filed(self) -> int:
        return max(0, self.session.n_picked - self.n_unfiled)

    @property
    def seconds_left(self) -> int | None:
        """About how long it will go on: the mean of what is made, for what is missing."""
        session = self.session
        if not session.is_generating or session.is_pausing or not session.n_made or not session.seconds_made:
            return None
        return max(1, round(session.seconds_made / session.n_made * session.n_missing))

    @property
    def minutes_left(self) -> int | None:
        """The same where seconds say nothing to a person any more."""
        return round(self.seconds_left / 60) if (self.seconds_left or 0) >= 100 else None


def sheet_of(
    session: GenerationSession,
    *,
    show: str = "all",
    order: str = "number",
    start: int = 1,
    at: int | None = None,
    after: int = 0,
    stacks: str = "",
    opened: int | None = None,
) -> Sheet:
    """The page that begins at `start` or has image `at`; or what came after number `after`.

    Wells stand only where images appear that are being made. With `stacks` one frame for all that are alike in
    that (`generation.views.stacked`), except for the stack of frame `opened`.
    """
    show, order = showing.known(show), order if order in showing.ORDERS else "number"
    page = _cut(session, show, order, start, at) if not after else Cut(numbers=[])
    candidates = list(_candidates(session, show, order, after, page))
    now = rounds.round_of(session)
    seen = _Seen(
        kin=_kin(session, candidates), round=now.number if now and now.is_on else 0, alt=_("Frame %s")
    )
    if stacks and not session.is_generating:
        frames, open_stack = _stacked(session, show, order, stacks, candidates, opened, seen)
    else:
        open_stack = None
        frames = [_frame(one, place, seen, arrived=after > 0) for place, one in enumerate(candidates)]
    last = max((one.number for one in candidates), default=after)
    color = candidates[-1].photo.color if candidates else _hint(session.prompt)
    if session.is_generating and show in WELLS_IN and not page.following:
        frames += _wells(session)
    return Sheet(
        session=session,
        show=show,
        frames=frames,
        last=last,
        n_unfiled=finals.unfiled(session).count() if session.n_picked else 0,
        color=color,
        order=order,
        cut=page,
        round=now,
        open_stack=open_stack,
        is_filling=not stacks and filling.is_filling(session),
    )


def filed_ids(session: GenerationSession) -> list[int]:
    """Pictures of this sheet that have a final."""
    return list(
        Photo.objects.live().filter(candidate__session=session, represented=True).values_list("pk", flat=True)
    )


@dataclass(frozen=True)
class _Seen:
    """What frames show beside the picture: number -> number of its parent, and the round that is on (0 none)."""

    kin: dict[int, int]
    round: int
    alt: str  # "Frame %s", asked for once


def _cut(session: GenerationSession, show: str, order: str, start: int, at: int | None) -> Cut:
    """A sheet that fits a page needs no list of its numbers."""
    if session.n_made <= AT_MOST:
        return Cut(numbers=[])
    if show == showing.ALL:
        numbers, marks = showing.numbers_and_marks(session.pk, order)
    else:
        numbers, marks = showing.numbers(session.pk, show, order), None
    return replace(cut(numbers, by_number=order == "number", start=start, at=at), marks=marks)


def _candidates(session: GenerationSession, show: str, order: str, after: int, page: Cut):
    found = showing.candidates(session.pk, show)
    if after:
        found = found.filter(number__gt=after)
    elif page.pages and order == "number":
        found = found.filter(number__gte=page.numbers[0], number__lte=page.numbers[-1])
    elif page.pages:
        found = found.filter(number__in=page.numbers)
    fields = ("number", "seed", "kept_in", "photo__represented", *(f"photo__{name}" for name in CELL_FIELDS))
    return found.select_related("photo").only(*fields).order_by(*showing.ORDERS[order])[:AT_MOST]


def _kin(session: GenerationSession, candidates: list[Candidate]) -> dict[int, int]:
    """Asks only where there are seeds that were not planned from the first."""
    first = int(session.first_seed) if session.first_seed.isdigit() else 0
    other = [one.number for one in candidates if one.seed != str(first + one.number - 1)]
    return varying.parents(session, other) if other and session.arrived_key == "" else {}


def _frame(candidate: Candidate, place: int, seen: _Seen, *, arrived: bool) -> Frame:
    number, photo = frame_name(candidate.number), candidate.photo
    alt = photo.alt_text or seen.alt % number
    parent = seen.kin.get(candidate.number)
    cell = FrameCell(
        photo,
        alt=alt,
        place=place,
        number=number,
        seed=candidate.seed,
        final="1" if photo.represented else "0",
        arrived=" arrived" if arrived else "",
        kept="1" if seen.round and (candidate.kept_in or 0) >= seen.round else "0",
        kin=_("of %s") % frame_name(parent) if parent else "",
    )
    return Frame(number=number, seed=candidate.seed, cell=cell, photo=photo)


def _stacked(
    session: GenerationSession,
    show: str,
    order: str,
    by: str,
    candidates: list[Candidate],
    opened: int | None,
    seen: _Seen,
) -> tuple[list[Frame], stacked.Open | None]:
    """One frame for each stack, with a mark that opens it here; and the one that is open."""
    shown, members = stacked.fold(candidates, by, opened)
    frames = []
    for place, one in enumerate(shown):
        frame = _frame(one.candidate, place, seen, arrived=False)
        if one.count > 1:
            address = stacked.address(session, show, order, by, one.candidate.number)
            words = escape(stacked.mark_words(one.count, by))
            mark = {"address": f"{escape(address)}#f{frame.number}", "words": words, "count": one.count}
            frame.cell.values["stack"] = filled("session/_stack.html", mark)
            frame.cell.values["top"] = escape(stacked.top_words(one.count))
        frames.append(frame)
    return frames, stacked.opened_of(members, stacked.address(session, show, order, by))


def _wells(session: GenerationSession) -> list[Frame]:
    running = session.state == GenerationSession.State.RUNNING
    missing = varying.missing(session)
    seeds = bool(missing) and registry.takes_seeds(session.engine)
    return [
        Frame(
            number=frame_name(number),
            seed=str(seed) if seeds else "",
            percent=round(session.progress * 100) if running and place == 0 else None,
            preview=previews.version(session.pk) if running and place == 0 else "",
        )
        for place, (number, seed) in enumerate(missing.items())
    ]


def _hint(prompt: str) -> str:
    """A quiet colour from the words, the same for the same words."""
    hue = zlib.crc32(prompt.encode()) % 360 / 360
    return "#{:02x}{:02x}{:02x}".format(*(round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.55, 0.45)))
