"""File the picks of a session as finals, now."""

from __future__ import annotations

import argparse
from dataclasses import replace

from django.core.management.base import CommandError

from generation import final_papers, finals
from generation.management.addresses import address_of
from generation.models import Candidate, GenerationSession
from photos import curate, images
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly
from photos.models import Photo

WISHES = ("creator", "rights", "with_prompt")


class Command(LibraryCommand):
    help = "File what is picked in a session as finals. --pick picks images by their number first."

    def add_arguments(self, parser) -> None:
        parser.add_argument("session", type=int, metavar="SESSION", help="its number")
        parser.add_argument(
            "--pick", action="append", type=_numbers, default=[], metavar="N,N...", help="pick these too"
        )
        parser.add_argument(
            "--creator", help="who made them; without it what you answered on the page, or your name"
        )
        parser.add_argument("--rights", help="the rights line, like (c) 2026 Your Name")
        parser.add_argument(
            "--with-prompt",
            action=argparse.BooleanOptionalAction,
            help="whether the finals carry their prompt",
        )

    def handle(self, *, session: int, pick: list[list[int]], **options) -> None:
        images.configure(size=1)
        found = GenerationSession.objects.live().select_related("owner").filter(pk=session).first()
        if found is None:
            raise CommandError(f"There is no session {session} here.")
        _pick(found, sorted({number for numbers in pick for number in numbers}))
        given = {name: options[name] for name in WISHES if options.get(name) is not None}
        wishes = final_papers.tidy(replace(final_papers.usual(found.owner), **given)) if given else None
        picks = finals.picks_to_file(found.pk)
        if not picks:
            raise CommandError(_why_nothing(found))
        with stopping_cleanly() as stop:
            with self.progress("Filing", total=len(picks), unit="finals") as advance:
                filed = finals.file_picks(found.pk, wishes=wishes, each=lambda candidate: advance())
            was_stopped = stop.is_set()
        for final in _finals_of(picks):
            self.stdout.write(f"{final.source.candidate.number:02d}  {final.file.name}")
        for sentence in filed.failed:
            self.stderr.write(sentence)
        if filed.telling:
            self.stderr.write(finals.telling(filed.telling))
        if was_stopped:
            raise CommandError("Stopped. Run the same command again to go on.", returncode=STOPPED)
        if filed.failed:
            raise CommandError(f"{len(filed.failed)} of {len(picks)} could not be filed.")


def _pick(session: GenerationSession, numbers: list[int]) -> None:
    candidates = Candidate.objects.filter(session=session, number__in=numbers, photo__trashed_at__isnull=True)
    photos = dict(candidates.filter(photo__isnull=False).values_list("number", "photo_id"))
    if unknown := [number for number in numbers if number not in photos]:
        raise CommandError(f"Session {session.pk} has no image {', '.join(map(str, unknown))}.")
    if photos:
        curate.decide(session.owner, photos.values(), value=Photo.Verdict.PICKED)


def _why_nothing(session: GenerationSession) -> str:
    if session.n_finals:
        return f"Every pick of session {session.pk} is a final already."
    return f"Nothing is picked in session {session.pk}: choose at {address_of(session)} or say --pick 3,7."


def _finals_of(picks: list[Candidate]) -> list[Photo]:
    sources = [candidate.photo_id for candidate in picks]
    live = Photo.objects.finals().filter(source__in=sources)
    return list(live.select_related("source__candidate").order_by("source__candidate__number"))


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers; write them as 3,7,12") from None
