"""Files of a run in groups: a plug-in, so that pictures need not know what groups there are.

register_filing("sessions", factory)      factory(owner_id, options) -> Filing, once a run
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from photos.dating import Dating, date_picture
from photos.images import Beside, Facts
from photos.importing.found import Found
from photos.importing.words import Options
from photos.ingest import Arrival, Ingested
from photos.models import Photo

AHEAD = 100  # files that follow, to be asked for by a filing


@dataclass(frozen=True, eq=False)
class Seen:
    """A file and what its head says; `facts` None: not looked at yet."""

    found: Found
    beside: Beside | None = None
    facts: Facts | None = None

    @cached_property
    def filled(self) -> Facts:
        return self.beside.fill(self.facts) if self.beside else self.facts

    @cached_property
    def dating(self) -> Dating:
        return date_picture(self.filled, name=self.found.name, modified_at=self.found.modified_at)


class Filing(Protocol):
    """How files of one run are grouped. Called from one thread: `slot_for` in the order of the files, `keep` likewise,
    some files later."""

    def slot_for(self, seen: Seen, ahead: Iterable[Seen]) -> Any:
        """What `keep` is to be given for this file; None for one that is no part of any group. `ahead` are the next
        files of its folder."""

    def keep(self, slot: Any, put: Callable[[Arrival], Ingested], arrival: Arrival) -> Ingested:
        """Keep one in its group: `put` does so, given what the group has added to the arrival."""

    def enter(self, slot: Any, arrival: Arrival) -> Arrival:
        """The place of one in its group, where many are kept at once; `write` or `leave` follows."""

    def write(self, kept: Sequence[tuple[Any, Photo]]) -> None:
        """Inside the transaction that keeps those that entered. Raises IntegrityError where a group is gone."""

    def leave(self, slots: Iterable[Any]) -> None:
        """Those that entered were not kept."""

    def close(self) -> None:
        """The run is over, or ended."""


_filings: dict[str, Callable[[int, Options], Filing]] = {}


def register_filing(name: str, factory: Callable[[int, Options], Filing]) -> None:
    """Offer a way of grouping; once, at start-up."""
    _filings[name] = factory


def filing_for(owner_id: int, options: Options) -> Filing | None:
    """The filing these options ask for; None: each file by itself."""
    return _filings["sessions"](owner_id, options) if options.as_sessions and not options.dry_run else None


def in_slots(filing: Filing, looked: Iterable[Seen | Any]) -> Iterator[tuple[Seen, Any] | Any]:
    """Each file with its slot, once those ahead of it are known; all that is not Seen passes at once."""
    waiting: deque[Seen] = deque()

    def place() -> tuple[Seen, Any]:
        first = waiting.popleft()
        return first, filing.slot_for(first, waiting)

    for one in looked:
        if not isinstance(one, Seen):
            yield one
            continue
        while waiting and (waiting[0].found.folder != one.found.folder or len(waiting) > AHEAD):
            yield place()
        waiting.append(one)
    while waiting:
        yield place()
