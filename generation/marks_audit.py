"""The marking audit: which images say less or something else of how they were made than the gallery knows.

What files say stands in columns (`photos.marking`); here files are read back into them, finals are mended, and what
is shared is looked at. All of it in windows: a library of any size is asked for a page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.db.models import Q
from django.utils import timezone

from generation import final_papers
from generation.models import Candidate
from photos import marking, papers, refiling, search, storage, working
from photos.db import in_transaction
from photos.images import RejectedImage
from photos.marking import FINALS, Marking
from photos.models import Album, AlbumPhoto, Photo
from photos.models.shares import Share, SharedPhoto

log = logging.getLogger(__name__)

CHUNK = 200  # files read back in one go
READ_IN_A_TASK = 2_000  # finals of one task: to find the next ones of 100,000 takes a moment
MENDED = 50  # finals written in one task: others of the queue have their turn in between
WINDOW = 1_000  # places of shared albums that one page looks at
PAGE = 60
MOST_ALBUMS = 3  # of one page
COUNTED = 1_000
READ = ("marked_as", "signed", "marking")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Images that others can see and that do not say they are AI's; `following` is where to look on, "" at the end."""

    found: list[tuple[Photo, str]]  # with what they are shared by
    following: str


def found(owner, kinds: tuple[Marking, ...], before: int | None = None, *, most: int) -> list[Photo]:
    """Images of a person with one of these findings, newest first, with their recipes.

    Each kind is asked for by itself: the index then gives them in order, where an IN would be sorted or searched for
    from the end of the table.
    """
    mine = Photo.objects.owned_by(owner).live().select_related("recipe", "owner", "source").order_by("-pk")
    mine = mine.filter(pk__lt=before) if before else mine
    each = (mine.filter(marking=kind)[:most] for kind in kinds)
    return sorted(chain.from_iterable(each), key=lambda photo: -photo.pk)[:most]


def counted(owner, kinds: tuple[Marking, ...]) -> int:
    """At most COUNTED of each."""
    mine = Photo.objects.owned_by(owner).live().order_by()
    return sum(len(mine.filter(marking=kind).values_list("pk", flat=True)[:COUNTED]) for kind in kinds)


def unread(owner):
    """Images whose files nobody has read back yet: those of a gallery before it did so."""
    return Photo.objects.owned_by(owner).live().filter(marking__isnull=True).order_by("pk")


def read_some(owner_id: int, photos=None) -> int:
    """Read back some files into their rows. Returns how many; 0: there are none left."""
    waiting = Photo.objects.live().filter(owner_id=owner_id, marking__isnull=True).order_by("pk")
    some = list((waiting if photos is None else photos).select_related("recipe")[:CHUNK])
    seen = marking.look_again(some)

    def write() -> None:
        for photo in seen:
            same = Photo.objects.filter(pk=photo.pk, sha256=photo.sha256)
            same.update(**{name: getattr(photo, name) for name in READ})

    in_transaction(write)
    return len(some)


def read_behind(owner_id: int, after: int | None = None) -> None:
    """The task: a chunk of what nobody has read, then the next one. With `after` first the finals above it, anew."""
    if after is not None:
        last = _read_finals(owner_id, after)
        working.enqueue("read_marks", owner_id, *([last] if last else []))
    elif read_some(owner_id) and not working.stopping.is_set():
        working.enqueue("read_marks", owner_id)


def _read_finals(owner_id: int, after: int) -> int | None:
    """Some finals above this number; the last that was read, None where there are none left."""
    finals = Photo.objects.filter(owner_id=owner_id).finals().filter(pk__gt=after).order_by("pk")
    ids, last = list(finals.values_list("pk", flat=True)[:READ_IN_A_TASK]), None
    for at in range(0, len(ids), CHUNK):
        read_some(owner_id, Photo.objects.filter(pk__in=ids[at : at + CHUNK]))
        last = ids[at : at + CHUNK][-1]
        if working.stopping.is_set():
            break
    return last


def ask_to_read(owner) -> None:
    """Have all finals read back anew, and whatever was never read; what was found before stands meanwhile."""
    working.enqueue_once("read_marks", owner.pk, 0)


# --- what is shared -------------------------------------------------------------------------------


def shared(owner, after: str = "") -> Shared:
    """A page of what others can see without a mark: by albums, then by links to chosen images."""
    at = [int(part) for part in after.split(".")] if after.count(".") == 2 else [0, 0, 0]
    rows, left = [], WINDOW
    albums = _shared_albums(owner).filter(pk__gte=at[0]).order_by("pk")[: MOST_ALBUMS + 1]
    for n, album in enumerate(albums):
        here = at if album.pk == at[0] else [album.pk, 0, 0]
        if n == MOST_ALBUMS or left <= 0 or len(rows) >= PAGE:
            return Shared(found=rows, following=".".join(map(str, here)))
        for place in _places(album, here)[:left]:
            left -= 1
            if place.photo.marking == Marking.UNMARKED and place.photo.trashed_at is None:
                rows.append((place.photo, album.title))
            if len(rows) >= PAGE or left <= 0:
                return Shared(found=rows, following=f"{album.pk}.{place.position}.{place.pk}")
    return Shared(found=[*rows, *_in_links(owner)], following="")


