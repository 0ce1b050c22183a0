"""What the gallery's commands share: they say which library they change, find the owner, show progress.

A command of ours derives from `LibraryCommand` and writes only `handle`:

    class Command(LibraryCommand):
        help = "Bring pictures in."

        def add_arguments(self, parser):
            self.add_owner_option(parser)

        def handle(self, *args, **options):
            owner = self.owner_from(options)
            with self.progress("Importing", total=len(paths)) as advance:
                for path in paths:
                    ...
                    advance()

Models are imported inside the functions: Django loads this module before it knows any.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

COUNT_AT_MOST = 1_000_000  # counting so many takes about 50 ms; beyond it nobody needs the exact number
PLAIN_LINE_SECONDS = 10.0  # between two progress lines where there is no terminal


class LibraryCommand(BaseCommand):
    """A command that works on the library: announces it, and says domain errors as one line on stderr."""

    writes = True  # False for commands that only look: they announce nothing

    def execute(self, *args: Any, **options: Any) -> Any:
        """Name the library, then run; an error that carries a `.sentence` becomes that sentence."""
        try:
            if self.writes:
                errors = OutputWrapper(options.get("stderr") or sys.stderr)
                errors.write(library_line(options.get("owner")))
            return super().execute(*args, **options)
        except CommandError:
            raise
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=130) from None
        except Exception as error:
            if sentence := getattr(error, "sentence", None):
                raise CommandError(str(sentence)) from error
            raise

    def add_owner_option(self, parser: CommandParser) -> None:
        """Offer `--owner NAME`; without it the only user, or the only superuser, is meant."""
        parser.add_argument(
            "--owner", metavar="NAME", help="whose pictures (default: the only user there is)"
        )

    def owner_from(self, options: dict[str, Any]) -> Any:
        """The user of `--owner`; else the only user, else the only superuser; else a CommandError."""
        name = options.get("owner")
        if owner := find_owner(name):
            return owner
        if name:
            raise CommandError(f'There is no user "{name}" here. {_known_names()}')
        if not _users().exists():
            raise CommandError(
                "There is no user yet. Run ./run_gallery.sh once, or ./manage.py createsuperuser."
            )
        raise CommandError(f"Whose pictures? Say --owner NAME. {_known_names()}")

    @contextmanager
    def progress(self, title: str, total: int | None, *, unit: str = "") -> Iterator[Callable[..., None]]:
        """A bar with rate and time left on a terminal, a plain line now and then elsewhere; on stderr.

        Yields `advance(steps=1)`. `total` None: the end is not known. `unit` is the plural, "images".
        """
        if self.stderr.isatty():
            with _bar(title, total, unit) as advance:
                yield advance
        else:
            with _plain_lines(self.stderr.write, title, total, unit) as advance:
                yield advance


def library_line(owner_name: str | None = None) -> str:
    """'Library big/gallery, 81,204 photos, owner anna': the folder's last two parts, and the owner if clear."""
    from django.conf import settings
    from django.db import DatabaseError

    from photos.models import Photo

    line = f"Library {'/'.join(Path(settings.DATA_DIR).parts[-2:]).removeprefix('//')}"
    try:
        count = Photo.objects.order_by()[: COUNT_AT_MOST + 1].count()
        owner = find_owner(owner_name)
    except DatabaseError:
        return f"{line}, not set up yet"
    more = "+" if count > COUNT_AT_MOST else ""
    line += f", {min(count, COUNT_AT_MOST):,}{more} photo{'' if count == 1 else 's'}"
    return f"{line}, owner {owner.get_username()}" if owner else line


def find_owner(name: str | None = None) -> Any:
    """The user of that name; without a name the only active user, else the only superuser; else None."""
    users = _users()
    if name:
        return users.filter(username=name).first()
    for candidates in (users, users.filter(is_superuser=True)):
        found = list(candidates[:2])
        if len(found) == 1:
            return found[0]
    return None


def _users() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(is_active=True).order_by("pk")


def _known_names() -> str:
    names = [user.get_username() for user in _users()[:6]]
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"Users: {shown}." if names else "There is no user yet."


@contextmanager
def _bar(title: str, total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, rate="")

        def advance(steps: int = 1) -> None:
            bar.advance(task, steps)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.1f} {unit or 'steps'}/s" if speed else "")

        yield advance


@contextmanager
def _plain_lines(
    write: Callable[[str], None], title: str, total: int | None, unit: str
) -> Iterator[Callable[..., None]]:
    began = last = time.monotonic()
    done = 0

    def line() -> str:
        rate = done / max(time.monotonic() - began, 0.001)
        of = f" of {total:,}" if total is not None else ""
        left = f", {_duration((total - done) / rate)} left" if total and done and done < total else ""
        return f"{title}: {done:,}{of}{' ' + unit if unit else ''}, {rate:,.1f}/s{left}"

    def advance(steps: int = 1) -> None:
        nonlocal done, last
        done += steps
        if time.monotonic() - last >= PLAIN_LINE_SECONDS:
            last = time.monotonic()
            write(line())

    yield advance
    if done:
        write(line())


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
