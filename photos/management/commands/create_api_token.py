"""An API token from the command line; printed once, on stdout alone."""

from __future__ import annotations

from photos import tokens
from photos.management.library import LibraryCommand


class Command(LibraryCommand):
    help = "Make an API token: a program's way in as its owner. It is printed once and kept only as a hash."

    def add_arguments(self, parser) -> None:
        parser.add_argument("name", help='what will use it, such as "backup script"')
        self.add_owner_option(parser)

    def handle(self, *args, name: str, **options) -> None:
        owner = self.owner_from(options)
        token, text = tokens.make(owner, name)
        self.stdout.write(text)
        self.stderr.write(
            f'This is shown only now. "{token.name}" may do what {owner.get_username()} may; '
            "it can be revoked on the page Settings."
        )
