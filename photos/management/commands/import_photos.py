"""Bring in pictures that lie on this machine: files, folders, ZIP archives."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from django.core.management.base import CommandError
from django.template.defaultfilters import filesizeformat

from photos import images
from photos.importing import Became, Import, ImportProblem, Options, Survey, Tally, shown
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly


class Command(LibraryCommand):
    help = (
        "Bring in pictures: files, folders with all below them, ZIP archives. They are copied; nothing is moved or "
        "changed. Run it again after a stop: what is there already is found and left. Prompts, captions and dates are "
        "read from the files, and from .txt, .json and .xmp files beside them."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", type=Path, help="a file, a folder or a ZIP archive"
        )
        parser.add_argument(
            "--as-sessions",
            action="store_true",
            help="files of one folder and time with much the same prompt become a session to choose from",
        )
        parser.add_argument(
            "--link", action="store_true", help="leave the files where they are, and read them there"
        )
        parser.add_argument(
            "--thumbnails",
            choices=("now", "later"),
            default="now",
            help="later: the pictures first, their thumbnails behind, by the worker (default: now)",
        )
        parser.add_argument("--dry-run", action="store_true", help="store nothing, say what would happen")
        parser.add_argument(
            "--strict", action="store_true", help="exit with an error when a file was rejected"
        )
        self.add_owner_option(parser)

    def handle(self, *, paths: list[Path], dry_run: bool, strict: bool, **options) -> None:
        cores = os.cpu_count() or 1
        images.configure(size=cores)
        asked = Options(
            as_sessions=options["as_sessions"],
            link=options["link"],
            thumbnails_later=options["thumbnails"] == "later",
            dry_run=dry_run,
        )
        run = Import(self.owner_from(options).pk, paths, asked)
        survey = run.survey()
        self._say_found(survey)
        if not survey.fits and not dry_run:
            raise CommandError(
                "There is not enough room on the disk of the gallery, so nothing was brought in."
            )
        tally, problem = Tally(), None
        with stopping_cleanly() as stop:
            with self.progress(
                "Looking" if dry_run else "Importing", total=survey.files, unit="files"
            ) as advance:
                try:
                    # One thread more than decoders: while they decode, it reads, writes and talks to the database.
                    for outcome in run.run(threads=cores + 1, stop=stop):
                        tally.add(outcome)
                        advance()
                except ImportProblem as stopped:
                    problem = stopped
            was_stopped = stop.is_set()
        self._say_became(tally, survey, dry_run=dry_run)
        if problem:
            raise CommandError(f"{problem.sentence} Run the same command again to go on.")
        if was_stopped:
            left = survey.files - tally.counts.total()
            raise CommandError(
                f"Stopped, with {left:,} files left. Run the same command again to go on.", returncode=STOPPED
            )
        if tally.nothing_worked:
            raise CommandError("No picture came in." if survey.files else "There is no picture to bring in.")
        if strict and tally.rejected:
            raise CommandError("Some files were rejected.")

    def _say_found(self, survey: Survey) -> None:
        self.stdout.write(
            f"Found {_count(survey.files, 'file')}, {_size(survey.byte_size)}. Needed on disk: about "
            f"{_size(survey.needed_bytes)} with thumbnails; free: {_size(survey.free_bytes)}."
        )
        for line in [*map(shown, survey.notes), *left_out_lines(survey.left_out)]:
            self.stdout.write(line)

    def _say_became(self, tally: Tally, survey: Survey, *, dry_run: bool) -> None:
        for reason, labels in sorted(tally.rejected.items(), key=lambda item: -len(item[1])):
            self.stdout.write(f"\nRejected: {reason}")
            for label in labels:
                self.stdout.write(f"  {shown(label)}")
        self.stdout.write("\nNothing was stored. An import would find:" if dry_run else "")
        rows = [(str(became), tally.counts[became]) for became in Became if became != Became.LEFT]
        for name, count in [*rows, ("left out", survey.left_out.total())]:
            self.stdout.write(f"  {name.capitalize():<22}{count:>12,}")
        self.stdout.write(summary(tally, survey))


def summary(tally: Tally, survey: Survey) -> str:
    """ "80,214 files: 79,900 with prompts, 214 grids left out, 3 unreadable" """
    full, partial = tally.recipes["full"], tally.recipes["partial"]
    parts = [
        f"{full + partial:,} with prompts" + (f" ({partial:,} of them in part)" if partial else ""),
        f"{tally.recipes['none']:,} without" * bool(tally.recipes["none"]),
        f"{_count(survey.left_out['grid'], 'grid')} left out" * bool(survey.left_out["grid"]),
        f"{tally.counts[Became.REJECTED]:,} unreadable" * bool(tally.counts[Became.REJECTED]),
    ]
    return f"{_count(survey.files + survey.left_out['grid'], 'file')}: {', '.join(filter(None, parts))}"


def left_out_lines(left_out: Counter) -> list[str]:
    """A calm line for each kind of thing that was not even looked at."""
    rest = left_out.copy()
    said = [
        (rest.pop("video", 0), "video", "not kept yet"),
        (rest.pop("archive", 0), "ZIP archive", "name it to bring in what it holds"),
        (rest.pop("link", 0), "link", "links are not followed"),
        (rest.pop("grid", 0), "grid", "their images lie beside them"),
        (rest.pop("own", 0), "gallery folder", "what is there has come in already"),
    ]
    lines = [f"{_count(count, what)} left out: {why}." for count, what, why in said if count]
    if rest:
        kinds = ", ".join(f"{count:,} {extension}" for extension, count in rest.most_common(8))
        more = ", ..." if len(rest) > 8 else ""
        lines.append(
            f"{_count(rest.total(), 'other file')} left out, by their extension no pictures: {kinds}{more}."
        )
    return lines


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _size(byte_size: int) -> str:
    return filesizeformat(byte_size).replace("\xa0", " ")
