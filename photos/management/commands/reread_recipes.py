"""Read recipes anew from the original files: after an update whose readers know more."""

from __future__ import annotations

import os
from itertools import islice

from django.core.management.base import CommandError

from photos import images
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.models import Photo
from photos.parallel import in_threads
from photos.redrawing import in_order
from photos.rereading import Reading, Tally, read_again, write

BATCH = 200  # pictures written in one transaction: others can write in between


class Command(LibraryCommand):
    help = (
        "Read prompts and settings anew from the original files, and bring the search up to date. Titles, captions, "
        "tags and whatever else people wrote stay as they are. Run it again after a stop: what is right is left."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="numbers of photos (default: all)")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this photo")
        parser.add_argument("--owner", metavar="NAME", help="only this person's pictures")

    def handle(self, *, ids: list[int], after: int, **options) -> None:
        cores = os.cpu_count() or 1
        images.configure(size=cores)
        photos = Photo.objects.filter(pk__gt=after)
        if options["owner"]:
            photos = photos.filter(owner=self.owner_from(options))
        if ids:
            photos = photos.filter(pk__in=ids)
            self._refuse_unknown(set(ids) - set(photos.values_list("pk", flat=True)))
        tally, last, failed = Tally(), 0, 0
        with stopping_cleanly() as stop:
            with self.progress("Reading", total=photos.count(), unit="photos") as advance:
                readings = in_threads(read_again, in_order(photos), threads=cores + 1, stop=stop)
                while batch := list(islice(readings, BATCH)):
                    _add(tally, write(batch))
                    failed += self._say_problems(batch)
                    last = batch[-1].photo.pk
                    advance(len(batch))
            was_stopped = stop.is_set()
        self.stdout.write(
            f"Recipes: {tally.new:,} new, {tally.changed:,} changed, {tally.same:,} as before, {tally.kept:,} left as "
            f"others wrote them. Files that cannot be read: {failed:,}."
        )
        if was_stopped:
            again = f" with --after {last} added" if last else ""
            raise CommandError(f"Stopped. Run the same command again{again} to go on.", returncode=STOPPED)
        if failed:
            raise CommandError("Some files cannot be read.")

    def _say_problems(self, batch: list[Reading]) -> int:
        troubled = [one for one in batch if one.problem]
        for one in troubled:
            self.stdout.write(f"Photo {one.photo.pk}, {one.photo.file.name}: {one.problem}")
        return len(troubled)

    def _refuse_unknown(self, unknown: set[int]) -> None:
        if unknown:
            raise CommandError(f"There is no photo {', '.join(map(str, sorted(unknown)))} here.")


def _add(tally: Tally, more: Tally) -> None:
    for name, count in vars(more).items():
        setattr(tally, name, getattr(tally, name) + count)
