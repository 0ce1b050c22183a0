"""The contact sheet of a session, frame by frame: what is there, and the wells that wait for the rest."""

from __future__ import annotations

import colorsys
import zlib
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from generation import filling, finals, previews, registry
from generation.models import Candidate, GenerationSession
from generation.timeline import CELL_FIELDS
from generation.timeline import SHEETS as SHOWN
from generation.views.places import frame_name
from photos import stacking
from photos.models import Photo
from photos.thumbnails import variant_size
from photos.views.alike import stack_words
from photos.views.cells import Cell, filled

EXPECTED = 18
AT_MOST = 600  # frames of one page; a session makes 500 at most
DRAWN_WIDTH = "220px"  # about how wide a picture is drawn on a large screen


class FrameCell(Cell):
    """A picture on the sheet, with `number`, `seed`, `final` ("1" where a final stands for it), `arrived`."""

    template = "session/_frame.html"
    drawn_width = DRAWN_WIDTH
    __slots__ = ()

    def __init__(self, photo: Photo, **more) -> None:
        """As a cell, and with the address of the large picture: on a sheet the large view opens at once.

        Other lists ask for these addresses when they stand (`photos.views.photo.larger`): a signature each does not
        compress.
        """
        super().__init__(photo, **more)
        self.values["stack"] = ""
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
    is_filling: bool = False  # images come from a folder that a generator writes into

    @property
    def is_live(self) -> bool:
        """Whether a machine is at work here, so that the page asks again."""
        return self.session.is_generating or self.session.filing_since is not None or self.is_filling

    @property
    def ratio(self) -> float:
        return round(self.session.width / self.session.height, 4)

    @property
    def expected(self) -> str:
        """The id of the frame the first paint waits for: a row that arrives in two pieces would jump."""
        return f"f{self.frames[EXPECTED].number}" if len(self.frames) > EXPECTED else ""

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
    after: int = 0,
    stacks: bool = False,
    opened: int | None = None,
) -> Sheet:
    """The frames after number `after`. Wells stand only on the whole sheet, while images are being made.

    With `stacks` one frame for all that have the same recipe but for the seed, except for the stack of frame `opened`.
    """
    show = show if show in SHOWN else "all"
    candidates = list(_candidates(session, SHOWN[show], after))
    if stacks and not session.is_generating:
        frames = _stacked(session, show, candidates, opened)
    else:
        frames = [_frame(one, place, arrived=after > 0) for place, one in enumerate(candidates)]
    last = candidates[-1].number if candidates else after
    color = candidates[-1].photo.color if candidates else _hint(session.prompt)
    if session.is_generating and show == "all":
        frames += _wells(session, last + 1)
    return Sheet(
        session=session,
        show=show,
        frames=frames,
        last=last,
        n_unfiled=finals.unfiled(session).count(),
        color=color,
        is_filling=not stacks and filling.is_filling(session),
    )


def filed_ids(session: GenerationSession) -> list[int]:
    """Pictures of this sheet that have a final."""
    return list(
        Photo.objects.live().filter(candidate__session=session, represented=True).values_list("pk", flat=True)
    )


def _candidates(session: GenerationSession, decision: int | None, after: int):
    found = Candidate.objects.filter(session=session, number__gt=after, photo__trashed_at__isnull=True)
    if decision is not None:
        found = found.filter(photo__decision=decision)
    fields = ("number", "seed", "photo__represented", *(f"photo__{name}" for name in CELL_FIELDS))
    return (
        found.filter(photo__isnull=False).select_related("photo").only(*fields).order_by("number")[:AT_MOST]
    )


def _frame(candidate: Candidate, place: int, *, arrived: bool) -> Frame:
    number, photo = frame_name(candidate.number), candidate.photo
    alt = photo.alt_text or _("Frame %s") % number
    cell = FrameCell(
        photo,
        alt=alt,
        place=place,
        number=number,
        seed=candidate.seed,
        final="1" if photo.represented else "0",
        arrived=" arrived" if arrived else "",
    )
    return Frame(number=number, seed=candidate.seed, cell=cell)


def _stacked(
    session: GenerationSession, show: str, candidates: list[Candidate], opened: int | None
) -> list[Frame]:
    """One frame for each stack, with a mark that opens it here."""
    known = stacking.stacks_of(candidate.photo_id for candidate in candidates)
    open_stack = next((known.get(one.photo_id) for one in candidates if one.number == opened), None)
    folded = stacking.folded(candidates, lambda candidate: known.get(candidate.photo_id), open_stack)
    frames = []
    for place, (candidate, count) in enumerate(folded):
        frame = _frame(candidate, place, arrived=False)
        if count > 1:
            query = ({} if show == "all" else {"show": show}) | {"stacks": 1, "open": candidate.number}
            address = f"{session.get_absolute_url()}?{urlencode(query)}#f{frame.number}"
            mark = {"address": escape(address), "words": escape(stack_words(count)), "count": count}
            frame.cell.values["stack"] = filled("session/_stack.html", mark)
        frames.append(frame)
    return frames


def _wells(session: GenerationSession, first: int) -> list[Frame]:
    running = session.state == GenerationSession.State.RUNNING
    seeds = first <= session.count and registry.takes_seeds(session.engine)
    return [
        Frame(
            number=frame_name(number),
            seed=str(session.seed_of(number)) if seeds else "",
            percent=round(session.progress * 100) if running and number == first else None,
            preview=previews.version(session.pk) if running and number == first else "",
        )
        for number in range(first, session.count + 1)
    ]


def _hint(prompt: str) -> str:
    """A quiet colour from the words, the same for the same words."""
    hue = zlib.crc32(prompt.encode()) % 360 / 360
    return "#{:02x}{:02x}{:02x}".format(*(round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.55, 0.45)))
