"""Generation sessions: what one adds to the work on its images, and what it costs to be watched.

First an engine that only hands out prepared 1-megapixel PNGs runs sessions, and in turns with it the same bytes come in
as plain uploads of somebody else. What a session needs beyond that is its own overhead an image: lease, candidate,
counters, progress, recipe (aim: 10 ms).

Then a session of 500 of which 400 are made is watched: the page once, and the question for news which each open page
asks every second. Every second one of them brings a new image. From that: the share of a core that 20 watchers take.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path

from tests.benchmarks import corpus
from tests.benchmarks.report import Report, Table, median, percentile
from tests.benchmarks.scratch import Scratch, library_on

TITLE = "overhead of a session for each image, and 20 people who watch one of 500"
WATCHERS, MADE = 20, 400
PREPARED = 20  # different files


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=40, metavar="N", help="of each session (default: 40)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="pairs of runs (default: 5)")
    parser.add_argument(
        "--polls", type=int, default=100, metavar="N", help="questions of each kind (default: 100)"
    )
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    prepared = _prepare_files(scratch.folder / "prepared")
    engine = {"CLASS": "tests.benchmarks.prepared.PreparedEngine", "OPTIONS": {"folder": str(prepared)}}
    engines = json.dumps({"prepared": engine})
    with library_on(options.database, scratch.new("library"), GALLERY_ENGINES=engines) as library:
        library.call("ingest:make_owner")
        pairs = library.call(
            "sessions:run_pairs", images=options.images, rounds=options.rounds, folder=str(prepared)
        )
    with library_on(options.database, scratch.new("watched")) as library:
        library.prepare()
        library.call("rows:make", n=1_000)
        watched = library.call("sessions:watch", polls=options.polls)
    return Report(tables=[_overhead(pairs, options), _watching(watched, options)])


def _prepare_files(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for index in range(PREPARED):
        path = folder / f"{index:04d}.png"
        if not path.exists():
            path.write_bytes(corpus.png(index, (1024, 1024)))
    return folder


def _overhead(pairs: list[dict], options: argparse.Namespace) -> Table:
    """Milliseconds of processor time an image, the median of the rounds."""
    table = Table(
        title=f"A session of {options.images} against plain ingest, {options.database}; CPU ms an image",
        columns=("what", "in all", "flow", "decoder", "wall ms"),
    )
    for name in ("session", "plain"):
        table.rows.append((name, *(1000 * median([pair[name][key] for pair in pairs]) / options.images
                                   for key in ("cpu", "flow", "decoder", "seconds"))))  # fmt: skip
    extra = [1000 * (pair["session"]["flow"] - pair["plain"]["flow"]) / options.images for pair in pairs]
    table.notes = [f"overhead in the flow, pair by pair: {', '.join(f'{ms:.1f}' for ms in extra)}; "
                   f"median {median(extra):.1f} ms (aim: at most 10)"]  # fmt: skip
    return table


def _watching(watched: dict[str, dict], options: argparse.Namespace) -> Table:
    table = Table(
        title=f"A running session of 500 with {MADE} made, {options.database}; ms a request",
        columns=("request", "p50", "p95", "web CPU", "database CPU", "queries", "KB sent"),
    )
    for name, one in watched.items():
        clock = (1000 * percentile(one["seconds"], share) for share in (0.5, 0.95))
        cpu = 1000 * median(one["cpu"]), 1000 * one["database_cpu"]
        table.rows.append((name, *clock, *cpu, one["queries"], one["sent"] / 1000))
    polls = [one for name, one in watched.items() if name != "page"]
    share = WATCHERS * sum(median(one["cpu"]) + one["database_cpu"] for one in polls) / len(polls)
    table.notes = [f"{WATCHERS} watchers, a question a second each: {100 * share:.0f} % of a core"]
    return table


# --- inside a library -----------------------------------------------------------------------------


def run_pairs(*, images: int, rounds: int, folder: str) -> list[dict[str, dict]]:
    """Session and plain ingest in turns, each for an owner who has none of these bytes. Run inside."""
    from django.contrib.auth import get_user_model

    from photos import decoder

    files = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    files = [files[index % len(files)] for index in range(images)]
    people = get_user_model().objects
    _plain(people.create_user("first"), files[:3])  # starts the decoder, opens what is opened once
    pairs = []
    for number in range(rounds):
        maker, bringer = people.create_user(f"maker{number}"), people.create_user(f"bringer{number}")
        works = {"session": partial(_session, maker, images), "plain": partial(_plain, bringer, files)}
        names = list(works)[:: 1 if number % 2 == 0 else -1]
        pairs.append({name: _timed(works[name]) for name in names})
    decoder.close()
    return pairs


def _session(owner, images: int) -> None:
    from generation import workflow

    wish = {"prompt": "a red lighthouse in fog", "width": 1024, "height": 1024, "engine": "prepared"}
    session = workflow.start(owner, count=images, seed=41, queue=False, **wish)
    workflow.run_here(session)
    session.refresh_from_db()
    if session.n_made != images:
        raise SystemExit(f"The session made {session.n_made} of {images} images: {session.error}")


def _plain(owner, files: list[bytes]) -> None:
    """As new pictures, though some are equal: what engines make is never compared with what is there."""
    from datetime import date

    from photos import storage
    from photos.ingest import Arrival, ingest

    for index, data in enumerate(files):
        place = storage.uploaded(f"{owner.username}-{index}.png", date(2026, 11, 22))
        ingest(data, Arrival(owner_id=owner.pk, place=place, origin="made", name=f"{index}.png"))


def _timed(work) -> dict[str, float]:
    began, cpu, decoding = time.perf_counter(), time.process_time(), _decoding()
    work()
    flow, decoding = time.process_time() - cpu, _decoding() - decoding
    return {"seconds": time.perf_counter() - began, "cpu": flow + decoding, "flow": flow, "decoder": decoding}


def _decoding() -> float:
    """Processor seconds of the decoders so far, those included that were replaced by fresh ones."""
    from photos import decoder
    from tests.benchmarks.processes import cpu_seconds, cpu_seconds_of_ended

    return cpu_seconds([one.process.pid for one in decoder.pool().decoders]) + cpu_seconds_of_ended()


def watch(*, polls: int) -> dict[str, dict]:
    """Ask as an open page does. Run inside, in a library of `rows`."""
    from tests.benchmarks import pages, rows, signed_in

    _set_running()
    person = signed_in.Person(rows.LARGE)
    ask = f"/sessions/1/progress/?show=all&have={MADE}"
    asked = {
        "page": "/sessions/1/",
        "poll, no news": ask,
        "poll, one new image": ask.replace(str(MADE), str(MADE - 1)),
    }
    return pages.in_turns({name: (person, address) for name, address in asked.items()}, polls)


def _set_running() -> None:
    import uuid
    from datetime import timedelta

    from django.utils import timezone

    from generation.models import Candidate, GenerationSession

    Candidate.objects.filter(session=1, number__gt=MADE).delete()
    GenerationSession.objects.filter(pk=1).update(
        state="running",
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() + timedelta(hours=1),
        n_made=MADE,
        n_picked=0,
        n_rejected=0,
    )
