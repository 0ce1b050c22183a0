"""One import while a worker has it: what it asks of `importing`, and what its row says meanwhile."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections import Counter
from dataclasses import fields

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from photos import server_folders, working
from photos.db import in_transaction
from photos.importing import Became, Import, ImportProblem, Options, Outcome, Survey, shown
from photos.models import ImportedFile, ImportRun, LeaseLost

State = ImportRun.State

PROGRESS_SECONDS = 0.5  # between two writes of progress
EXAMPLES = 200
REASONS = 40  # told apart; more are counted as one


def options_of(saved: dict) -> Options:
    """Options as a row keeps them; what an older or newer version knows besides is passed over."""
    known = {field.name for field in fields(Options)}
    return Options(**{name: bool(value) for name, value in saved.items() if name in known})


class Work:
    """One run in hand: what it asks of `importing`, and what the row says meanwhile."""

    def __init__(self, run: ImportRun, token: uuid.UUID, heartbeat: working.Heartbeat) -> None:
        self.run, self.heartbeat = run, heartbeat
        self.held = ImportRun.objects.filter(pk=run.pk, lease_token=token)
        self.stop = _Either(working.stopping, heartbeat.lost)
        self.counts, self.reasons = Counter(), Counter()
        self.examples: list[tuple[str, str]] = []  # of what a dry run would refuse: it writes no rows
        self.n_files = self.n_done = 0
        self.notes: list[str] = []  # of folders that have lost what is linked from them
        self.is_dry = options_of(run.options).dry_run
        self._written = 0.0

    def do(self) -> None:
        """Raises ImportProblem, LeaseLost."""
        task = self._import()
        if self.run.only:
            self._go_on_from_rows()
        else:
            self._look(task.survey(stop=self.stop))
        self.write(stage="bringing")
        for outcome in task.run(threads=_threads(), stop=self.stop):
            self._add(outcome)
            if time.monotonic() - self._written >= PROGRESS_SECONDS:
                self.write()
        if self.heartbeat.lost.is_set():
            raise LeaseLost(f"Import {self.run.pk} was stopped")

    def _import(self) -> Import:
        """Whoever asked may still do so, and the places are what they were: looked at again, now."""
        if not server_folders.may_import(self.run.owner):
            raise ImportProblem(_("Your account may not import from folders of the server any more."))
        paths = [server_folders.within(place) for place in self.run.places]
        options = options_of(self.run.options)
        return Import(self.run.owner_id, paths, options, run_id=self.run.pk, only=self.run.only)

    def _look(self, survey: Survey) -> None:
        if self.stop.is_set():
            return
        self.n_files = survey.files
        self.counts.update(survey.left_out)
        self.run.byte_size = survey.byte_size
        self.notes = survey.notes
        if not survey.fits and not self.is_dry:
            raise ImportProblem(_("There is not enough room on the disk of the gallery for all of it."))

    def _go_on_from_rows(self) -> None:
        """A retry: the run as it stood, without the files that are tried again; rows say what is still refused."""
        again = set(self.run.only)
        self.counts.update({word: n for word, n in self.run.counts.items() if isinstance(n, int)})
        self.counts[Became.REJECTED] = 0
        refused = ImportedFile.objects.filter(run=self.run, became=Became.REJECTED)
        for path, reason in refused.values_list("path", "reason").iterator():
            if path not in again:
                self._refuse(reason)
                self.counts[Became.REJECTED] += 1
        self.n_files = self.run.n_files
        self.n_done = max(0, self.n_files - len(again))

    def _add(self, outcome: Outcome) -> None:
        self.n_done += 1
        self.counts[outcome.became] += 1
        if outcome.recipe:
            self.counts[outcome.recipe] += 1
        if outcome.became == Became.REJECTED:
            self._refuse(outcome.reason)
            if self.is_dry and len(self.examples) < EXAMPLES:
                self.examples.append((shown(outcome.label), outcome.reason))

    def _refuse(self, reason: str) -> None:
        self.reasons[reason if reason in self.reasons or len(self.reasons) < REASONS else ""] += 1

    def write(self, **more) -> None:
        self._written = time.monotonic()
        if not self._save(**self._columns(), **more):
            self.heartbeat.lost.set()

    def _save(self, **columns) -> bool:
        return bool(in_transaction(lambda: self.held.update(**columns)))

    def _columns(self) -> dict:
        return {
            "n_files": max(self.n_files, self.n_done),  # files that came meanwhile
            "n_done": self.n_done,
            "byte_size": self.run.byte_size,
            "counts": {
                **{str(word): n for word, n in self.counts.items() if n},
                "reasons": dict(self.reasons),
                "examples": self.examples,
                "notes": self.notes,
            },
        }

    def _settle(self) -> None:
        """Count as brought what this run brought before its worker died: by then it was known already."""
        rows = ImportedFile.objects.filter(run=self.run)
        brought = dict(rows.values_list("became").annotate(n=Count("id")).order_by())
        for word in (Became.ADDED, Became.RESTORED):
            more = max(0, brought.get(word, 0) - self.counts[word])
            self.counts[word] += more
            self.counts[Became.ALREADY] = max(0, self.counts[Became.ALREADY] - more)

    def release(self, state: str, error: str) -> None:
        """Let go of a run that is still ours."""
        if state == State.DONE:
            self._settle()
        over = {"finished_at": timezone.now(), "only": []} if state != State.QUEUED else {}
        self._save(
            **self._columns(),
            **over,
            state=state,
            error=error[:500],
            stage="",
            lease_token=None,
            lease_until=None,
        )


class _Either(threading.Event):
    """Set when one of several is. Only asked and set, never waited for."""

    def __init__(self, *events: threading.Event) -> None:
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        return super().is_set() or any(event.is_set() for event in self._events)


def _threads() -> int:
    """One more than decoders: while they decode, it reads, writes and talks to the database."""
    return (os.cpu_count() or 1) + 1
