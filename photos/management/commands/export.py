"""Take images out of the gallery, into a folder or a ZIP; or only what is known of them, as CSV or JSON lines."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError

from photos import exporting, images
from photos.exporting import Chosen, ExportError, Job
from photos.exporting.table import Table
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly


class Command(LibraryCommand):
    help = (
        "Take images out of the gallery. Into a folder it goes on where it was stopped: what is there with the right "
        "bytes is left, and files that are somebody else's are never touched. What was written is read back and "
        "listed in _written.csv. Profiles: share (no prompt, place, camera, date or telling name; the AI mark stays), "
        "full (the originals; prompts that are only in the gallery stand beside them), archive (the originals and a "
        "JSON file with every fact beside each)."
    )
    writes = False  # nothing in the library

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--album", type=int, metavar="N", help="the images of this album, in its order")
        which.add_argument("--session", type=int, metavar="N", help="the images of this session")
        which.add_argument("--search", metavar="WORDS", help="what the search box finds")
        which.add_argument("--finals", action="store_true", help="all finals")
        which.add_argument("--all", action="store_true", help="everything outside the trash")
        self.add_owner_option(parser)
        parser.add_argument("--profile", choices=exporting.PROFILES, help="what the files contain")
        parser.add_argument("--title", default="", metavar="TEXT", help="what shared files are called")
        parser.add_argument(
            "--to", type=Path, metavar="PATH", help="a folder, or a new file that ends in .zip"
        )
        parser.add_argument(
            "--facts", choices=exporting.facts.FORMATS, help="only the facts; without --to on standard output"
        )

    def handle(
        self, *, profile: str | None, to: Path | None, facts: str | None, title: str, **options
    ) -> None:
        chosen = Chosen(owner=self.owner_from(options), scope=_scope(options))
        chosen.photos()  # a list that is not there is said before anything is made
        if facts:
            if profile:
                raise CommandError("Say either --profile or --facts: files, or only what is known of them.")
            self._facts(chosen, facts, to)
            return
        if not (profile and to):
            raise CommandError("Say --profile and --to, or --facts.")
        images.configure(size=os.cpu_count() or 1)
        job = Job(chosen=chosen, profile=profile, title=title or (chosen.album.title if chosen.album else ""))
        if to.suffix.lower() == ".zip":
            self._zip(job, to)
        else:
            self._folder(job, to)

    def _folder(self, job: Job, folder: Path) -> None:
        with (
            stopping_cleanly() as stop,
            self.progress("Exporting", total=len(job.ids), unit="images") as advance,
        ):
            done = exporting.folder.write(job, folder, stopped=stop.is_set, each=advance)
            was_stopped = stop.is_set()
        self.stdout.write(f"{done.written:,} files written, {done.there:,} were there already.")
        self._say(done.table)
        if was_stopped:
            raise CommandError("Stopped. The same command goes on.", returncode=STOPPED)

    def _zip(self, job: Job, target: Path) -> None:
        table, part = Table(), target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            if target.exists() or target.is_symlink():
                raise FileExistsError
            with stopping_cleanly() as stop, part.open("xb") as out:
                for block in exporting.archive.blocks(job, table):
                    out.write(block)
                    if stop.is_set():
                        raise CommandError("Stopped. A ZIP cannot be gone on with.", returncode=STOPPED)
                out.flush()
                os.fsync(out.fileno())
            os.link(part, target)
        except FileExistsError as problem:
            raise ExportError(f"{target.name} is there already; name another.") from problem
        finally:
            part.unlink(missing_ok=True)
        self._say(table)

    def _facts(self, chosen: Chosen, format: str, to: Path | None) -> None:
        blocks = exporting.facts.stream(chosen, format)
        if to is None:
            self._print(blocks)
            return
        try:
            with to.open("xb") as out:
                out.writelines(blocks)
        except FileExistsError as problem:
            raise ExportError(f"{to.name} is there already; name another.") from problem
        self.stdout.write(f"The facts are in {to.name}.")

    def _print(self, blocks: Iterator[bytes]) -> None:
        try:
            for block in blocks:
                self.stdout.write(block.decode(), ending="")
            self.stdout.flush()
        except BrokenPipeError:  # `| head` has read enough; Python would complain once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _say(self, table: Table) -> None:
        """What was written, by what the files say of themselves."""
        counts = table.counts
        self.stdout.write(f"Read back, {counts['read back']:,} of {counts['images']:,} images:")
        for name, label in (
            ("AI marks", "with AI mark"), ("prompts", "with prompt"), ("places", "with place"), ("signed", "signed"),
        ):  # fmt: skip
            self.stdout.write(f"  {label:<14}{counts[name]:>8,}")
        for problem in table.problems:
            self.stderr.write(problem)
        if n := counts["problems"]:
            raise CommandError(f"{n:,} images could not be exported as they should; _written.csv names them.")


def _scope(options: dict) -> str:
    if options["album"] is not None:
        return f"album:{options['album']}"
    if options["session"] is not None:
        return f"session:{options['session']}:all"
    if options["search"] is not None:
        return f"search:{options['search']}"
    return "finals:" if options["finals"] else "all:"
