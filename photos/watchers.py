"""The watch of a worker: a thread that looks into the watched folders it holds, one after the other.

Each folder is held by a lease, so that several workers share them and none is watched twice. What is written of a
folder names the token: once it is switched off, removed or held by another, nothing more is.
"""

from __future__ import annotations

import logging
import time
import uuid
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import close_old_connections
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from photos import server_folders, working
from photos.db import in_transaction
from photos.importing import ImportProblem
from photos.importing_work import options_of
from photos.models import LeaseLost, WatchedFolder
from photos.watching import Came, Watch

log = logging.getLogger(__name__)

ROWS_SECONDS = 2.0  # between two looks at what is to be watched
TROUBLE_SECONDS = 15.0  # before a folder that is away is looked at again
OVERLAP = timedelta(minutes=10)  # looked at again by the next watcher: the clocks of disks differ


def watch_for_ever() -> None:
    """The body of a thread in each worker of the queue "library"."""
    keeper = Keeper()
    try:
        while not working.stopping.is_set():
            close_old_connections()
            try:
                pause = keeper.round()
            except Exception:  # the database may be away for a moment; the watch must not end with it
                log.exception("A round of the watch failed")
                pause = TROUBLE_SECONDS
            working.stopping.wait(pause)
    finally:
        keeper.let_go()


class Keeper:
    """The folders this worker holds."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._rows_at = 0.0

    def round(self) -> float:
        """One turn for each folder whose time has come; returns the seconds until the next one's."""
        if time.monotonic() >= self._rows_at:
            self._see_rows()
            self._rows_at = time.monotonic() + ROWS_SECONDS
        for pk, held in list(self._held.items()):
            if time.monotonic() >= held.due and not working.stopping.is_set():
                try:
                    held.turn()
                except LeaseLost:
                    del self._held[pk]
                except Exception:  # one odd folder must not keep the others from their turn
                    log.exception("The watch of folder %s failed", pk)
                    held.due = time.monotonic() + TROUBLE_SECONDS
        soonest = min([self._rows_at, *(held.due for held in self._held.values())])
        return max(0.05, soonest - time.monotonic())

    def let_go(self) -> None:
        for held in self._held.values():
            held.let_go()
        self._held.clear()

    def _see_rows(self) -> None:
        rows = {row.pk: row for row in WatchedFolder.objects.filter(is_on=True).order_by("pk")}
        for pk, held in list(self._held.items()):
            if pk not in rows or rows[pk].lease_token != held.token:
                del self._held[pk]
        for pk, row in rows.items():
            if pk not in self._held and (token := claim(row)):
                self._held[pk] = Held(row, token)


def claim(row: WatchedFolder) -> uuid.UUID | None:
    """Hold a folder that nobody holds, or whose holder has been silent for too long or is dead."""
    token = uuid.uuid4()
    free = Q(lease_token__isnull=True) | Q(lease_until__lt=Now())
    if row.lease_token and working.is_dead(row.lease_holder):
        free |= Q(lease_token=row.lease_token)
    elif row.lease_token and row.lease_until and row.lease_until > timezone.now() + timedelta(seconds=5):
        return None  # surely held: nothing to write
    rows = WatchedFolder.objects.filter(free, pk=row.pk, is_on=True)
    held = {"lease_token": token, "lease_until": WatchedFolder.lease_term(), "lease_holder": working.holder()}
    return token if in_transaction(lambda: rows.update(**held)) else None


class Held:
    """A folder in our hands, and what its row says of it."""

    def __init__(self, row: WatchedFolder, token: uuid.UUID) -> None:
        self.row, self.token, self.due = row, token, 0.0
        self._watch: Watch | None = None
        self._note = row.note
        self._written = self._look_at = 0.0

    def turn(self) -> None:
        """Look once, bring in what is there, write down what is new of it. Raises LeaseLost."""
        if time.monotonic() < self._look_at:  # a look at so many folders is dear: only the lease is renewed
            self.due = time.monotonic() + _renewal_seconds()
            self._write(Came(), self._note, None)
            return
        began, came, pause = timezone.now(), Came(), TROUBLE_SECONDS
        try:
            watch = self._watch = self._watch or self._begin()
            with self._renewed(watch):
                came = watch.turn(working.stopping)
            note, pause = self._note_of(watch), watch.pause
            caught_up = None if watch.has_more else began
        except ImportProblem as problem:
            note, caught_up = problem.sentence, None
        except OSError as error:
            note = _("The folder cannot be looked into: %s. Is its disk there?") % (error.strerror or error)
            caught_up = None
        self._look_at = time.monotonic() + pause
        self.due = time.monotonic() + min(pause, _renewal_seconds())
        if self._is_stale() and not self._may():
            self._watch = None  # begins again, and says why it cannot
        if came.n_new or note != self._note or self._is_stale():
            self._write(came, note, caught_up)

    def _renewed(self, watch: Watch) -> AbstractContextManager:
        """Bringing in may outlast a lease; a look at rest does not, and is not worth a thread."""
        if watch.has_more:
            return working.Heartbeat(WatchedFolder, self.row.pk, self.token)
        return nullcontext()

    def let_go(self) -> None:
        self._rows().update(lease_token=None, lease_until=None)

    def _begin(self) -> Watch:
        """Raises ImportProblem."""
        if not self._may():
            raise ImportProblem(_("Your account may not import from folders of the server any more."))
        try:
            folder = server_folders.within(self.row.path)
        except ImportProblem:
            raise ImportProblem(
                _("The folder is not there, or not among those that may be imported from. Is its disk there?")
            ) from None
        options = replace(options_of(self.row.options), watching=True)
        return Watch(self.row.owner_id, folder, options, since=self._since())

    def _may(self) -> bool:
        """Asked of the database each time: rights may be taken away while a folder is watched."""
        return server_folders.may_import(get_user_model().objects.get(pk=self.row.owner_id))

    def _since(self):
        """What came after the last look that left nothing, or after the watch began."""
        began, looked = self.row.created_at, self.row.looked_at
        return max(began, looked - OVERLAP) if looked else began

    def _note_of(self, watch: Watch) -> str:
        if not watch.refused:
            return ""
        last, n = list(watch.refused.values())[-1], len(watch.refused)
        return last if n == 1 else _("%(n)s files were refused. The last: %(last)s") % {"n": n, "last": last}

    def _is_stale(self) -> bool:
        return time.monotonic() - self._written >= _renewal_seconds()

    def _write(self, came: Came, note: str, looked_at) -> None:
        """Renew the lease with it, a few times a minute at least."""
        self._written, self._note = time.monotonic(), note
        changes = {"lease_until": WatchedFolder.lease_term(), "note": note[:500]}
        if came.n_new:
            changes["n_brought"] = F("n_brought") + came.n_new
        if looked_at:
            changes["looked_at"] = looked_at
        if not in_transaction(lambda: self._rows().update(**changes)):
            raise LeaseLost(f"The watch of folder {self.row.pk} has ended or gone to another")

    def _rows(self):
        return WatchedFolder.objects.filter(pk=self.row.pk, lease_token=self.token, is_on=True)


def _renewal_seconds() -> float:
    return settings.LEASE_SECONDS / 3
