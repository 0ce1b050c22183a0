"""Every transition of a session.

A worker claims a queued session, holds it by a lease, makes the images that are still missing one after the
other, and leaves it ready, failed or, when it was asked to stop, as somebody else left it. No transaction is
open while an engine works; each image is ingested before the next is asked for, so that a killed worker
loses none, and a restart goes on with the first number that is missing.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from generation import previews, registry, sources, varying
from generation.engines import Capabilities, EngineError, Progress, Request
from generation.faults import tried_again_at
from generation.keeping import keep
from generation.models import MAX_COUNT, GenerationSession, SessionQuerySet
from generation.wishes import MAX_PROMPT, MAX_SEED, WorkflowError, check, enlarged_by
from photos import storage, uploading, working
from photos.dating import wall_clock_now
from photos.db import in_transaction
from photos.images import RejectedImage
from photos.models import LeaseLost, Photo
from photos.text import clean

__all__ = [
    "MAX_PROMPT",
    "MAX_SEED",
    "WorkflowError",
    "cancel",
    "claim",
    "go_on",
    "run",
    "run_here",
    "start",
    "sweep",
]

log = logging.getLogger(__name__)
State = GenerationSession.State

DEFAULT_COUNT, DEFAULT_EDGE = 8, 1024  # what is asked for where a person says nothing
PROGRESS_SECONDS = 0.4  # between two writes of progress


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
    source: Photo | None = None,
    demo: bool = False,
    queue: bool = True,
) -> GenerationSession:
    """Make a session and ask for it to be run. Raises WorkflowError.

    `seed` None: a new one, then counting up. `source` is a live image of the owner's to start from.
    """
    if source is not None and (source.owner_id != owner.pk or source.trashed_at is not None):
        raise WorkflowError("A session starts from an image of your own.", field="source")
    prompt, negative_prompt = clean(prompt).strip(), clean(negative_prompt).strip()
    check(
        prompt=prompt,
        engine=engine,
        width=width,
        height=height,
        count=count,
        seed=seed,
        options=options,
        source=source,
    )
    if source and (factor := enlarged_by(registry.get(engine).capabilities, options or {})) > 1:
        width, height = round(source.width * factor), round(source.height * factor)
    now = wall_clock_now()
    session = GenerationSession(
        owner=owner,
        title=clean(title).strip()[:200] or title_from(prompt or (str(source) if source else "")),
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
        source=source,
        source_sha256=source.sha256 if source else "",
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
        ).update(state=State.QUEUED, error="", attempts=0, not_before=None, progress=0)
        if moved:
            working.enqueue("run_session", session.pk)

    in_transaction(work)


# --- done by a worker -----------------------------------------------------------------------------


def run() -> None:
    """Run what waits for a free engine, the oldest first, until nothing does.

    Several threads do this at once; a session asked for later must not overtake the one before it.
    """
    while (next_id := next_queued()) and not working.stopping.is_set():
        if token := claim(next_id):
            _run_claimed(GenerationSession.objects.get(pk=next_id), token)


def run_here(session: GenerationSession, *, each=lambda made: None) -> None:
    """Run one session in this process, whoever else is at work; `each(images made)` is called after every one."""
    GenerationSession.objects.filter(pk=session.pk, state=State.CANCELLED).update(state=State.QUEUED)
    if token := claim(session.pk):
        _run_claimed(GenerationSession.objects.get(pk=session.pk), token, each=each)


def next_queued() -> int | None:
    """The oldest queued session whose engine is free."""
    busy = GenerationSession.objects.filter(state=State.RUNNING).values("engine")
    return _waiting().exclude(engine__in=busy).order_by("id").values_list("pk", flat=True).first()


def _waiting() -> SessionQuerySet:
    """Queued, and not pausing after a fault."""
    queued = GenerationSession.objects.filter(state=State.QUEUED, trashed_at__isnull=True)
    return queued.filter(Q(not_before__isnull=True) | Q(not_before__lte=timezone.now()))


def claim(session_id: int) -> uuid.UUID | None:
    """Take a queued session: None when it is not queued any more, pauses, or its engine runs another."""
    token = uuid.uuid4()

    def work() -> int:
        return (
            _waiting()
            .filter(pk=session_id)
            .update(
                state=State.RUNNING,
                lease_token=token,
                lease_until=GenerationSession.lease_term(),
                lease_holder=working.holder(),
                started_at=timezone.now(),
                progress=0,
                error="",
                not_before=None,
            )
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
    again, field = None, ""
    with working.Heartbeat(GenerationSession, session.pk, token) as heartbeat:
        try:
            _make_images(session, token, heartbeat, each)
            state, error = (State.QUEUED, "") if working.stopping.is_set() else (State.READY, "")
        except LeaseLost:
            return
        except EngineError as failure:
            again = tried_again_at(failure, before=session.attempts)
            state, error, field = State.QUEUED if again else State.FAILED, failure.sentence, failure.field
        except (RejectedImage, WorkflowError, registry.UnknownEngine) as failure:
            state, error = State.FAILED, failure.sentence
        except Exception as fault:
            log.exception("Session %s failed", session.pk)
            why = uploading.why_nothing_is_kept(fault)
            error = why[1] if why else "Something unexpected went wrong; the log of the worker says what."
            state = State.FAILED
        finally:
            previews.drop(session.pk)
    _release(session, token, state, error, again, field=field)


def _make_images(session: GenerationSession, token: uuid.UUID, heartbeat: working.Heartbeat, each) -> None:
    """Make what is missing, also what is asked for meanwhile (`generation.varying`).

    Returns early when this process is asked to end. Raises LeaseLost, EngineError.
    """
    while (wanted := varying.missing(session)) and not working.stopping.is_set():
        _make(session, wanted, token, heartbeat, each)
        session.refresh_from_db(fields=["count"])
        left = varying.missing(session).keys() & wanted.keys()
        if left and not working.stopping.is_set():
            missing = "1 image" if len(left) == 1 else f"{len(left)} images"
            raise EngineError(f"The engine ended {missing} early.", permanent=True)


def _make(
    session: GenerationSession,
    wanted: dict[int, int],
    token: uuid.UUID,
    heartbeat: working.Heartbeat,
    each,
) -> None:
    """One request to the engine: the images of these numbers, with these seeds."""
    entry, source, numbers = registry.get(session.engine), sources.source_of(session), list(wanted)
    can = entry.capabilities if source else None
    request = Request(
        prompt=session.prompt,
        negative_prompt=session.negative_prompt,
        width=session.width,
        height=session.height,
        seeds=tuple(wanted.values()),
        options=session.options,
        source_image=_source_bytes(source, can, session.options) if source and can else None,
    )
    watch = _Watch(session.pk, token, heartbeat)
    made, began = 0, time.monotonic()
    for image in entry.engine.generate(request, report=watch.report, cancelled=watch.is_over):
        seconds, began = time.monotonic() - began, time.monotonic()
        if image.index not in range(made, len(numbers)):
            raise EngineError("The engine gave an image nobody asked for.", permanent=True)
        number = numbers[image.index]
        with contextlib.suppress(varying.Unwanted):
            varying.check_wanted(session, number, wanted[number])  # before its file is there
            keep(
                session, token, number, image, entry,
                source=source, asked_seed=wanted[number], seconds=seconds,
            )  # fmt: skip
        watch.forget_preview()
        made, session.attempts = image.index + 1, 0  # it works: earlier faults do not count any more
        each(session.count - len(numbers) + made)
    if watch.is_lost():
        raise LeaseLost(f"Session {session.pk} was stopped")


def _source_bytes(source: Photo, can: Capabilities, options: dict) -> bytes:
    is_enlarged = enlarged_by(can, options) > 1
    return sources.bytes_to_enlarge(source) if is_enlarged else sources.bytes_of(source, can.max_edge)


class _Watch:
    """What an engine is given to report to and to ask: writes progress, and notices that it must stop."""

    def __init__(self, session_id: int, token: uuid.UUID, heartbeat: working.Heartbeat) -> None:
        self._held = GenerationSession.objects.filter(pk=session_id, lease_token=token)
        self._heartbeat = heartbeat
        self._session_id = session_id
        self._written = self._looked = self._shown = 0.0

    def report(self, progress: Progress) -> None:
        if progress.preview and time.monotonic() - self._shown >= previews.EVERY_SECONDS:
            self._shown = time.monotonic()
            previews.put(self._session_id, progress.preview)
        if time.monotonic() - self._written < PROGRESS_SECONDS:
            return
        self._written = self._looked = time.monotonic()
        if not self._held.update(progress=min(1.0, max(0.0, progress.fraction))):
            self._heartbeat.lost.set()

    def forget_preview(self) -> None:
        """The image is there: what it was to look like is of no interest any more."""
        if self._shown:
            self._shown = 0.0
            previews.drop(self._session_id)

    def is_lost(self) -> bool:
        return self._heartbeat.lost.is_set()

    def is_over(self) -> bool:
        """Looks now and then itself: an engine that waits for a server has nothing to report meanwhile."""
        if time.monotonic() - self._looked >= PROGRESS_SECONDS:
            self._looked = time.monotonic()
            if not self._held.exists():
                self._heartbeat.lost.set()
        return self.is_lost() or working.stopping.is_set()


def _release(
    session: GenerationSession,
    token: uuid.UUID,
    state: str,
    error: str,
    again: datetime | None,
    *,
    field: str = "",
) -> None:
    """Let go of a session that is still ours; `again` is when a passing fault is tried again.

    What was asked for since the last look is not forgotten: then it is queued once more.
    """

    def work() -> str:
        held = GenerationSession.objects.select_for_update().filter(pk=session.pk, lease_token=token)
        more = state == State.READY and (now := held.first()) is not None and bool(varying.missing(now))
        left_as = State.QUEUED if more else state
        held.update(
            state=left_as,
            error=error[:500],
            error_field=field[:60],
            lease_token=None,
            lease_until=None,
            progress=0,
            attempts=session.attempts + 1 if again else 0,
            not_before=again,
            finished_at=None if left_as == State.QUEUED else timezone.now(),
        )
        return left_as

    state = in_transaction(work)
    if again:
        working.enqueue_at(again, "run_session", session.pk)
    elif state == State.QUEUED:
        working.enqueue_once("run_session", 0)


def _insert(session: GenerationSession, *, queue: bool) -> GenerationSession:
    session.pk = None
    session.state = State.QUEUED if queue else State.CANCELLED
    session.save(force_insert=True)
    session.folder = storage.session_folder_name(session.shown_at.date(), session.title, session.pk)
    session.save(update_fields=["folder"])
    if queue:
        working.enqueue("run_session", session.pk)
    return session