def _shared_albums(owner):
    links = _open_links(owner).filter(album__isnull=False).values("album")
    return Album.objects.filter(owner=owner).filter(~Q(access=Album.Access.PRIVATE) | Q(pk__in=links))


def _open_links(owner):
    return Share.objects.owned_by(owner).filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), is_on=True
    )


def _places(album: Album, at: list[int]):
    _album, position, pk = at
    further = Q(position__gte=position) & (Q(position__gt=position) | Q(pk__gt=pk))
    places = AlbumPhoto.objects.filter(further, album=album, photo__owner_id=album.owner_id)
    return places.select_related("photo").order_by("position", "pk")


def _in_links(owner) -> Iterator[tuple[Photo, str]]:
    chosen = SharedPhoto.objects.filter(share__in=_open_links(owner), photo__owner=owner)
    unmarked = chosen.filter(photo__marking=Marking.UNMARKED, photo__trashed_at__isnull=True)
    for place in unmarked.select_related("photo", "share").order_by("share", "position")[:PAGE]:
        yield place.photo, place.share.title


# --- mending --------------------------------------------------------------------------------------


def write_anew(final: Photo, *, keep_old: bool = True) -> None:
    """Give a final the papers that its record asks for. Errors as `refiling.write_anew`."""
    candidate = (
        Candidate.objects.select_related("session").filter(photo=final.source_id).first()
        if final.source_id
        else None
    )
    term = final_papers.term_of(final, candidate.session if candidate else None)
    said = final_papers.said_before(final)
    packet = final_papers.packet_of(
        final,
        title=final.title,
        term=term,
        wishes=final_papers.wishes_of(final, said),
        candidate=candidate,
        said=said,
    )
    refiling.write_anew(final, packet, term=term, keep_old=keep_old)


def mend(finals, *, keep_old: bool = True) -> Iterator[tuple[Photo, str]]:
    """Each final, and why it could not be written; "" where it was."""
    for final in finals:
        yield final, _why_not(final, keep_old=keep_old)


def _why_not(final: Photo, *, keep_old: bool) -> str:
    try:
        write_anew(final, keep_old=keep_old)
    except (papers.MarkError, RejectedImage, storage.NotThere, refiling.Overtaken) as problem:
        return problem.sentence
    except FileNotFoundError:
        return "Its file is missing; see check_media."
    except OSError as problem:
        log.exception("Final %s could not be written anew", final.pk)
        return f"It could not be written: {problem.strerror or 'the log says why'}."
    return ""


def ask_to_mend(owner) -> None:
    working.enqueue_once("mend_finals", owner.pk, 0)


def mend_behind(owner, before: int) -> None:
    """The task: some finals, then the next ones; those that could not be written are passed over."""
    some = found(owner, FINALS, before, most=MENDED)
    for final, why in mend(some):
        if why:
            log.warning("Final %s was not mended: %s", final.pk, why)
        if working.stopping.is_set():
            return
    if len(some) == MENDED:
        working.enqueue("mend_finals", owner.pk, some[-1].pk)


def write_titles(owner, photo_ids: list[int]) -> None:
    """The task: finals that are called something else by now say so in their files; the old file is not kept."""
    named = Photo.objects.owned_by(owner).finals().filter(pk__in=photo_ids)
    for final, why in mend(named.select_related("recipe", "owner", "source"), keep_old=False):
        if why:
            log.warning("The title of final %s is not in its file: %s", final.pk, why)


# --- what an owner says ---------------------------------------------------------------------------


def say(owner, photo_ids: list[int], term: str) -> int:
    """The owner's word on how uploads were made: kept here, never written into their files. Returns how many."""
    if term not in marking.STATEMENTS:
        raise ValueError(f"not a statement: {term!r}")

    def work() -> int:
        mine = Photo.objects.owned_by(owner).live().filter(pk__in=photo_ids, origin=Photo.Origin.BROUGHT)
        photos = list(mine.select_related("recipe").order_by("pk"))
        for photo in photos:
            photo.digital_source_type = term
            photo.marking = marking.judge(photo, made=marking.is_made(photo))
        Photo.objects.bulk_update(photos, ["digital_source_type", "marking"])
        search.index([photo.pk for photo in photos])
        return len(photos)

    return in_transaction(work)
