"""A sheet of more images than a browser carries easily, in pages by ranges of numbers."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from generation.showing import Marks

AT_MOST = 600  # frames of one page


@dataclass(frozen=True, kw_only=True)
class Page:
    """One of the pages: the range it is called by, and where it starts, as its address says it."""

    label: str  # "601 – 1200"
    start: int
    here: bool


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What of a list of numbers is on the page that is shown, and the pages there are."""

    numbers: list[int]
    pages: tuple[Page, ...] = ()
    total: int = 0  # on all pages, where there are several
    marks: Marks | None = None  # of all images, where they were read with the numbers

    @property
    def previous(self) -> Page | None:
        return self._beside(-1)

    @property
    def following(self) -> Page | None:
        return self._beside(+1)

    def _beside(self, by: int) -> Page | None:
        here = next((place for place, page in enumerate(self.pages) if page.here), None)
        place = -1 if here is None else here + by
        return self.pages[place] if 0 <= place < len(self.pages) else None


def cut(numbers: list[int], *, by_number: bool, start: int = 1, at: int | None = None) -> Cut:
    """The page that begins at `start`, or the one that has image `at`.

    Sorted by number pages are known by the number they begin with, so that what is decided meanwhile moves nothing past
    a reader; in another order by the place they begin with, from 1.
    """
    if len(numbers) <= AT_MOST:
        return Cut(numbers=numbers)
    if at is not None:
        place = bisect_left(numbers, at) if by_number else _index(numbers, at)
        first = min(place, len(numbers) - 1) // AT_MOST * AT_MOST
    else:
        first = bisect_left(numbers, start) if by_number else start - 1
        first = min(max(0, first), len(numbers) - 1)
    starts = sorted({*range(first, -1, -AT_MOST), *range(first, len(numbers), AT_MOST), 0})
    bounds = list(zip(starts, [*starts[1:], len(numbers)], strict=True))
    pages = tuple(
        Page(
            label=_label(numbers[begin], numbers[end - 1]) if by_number else _label(begin + 1, end),
            start=numbers[begin] if by_number else begin + 1,
            here=begin == first,
        )
        for begin, end in bounds
    )
    return Cut(numbers=numbers[first : first + AT_MOST], pages=pages, total=len(numbers))


def _index(numbers: list[int], at: int) -> int:
    return numbers.index(at) if at in numbers else 0


def _label(first: int, last: int) -> str:
    return f"{first} – {last}" if last > first else str(first)
