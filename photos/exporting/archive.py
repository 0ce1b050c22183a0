"""An export as a ZIP: streamed from the first image on, in flat memory, its table of what was written at the end.

Images do not get smaller by compression, so they are stored as they are. One broken file is a line of the table, and
the archive goes on. Nothing is asked of the database between two images but the next fifty rows.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import weakref
from collections.abc import Iterator

from zipstream import ZIP_STORED, ZipStream

from photos import storage
from photos.exporting.faults import ExportError
from photos.exporting.names import TABLE
from photos.exporting.profiles import Job, Made, Piece
from photos.exporting.table import Table

log = logging.getLogger(__name__)

AT_ONCE = 3  # of one process: each holds one of its threads for minutes
CHANGED = "Its bytes are not those that came into the gallery."

_slots = threading.BoundedSemaphore(AT_ONCE)


class Stream:
    """The bytes of an export, to be iterated once and closed; it holds one of the few slots until then."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        if not _slots.acquire(blocking=False):
            raise ExportError(
                "Other exports are being made at the moment. Try again when one of them is done."
            )
        self.close = weakref.finalize(self, _slots.release)  # once, whoever comes first
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._blocks
        finally:
            self._blocks.close()
            self.close()


def blocks(job: Job, table: Table | None = None) -> Iterator[bytes]:
    """The archive, block by block."""
    packed, table = ZipStream(compress_type=ZIP_STORED), table or Table()
    for made in job.made():
        for piece in made.pieces:
            packed.add(_copied(piece, made), piece.name, size=piece.byte_size)
            yield from packed.all_files()
        table.add(made.seen)
    packed.add(table.data(), TABLE)
    yield from packed.finalize()


def _copied(piece: Piece, made: Made) -> Iterator[bytes]:
    """The bytes of a file. Where they end early, or are others than they should be, the table says so."""
    if piece.path is None:
        yield piece.data
        return
    digest = hashlib.sha256()
    try:
        with piece.path.open("rb") as file:
            while block := file.read(storage.CHUNK):
                digest.update(block)
                yield block
    except OSError as problem:
        log.warning("A file of an export could not be read to its end: %s", problem)
        made.seen.problem = "It could not be read to its end; what is here of it is not whole."
        return
    if piece.sha256 and digest.hexdigest() != piece.sha256:
        made.seen.problem = CHANGED
