"""Every transition of a session.

A worker claims a queued session, holds it by a lease, makes the images that are still missing one after the
other, and leaves it ready, failed or, when it was asked to stop, as somebody else left it. No transaction is
open while an engine works; each image is ingested before the next is asked for, so that a killed worker
loses none, and a restart goes on with the first number that is missing.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from generation import registry
from generation.engines import EngineError, GeneratedImage, Progress, Request
from generation.models import MAX_COUNT, Candidate, GenerationSession
from photos import storage, uploading, working
from photos.dating import Dating, wall_clock_now
from photos.db import in_transaction
from photos.images import RecipeFacts, RejectedImage
from photos.ingest import Arrival, ingest
from photos.models import LeaseLost, Photo
from photos.text import clean, clean_json

log = logging.getLogger(__name__)
State = GenerationSession.State

DEFAULT_COUNT, DEFAULT_EDGE = 8, 1024  # what is asked for where a person says nothing
MAX_PROMPT = 20_000
MAX_SEED = 2**63 - 1
MAX_ATTEMPTS = 3  # of a transient engine error, before a person is asked
PROGRESS_SECONDS = 0.4  # between two writes of progress


class WorkflowError(Exception):
    """Something that cannot be done now; `sentence` says why, `field` names the input it is about ("" none)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


# --- asked for by a person ------------------------------------------------------------------------


def start(
    owner,
    *,
    prompt: str,
    engine: str,
    width: int,
    height: int,
    count: int,
    negative_prompt: str = "",
    seed: int | None = None,
    options: dict | None = None,
    title: str = "",
    remix_of: GenerationSession | None = None,
    demo: bool = False,
    queue: bool = True,
) -> GenerationSession:
    """Make a session and ask for it to be run. `seed` None: a new one, then counting up. Raises WorkflowError."""
    prompt, negative_prompt = clean(prompt).strip(), clean(negative_prompt).strip()
    _check(prompt=prompt, engine=engine, width=width, height=height, count=count, seed=seed)
    now = wall_clock_now()
    session = GenerationSession(
        owner=owner,
        title=clean(title).strip()[:200] or title_from(prompt),
        engine=engine,
        prompt=prompt,
        negative_prompt=negative_prompt,
        width=width,
        height=height,
        count=count,
        first_seed=str(random.SystemRandom().randrange(2**32 - MAX_COUNT) if seed is None else seed),
        options=options or {},
        shown_at=now,
        remix_of=remix_of,
        demo=demo,
    )
    return in_transaction(lambda: _insert(session, queue=queue))


def title_from(prompt: str) -> str:
    """The first words of a prompt, cut at a comma or a word: what a person would call it."""
    first = " ".join(prompt.split())
    if len(first) > 80:
        first = first[:80].rsplit(" ", 1)[0].rstrip(" ,;") + "…"
    return first[:1].upper() + first[1:] if first else "Untitled"


def cancel(session: GenerationSession) -> None:
    """Stop making images; what is there stays. The worker notices at its next step."""
    GenerationSession.objects.filter(pk=session.pk, state__in=(State.QUEUED, State.RUNNING)).update(
        state=State.CANCELLED, lease_token=None, lease_until=None, finished_at=timezone.now(), progress=0
    )
    working.enqueue("run_session", 0)  # the engine is free: whoever waits for it may start


def go_on(session: GenerationSession) -> None:
    """Queue what is missing of a stopped or failed session."""

    def work() -> None:
        moved = GenerationSession.objects.filter(
            pk=session.pk, state__in=(State.CANCELLED, State.FAILED)
        ).update(state=State.QUEUED, error="", attempts=0, progress=0)
        if moved:
            working.enqueue("run_session", session.pk)

    in_transaction(work)


# --- done by a worker -----------------------------------------------------------------------------


def run(session_id: int) -> None:
    """Run one session if it can be claimed, then whatever else waits for a free engine. Key 0: just those."""
    next_id = session_id or next_queued()
    while next_id and not working.stopping.is_set():
        if token := claim(next_id):
            _run_claimed(GenerationSession.objects.get(pk=next_id), token)
        next_id = next_queued()


def run_here(session: GenerationSession, *, each=lambda made: None) -> None:
    """Run one session in this process, whoever else is at work; `each(images made)` is called after every one."""
    GenerationSession.objects.filter(pk=session.pk, state=State.CANCELLED).update(state=State.QUEUED)
    if token := claim(session.pk):
        _run_claimed(GenerationSession.objects.get(pk=session.pk), token, each=each)


def next_queued() -> int | None:
    """The oldest queued session whose engine is free."""
    busy = GenerationSession.objects.filter(state=State.RUNNING).values("engine")
    queued = GenerationSession.objects.filter(state=State.QUEUED, trashed_at__isnull=True).exclude(
        engine__in=busy
    )
    return queued.order_by("id").values_list("pk", flat=True).first()


