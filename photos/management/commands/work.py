"""A worker: runs the tasks of some queues, and takes up what dead workers left."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from photos import images, working

# One thread for numpy: a worker has one engine at work, and idle BLAS threads spin (set before numpy is loaded).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

log = logging.getLogger(__name__)
QUIET_SECONDS = 0.5  # between two looks at an empty queue
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
        while self.running:
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

    def handle(self, *, queue: list[str], **options) -> None:
        images.configure(size=os.cpu_count() or 1 if "library" in queue else 1)
        worker = GalleryWorker(
            queue_names=queue,
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{working.holder()}:{int(time.time())}"[-64:],
            excluded_queue_names=[],
        )
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, worker.shutdown)
        threading.Thread(target=working.sweep_for_ever, daemon=True, name="sweep").start()
        working.begin_beside(queue)
        log.info("Working on %s", ", ".join(queue))
        worker.run()
        working.wait_for_threads(PARTING_SECONDS)
