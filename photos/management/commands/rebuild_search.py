"""Make the search index true: write what is missing or has changed, or everything anew."""

from __future__ import annotations

from functools import partial

from django.core.management.base import CommandError
from django.db import DatabaseError

from photos import search
from photos.db import in_transaction, lift_timeouts
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.models import Photo

CHUNK = 500  # photos in one transaction: others can write in between


class Command(LibraryCommand):
    help = (
        "Bring the search index up to date: pictures that are missing in it, or were written wrongly; what of the "
        "index itself is gone is made again. Run it again after a stop: what is right is left. The search can be used "
        "meanwhile."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--anew", action="store_true", help="empty the index first; until the end the search finds less"
        )

    def handle(self, *, anew: bool, **options) -> None:
        lift_timeouts()  # those are for pages
        in_transaction(search.mend)
        if anew:
            in_transaction(search.clear)
        written, was_stopped = self._write()
        self.stdout.write(f"{written:,} images written.")
        if was_stopped:
            raise CommandError("Stopped. Run it again, without --anew, to go on.", returncode=STOPPED)
        self._verify()

    def _write(self) -> tuple[int, bool]:
        written = last = 0
        total = Photo.objects.count()
        with stopping_cleanly() as stop, self.progress("Indexing", total=total, unit="images") as advance:
            while not stop.is_set() and (ids := _after(last)):
                written += in_transaction(partial(search.index, ids))
                last = ids[-1]
                advance(len(ids))
            return written, stop.is_set()

    def _verify(self) -> None:
        try:
            photos, rows, entries = search.sizes()
        except DatabaseError as error:
            raise CommandError(f"The index is damaged ({error}). Run it again with --anew.") from error
        if rows != photos or entries < rows:
            raise CommandError(
                f"{photos:,} images, {rows:,} written down, {entries:,} in the index. Run it again with --anew; while "
                "others add images the numbers may differ."
            )
        self.stdout.write(f"The index is complete: {rows:,} images.")
        if entries > rows:
            self.stdout.write(
                f"{entries - rows:,} entries of deleted images are left in it; --anew removes them."
            )


def _after(pk: int) -> list[int]:
    return list(Photo.objects.filter(pk__gt=pk).order_by("pk").values_list("pk", flat=True)[:CHUNK])
