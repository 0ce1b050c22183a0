"""Hold files and rows against each other, both ways; put right what can be put right without losing anything."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.core.management.base import CommandError
from django.template.defaultfilters import filesizeformat

from photos import images, storage, verifying
from photos.management.library import LibraryCommand, find_owner
from photos.management.stopping import STOPPED, stopping_cleanly

KEPT_LINES = 1000  # so many are kept back while a progress bar is on the screen


class Command(LibraryCommand):
    help = (
        "Check that every picture has its file and every file its picture, and name what is wrong. Ends with status 1 "
        "when something is. An original is never deleted."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--hash", action="store_true", help="read every original and compare its bytes too"
        )
        parser.add_argument(
            "--repair", action="store_true", help="put right what can be; each case is looked at again"
        )
        parser.add_argument(
            "--older-than",
            type=float,
            default=60,
            metavar="MINUTES",
            help="leave what is younger alone: it may just be coming in (default: 60; 0 only while nothing else runs)",
        )
        self.add_owner_option(parser)

    def handle(self, *, hash: bool, repair: bool, older_than: float, **options) -> None:
        owner = self.owner_from(options) if options.get("owner") else find_owner()
        images.configure(size=1)
        lost, rows = verifying.missing_originals()
        unmounted = verifying.is_disk_missing(lost, rows)
        if unmounted:
            self.stdout.write(self._about_disk(lost, rows, repair))
        with storage.only_one("check_media") as alone, stopping_cleanly() as stop:
            if repair and not alone:
                raise CommandError("Another repair is running.")
            found, left = self._run(
                verifying.phases(hashes=hash, older_than=timedelta(minutes=older_than), owner=owner),
                repair=repair and not unmounted,
                stop=stop,
            )
            if stop.is_set():
                raise CommandError(
                    "Stopped; what was not looked at yet may be wrong or right.", returncode=STOPPED
                )
        self._conclude(found, left, repair=repair)
        if unmounted:
            raise CommandError(self._about_disk(lost, rows, repair))
        if left:
            raise CommandError(f"{left:,} thing{'' if left == 1 else 's'} wrong.")

    def _run(self, phases, *, repair: bool, stop) -> tuple[Counter, int]:
        """Go through all phases. Returns findings by kind, and how many are not put right."""
        found, left = Counter(), 0
        for phase in phases:
            lines: list[str] = []
            with self.progress(phase.title, total=phase.total, unit=phase.unit) as advance:
                for finding in phase.look(advance):
                    mended = finding.mend() if repair and finding.mend else None
                    found[finding.kind] += finding.count
                    left += not (finding.harmless or (mended and mended.done))
                    lines.append(f"{finding.sentence}{f' - {mended.words}' if mended else ''}")
                    if len(lines) >= KEPT_LINES or not self.stderr.isatty():
                        self._flush(lines)
                    if stop.is_set():
                        break
            self._flush(lines)
            if stop.is_set():
                break
        return found, left

    def _flush(self, lines: list[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        lines.clear()

    def _conclude(self, found: Counter, left: int, *, repair: bool) -> None:
        if not found:
            self.stdout.write(self._all_is_well())
            return
        self.stdout.write("")
        for kind, words in verifying.KINDS.items():
            if found[kind]:
                self.stdout.write(f"  {words.capitalize():<34}{found[kind]:>10,}")
        if repair:
            self.stdout.write(f"  {'Put right':<34}{found.total() - found['away'] - left:>10,}")
        if not left:
            self.stdout.write(self._all_is_well())

    def _all_is_well(self) -> str:
        totals = verifying.totals()
        trash = f" ({totals.in_trash:,} of them in the trash)" if totals.in_trash else ""
        size = filesizeformat(totals.byte_size).replace("\xa0", " ")
        return f"All is well: {totals.photos:,} photo{'' if totals.photos == 1 else 's'}{trash}, {size} of originals."

    def _about_disk(self, lost: int, rows: int, repair: bool) -> str:
        nothing = " Nothing was repaired." if repair else ""
        return f"{lost:,} of {rows:,} originals are missing. Is the disk mounted?{nothing}"
