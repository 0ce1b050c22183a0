"""Look for duplicates now: what is new, or all of it."""

from __future__ import annotations

import time

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from photos import lookalikes
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.models import DuplicateGroup


class Command(LibraryCommand):
    help = (
        "Look for images that somebody has more than once: the same file, or the same picture in another size, format "
        "or compression. The gallery does so by itself when images have come in. Nothing is changed in the images."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--owner", metavar="NAME", help="only this person's pictures (default: everybody's)"
        )
        parser.add_argument(
            "--anew",
            action="store_true",
            help="compare all again; groups that somebody cleared or kept are left as they are",
        )

    def handle(self, *, anew: bool, **options) -> None:
        owners = [self.owner_from(options)] if options["owner"] else self._everybody()
        with stopping_cleanly() as stop:
            for owner in owners:
                if stop.is_set():
                    raise CommandError("Stopped. Run it again to go on.", returncode=STOPPED)
                self._look(owner, anew)

    def _everybody(self):
        return get_user_model().objects.order_by("pk").iterator()

    def _look(self, owner, anew: bool) -> None:
        begun = time.monotonic()
        if lookalikes.search(owner.pk, anew=anew) is None:
            self.stdout.write(f"{owner.get_username()}: somebody is looking already.")
            return
        exact, near = (lookalikes.groups(owner, kind).count() for kind in DuplicateGroup.Kind.values)
        self.stdout.write(
            f"{owner.get_username()}: {exact:,} groups of the same file, {near:,} of the same picture "
            f"({time.monotonic() - begun:.1f} s)."
        )
