"""Albums: what is in them, and who may look.

An album links to pictures. Taking one out deletes nothing; adding one grants a look at it to whoever may see the
album, and only at the album owner's own pictures. When fewer people may see a picture, its media addresses end at
once: their signature holds its access revision. The order is in `photos.arranging`, the pages in `photos.leafing`.

A smart album is a search under a title. What it shows is found when its owner looks: nothing is put into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Max
from django.utils import timezone
from django.utils.text import slugify

from photos import search
from photos.db import in_transaction
from photos.models import Album, AlbumPhoto, Photo
from photos.text import clean

GAP = 1 << 20  # between two positions: twenty moves into one place before any other row is touched
AT_MOST = 200_000
CHUNK = 5_000  # ids of one query


class AlbumError(Exception):
    """Something that cannot be done to an album; `field` names the input it is about ("" none)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


class Stale(AlbumError):
    """Someone else was faster; `current` is the album as it is now."""

    def __init__(self, current: Album) -> None:
        super().__init__(
            "This album was changed elsewhere meanwhile. Look at it as it is now, and try again."
        )
        self.current = current


def create(
    owner, *, title: str, description: str = "", access: str = Album.Access.PRIVATE, query: str = ""
) -> Album:
    """A new, empty album; with a `query` a smart one. Raises AlbumError."""
    album = Album(owner=owner, access=access, query=_search(query))
    _check_access(album)
    _name(album, title, description)
    in_transaction(album.save)
    return album


def edit(
    album: Album,
    *,
    revision: int,
    title: str,
    description: str,
    access: str,
    order: str,
    query: str | None = None,
) -> Album:
    """Change what an album is called, who may see it and how it is ordered; of a smart one what it finds.

    Raises Stale, AlbumError.
    """

    def work() -> Album:
        current = locked(album)
        if current.revision != revision:
            raise Stale(current)
        narrows = _audience(access) < _audience(current.access)
        _name(current, title, description)
        if order not in Album.Order.values:
            raise AlbumError("An album is shown as arranged or by date.", field="order")
        if query is not None and query != current.query:
            current.query = _search_of(current, query)
        current.access, current.order = access, order
        _check_access(current)
        current.revision, current.changed_at = current.revision + 1, timezone.now()
        current.save()
        if narrows:
            _close_addresses(Photo.objects.filter(places__album=current))
        return current

    return in_transaction(work)


def delete(album: Album) -> None:
    """The album goes, its pictures stay."""

    def work() -> None:
        current = locked(album)
        if current.access != Album.Access.PRIVATE:
            _close_addresses(Photo.objects.filter(places__album=current))
        current.delete()

    in_transaction(work)


def add(album: Album, photo_ids: Sequence[int]) -> int:
    """Append the owner's own live pictures, in the order given. Returns how many were not in it yet."""

    def work() -> int:
        check_fillable(locked(album))
        new = list(_not_in_it(album, photo_ids))
        last = AlbumPhoto.objects.filter(album=album).aggregate(last=Max("position"))["last"] or 0
        if new and AlbumPhoto.objects.filter(album=album).count() + len(new) > AT_MOST:
            raise AlbumError(f"An album holds at most {AT_MOST:,} images.")
        AlbumPhoto.objects.bulk_create(
            AlbumPhoto(album=album, photo=photo, position=last + GAP * place, shown_at=photo.shown_at)
            for place, photo in enumerate(new, start=1)
        )
        touch(album)
        return len(new)

    return in_transaction(work)


def _not_in_it(album: Album, photo_ids: Sequence[int]) -> Iterator[Photo]:
    for chunk in _chunks(photo_ids):
        places = AlbumPhoto.objects.filter(album=album, photo__in=chunk)
        there = set(places.values_list("photo_id", flat=True))
        mine = Photo.objects.live().filter(owner_id=album.owner_id, pk__in=chunk).only("shown_at").in_bulk()
        yield from (mine[pk] for pk in chunk if pk in mine and pk not in there)


