"""Delete for ever what has lain in the trash long enough. The workers do so once a day by themselves."""

from __future__ import annotations

from django.conf import settings

from photos import deletion, trash
from photos.management.library import LibraryCommand


class Command(LibraryCommand):
    help = "Delete for ever what has lain in the trash for GALLERY_TRASH_DAYS."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--owner", metavar="NAME", help="only this person's trash (default: everybody's)")
        parser.add_argument("--days", type=int, default=settings.GALLERY_TRASH_DAYS, help="0 empties it now")

    def handle(self, *, owner: str | None, days: int, **options) -> None:
        whose = self.owner_from({"owner": owner}) if owner else None
        purged = trash.empty(whose, days=max(0, days))
        while deletion.delete_pending():
            pass
        self.stdout.write(f"{purged:,} images deleted for ever.")