def claim(session_id: int) -> uuid.UUID | None:
    """Take a queued session: None when it is not queued any more, or its engine runs another."""
    token = uuid.uuid4()

    def work() -> int:
        queued = GenerationSession.objects.filter(pk=session_id, state=State.QUEUED, trashed_at__isnull=True)
        return queued.update(
            state=State.RUNNING,
            lease_token=token,
            lease_until=GenerationSession.lease_term(),
            lease_holder=working.holder(),
            started_at=timezone.now(),
            progress=0,
            error="",
        )

    try:
        return token if in_transaction(work) else None
    except IntegrityError:  # session_one_running_per_engine
        return None


def sweep() -> None:
    """Take back sessions whose worker died, and see that whatever is queued is asked for."""
    running = GenerationSession.objects.filter(state=State.RUNNING)
    expired = set(GenerationSession.run_out().filter(state=State.RUNNING).values_list("pk", "lease_token"))
    orphaned = {
        (pk, token)
        for pk, token, holder in running.values_list("pk", "lease_token", "lease_holder")
        if working.is_dead(holder)
    }
    for pk, token in expired | orphaned:
        if GenerationSession.objects.filter(pk=pk, state=State.RUNNING, lease_token=token).update(
            state=State.QUEUED, lease_token=None, lease_until=None, progress=0
        ):
            log.warning("Session %s was left by its worker and is queued again", pk)
    if next_queued():
        working.enqueue_once("run_session", 0)
    stale = timezone.now() - timedelta(seconds=60)
    for pk in GenerationSession.objects.filter(filing_since__lt=stale).values_list("pk", flat=True)[:20]:
        working.enqueue_once("file_finals", pk)


def _run_claimed(session: GenerationSession, token: uuid.UUID, *, each=lambda made: None) -> None:
    with working.Heartbeat(GenerationSession, session.pk, token) as heartbeat:
        try:
            _make_images(session, token, heartbeat, each)
            state, error = (State.QUEUED, "") if working.stopping.is_set() else (State.READY, "")
        except LeaseLost:
            return
        except EngineError as failure:
            state, error = _after(session, failure)
        except (RejectedImage, WorkflowError, registry.UnknownEngine) as failure:
            state, error = State.FAILED, failure.sentence
        except Exception as fault:
            log.exception("Session %s failed", session.pk)
            why = uploading.why_nothing_is_kept(fault)
            error = why[1] if why else "Something unexpected went wrong; the log of the worker says what."
            state = State.FAILED
    _release(session, token, state, error)


def _make_images(session: GenerationSession, token: uuid.UUID, heartbeat: working.Heartbeat, each) -> None:
    """Make what is missing. Returns early when this process is asked to end. Raises LeaseLost, EngineError."""
    numbers = missing_numbers(session)
    if not numbers:
        return
    request = Request(
        prompt=session.prompt,
        negative_prompt=session.negative_prompt,
        width=session.width,
        height=session.height,
        seeds=tuple(session.seed_of(number) for number in numbers),
        options=session.options,
    )
    watch = _Watch(session.pk, token, heartbeat)
    entry = registry.get(session.engine)
    made, began = 0, time.monotonic()
    for image in entry.engine.generate(request, report=watch.report, cancelled=watch.is_over):
        seconds, began = time.monotonic() - began, time.monotonic()
        if image.index not in range(made, len(numbers)):
            raise EngineError("The engine gave an image nobody asked for.", permanent=True)
        _keep(session, token, numbers[image.index], image, entry, seconds=seconds)
        made, session.attempts = image.index + 1, 0  # it works: earlier faults do not count any more
        each(session.count - len(numbers) + made)
    if watch.is_lost():
        raise LeaseLost(f"Session {session.pk} was stopped")
    if (left := missing_numbers(session)) and not working.stopping.is_set():
        missing = "1 image" if len(left) == 1 else f"{len(left)} images"
        raise EngineError(f"The engine ended {missing} early.", permanent=True)


def missing_numbers(session: GenerationSession) -> list[int]:
    """Numbers that have no candidate yet, also not one that was thrown away since."""
    there = set(Candidate.objects.filter(session=session).values_list("number", flat=True))
    return [number for number in range(1, session.count + 1) if number not in there]


class _Watch:
    """What an engine is given to report to and to ask: writes progress, and notices that it must stop."""

    def __init__(self, session_id: int, token: uuid.UUID, heartbeat: working.Heartbeat) -> None:
        self._held = GenerationSession.objects.filter(pk=session_id, lease_token=token)
        self._heartbeat = heartbeat
        self._written = self._looked = 0.0

    def report(self, progress: Progress) -> None:
        if time.monotonic() - self._written < PROGRESS_SECONDS:
            return
        self._written = self._looked = time.monotonic()
        if not self._held.update(progress=min(1.0, max(0.0, progress.fraction))):
            self._heartbeat.lost.set()

    def is_lost(self) -> bool:
        return self._heartbeat.lost.is_set()

    def is_over(self) -> bool:
        """Looks now and then itself: an engine that waits for a server has nothing to report meanwhile."""
        if time.monotonic() - self._looked >= PROGRESS_SECONDS:
            self._looked = time.monotonic()
            if not self._held.exists():
                self._heartbeat.lost.set()
        return self.is_lost() or working.stopping.is_set()


