"""What a profile makes of one image: the files, and the line of the table that is read back from them."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from photos import papers, storage
from photos.exporting import beside, facts
from photos.exporting.chosen import Chosen, rows_of, safe_name
from photos.exporting.faults import ExportError
from photos.exporting.names import Names
from photos.exporting.share import held, share_file, sidecar_of
from photos.exporting.table import Seen
from photos.images import RejectedImage
from photos.models import Photo

log = logging.getLogger(__name__)

FULL, SHARE, ARCHIVE = "full", "share", "archive"
PROFILES = (FULL, SHARE, ARCHIVE)
ORIGINAL = "original"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One file of an export: a copy of `path`, or `data`. `sha256` is what the copy must have; "" for whatever."""

    name: str
    path: Path | None = None
    data: bytes = b""
    sha256: str = ""

    @property
    def byte_size(self) -> int:
        return self.path.stat().st_size if self.path else len(self.data)


@dataclass(kw_only=True)
class Made:
    """One image, ready to be written: its own file first, then what stands beside it."""

    pieces: list[Piece] = field(default_factory=list)
    seen: Seen


@dataclass(kw_only=True)
class Job:
    """One export: which images in which profile. `title` names shared files."""

    chosen: Chosen
    profile: str
    title: str = ""
    known_ids: array | None = None  # where they were asked for already

    def __post_init__(self) -> None:
        self.names = Names()

    @cached_property
    def ids(self) -> array:
        return self.chosen.ids() if self.known_ids is None else self.known_ids

    def made(self) -> Iterator[Made]:
        """Image after image, each to be written before the next is asked for; what is wrong with one is said there."""
        related = facts.related() if self.profile == ARCHIVE else ()
        for place, _pk, photo in rows_of(self.chosen.owner, self.ids, *related):
            with self.one(photo, place) as made:
                yield made

    @contextmanager
    def one(self, photo: Photo | None, place: int) -> Iterator[Made]:
        name = self._plain_name(photo, place)
        if photo is None:
            yield Made(seen=Seen(name=name, problem="It is not in the gallery any more."))
            return
        opened = self._shared(photo, place) if self.profile == SHARE else self._original(photo, name)
        with _or_problem(opened, name) as made:
            yield made

    def _plain_name(self, photo: Photo | None, place: int) -> str:
        """What an image is called in the table; a shared one by its place alone."""
        if photo is None or self.profile == SHARE:
            return f"({place})"
        return self.names.of(photo, photo.download_name if self.profile == FULL else safe_name(photo))

    @contextmanager
    def _shared(self, photo: Photo, place: int) -> Iterator[Made]:
        with share_file(photo, place, self.title, of=len(self.ids)) as shared:
            size = shared.path.stat().st_size
            seen = Seen(name=shared.name, byte_size=size, how=shared.how, papers=shared.papers)
            yield Made(pieces=[Piece(name=shared.name, path=shared.path)], seen=seen)

    @contextmanager
    def _original(self, photo: Photo, name: str) -> Iterator[Made]:
        with storage.workspace() as folder:
            path = held(photo, folder)
            found = read_back(path, photo.format)
            said = self._beside(photo, name, found)
            seen = Seen(
                name=name, byte_size=path.stat().st_size, how=ORIGINAL, papers=found, beside=tuple(said)
            )
            own = Piece(name=name, path=path, sha256=photo.sha256)
            yield Made(pieces=[own, *(Piece(name=one, data=data) for one, data in said.items())], seen=seen)

    def _beside(self, photo: Photo, name: str, found: papers.Papers | None) -> dict[str, bytes]:
        if self.profile == ARCHIVE:
            said = {f"{name}.json": beside.everything(photo, facts.tell([photo])[photo.pk])}
            sidecar = sidecar_of(photo)
            return said | {f"{name}.xmp": sidecar} if sidecar else said
        stem = PurePosixPath(name).stem
        return {f"{stem}{end}": data for end, data in beside.full(photo, found).items()}


def read_back(path: Path, format: str) -> papers.Papers | None:
    """None where the file is too odd for it: it is handed out as it is, and the table says "?"."""
    try:
        return papers.read(path, format)
    except papers.MarkError:
        return None


@contextmanager
def _or_problem(opened, name: str) -> Iterator[Made]:
    """What cannot be made is a line in the table. What goes wrong in the block is the block's own."""
    try:
        made = opened.__enter__()
    except (ExportError, papers.MarkError, RejectedImage, storage.NotThere) as problem:
        yield Made(seen=Seen(name=name, problem=problem.sentence))
        return
    except OSError as problem:
        yield Made(seen=Seen(name=name, problem=f"It could not be read: {problem.strerror or 'no reason'}."))
        return
    except Exception:
        log.exception("An image could not be exported")
        yield Made(seen=Seen(name=name, problem="It could not be written; the log says why."))
        return
    try:
        yield made
    finally:
        opened.__exit__(None, None, None)


def samples(chosen: Chosen, title: str = "") -> dict[str, Seen]:
    """Of each profile the line of the first image, as it would be written: made and read back now."""
    ids = chosen.ids(1)
    found = next((photo for _, _, photo in rows_of(chosen.owner, ids, *facts.related())), None)
    seen = {}
    for profile in PROFILES if found else ():
        with Job(chosen=chosen, profile=profile, title=title, known_ids=ids).one(found, 1) as made:
            seen[profile] = made.seen
    return seen
