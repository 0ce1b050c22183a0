"""What a picture was made from, and what came of it. Who knows more than this app registers a finder at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from photos.models import Photo
from photos.views.cells import Thumb


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A picture, or a sheet of them: where it is, what it is called, and a word on it."""

    address: str
    title: str
    words: str = ""
    thumb: Thumb | None = None


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """`came` are the newest of what came of it, `heading` says how much that is in all."""

    made_from: Relative | None = None
    came: tuple[Relative, ...] = ()
    heading: str = ""


_finders: list[Callable[[Photo], Lineage]] = []


def register(finder: Callable[[Photo], Lineage]) -> None:
    if finder not in _finders:
        _finders.append(finder)


def lineage_of(photo: Photo) -> Lineage | None:
    """None where nothing is known."""
    found = next((finder(photo) for finder in _finders), None)
    return found if found and (found.made_from or found.came) else None