def _keep(session, token, number: int, image: GeneratedImage, entry, *, seconds: float) -> Photo:
    """Ingest one image as candidate `number`; its row, the candidate's and the counter in one transaction."""

    seed, facts = clean(image.seed)[:100], clean_json(dict(image.facts))

    def guard() -> None:
        GenerationSession.hold_or_raise(session.pk, token)

    def also(photo: Photo) -> None:
        Candidate.objects.create(
            session_id=session.pk, number=number, seed=seed, photo=photo, seconds=seconds, facts=facts
        )
        GenerationSession.objects.filter(pk=session.pk).update(
            n_made=F("n_made") + 1, seconds_made=F("seconds_made") + seconds, progress=0
        )

    return ingest(
        image.data,
        Arrival(
            owner_id=session.owner_id,
            place=storage.candidate(session.folder, number, image.seed),
            origin=Photo.Origin.MADE,
            dating=Dating(shown_at=wall_clock_now(), dated_by="generator", taken_at=timezone.now()),
            recipe=_recipe(session, image, entry),
            digital_source_type=entry.engine.digital_source_type,
            guard=guard,
            also=also,
        ),
    ).photo


def _recipe(session: GenerationSession, image: GeneratedImage, entry) -> RecipeFacts:
    """What was asked for, for images whose file says nothing of it."""
    return RecipeFacts(
        generator=entry.title,
        prompt=session.prompt,
        negative_prompt=session.negative_prompt,
        model=str(image.facts.get("model", "")),
        sampler=str(image.facts.get("style", "")),
        seed=image.seed,
        width=session.width,
        height=session.height,
        reader="session/1",
    )


def _after(session: GenerationSession, failure: EngineError) -> tuple[str, str]:
    """Try a passing fault again, a few times; then it is a person's turn."""
    if failure.permanent or session.attempts + 1 >= MAX_ATTEMPTS:
        return State.FAILED, failure.sentence[:500]
    return State.QUEUED, failure.sentence[:500]


def _release(session: GenerationSession, token: uuid.UUID, state: str, error: str) -> None:
    """Let go of a session that is still ours."""
    retried = state == State.QUEUED and bool(error)
    GenerationSession.objects.filter(pk=session.pk, lease_token=token).update(
        state=state,
        error=error,
        lease_token=None,
        lease_until=None,
        progress=0,
        attempts=session.attempts + 1 if retried else 0,
        finished_at=None if state == State.QUEUED else timezone.now(),
    )
    if state == State.QUEUED:
        working.enqueue_once("run_session", 0)
    if retried:
        # A server that restarts needs a moment; after a sweep's time another worker takes it up anyway.
        working.stopping.wait(min(2**session.attempts, settings.LEASE_SWEEP_SECONDS))


def _insert(session: GenerationSession, *, queue: bool) -> GenerationSession:
    session.pk = None
    session.state = State.QUEUED if queue else State.CANCELLED
    session.save(force_insert=True)
    session.folder = storage.session_folder_name(session.shown_at.date(), session.title, session.pk)
    session.save(update_fields=["folder"])
    if queue:
        working.enqueue("run_session", session.pk)
    return session


def _check(*, prompt: str, engine: str, width: int, height: int, count: int, seed: int | None) -> None:
    if len(prompt) > MAX_PROMPT:
        raise WorkflowError(f"The prompt is longer than {MAX_PROMPT:,} characters.", field="prompt")
    if not 1 <= count <= MAX_COUNT:
        raise WorkflowError(f"A session makes 1 to {MAX_COUNT} images.", field="count")
    if seed is not None and not 0 <= seed <= MAX_SEED - MAX_COUNT:
        raise WorkflowError(f"A seed is a whole number from 0 to {MAX_SEED - MAX_COUNT}.", field="seed")
    try:
        can = registry.get(engine).capabilities
    except (registry.UnknownEngine, EngineError) as trouble:
        raise WorkflowError(trouble.sentence, field="engine") from trouble
    for name, edge in (("width", width), ("height", height)):
        if not can.min_edge <= edge <= can.max_edge:
            raise WorkflowError(
                f"The {name} must be from {can.min_edge} to {can.max_edge} pixels.", field=name
            )
        if edge % can.edge_step:
            raise WorkflowError(f"The {name} must be a multiple of {can.edge_step} pixels.", field=name)
    if width * height > can.max_pixels:
        raise WorkflowError(
            f"At most {can.max_pixels / 1e6:.1f} megapixels can be made at once.", field="width"
        )
