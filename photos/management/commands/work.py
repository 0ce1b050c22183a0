"""A worker: runs the tasks of some queues, and takes up what dead workers left."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from photos import images, working

# One thread for numpy: idle BLAS threads spin (set before numpy is loaded).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

log = logging.getLogger(__name__)
QUIET_SECONDS = 0.5  # between two looks at an empty queue
ENGINES_AT_ONCE = 3  # sessions that one worker runs side by side; each engine runs one
PARTING_SECONDS = 6.0  # for what goes on beside the tasks; the start ends us two seconds later


class GalleryWorker(Worker):
    """The queue's own worker, with a cheap look before the exclusive one, and long work that can be told to stop."""

    def shutdown(self, signum, frame) -> None:
        """Let the running task stop at its next step; the second signal ends the process at once."""
        if working.stopping.is_set():
            os._exit(1)
        working.stopping.set()
        self.running = False

    def run(self) -> None:
        while self.running and not working.stopping.is_set():
            close_old_connections()
            if not self._is_anything_ready():
                working.stopping.wait(QUIET_SECONDS * random.uniform(0.8, 1.2))
                continue
            self.max_tasks = self._run_tasks + 1
            super().run()

    def _is_anything_ready(self) -> bool:
        return DBTaskResult.objects.ready().filter(queue_name__in=self.queue_names).exists()


class Command(BaseCommand):
    help = "Run a worker for the given queues, until it is told to stop."
    requires_system_checks = ()

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--queue", action="append", required=True, choices=["default", "engines", "library"]
        )

        parser.add_argument(
            "--at-once",
            type=int,
            metavar="N",
            help=f"tasks side by side (default: {ENGINES_AT_ONCE} for engines, whose servers do the work; else 1)",
        )

    def handle(self, *, queue: list[str], at_once: int | None = None, **options) -> None:
        images.configure(size=os.cpu_count() or 1 if "library" in queue else 1)
        first, *others = [
            _worker(queue, number)
            for number in range(max(1, at_once or (ENGINES_AT_ONCE if "engines" in queue else 1)))
        ]
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, first.shutdown)
        threading.Thread(target=working.sweep_for_ever, daemon=True, name="sweep").start()
        threads = [threading.Thread(target=_run, args=(other,), name="work") for other in others]
        for thread in threads:
            thread.start()
        working.begin_beside(queue)
        log.info("Working on %s", ", ".join(queue))
        try:
            first.run()
        finally:
            working.stopping.set()  # also when it fell over: whoever started this process starts it again
            for thread in threads:
                thread.join()
            working.wait_for_threads(PARTING_SECONDS)


def _worker(queue: list[str], number: int) -> GalleryWorker:
    return GalleryWorker(
        queue_names=queue,
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{working.holder()}:{int(time.time())}{number}"[-64:],
        excluded_queue_names=[],
    )


def _run(worker: GalleryWorker) -> None:
    """A worker on a thread of its own. A fault of the database ends it no more than it ends the process's first."""
    try:
        worker.run()
    except Exception:
        log.exception("A worker's thread ended; the process is started again")
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        connection.close()
