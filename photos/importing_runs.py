"""Imports that were asked for on a page: a row each, worked on behind, resumed after a crash.

    queued -> running -> done         stopped, failed: with a sentence, can go on

A worker holds a run by its lease (photos.working); whatever it writes names the token. A run that is taken up again
begins anew: what has come in is known by path, size and time, so it ends with the same library and the same report.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable
from dataclasses import asdict, replace

from django.db import close_old_connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from photos import server_folders, working
from photos.db import in_transaction
from photos.importing import Became, Import, ImportProblem, Options
from photos.importing_work import Work, options_of
from photos.models import ImportedFile, ImportRun, LeaseLost
from photos.uploading import why_nothing_is_kept

log = logging.getLogger(__name__)
State = ImportRun.State

RETRIED = 5_000  # refused files tried again at once; the next ones after that
WAITING = 20  # runs of one person that are not finished

_at_work = threading.Lock()


# --- asked for by a person ------------------------------------------------------------------------


def of(owner) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(owner_id=getattr(owner, "pk", None) or 0)


def start(owner, places: Iterable[str], options: Options) -> ImportRun:
    """Ask for an import of allowed folders. Raises ImportProblem."""
    paths = [server_folders.within(place) for place in places]
    Import(owner.pk, paths, options)  # refuses what is the gallery's own
    return _queue(owner, [str(path) for path in paths], options)


def start_looked(run: ImportRun) -> ImportRun:
    """Bring in what a run has only looked through. Raises ImportProblem."""
    return start(run.owner, run.places, replace(options_of(run.options), dry_run=False))


def retry(run: ImportRun, file_ids: Iterable[int] | None = None) -> int:
    """Try refused files of a finished run again, in that run: these, or the first so many. Returns how many."""
    refused = ImportedFile.objects.filter(run=run, became=Became.REJECTED).order_by("id")
    if file_ids is not None:
        refused = refused.filter(pk__in=list(file_ids))
    paths = list(refused.values_list("path", flat=True)[:RETRIED])
    if not paths:
        return 0

    def work() -> int:
        finished = of(run.owner).filter(pk=run.pk, state__in=(State.DONE, State.STOPPED, State.FAILED))
        return _requeue(finished, only=paths)

    return len(paths) if in_transaction(work) else 0


def stop(run: ImportRun) -> None:
    """Bring in no more; what is there stays. The worker notices when it writes its progress next."""
    ImportRun.objects.filter(pk=run.pk, state__in=(State.QUEUED, State.RUNNING)).update(
        state=State.STOPPED, lease_token=None, lease_until=None, finished_at=timezone.now()
    )


def go_on(run: ImportRun) -> None:
    in_transaction(
        lambda: _requeue(ImportRun.objects.filter(pk=run.pk, state__in=(State.STOPPED, State.FAILED)))
    )


def _queue(owner, places: list[str], options: Options) -> ImportRun:
    if of(owner).filter(state__in=(State.QUEUED, State.RUNNING)).count() >= WAITING:
        raise ImportProblem(_("%s imports wait already. Let some of them finish first.") % WAITING)

    def work() -> ImportRun:
        run = ImportRun.objects.create(owner=owner, places=places, options=asdict(options))
        working.enqueue("run_import", run.pk)
        return run

    return in_transaction(work)


def _requeue(rows: QuerySet[ImportRun], **changes) -> int:
    """Inside a transaction."""
    ids = list(rows.values_list("pk", flat=True))
    moved = rows.update(state=State.QUEUED, error="", attempts=0, finished_at=None, **changes)
    for pk in ids if moved else ():
        working.enqueue("run_import", pk)
    return moved


# --- done by a worker -----------------------------------------------------------------------------


def run_behind(run_id: int) -> None:
    """Have a thread of this worker do what is queued, so that an import of an hour holds up no other task."""
    if not _at_work.acquire(blocking=False):
        return  # one is at it, and looks for more before it ends; a sweep asks again

    def work() -> None:
        try:
            close_old_connections()
            run(run_id)
        finally:
            _at_work.release()

    working.in_thread(work, name="import")


def run(run_id: int) -> None:
    """This one if it can be claimed, then whatever else is queued. 0: just those."""
    next_id = run_id or _next_queued()
    while next_id and not working.stopping.is_set():
        if token := claim(next_id):
            _run_claimed(ImportRun.objects.select_related("owner").get(pk=next_id), token)
        next_id = _next_queued()


def claim(run_id: int) -> uuid.UUID | None:
    """Take a queued run; None when it is not queued any more."""
    token = uuid.uuid4()
    queued = ImportRun.objects.filter(pk=run_id, state=State.QUEUED)
    changes = {
        "state": State.RUNNING,
        "stage": "looking",
        "lease_token": token,
        "lease_until": ImportRun.lease_term(),
        "lease_holder": working.holder(),
        "started_at": timezone.now(),
    }
    return token if in_transaction(lambda: queued.update(**changes)) else None


def sweep() -> None:
    """Take back runs whose worker died, and see that whatever is queued is asked for."""
    running = ImportRun.objects.filter(state=State.RUNNING)
    left = set(ImportRun.run_out().filter(state=State.RUNNING).values_list("pk", "lease_token"))
    left |= {
        (pk, token)
        for pk, token, holder in running.values_list("pk", "lease_token", "lease_holder")
        if working.is_dead(holder)
    }
    for pk, token in left:
        if running.filter(pk=pk, lease_token=token).update(
            state=State.QUEUED, lease_token=None, lease_until=None
        ):
            log.warning("Import %s was left by its worker and is queued again", pk)
    if _next_queued():
        working.enqueue_once("run_import", 0)


def _next_queued() -> int | None:
    return ImportRun.objects.filter(state=State.QUEUED).order_by("id").values_list("pk", flat=True).first()


def _run_claimed(run: ImportRun, token: uuid.UUID) -> None:
    with working.Heartbeat(ImportRun, run.pk, token) as heartbeat:
        work = Work(run, token, heartbeat)
        try:
            work.do()
            state, error = (State.QUEUED, "") if working.stopping.is_set() else (State.DONE, "")
        except LeaseLost:
            return
        except ImportProblem as problem:
            state, error = State.FAILED, problem.sentence
        except Exception as fault:
            log.exception("Import %s failed", run.pk)
            why = why_nothing_is_kept(fault)
            error = why[1] if why else _("Something unexpected went wrong; the log of the worker says what.")
            state = State.FAILED
        work.release(state, error)
