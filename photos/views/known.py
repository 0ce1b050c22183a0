"""What is known of a handful of pictures beside each other: their names, and who would come next.

Pictures know no sessions. Who knows more than this app registers at start-up, as for the place of one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from photos.models import Photo


@dataclass(frozen=True, kw_only=True)
class Known:
    """`name` is short: "07"; `address` is its place on its sheet; `facts` are labels and values."""

    name: str = ""
    title: str = ""
    address: str = ""
    facts: tuple[tuple[str, str], ...] = ()


NOTHING = Known()
Finder = Callable[[Sequence[Photo]], dict[int, Known]]
Follower = Callable[[Photo, Collection[int]], int | None]
_finders: list[Finder] = []
_followers: list[Follower] = []


def register(finder: Finder, follower: Follower) -> None:
    """`follower(photo, without)`: the next undecided image of its list, by number, beside those of `without`."""
    if finder not in _finders:
        _finders.append(finder)
        _followers.append(follower)


def known_of(photos: Sequence[Photo]) -> dict[int, Known]:
    found: dict[int, Known] = {}
    for finder in _finders:
        found |= finder(photos)
    return found


def following(photo: Photo, without: Collection[int]) -> int | None:
    return next((pk for follower in _followers if (pk := follower(photo, without))), None)
