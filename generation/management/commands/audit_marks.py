"""Whether images say how they were made: read back from the files, and finals put right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from generation import marks_audit
from photos import images
from photos.db import in_chunks
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.marking import FINALS, Marking
from photos.models import Photo

FOUND_AT_ONCE = 10_000  # finals: to find the next 200 of 100,000 takes as long as to read them
NAMES = {
    Marking.BARE_FINAL: "final without a mark",
    Marking.OTHERWISE: "final marked otherwise",
    Marking.UNMARKED: "shared without a mark",
    Marking.CAMERA: "marked as AI, made by a camera",
}


class Command(LibraryCommand):
    help = (
        "Read back what the files of finals, and files nobody has read yet, say of how they were made, and list what "
        "is not in order: finals without a mark or marked otherwise, shared images without a mark, images marked as "
        "AI though a camera made them. --fix writes such finals anew; what they were before goes to the trash. No "
        "other file is ever changed. Ends with 1 where something is left that is not in order."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--owner", metavar="NAME", help="only this person's (default: everybody's)")
        parser.add_argument("--all", action="store_true", help="read every file again, not finals alone")
        parser.add_argument("--fix", action="store_true", help="write finals anew whose papers are not right")
        parser.add_argument("--json", action="store_true", help="one JSON object a line; the counts last")

    def handle(self, *, fix: bool, all: bool, json: bool, **options) -> None:
        images.configure(size=1)
        self.as_json, self.found = json, Counter()
        owners = [self.owner_from(options)] if options["owner"] else get_user_model().objects.order_by("pk")
        with stopping_cleanly() as stop:
            for owner in owners:
                self._read(owner, stop, everything=all)
                if fix and not stop.is_set():
                    self._fix(owner)
                for photo, marking, words in _findings(owner):
                    self._say(photo, marking, words)
            if stop.is_set():
                raise CommandError(
                    "Stopped. What was read is kept; the next run begins anew.", returncode=STOPPED
                )
        self._sum_up()

    def _read(self, owner, stop, *, everything: bool) -> None:
        mine = Photo.objects.owned_by(owner).live()
        again = mine if everything else mine.finals()
        for found in in_chunks(again, FOUND_AT_ONCE):
            for at in range(0, len(found), marks_audit.CHUNK):
                if stop.is_set():
                    return
                some = found[at : at + marks_audit.CHUNK]
                marks_audit.read_some(owner.pk, Photo.objects.filter(pk__in=some))
        while not stop.is_set() and marks_audit.read_some(owner.pk):
            pass

    def _fix(self, owner) -> None:
        before = None
        while some := marks_audit.found(owner, FINALS, before, most=marks_audit.MENDED):
            for final, why in marks_audit.mend(some):
                self.found["not fixed" if why else "fixed"] += 1
                if why:
                    self.stderr.write(f"Final {final.pk}: {why}")
            before = some[-1].pk

    def _say(self, photo: Photo, marking: Marking, words: str) -> None:
        self.found[NAMES[marking]] += 1
        if self.as_json:
            line = {
                "photo": photo.pk,
                "owner": photo.owner_id,
                "finding": marking.name.lower(),
                "file": photo.file.name,
                "file_says": photo.marked_as or "",
                "record_says": photo.digital_source_type,
                "shared_by": words,
            }
            self.stdout.write(json.dumps(line, ensure_ascii=False))
        else:
            by = f", by “{words}”" if words else ""
            self.stdout.write(f"{NAMES[marking]}: photo {photo.pk}, {photo.file.name}{by}")

    def _sum_up(self) -> None:
        left = sum(n for name, n in self.found.items() if name != "fixed")
        if self.as_json:
            self.stdout.write(json.dumps({"counts": dict(self.found)}))
        else:
            counts = ", ".join(f"{n:,} {name}" for name, n in self.found.items())
            self.stdout.write(f"{counts}." if counts else "All in order.")
        if left:
            raise CommandError(f"{left:,} not in order.", returncode=1)


def _findings(owner) -> Iterator[tuple[Photo, Marking, str]]:
    for kinds in (FINALS, (Marking.CAMERA,)):
        before = None
        while some := marks_audit.found(owner, kinds, before, most=marks_audit.CHUNK):
            yield from ((photo, Marking(photo.marking), "") for photo in some)
            before = some[-1].pk
    after = ""
    while True:
        seen = marks_audit.shared(owner, after)
        yield from ((photo, Marking.UNMARKED, by) for photo, by in seen.found)
        if not (after := seen.following):
            return
