"""Fill an empty gallery with demo content, or remove it again."""

from __future__ import annotations

from generation import demo
from photos.management.library import LibraryCommand


class Command(LibraryCommand):
    help = "Fill an empty gallery with demo content, or remove that again with --remove."

    def add_arguments(self, parser) -> None:
        self.add_owner_option(parser)
        parser.add_argument("--remove", action="store_true", help="delete the demo content for good")

    def handle(self, *, remove: bool, **options) -> None:
        owner = self.owner_from(options)
        if remove:
            self.stdout.write(f"{demo.remove(owner)} demo images removed.")
            return
        demo.fill(owner, each=self._say)
        self.stdout.write("Demo content is ready.")

    def _say(self, done: int, total: int) -> None:
        if done in (1, total) or done % 6 == 0:
            self.stdout.write(f"  drawing the demo: {done} of {total} images")
