"""Ask engines what they can, draw a smallest image, and print what works."""

from __future__ import annotations

from django.core.management.base import CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from generation import checking, registry
from photos import images
from photos.management.library import LibraryCommand

STYLES = {checking.YES: "green", checking.NO: "red", checking.UNTRIED: "yellow"}


class Command(LibraryCommand):
    help = (
        "Check one engine, or all: reaches the server, names it, runs smallest jobs and prints what works. Nothing is "
        "kept. A service that charges is asked for one image. The exit status says whether every engine can be used."
    )
    writes = False

    def add_arguments(self, parser) -> None:
        parser.add_argument("alias", nargs="?", help="of an engine (default: all that are on)")
        parser.add_argument(
            "--seconds", type=float, default=checking.JOB_SECONDS, metavar="N",
            help=f"the longest that one image may take (default: {checking.JOB_SECONDS:.0f})",
        )  # fmt: skip

    def handle(self, *, alias: str | None, seconds: float, **options) -> None:
        images.configure(size=1)
        broken = [
            name for name in ([alias] if alias else registry.engines()) if not self._check(name, seconds)
        ]
        if broken:
            raise CommandError(f"Not to be used as it is: {', '.join(broken)}.")

    def _check(self, alias: str, seconds: float) -> bool:
        try:
            findings = list(checking.check(alias, bounds=checking.Bounds(job_seconds=max(1.0, seconds))))
        except registry.UnknownEngine as unknown:
            raise CommandError(unknown.sentence) from unknown
        table = Table(
            title=Text(f"{alias}: {registry.title_of(alias)}", style="table.title"),
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for name in ("what", "works", "seen"):
            table.add_column(name, overflow="fold")
        for one in findings:
            table.add_row(one.name, f"[{STYLES[one.works]}]{one.works}[/]", Text(one.sentence))
        Console(file=self.stdout, highlight=False).print(table)
        return checking.works(findings)
