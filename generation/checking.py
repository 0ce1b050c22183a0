"""Whether an engine works, and what of it: a few smallest jobs, told as a table. Nothing of them is kept.

One image at least is drawn, which a service may charge for; the more thorough questions are asked only of engines whose
images cost nothing. Every job runs on a thread of its own, so that an engine that hears nothing holds nobody up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from generation import registry
from generation.engines import Capabilities, EngineError, GeneratedImage, Peer, Progress, Request
from generation.engines.answers import cleaned
from generation.keeping import cost_of
from photos import images, storage

T = TypeVar("T")
log = logging.getLogger(__name__)

PROMPT = "a red lighthouse in fog"
SEED = 4711
JOB_SECONDS = 120.0
STOP_SECONDS = 5.0
SMALL_EDGE = 256
YES, NO, UNTRIED = "yes", "no", "not tried"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The longest that one image may take, and then the longest that stopping may."""

    job_seconds: float = JOB_SECONDS
    stop_seconds: float = STOP_SECONDS


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`works`: "yes", "no" or "not tried"; `sentence` says what was seen."""

    name: str
    works: str
    sentence: str


@dataclass(kw_only=True)
class Job:
    """What became of one request."""

    images: list[GeneratedImage] = field(default_factory=list)
    reports: list[Progress] = field(default_factory=list)
    trouble: EngineError | None = None
    seconds: float = 0.0
    stopped_after_seconds: float | None = None  # from the word stop to the end; None where nobody said it
    hangs: bool = False

    @property
    def image(self) -> GeneratedImage | None:
        return self.images[0] if self.images else None

    @property
    def why(self) -> str:
        if self.hangs:
            return f"It did not end within {self.seconds:.0f} s, not even when it was told to stop."
        return self.trouble.sentence if self.trouble else "It ended without an image."


def check(alias: str, *, bounds: Bounds | None = None) -> Iterator[Finding]:
    """Findings one by one, as they are made; a "no" of "server" or "image" is the last. Raises UnknownEngine."""
    entry, bounds = registry.entry_of(alias), bounds or Bounds()
    yield (reached := _server(entry))
    if reached.works == NO:
        return
    try:
        can = _answer(entry.engine.capabilities)
    except EngineError as trouble:
        yield Finding(name="server", works=NO, sentence=trouble.sentence)
        return
    yield _models(can)
    request = smallest(can)
    first = _run(entry, request, bounds)
    yield (drawn := _image(first))
    if drawn.works == NO:
        return
    yield _progress(can, first)
    yield _preview(can, first)
    charges = cost_of(first.image.facts) > 0 or bool(first.image.facts.get("usage"))
    yield _seeds(entry, request, can, first, bounds, charges=charges)
    yield _cancel(entry, request, can, bounds, charges=charges)
    yield _source(entry, request, can, first, bounds, charges=charges)


def works(findings: list[Finding]) -> bool:
    """Whether sessions can be run: it answers, and it draws."""
    return {one.name for one in findings if one.works == YES} >= {"server", "image"}


def smallest(can: Capabilities) -> Request:
    """One image, as small as is sensible, with few steps where there are any."""
    edge = max(can.min_edge, min(can.max_edge, SMALL_EDGE))
    while edge * edge < can.min_pixels and edge + can.edge_step <= can.max_edge:
        edge += can.edge_step
    edge -= edge % can.edge_step
    width, height = min(can.sizes, key=lambda size: size[0] * size[1]) if can.sizes else (edge, edge)
    options = {option.name: option.default for option in can.options}
    for option in can.options:
        if option.name == "steps" and option.kind == "number":
            options["steps"] = max(int(option.minimum or 1), min(4, int(option.default) or 4))
        if option.name == "quality" and "low" in dict(option.choices):
            options["quality"] = "low"
    return Request(prompt=PROMPT, width=width, height=height, seeds=(SEED,), options=options)


def _run(
    entry: registry.EngineEntry, request: Request, bounds: Bounds, *, stop_after: float | None = None
) -> Job:
    """Run one request to its end. `stop_after` seconds, or once half of it is drawn, somebody says stop."""
    longest = bounds.job_seconds if stop_after is None else stop_after
    job, began = Job(), time.monotonic()
    stop, said_at = threading.Event(), []

    def report(progress: Progress) -> None:
        job.reports.append(replace(progress, preview=progress.preview[:16] if progress.preview else None))
        if stop_after is not None and 0 < progress.fraction < 1:
            stop.set()

    def cancelled() -> bool:
        now = time.monotonic() - began
        if not said_at and (stop.is_set() or now > longest):
            said_at.append(now)
        return bool(said_at)

    def work() -> None:
        try:
            for image in entry.engine.generate(request, report=report, cancelled=cancelled):
                job.images.append(image)
        except EngineError as trouble:
            job.trouble = trouble
        except Exception as fault:  # whoever wrote the engine
            job.trouble = EngineError(f"The engine broke: {type(fault).__name__}.", permanent=True)

    thread = threading.Thread(target=work, daemon=True, name="check engine")
    thread.start()
    thread.join(longest + bounds.stop_seconds)
    job.hangs, job.seconds = thread.is_alive(), time.monotonic() - began
    job.stopped_after_seconds = job.seconds - said_at[0] if said_at else None
    return job


def _answer(ask: Callable[[], T]) -> T:
    """What an engine says. Raises EngineError and nothing else, whoever wrote it."""
    try:
        return ask()
    except EngineError:
        raise
    except Exception as fault:
        log.exception("An engine broke when it was asked what it is")
        raise EngineError(
            f"The engine broke: {type(fault).__name__}. The log says why.", permanent=True
        ) from fault


def _server(entry: registry.EngineEntry) -> Finding:
    if isinstance(entry.engine, registry.Broken):
        return Finding(name="server", works=NO, sentence=entry.engine.trouble.sentence)
    if not hasattr(entry.engine, "describe"):
        return Finding(name="server", works=YES, sentence=f"{entry.title}: part of the gallery, no server.")
    try:
        peer: Peer = _answer(entry.engine.describe)
    except EngineError as trouble:
        return Finding(name="server", works=NO, sentence=trouble.sentence)
    facts = "; ".join(f"{name} {value}" for name, value in peer.facts.items())
    words = " ".join(filter(None, [peer.name, peer.version]))
    return Finding(name="server", works=YES, sentence=f"{words}{f' ({facts})' if facts else ''}.")


def _models(can: Capabilities) -> Finding:
    offered = next((option for option in can.options if option.name in ("model", "template")), None)
    if offered is None:
        words = can.notes[0] if can.notes else "It has one, and offers no other."
        return Finding(name="models", works=NO if can.notes else UNTRIED, sentence=words)
    # The choice of none leaves it to the server or the workflow, and is no model.
    names = [label for value, label in offered.choices if value] or list(offered.suggestions)
    if not names:
        return Finding(name="models", works=UNTRIED, sentence="It names none; the name is typed.")
    words = f"{len(names):,}: {cleaned(', '.join(names[:5]))}{' …' if len(names) > 5 else ''}."
    return Finding(name="models", works=YES, sentence=words)


def _image(job: Job) -> Finding:
    if job.image is None:
        return Finding(name="image", works=NO, sentence=job.why)
    try:
        with storage.workspace() as folder:
            path = folder / "checked"
            path.write_bytes(job.image.data)
            facts = images.examine(path, {})
    except images.RejectedImage as rejected:
        return Finding(name="image", works=NO, sentence=rejected.sentence)
    cost = cost_of(job.image.facts)
    words = f"{facts.format.upper()}, {facts.width} × {facts.height}, in {job.seconds:.1f} s"
    words += f", for ${cost:.3f}." if cost else "."
    return Finding(name="image", works=YES, sentence=words)


def _progress(can: Capabilities, job: Job) -> Finding:
    between = [one.fraction for one in job.reports if 0 < one.fraction < 1]
    if between:
        return Finding(name="progress", works=YES, sentence=f"{len(between)} reports on the way.")
    words = (
        "It promises some, but was done at once."
        if can.progress
        else "It says nothing until an image is there."
    )
    return Finding(name="progress", works=UNTRIED if can.progress else NO, sentence=words)


def _preview(can: Capabilities, job: Job) -> Finding:
    seen = sum(one.preview is not None for one in job.reports)
    if seen:
        return Finding(name="preview", works=YES, sentence=f"{seen} while it drew.")
    if can.progress and not any(0 < one.fraction < 1 for one in job.reports):
        return Finding(name="preview", works=UNTRIED, sentence="It was done before one could be shown.")
    words = can.no_previews or "It shows an image once it is done."
    return Finding(name="preview", works=NO, sentence=words)


def _seeds(
    entry, request: Request, can: Capabilities, first: Job, bounds: Bounds, *, charges: bool
) -> Finding:
    if not can.seeds:
        return Finding(name="seeds", works=NO, sentence="It takes none: no image can be made a second time.")
    if charges:
        return Finding(name="seeds", works=UNTRIED, sentence="A second image would cost something.")
    second = _run(entry, request, bounds)
    if second.image is None:
        return Finding(name="seeds", works=NO, sentence=second.why)
    same = second.image.data == first.image.data
    used = first.image.seed == str(SEED)
    words = (
        "The same seed gives the same bytes."
        if same
        else "The same seed gives other bytes, perhaps the same picture."
    )
    if not used:
        words = f"Asked for {SEED}, it used {first.image.seed[:40] or 'none'}. {words}"
    return Finding(name="seeds", works=YES if same and used else NO, sentence=words)


def _cancel(entry, request: Request, can: Capabilities, bounds: Bounds, *, charges: bool) -> Finding:
    if charges:
        return Finding(name="cancel", works=UNTRIED, sentence="Another image would cost something.")
    many = replace(request, seeds=tuple(range(1, 9)))
    job = _run(entry, many, bounds, stop_after=min(1.0, bounds.job_seconds))
    if job.hangs:
        return Finding(
            name="cancel", works=NO, sentence=f"It went on for more than {bounds.stop_seconds:.0f} s."
        )
    if job.trouble:
        return Finding(name="cancel", works=NO, sentence=job.trouble.sentence)
    if job.stopped_after_seconds is None or len(job.images) == len(many.seeds):
        return Finding(name="cancel", works=UNTRIED, sentence="It was done before anybody could say stop.")
    words = (
        f"It let go after {job.stopped_after_seconds:.1f} s and kept {len(job.images)} of {len(many.seeds)}."
    )
    return Finding(name="cancel", works=YES, sentence=words)


def _source(
    entry, request: Request, can: Capabilities, first: Job, bounds: Bounds, *, charges: bool
) -> Finding:
    if not can.source_image:
        return Finding(name="image input", works=NO, sentence="It starts from words alone.")
    if charges:
        return Finding(name="image input", works=UNTRIED, sentence="Another image would cost something.")
    job = _run(entry, replace(request, source_image=first.image.data), bounds)
    if job.image is None:
        return Finding(name="image input", works=NO, sentence=job.why)
    return Finding(
        name="image input", works=YES, sentence=f"It started from the image just made, {job.seconds:.1f} s."
    )
