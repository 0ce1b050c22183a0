"""One run: these places, for this owner, in one order."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from photos import linking, pending, storage
from photos.importing import places
from photos.importing.bringing import Bringer, Waiting
from photos.importing.filing import Seen, filing_for, in_slots
from photos.importing.found import Found, by_time
from photos.importing.knowing import Knowing
from photos.importing.memory import BATCH, Memory, Remembered
from photos.importing.troubles import Told
from photos.importing.words import ImportProblem, Options, Outcome, Survey
from photos.parallel import in_threads

OPTIONS = Options()
TURN_SECONDS = 0.5  # between two looks whether another import of the same folders is done
TOGETHER = 64  # pictures kept in one transaction; others wait for it no longer than for a slow disk


class Import:
    """Raises ImportProblem for a place that cannot be read from.

    `only` are absolute paths, as in ImportedFile, to be tried once more: nothing else is looked at. `run_id` is the
    ImportRun whose files these are.
    """

    def __init__(
        self,
        owner_id: int,
        paths: Iterable[Path],
        options: Options = OPTIONS,
        *,
        run_id: int | None = None,
        only: Iterable[str] = (),
    ) -> None:
        self.owner_id, self.options, self.only = owner_id, options, tuple(map(str, only))
        self._places = [_place(owner_id, Path(path)) for path in paths]
        self._memory = Memory(owner_id, run_id)
        self._filing = filing_for(owner_id, options)
        self._knowing = Knowing(owner_id, options)
        self._bringer = Bringer(self._knowing, self._memory, self._filing)

    def survey(self, stop: threading.Event | None = None) -> Survey:
        """Look through everything once, without opening a picture; ends early when `stop` is set."""
        survey, found_at = Survey(linked=self.options.link), Counter()
        with ExitStack() as stack:
            for found, was in self._batched(self._found(survey.left_out, stack)):
                if stop and stop.is_set():
                    break
                survey.files += 1
                survey.byte_size += found.byte_size
                found_at.update(place for place in self._places if found.key.startswith(f"{place}/"))
                if was and was.is_as_it_was(found) and (was.photo_id or was.became == "rejected"):
                    survey.unchanged += 1
                elif not found.refused and self._knowing.is_of_new_size(found):
                    survey.new_bytes += found.byte_size
            else:
                if self.options.link and not self.only:
                    said = (linking.about_source(self.owner_id, one, found_at[one]) for one in self._places)
                    survey.notes = [sentence for sentence in said if sentence]
        return survey

    def run(self, threads: int = 1, stop: threading.Event | None = None) -> Iterator[Outcome]:
        """Bring the pictures in, in order; ends early when `stop` is set. Raises ImportProblem when no more fits.

        Files that are known unopened overtake the others. Of two that sort the files of one folder into sessions the
        second waits until the first is done; a watch looks again later, and yields nothing now.
        """
        answered: deque[Told] = deque()
        try:
            with ExitStack() as stack:
                if not self._has_its_turn(stack, stop):
                    return
                for done in self._kept(self._brought(self._unknown(stack, answered), threads, stop)):
                    answered.extend(done)
                    while answered:
                        yield self._noted(answered.popleft())
        finally:
            self._bringer.close()
            if self._filing:
                self._filing.close()
            self._memory.flush()
            if self.options.thumbnails_later and not self.options.dry_run:
                pending.ask()

    def _has_its_turn(self, stack: ExitStack, stop: threading.Event | None) -> bool:
        if self._filing is None or self.options.dry_run:
            return True
        while not (stop and stop.is_set()):
            turn = storage.folders_to_oneself(f"sessions of {self.owner_id}", self._places)
            if turn.__enter__():
                stack.push(turn)
                return True
            turn.__exit__(None, None, None)
            if self.options.watching:
                return False
            time.sleep(TURN_SECONDS)
        return False

    def _found(self, left_out: Counter, stack: ExitStack) -> Iterator[Found]:
        in_time = self._filing is not None
        if not self.only:
            return places.files(self._places, left_out, stack, in_time=in_time)
        named = places.named(self.only, self._places, stack)
        return iter(sorted(named, key=by_time)) if in_time else named

    def _batched(self, files: Iterator[Found]) -> Iterator[tuple[Found, Remembered | None]]:
        while batch := list(islice(files, BATCH)):
            was = self._memory.of(batch)
            for found in batch:
                yield found, was.get(found.key)

    def _unknown(self, stack: ExitStack, answered: deque[Told]) -> Iterator[Found | None]:
        """What has to be opened; the others' answers are put into `answered`, and a None says so now and then."""
        for number, (found, was) in enumerate(self._batched(self._found(Counter(), stack)), 1):
            is_retry = bool(self.only) and not self.options.watching
            answer = None if is_retry else self._knowing.by_memory(found, was)
            if answer is None:
                yield found
            else:
                answered.append(answer)
            if number % BATCH == 0:
                yield None
        yield None

    def _brought(self, files, threads: int, stop) -> Iterator[Told | Waiting | None]:
        if self._filing is None and self.options.thumbnails_later:
            return in_threads(self._bring_ready, files, threads=threads, stop=stop)
        if self._filing is None:
            return in_threads(self._bring, files, threads=threads, stop=stop)
        looked = in_threads(self._look, files, threads=threads, stop=stop)
        return in_threads(self._make_ready, in_slots(self._filing, looked), threads=threads, stop=stop)

    def _kept(self, brought: Iterable[Told | Waiting | None]) -> Iterator[list[Told]]:
        """Where thumbnails come later rows are most of the work: then they are written many at a time."""
        most, batch = TOGETHER if self.options.thumbnails_later else 1, []
        for one in brought:
            if isinstance(one, Waiting):
                batch.append(one)
            else:
                yield [one] if one else []
            if len(batch) >= most:
                yield self._bringer.keep_many(batch) if most > 1 else [self._bringer.keep(batch[0])]
                batch = []
        if batch:
            yield self._bringer.keep_many(batch)

    def _bring(self, found: Found | None) -> Told | None:
        return found and self._bringer.bring(found)

    def _bring_ready(self, found: Found | None) -> Told | Waiting | None:
        return found and self._bringer.bring_ready(found)

    def _look(self, found: Found | None) -> Told | Seen | None:
        return found and self._bringer.look(found)

    def _make_ready(self, item: tuple[Seen, Any] | Told | None) -> Told | Waiting | None:
        return self._bringer.make_ready(*item) if isinstance(item, tuple) else item

    def _noted(self, done: Told) -> Outcome:
        if not done.noted and not self.options.dry_run:
            self._memory.note(done.found, done.outcome)
        return done.outcome


def _place(owner_id: int, path: Path) -> Path:
    """As `places.place`; where a disk is away that pictures are linked from, the problem says so."""
    try:
        return places.place(path)
    except ImportProblem as problem:
        said = linking.about_source(owner_id, Path(os.path.abspath(path.expanduser())), 0)
        raise ImportProblem(said) if said else problem from None
