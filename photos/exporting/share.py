"""One file for others: the picture and its mark, and nothing that tells how, where, when or with what it was made.

Where the format can carry an XMP packet beside an untouched picture, the picture's bytes stay the same and everything
else is left behind. Else (AVIF, GIF, TIFF, HEIC; a signed file, which must not be changed; a prompt hidden in the
pixels themselves, or a WebP of a generator in which one may be) it is drawn anew as a WebP of at most 2560
pixels. Either way the file is read back, and what still tells is not handed out.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from photos import images, marking, papers, storage, titles
from photos.exporting.faults import ExportError
from photos.exporting.names import numbered
from photos.metadata.stealth import hides_text
from photos.models import Photo
from photos.papers.webp import exact_bands
from photos.thumbnails import VARIANTS

log = logging.getLogger(__name__)

MADE_BY_MODEL = "trainedAlgorithmicMedia"
REWRITTEN, DRAWN = "without its metadata", "drawn anew, at most 2560 px"
# (creator, rights) of what is made here, as its owner wishes; empty where they were not asked yet.
Credit = Callable[[object], tuple[str, str]]
_credits: list[Credit] = []
_REDRAWN_FOR = {"format", "signed", "damaged", "unverified", "too-long"}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A file for others, in tmp/ until the block ends. `papers` are those read back from it."""

    path: Path
    papers: papers.Papers
    name: str  # "harbour-walk-01.png"
    format: str
    how: str  # REWRITTEN or DRAWN

    @property
    def is_drawn(self) -> bool:
        return self.how == DRAWN


@contextmanager
def share_file(
    photo: Photo, number: int, title: str, *, of: int = 99, credited: bool = True
) -> Iterator[Shared]:
    """The *Share* form of an image, called `title` and a `number` among `of`. `credited`: it names creator and rights.

    Raises ExportError where no such file can be made, NotThere or OSError where the original cannot be read.
    """
    with storage.workspace() as folder:
        source = held(photo, folder)
        path, found, format, how = _made(photo, source, folder, credited=credited)
        yield Shared(
            path=path, papers=found, name=numbered(title, number, of, format), format=format, how=how
        )


def held(photo: Photo, folder: Path) -> Path:
    """The original, to be read. A linked one is copied into `folder` first, and must be the one that was linked."""
    if photo.root != storage.LINKED:
        path = storage.local_path(photo.root, photo.file.name)
        if not path.is_file():
            raise storage.NotThere("Its file is missing; see check_media.")
        return path
    path = folder / "linked"
    with path.open("xb") as file:
        for block in storage.read_linked(photo.file.name, photo.sha256):
            file.write(block)
    return path


def mark_of(photo: Photo, found: papers.Papers | None = None) -> str:
    """How an image came to be, as the file says it, else the gallery: a term of the IPTC, "" for what nobody says.

    A file that says "made by AI" goes on saying so; else the record counts, which its owner may have set. What has a
    recipe, or came from an engine, was made by a model where neither says anything.
    """
    if found and found.is_marked:
        return found.digital_source_type
    stated = photo.digital_source_type or (found.digital_source_type if found else "")
    return stated or (MADE_BY_MODEL if marking.is_made(photo) else "")


def papers_of(photo: Photo, path: Path) -> papers.Papers:
    """What the file says, or its sidecar where it has one."""
    said = papers.read(path, photo.format)
    beside = sidecar_of(photo)
    return papers.read_packet(beside, signed=said.signed) if beside else said


def sidecar_of(photo: Photo) -> bytes:
    return storage.read_sidecar(photo.file.name) if photo.sidecar_sha256 else b""


def register_credit(reader: Credit) -> None:
    """`reader` knows what a person wishes images made here to say: (creator, rights)."""
    _credits.append(reader)


def told_title(photo: Photo) -> str:
    """The title that its owner typed; "" for one that was made of a prompt."""
    return photo.title and titles.for_guests([copy.copy(photo)])[0].title


def _made(
    photo: Photo, source: Path, folder: Path, *, credited: bool
) -> tuple[Path, papers.Papers, str, str]:
    known = papers_of(photo, source)
    term = mark_of(photo, known)
    packet = _packet(photo, known, term, credited=credited)
    may_hide = photo.format == "WEBP" and _may_hide(photo, source, folder, is_made=bool(term))
    if papers.can_write(photo.format) and not known.signed and not may_hide:
        try:
            path = folder / "shared"
            return path, _written(source, path, photo.format, packet, term), photo.format, REWRITTEN
        except papers.MarkError as problem:
            if problem.code not in _REDRAWN_FOR:
                raise ExportError(problem.sentence) from problem
        except _Tells:
            log.info("Image %s hides text in its pixels; it is shared drawn anew", photo.pk)
    drawn, path = folder / "drawn.webp", folder / "drawn"
    try:
        images.render(source, "l2560", drawn)
        return path, _written(drawn, path, "WEBP", packet, term), "WEBP", DRAWN
    except (papers.MarkError, images.RejectedImage) as problem:
        raise ExportError(problem.sentence) from problem
    except _Tells as problem:
        raise ExportError("It still says what it must not, so it was left out.") from problem


class _Tells(Exception):
    """What was written says more than it may."""


def _written(source: Path, target: Path, format: str, packet: bytes, term: str) -> papers.Papers:
    """Written, compared with its source, and read back."""
    papers.write(source, target, format=format, packet=packet)
    papers.verify(source, target, format, term)
    found = papers.read(target, format)
    if found.has_recipe or found.prompt or found.has_gps or found.camera or found.other_text:
        raise _Tells
    return found


def _may_hide(photo: Photo, source: Path, folder: Path, *, is_made: bool) -> bool:
    """Whether a prompt may hide in the bits of a WebP. It shows only when it is decoded: one with alpha that was made
    is drawn anew, any other is looked at, unless it is too large to be seen as it is."""
    try:
        with source.open("rb") as stream:
            exact = exact_bands(stream)
    except papers.MarkError:
        return False  # it is drawn anew for that
    if not exact:
        return False
    is_seen = exact != "RGB with a profile" and max(photo.width, photo.height) <= VARIANTS["l2560"].box[0]
    if is_made and (exact == "A" or not is_seen):
        return True
    return _hides(source, folder)


def _hides(source: Path, folder: Path) -> bool:
    """Whether the sign of hidden text stands in the pixels, once they are decoded. Larger than 2560 px none is seen."""
    try:
        images.render(source, "l2560", folder / "seen.png")
    except images.RejectedImage as problem:
        raise ExportError(problem.sentence) from problem
    with (folder / "seen.png").open("rb") as stream:
        return hides_text(stream)


def _packet(photo: Photo, known: papers.Papers, term: str, *, credited: bool) -> bytes:
    """Title, creator and rights, and the mark. Of the credit the file's own word counts, then its owner's wish."""
    creator, rights = known.creator, known.rights
    if not (creator or rights) and photo.origin == Photo.Origin.MADE:
        creator, rights = next((reader(photo.owner) for reader in _credits), ("", ""))
    return papers.packet(
        title=told_title(photo),
        creator=creator if credited else "",
        rights=rights if credited else "",
        digital_source_type=term,
        ai_system=known.ai_system,
        ai_system_version=known.ai_system_version,
    )
