"""One file, on its way in: its hash, its sidecars, the one door.

    bring          all of it, in a thread; or, where the order of files counts or many are kept together,
    look           what its head says, so that it can be put in order,
    make_ready     decode and thumbnails, in threads,
    keep           original and row, one after the other,
    keep_many      or the rows of many in one transaction

Whatever is wrong with a file is an answer (`troubles.calmly`); only what ends the whole run is raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError

from photos import images, ingest, linking, storage
from photos.dating import wall_clock_now
from photos.images import RejectedImage
from photos.importing import room, sidecars
from photos.importing.filing import Filing, Seen
from photos.importing.found import Found
from photos.importing.knowing import Knowing, added, answered, as_file, is_to_be_linked
from photos.importing.memory import Memory
from photos.importing.troubles import Told, calmly
from photos.importing.words import ImportProblem
from photos.ingest import Arrival, Ingested, Ready, recall
from photos.ingest_many import Item, keep_many, not_new
from photos.models import Photo

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class Waiting:
    """A file that is kept when it is its turn; its workspace is open until then."""

    seen: Seen
    slot: Any
    put: Callable[[Arrival], Ingested]
    arrival: Arrival
    ready: Ready | None
    workspace: ExitStack


class Bringer:
    """Brings files of one run in. `keep` and `keep_many` are called from one thread."""

    def __init__(self, knowing: Knowing, memory: Memory, filing: Filing | None = None) -> None:
        self.owner_id, self.options = knowing.owner_id, knowing.options
        self._knowing, self._memory, self._filing = knowing, memory, filing
        self._open: set[ExitStack] = set()

    def close(self) -> None:
        """Let go of what was made ready and is not wanted any more."""
        for workspace in tuple(self._open):
            self._close(workspace)

    def bring(self, found: Found) -> Told:
        def work() -> Told:
            if answer := self._knowing.by_bytes(found):
                return answer
            with ExitStack() as workspace:
                ready = self._made_ready(Seen(found, sidecars.read(found.beside)), None, workspace)
                return ready if isinstance(ready, Told) else self._kept(ready)

        return calmly(found, work)

    def look(self, found: Found) -> Told | Seen:
        def work() -> Told | Seen:
            if answer := self._knowing.by_bytes(found):
                return answer
            with as_file(found) as path:
                return Seen(found, sidecars.read(found.beside), images.glance(path))

        return calmly(found, work)

    def make_ready(self, seen: Seen, slot: Any) -> Told | Waiting:
        workspace = ExitStack()
        self._open.add(workspace)
        ready = None
        try:
            ready = calmly(seen.found, lambda: self._made_ready(seen, slot, workspace))
            return ready
        finally:
            if not isinstance(ready, Waiting):
                self._close(workspace)

    def bring_ready(self, found: Found) -> Told | Waiting:
        def work() -> Told | Seen:
            return self._knowing.by_bytes(found) or Seen(found, sidecars.read(found.beside))

        seen = calmly(found, work)
        return seen if isinstance(seen, Told) else self.make_ready(seen, None)

    def keep(self, waiting: Waiting) -> Told:
        try:
            return calmly(waiting.seen.found, lambda: self._kept(waiting))
        finally:
            self._close(waiting.workspace)

    def keep_many(self, batch: Sequence[Waiting]) -> list[Told]:
        """These, in their order, in one transaction; those that meet anything unusual one by one."""
        owner_id = self.owner_id
        odd = not_new(owner_id, [waiting.ready.spooled.sha256 for waiting in batch])
        together = [waiting for waiting in batch if waiting.ready.spooled.sha256 not in odd]
        try:
            answers = dict(zip(together, self._kept_together(together), strict=True)) if together else {}
        except (IntegrityError, OSError, RejectedImage):
            log.info("Kept one by one", exc_info=True)
            answers = {}
        for waiting in answers:
            self._close(waiting.workspace)
        return [answers.get(waiting) or self.keep(waiting) for waiting in batch]

    # --- steps --------------------------------------------------------------------------------------

    def _made_ready(self, seen: Seen, slot: Any, workspace: ExitStack) -> Told | Waiting:
        found, linked = seen.found, is_to_be_linked(seen.found, self.options)
        if not room.has_room_for(found.byte_size, kept_elsewhere=linked):
            raise ImportProblem("The disk is nearly full, so nothing more was brought in.")
        arrival = Arrival(
            owner_id=self.owner_id,
            place=storage.uploaded(found.name, wall_clock_now().date()),
            name=found.name,
            modified_at=found.modified_at,
            beside=seen.beside,
            also=lambda photo: self._memory.note_now((found, added(found, photo).outcome)),
        )
        if linked and slot is None and not self.options.thumbnails_later:
            return Waiting(seen, slot, partial(self._link, found), arrival, None, workspace)
        flow = linking if linked else ingest
        ready = flow.prepare(
            found.path or workspace.enter_context(found.open()),
            workspace.enter_context(storage.workspace()),
            arrival,
            thumbnails=not self.options.thumbnails_later,
            facts=seen.facts,
            **({"ask": False} if self.options.thumbnails_later and not linked else {}),
        )
        if isinstance(ready, Ingested):
            return answered(found, ready)
        return Waiting(seen, slot, partial(flow.keep, ready), arrival, ready, workspace)

    def _link(self, found: Found, arrival: Arrival) -> Ingested:
        return linking.link(found.path, arrival, thumbnails_later=self.options.thumbnails_later)

    def _kept_together(self, batch: list[Waiting]) -> list[Told]:
        slots = [waiting.slot for waiting in batch if waiting.slot is not None]
        told_of: list[Told] = []

        def also(photos: list[Photo]) -> None:
            told_of[:] = [added(one.seen.found, photo) for one, photo in zip(batch, photos, strict=True)]
            self._memory.note_now(*((done.found, done.outcome) for done in told_of))
            if slots:
                pairs = zip(batch, photos, strict=True)
                self._filing.write([(one.slot, photo) for one, photo in pairs if one.slot is not None])

        try:
            items = [
                Item(
                    ready=one.ready,
                    arrival=one.arrival if one.slot is None else self._filing.enter(one.slot, one.arrival),
                    linked=is_to_be_linked(one.seen.found, self.options),
                )
                for one in batch
            ]
            keep_many(items, also)
        except BaseException:
            if slots:
                self._filing.leave(slots)
            raise
        return told_of

    def _kept(self, waiting: Waiting) -> Told:
        if waiting.ready and (answer := recall(self.owner_id, waiting.ready.spooled.sha256)):
            return answered(waiting.seen.found, answer)
        if waiting.slot is None or self._filing is None:
            done = waiting.put(waiting.arrival)
        else:
            done = self._filing.keep(waiting.slot, waiting.put, waiting.arrival)
        return answered(waiting.seen.found, done)

    def _close(self, workspace: ExitStack) -> None:
        self._open.discard(workspace)
        workspace.close()
