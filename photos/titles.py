"""Titles that nobody typed: a final is called after its session, and so after a prompt. Guests are not shown those."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from photos.models import Photo

# Says which of some pictures bear such a title. They need `title`, `collection` and `source_id`.
TitleReader = Callable[[Sequence[Photo]], set[int]]
_readers: list[TitleReader] = []


def register(reader: TitleReader) -> None:
    """Whoever gives titles by itself says so here, at start-up."""
    if reader not in _readers:
        _readers.append(reader)


def for_guests(photos: Sequence[Photo]) -> Sequence[Photo]:
    """The same pictures, with the titles emptied that nobody typed. For showing, not for saving."""
    untyped = set().union(*(reader(photos) for reader in _readers))
    for photo in photos:
        if photo.pk in untyped:
            photo.title = ""
    return photos
