"""Work that takes time: tasks by name, and what a worker does beside running them.

A task is known by a short name that its app registers at start-up, so that the flow modules can ask for
work without importing the edge that runs it. Tasks take a key, read the row, and may run twice.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from photos.models import Leased

log = logging.getLogger(__name__)
stopping = threading.Event()  # set when this process was asked to end: long work stops at its next step

MOST_DEATHS = 3  # of workers over one task: then it is the task that kills them
SWEEPS_BETWEEN_TIDYING = 240  # once an hour
SWEEPS_A_DAY = 5_760

_tasks: dict[str, object] = {}
_sweepers: list[Callable[[], None]] = []
_daily: list[Callable[[], None]] = []
_beside: dict[str, list[Callable[[], None]]] = {}
_threads: list[threading.Thread] = []


def register(**tasks) -> None:
    """Give tasks the names they are asked for by; once, at start-up."""
    _tasks.update(tasks)


def on_sweep(sweeper: Callable[[], None]) -> None:
    """Call `sweeper` in each worker every LEASE_SWEEP_SECONDS, to take up what others left behind."""
    if sweeper not in _sweepers:
        _sweepers.append(sweeper)


def on_day(tidier: Callable[[], None]) -> None:
    """Call `tidier` in each worker when it starts, and once a day from then on. It asks for a task, and returns."""
    if tidier not in _daily:
        _daily.append(tidier)


def beside(queue: str, body: Callable[[], None]) -> None:
    """Call `body` once in each worker of this queue, in a thread of its own. It returns when `stopping` is set."""
    if body not in _beside.setdefault(queue, []):
        _beside[queue].append(body)


def begin_beside(queues: list[str]) -> None:
    for body in (body for queue in queues for body in _beside.get(queue, ())):
        in_thread(body, name=body.__module__)


def in_thread(body: Callable[[], None], *, name: str) -> threading.Thread:
    """Work that goes on beside the tasks of this worker, which waits for it at its end."""

    def run() -> None:
        try:
            body()
        except Exception:
            log.exception("The thread %s ended", name)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True, name=name)
    _threads[:] = [one for one in _threads if one.is_alive()] + [thread]
    thread.start()
    return thread


def wait_for_threads(seconds: float) -> None:
    """Let what goes on beside finish its step, for so long altogether."""
    until = time.monotonic() + seconds
    for thread in list(_threads):
        thread.join(timeout=max(0.0, until - time.monotonic()))


def enqueue(name: str, *args) -> None:
    """Ask for a task once the running transaction is committed (at once when there is none)."""
    transaction.on_commit(partial(_enqueue_now, name, args))


def enqueue_at(when: datetime, name: str, *args) -> None:
    """Ask for a task that is not to be run before `when`, if the queue can wait; else a sweep finds the work."""
    task = _tasks[name]
    if task.get_backend().supports_defer:
        transaction.on_commit(partial(task.using(run_after=when).enqueue, *args))


def enqueue_once(name: str, *args) -> None:
    """Ask for a task unless the very same one is waiting already."""
    if not _is_waiting(_tasks[name], list(args)):
        enqueue(name, *args)


def _is_waiting(task, args: list) -> bool:
    """Only our own database can be asked; elsewhere a second run does nothing."""
    from django_tasks_db import DatabaseBackend  # needs the app registry
    from django_tasks_db.models import DBTaskResult

    if not isinstance(task.get_backend(), DatabaseBackend):
        return False
    same = DBTaskResult.objects.ready().filter(
        task_path=task.module_path, args_kwargs={"args": args, "kwargs": {}}
    )
    return same.exists()


def _enqueue_now(name: str, args: tuple) -> None:
    _tasks[name].enqueue(*args)


def forget_old_tasks() -> None:
    """The queue keeps what it did, and what a killed worker was doing, for ever; a day is enough."""
    from django_tasks_db.models import DBTaskResult

    old = timezone.now() - timedelta(days=1)
    DBTaskResult.objects.exclude(status="READY").filter(enqueued_at__lt=old).delete()


def take_up_tasks() -> None:
    """Give back to the queue what a worker of this host was doing when it died; a task may run twice."""
    from django_tasks_db.models import DBTaskResult

    for task in DBTaskResult.objects.running():
        if len(task.worker_ids) < MOST_DEATHS and is_dead(task.worker_ids[-1].rpartition(":")[0]):
            running = DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)
            if running.update(status="READY"):
                log.warning("%s was left by its worker and is queued again", task.task_path)


def sweep() -> None:
    """Take up once what dead workers left."""
    _each([take_up_tasks, *_sweepers])


def _each(sweepers: list[Callable[[], None]]) -> None:
    for sweeper in sweepers:
        try:
            sweeper()
        except Exception:  # one fault must not end the loop that recovers from faults
            log.exception("A sweep failed")


def sweep_for_ever() -> None:
    """The body of a worker's second thread."""
    sweeps = 0
    while not stopping.is_set():
        close_old_connections()
        sweep()
        if sweeps % SWEEPS_BETWEEN_TIDYING == 0:
            forget_old_tasks()
        if sweeps % SWEEPS_A_DAY == 0:
            _each(_daily)
        sweeps += 1
        close_old_connections()
        stopping.wait(settings.LEASE_SWEEP_SECONDS)


def holder() -> str:
    """Who holds a lease: this process, as "host:pid"."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def is_dead(held_by: str) -> bool:
    """Whether a holder was a process of this host and is no more, so that nobody has to wait for its lease.

    A wrong guess costs work, never correctness: every write checks its token.
    """
    host, _, pid = held_by.rpartition(":")
    if host != socket.gethostname()[:100] or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


class Heartbeat:
    """Renews a lease from a thread of its own while its `with` block runs. `lost` is set when it is no longer ours."""

    def __init__(self, model: type[Leased], pk: int, token) -> None:
        self.lost = threading.Event()
        self._over = threading.Event()
        self._renew = partial(model.renew, pk, token)
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *exc_info) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _beat(self) -> None:
        while not self._over.wait(settings.LEASE_SECONDS / 3):
            close_old_connections()
            try:
                if not self._renew():
                    self.lost.set()
                    return
            except Exception:  # the next beat may succeed; the lease tells when it is too late
                log.warning("A lease could not be renewed", exc_info=True)
            finally:
                connection.close()
