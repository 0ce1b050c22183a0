"""Watch a folder of this machine: new pictures come in by themselves until Ctrl+C."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from django.core.management.base import CommandError
from django.db import close_old_connections
from django.utils import timezone

from photos import images
from photos.importing import Became, ImportProblem, Options, shown
from photos.management.library import LibraryCommand
from photos.management.stopping import stopping_cleanly
from photos.watching import Came, Watch

BURST_SECONDS = 10.0  # a line at least so often while files keep coming
AWAY_SECONDS = 5.0  # between two looks at a folder that is not there


class Command(LibraryCommand):
    help = (
        "Bring in new pictures of a folder as they come, until Ctrl+C; first what is there already. The folder is "
        "only read. The same can be had for good on the page Import."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="with all folders below it")
        into = parser.add_mutually_exclusive_group()
        into.add_argument(
            "--as-sessions",
            dest="as_sessions",
            action="store_true",
            default=True,
            help="images of one prompt and sitting become a session (this is the default)",
        )
        into.add_argument(
            "--as-uploads", dest="as_sessions", action="store_false", help="each image by itself"
        )
        parser.add_argument(
            "--link", action="store_true", help="leave the files where they are, without a copy"
        )
        parser.add_argument("--only-new", action="store_true", help="leave out what is there already")
        self.add_owner_option(parser)

    def handle(self, *, folder: Path, as_sessions: bool, link: bool, only_new: bool, **options) -> None:
        owner = self.owner_from(options)
        folder = folder.expanduser().absolute()
        if not folder.is_dir():
            raise CommandError(f"There is no folder {shown(str(folder))}.")
        images.configure(size=os.cpu_count() or 1)
        asked = Options(as_sessions=as_sessions, link=link, watching=True)
        watch = Watch(owner.pk, folder.resolve(), asked, since=timezone.now() if only_new else None)
        self.stdout.write(f"Watching {shown(str(folder))}. Ctrl+C ends it.")
        with stopping_cleanly() as stop:
            self._watch(watch, stop)
        self.stdout.write("Ended. What came in stays.")

    def _watch(self, watch: Watch, stop) -> None:
        burst, began, trouble = Came(), time.monotonic(), ""
        while not stop.is_set():
            close_old_connections()
            try:
                came, trouble, pause = watch.turn(stop), "", watch.pause
            except (ImportProblem, OSError) as problem:
                words = getattr(problem, "sentence", "") or f"The folder is away: {problem.strerror}."
                if words != trouble:
                    self.stdout.write(f"{_now()}  {words}")
                came, trouble, pause = Came(), words, AWAY_SECONDS
            burst.counts += came.counts
            burst.refused |= came.refused
            is_over = not came.counts or time.monotonic() - began >= BURST_SECONDS
            if is_over:
                self._say(burst)
                burst, began = Came(), time.monotonic()
            stop.wait(0 if came.counts else pause)
        self._say(burst)

    def _say(self, burst: Came) -> None:
        if any(burst.counts[became] for became in (Became.ADDED, Became.REJECTED)):
            self.stdout.write(f"{_now()}  {_words(burst.counts)}")
        for label, reason in burst.refused.items():
            self.stdout.write(f"          {shown(label)}: {reason}")
        self.stdout.flush()


def _words(counts: Counter) -> str:
    new, refused = counts[Became.ADDED], counts[Became.REJECTED]
    words = f"{new:,} image{' ' if new == 1 else 's '}came in"
    return f"{words}, {refused:,} refused" if refused else words


def _now() -> str:
    return f"{timezone.localtime():%H:%M:%S}"
