"""Draw thumbnails anew: those that are missing, or all."""

from __future__ import annotations

import os

from django.core.management.base import CommandError

from photos import images
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.models import Photo
from photos.parallel import in_threads
from photos.redrawing import in_order, missing, redraw
from photos.thumbnails import EAGER, VARIANTS


class Command(LibraryCommand):
    help = (
        "Draw thumbnails that are missing, of all pictures or of those named. Run it again after a stop: what is drawn "
        "is left, unless --all wants it anew."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="numbers of photos (default: all)")
        parser.add_argument("--all", action="store_true", help="draw what is there too")
        parser.add_argument(
            "--variant", action="append", choices=list(VARIANTS), help="only this size; may be repeated"
        )
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this photo")
        parser.add_argument("--owner", metavar="NAME", help="only this person's pictures")

    def handle(self, *, ids: list[int], all: bool, variant: list[str] | None, after: int, **options) -> None:
        cores = os.cpu_count() or 1
        images.configure(size=cores)
        photos = Photo.objects.filter(pk__gt=after)
        if options["owner"]:
            photos = photos.filter(owner=self.owner_from(options))
        if ids:
            photos = photos.filter(pk__in=ids)
            self._refuse_unknown(set(ids) - set(photos.values_list("pk", flat=True)))
        variants = tuple(variant or EAGER)

        def draw(photo: Photo) -> tuple[Photo, int, str]:
            wanted = variants if all else missing(photo, variants)
            return photo, len(wanted), redraw(photo, wanted) if wanted else ""

        drawn = whole = last = 0
        failed: list[str] = []
        with stopping_cleanly() as stop:
            with self.progress("Drawing", total=photos.count(), unit="photos") as advance:
                for photo, count, problem in in_threads(draw, in_order(photos), threads=cores + 1, stop=stop):
                    if problem:
                        failed.append(f"Photo {photo.pk}, {photo.file.name}: {problem}")
                    drawn += 0 if problem else count
                    whole += not count
                    last = photo.pk
                    advance()
            was_stopped = stop.is_set()
        for line in failed:
            self.stdout.write(line)
        self.stdout.write(
            f"Thumbnails drawn: {drawn:,}. Photos that had all: {whole:,}. "
            f"Photos that cannot be drawn: {len(failed):,}."
        )
        if was_stopped:
            again = f" with --after {last} added" if all and last else ""
            raise CommandError(f"Stopped. Run the same command again{again} to go on.", returncode=STOPPED)
        if failed:
            raise CommandError("Some thumbnails cannot be drawn.")

    def _refuse_unknown(self, unknown: set[int]) -> None:
        if unknown:
            raise CommandError(f"There is no photo {', '.join(map(str, sorted(unknown)))} here.")
