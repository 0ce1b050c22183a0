"""What a picture was made from, and what came of it. Who knows more than this app registers a finder at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from photos.models import Photo
from photos.views.cells import Thumb


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A picture, or a sheet of them: where it is, what it is called, and how it is related, in words.

    `pk` is set of a picture that can be laid beside this one.
    """

    address: str
    title: str
    words: str = ""
    thumb: Thumb | None = None
    pk: int | None = None


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Both ways. `siblings` are some of the images that were made together with it, `together` is their sheet.

    `came` are the newest of what came of it, `heading` says how much that is in all.
    """

    made_from: Relative | None = None
    together: Relative | None = None
    siblings: tuple[Relative, ...] = ()
    counterpart: Relative | None = None  # the final of a candidate, the candidate of a final
    came: tuple[Relative, ...] = ()
    heading: str = ""

    def __bool__(self) -> bool:
        return bool(self.made_from or self.together or self.counterpart or self.came)


_finders: list[Callable[[Photo], Lineage]] = []


def register(finder: Callable[[Photo], Lineage]) -> None:
    if finder not in _finders:
        _finders.append(finder)


def lineage_of(photo: Photo) -> Lineage | None:
    """None where nothing is known."""
    return next((finder(photo) for finder in _finders), None) or None