def _chunks(photo_ids: Sequence[int]) -> Iterator[list[int]]:
    ids = list(dict.fromkeys(photo_ids))
    return (ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK))


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What was taken out, so that it can be put back where it was."""

    places: list[tuple[int, int]]  # picture, position
    cover: int | None = None


def remove(album: Album, photo_ids: Sequence[int]) -> Removed:
    """Take pictures out; nothing is deleted."""

    def work() -> Removed:
        check_fillable(current := locked(album))
        taken = []
        for chunk in _chunks(photo_ids):
            places = AlbumPhoto.objects.filter(album=album, photo__in=chunk)
            taken += places.order_by("position", "id").values_list("photo_id", "position")
            if current.access != Album.Access.PRIVATE:
                _close_addresses(Photo.objects.filter(places__in=places))
            places.delete()
        cover = current.cover_id if current.cover_id in dict(taken) else None
        if cover:
            Album.objects.filter(pk=album.pk).update(cover=None)
        touch(album)
        return Removed(places=taken, cover=cover)

    return in_transaction(work)


def put_back(album: Album, removed: Removed) -> int:
    """Undo a removal: each picture to its old place, if it is still its owner's and not in the trash."""

    def work() -> int:
        check_fillable(locked(album))
        positions = dict(removed.places)
        new = list(_not_in_it(album, list(positions)))
        AlbumPhoto.objects.bulk_create(
            AlbumPhoto(album=album, photo=photo, position=positions[photo.pk], shown_at=photo.shown_at)
            for photo in new
        )
        if removed.cover in [photo.pk for photo in new]:
            Album.objects.filter(pk=album.pk, cover=None).update(cover=removed.cover)
        touch(album)
        return len(new)

    return in_transaction(work)


def check_fillable(album: Album) -> None:
    """Raises AlbumError for a smart album."""
    if album.is_smart:
        raise AlbumError(
            "This is a smart album: it shows what its search finds, and nothing can be put into it or taken out."
        )


def refresh_cover(album: Album, photo_ids: Sequence[int]) -> None:
    """Remember the first of what a smart album shows now, for the shelf."""
    cover = next(iter(photo_ids), None)
    if album.cover_id != cover:
        in_transaction(lambda: Album.objects.filter(pk=album.pk).exclude(query="").update(cover=cover))


def set_cover(album: Album, photo_id: int) -> None:
    """Show the album by this picture, which must be one of its own. Raises AlbumError."""

    def work() -> None:
        if not AlbumPhoto.objects.filter(album=album, photo=photo_id, photo__trashed_at=None).exists():
            raise AlbumError("The cover must be one of the album's own images.")
        Album.objects.filter(pk=album.pk).update(cover=photo_id, changed_at=timezone.now())

    in_transaction(work)


# --- inside a transaction ---------------------------------------------------------------------------


def locked(album: Album) -> Album:
    """The album as it is now, its row locked. Raises AlbumError when it was deleted meanwhile."""
    current = Album.objects.select_for_update().filter(pk=album.pk).first()
    if current is None:
        raise AlbumError("This album was deleted meanwhile.")
    return current


def _name(album: Album, title: str, description: str) -> None:
    album.title = " ".join(clean(title).split())[:200]
    album.description = clean(description).strip()
    if not album.title:
        raise AlbumError("An album needs a title.", field="title")
    album.slug = slugify(album.title)[:100].strip("-")


def _search(query: str) -> str:
    """A query as it is kept, "" for none. Raises AlbumError for one that asks for nothing."""
    kept = " ".join(clean(query).split())
    if len(kept) > search.MAX_CHARACTERS:
        raise AlbumError(f"A search has at most {search.MAX_CHARACTERS} characters.", field="query")
    if kept and not search.parse(kept):
        raise AlbumError("That search asks for nothing. Type a word first.", field="query")
    return kept


def _search_of(album: Album, query: str) -> str:
    kept = _search(query)
    if not kept or not album.is_smart:
        raise AlbumError("An album is either filled by hand or by a search, for good.", field="query")
    return kept


def _check_access(album: Album) -> None:
    if _audience(album.access) and album.is_smart:
        raise AlbumError(
            "A smart album is for you alone: whatever it finds tomorrow would be shown. "
            "To share, put the images into an album of their own.",
            field="access",
        )


def _audience(access: str) -> int:
    if access not in Album.Access.values:
        raise AlbumError("Choose who may see this album.", field="access")
    return Album.Access.values.index(access)  # from nobody to everyone


def touch(album: Album) -> None:
    """What is in it changed. The revision is of what a person types: an upload into it makes no editor stale."""
    Album.objects.filter(pk=album.pk).update(changed_at=timezone.now())


def _close_addresses(photos) -> None:
    Photo.objects.filter(pk__in=photos.values("pk")).update(access_revision=F("access_revision") + 1)
