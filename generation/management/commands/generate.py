"""Start a generation session from the command line."""

from __future__ import annotations

import re
import threading
import time
from argparse import ArgumentTypeError

from django.core.management.base import CommandError
from django.utils import timezone

from generation import registry, workflow
from generation.engines import EngineError
from generation.management.addresses import address_of
from generation.models import GenerationSession
from generation.workflow import DEFAULT_COUNT, DEFAULT_EDGE
from photos import images
from photos.management.library import LibraryCommand
from photos.management.stopping import STOPPED, stopping_cleanly

POLL_SECONDS = 0.3
STILL_SECONDS = 5.0  # without any movement: then no worker seems to be there
State = GenerationSession.State


class Command(LibraryCommand):
    help = "Start a generation session. Returns at once with its number and address; --wait stays until it is ready."

    def add_arguments(self, parser) -> None:
        parser.add_argument("prompt")
        parser.add_argument(
            "--engine", default="", metavar="ALIAS", help="default: the first one of the engines page"
        )
        parser.add_argument(
            "--count", type=int, default=DEFAULT_COUNT, help=f"images to make (default: {DEFAULT_COUNT})"
        )
        parser.add_argument(
            "--size", type=_size, metavar="WxH", help=f"pixels (default: {DEFAULT_EDGE}x{DEFAULT_EDGE})"
        )
        parser.add_argument(
            "--seed", type=int, help="of the first image, then counting up (default: a random one)"
        )
        parser.add_argument(
            "--negative", default="", metavar="PROMPT", help="what not to draw, where the engine can"
        )
        parser.add_argument("--title", default="", help="default: the first words of the prompt")
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="a setting of the engine"
        )
        parser.add_argument(
            "--wait", action="store_true", help="stay, with a progress bar, until the session is ready"
        )
        parser.add_argument(
            "--here", action="store_true", help="run it in this process, without a worker; implies --wait"
        )
        self.add_owner_option(parser)

    def handle(
        self, *, prompt: str, engine: str, size: tuple[int, int] | None, wait: bool, here: bool, **options
    ) -> None:
        engine = engine or registry.usual()
        width, height = size or (DEFAULT_EDGE, DEFAULT_EDGE)
        session = workflow.start(
            self.owner_from(options),
            prompt=prompt,
            negative_prompt=options["negative"],
            engine=engine,
            width=width,
            height=height,
            count=options["count"],
            seed=options["seed"],
            options=_options(engine, options["option"]),
            title=options["title"],
            queue=not here,
        )
        self.stdout.write(f"Session {session.pk}: {address_of(session)}")
        self.stdout.flush()
        if not (wait or here):
            return
        with stopping_cleanly() as stop:
            if here:
                self._run(session, stop)
            else:
                self._watch(session, stop)
            was_stopped = stop.is_set()
        session.refresh_from_db()
        self._conclude(session, was_stopped=was_stopped)

    def _run(self, session: GenerationSession, stop: threading.Event) -> None:
        """Make the images in this process; again after a passing fault, as a worker would."""
        images.configure(size=1)
        with self.progress("Generating", total=session.count, unit="images") as advance:
            while not stop.is_set():
                workflow.run_here(session, each=lambda made: advance())
                session.refresh_from_db()
                if session.state != State.QUEUED or not session.not_before:
                    return
                pause = max(0.0, (session.not_before - timezone.now()).total_seconds())
                self.stderr.write(f"{session.error} Trying again in {pause:.0f} s.")
                stop.wait(pause)

    def _watch(self, session: GenerationSession, stop: threading.Event) -> None:
        """Show progress until the session is at rest, or somebody does not want to wait any longer."""
        made, said, moved_at, before = 0, False, time.monotonic(), None
        with self.progress("Generating", total=session.count, unit="images") as advance:
            while not stop.is_set():
                session.refresh_from_db()
                advance(session.n_made - made)
                made = session.n_made
                if not session.is_generating:
                    return
                now = (session.state, session.n_made, session.progress, session.lease_until)
                if now != before:
                    before, moved_at = now, time.monotonic()
                if not said and time.monotonic() - moved_at > STILL_SECONDS and _is_forgotten(session):
                    said = True
                    self.stderr.write(
                        "Nothing moves: ./run_gallery.sh must be running, or say --here. Waiting."
                    )
                stop.wait(POLL_SECONDS)

    def _conclude(self, session: GenerationSession, *, was_stopped: bool) -> None:
        if session.state == State.READY:
            self.stdout.write(f"Ready: {session.n_made} images. Choose at {address_of(session)}")
        elif session.state == State.FAILED:
            raise CommandError(f"Session {session.pk} failed after {session.n_made} images: {session.error}")
        elif session.state == State.CANCELLED:
            raise CommandError(f"Session {session.pk} was stopped after {session.n_made} images.")
        elif was_stopped:
            raise CommandError(
                f"Not waiting any longer. Session {session.pk} has {session.n_made} of {session.count} images; "
                "a worker of ./run_gallery.sh makes the rest.",
                returncode=STOPPED,
            )
        else:
            raise CommandError(f"Session {session.pk} waits: its engine is busy with another one.")


def _is_forgotten(session: GenerationSession) -> bool:
    """Whether no other session is being made meanwhile, which this one may be waiting for."""
    return not GenerationSession.objects.filter(state=State.RUNNING).exclude(pk=session.pk).exists()


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})\s*[xX×]\s*(\d{1,6})", text.strip())
    if not found:
        raise ArgumentTypeError(f"{text!r} is no size; write it as 1024x768")
    return int(found[1]), int(found[2])


def _options(engine: str, pairs: list[str]) -> dict:
    """`--option style=silk` as the engine declares it: numbers and switches become what they are."""
    try:
        known = {option.name: option for option in registry.get(engine).capabilities.options}
    except (registry.UnknownEngine, EngineError) as trouble:
        raise CommandError(trouble.sentence) from trouble
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in known:
            names = ", ".join(known) or "none"
            raise CommandError(f"{pair!r} is no option of this engine. Write NAME=VALUE; it has: {names}.")
        given[name] = _value(known[name], value)
    return given


def _value(option, text: str):
    if option.kind == "choice" and text not in dict(option.choices):
        raise CommandError(f"{option.name} is one of: {', '.join(value for value, _ in option.choices)}.")
    if option.kind == "switch":
        if text.lower() not in ("on", "off", "true", "false", "yes", "no", "1", "0"):
            raise CommandError(f"{option.name} is on or off.")
        return text.lower() in ("on", "true", "yes", "1")
    if option.kind != "number":
        return text
    try:
        number = float(text)
    except ValueError:
        raise CommandError(f"{option.name} is a number.") from None
    low, high = option.minimum, option.maximum
    if (low is not None and number < low) or (high is not None and number > high) or number != number:
        raise CommandError(f"{option.name} is a number from {low:g} to {high:g}.")
    return int(number) if number.is_integer() and isinstance(option.default, int) else number
