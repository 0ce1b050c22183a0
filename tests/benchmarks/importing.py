"""Imports: with recipes and sessions against plain ingest, a second run, rows before thumbnails, the reader alone.

sessions    1-megapixel PNGs with generation text through `Import(as_sessions)`; plain: the same files through
            `ingest` in as many threads, nothing else. In turns, each in a new library. Aim: at least 60 %.
again       an unchanged folder of small files once more. Aim: at least 5,000 files a second.
rows first  the same small files with their thumbnails later: how soon all of them can be browsed.
reader      processor time of the decoder for the head of one of the large files. Aim: at most 4.8 ms.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tests.benchmarks import corpus
from tests.benchmarks.ingest import PROCESSES
from tests.benchmarks.processes import cpu_seconds_of_ended
from tests.benchmarks.report import Report, Table, median
from tests.benchmarks.scratch import Scratch, library_on

TITLE = "an import as sessions against plain ingest, a second run, rows before thumbnails, the reader"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=60, metavar="N", help="large PNGs (default: 60)")
    parser.add_argument("--small", type=int, default=10_000, metavar="N", help="small PNGs (default: 10,000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="pairs of runs (default: 3)")
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    large, small = scratch.new("large"), scratch.new("small")
    for number in range(options.images):
        (large / f"{number:05d}.png").write_bytes(corpus.png(number))
    for number in range(options.small):
        (small / f"{number:05d}.png").write_bytes(corpus.png(number, (16, 16)))
    pairs = [_pair(options.database, large, scratch, turn) for turn in range(options.rounds)]
    with library_on(options.database, scratch.new("library")) as library:
        library.call("ingest:make_owner")
        first = library.call("importing:bring", folder=str(small), later=True)
        again = library.call("importing:bring", folder=str(small))
    reader = _reader(large)
    table = Table(title=f"Imports, {options.database}", columns=("what", "files/s", "CPU ms/file", "seconds"))
    table.rows = [
        _row("plain ingest, 1 MP", [plain for plain, _ in pairs], options.images),
        _row("as sessions, 1 MP", [sessions for _, sessions in pairs], options.images),
        _row("rows first, small", [first], options.small),
        _row("again, small", [again], options.small),
    ]
    shares = [plain["seconds"] / sessions["seconds"] for plain, sessions in pairs]
    table.notes = [
        f"as sessions / plain, pair by pair: {', '.join(f'{s:.2f}' for s in shares)}; median {median(shares):.2f} "
        "(aim: at least 0.60)",
        f"head of a large file: {reader:.2f} ms of the decoder (aim: at most 4.8)",
    ]
    return Report(tables=[table])


def _row(name: str, runs: list[dict], count: int) -> tuple:
    seconds, cpu = (median([one[key] for one in runs]) for key in ("seconds", "cpu"))
    return name, count / seconds, 1000 * cpu / count, seconds


def _pair(database: str, folder: Path, scratch: Scratch, turn: int) -> tuple[dict, dict]:
    """(plain, as sessions), in turns the one and the other first."""
    results = {}
    for name in ("plain", "bring") if turn % 2 == 0 else ("bring", "plain"):
        with library_on(database, scratch.new("library")) as library:
            library.call("ingest:make_owner")
            results[name] = library.call(f"importing:{name}", folder=str(folder))
    return results["plain"], results["bring"]


def _reader(folder: Path) -> float:
    """Milliseconds of processor time for one file, the start of the process taken off."""
    from photos import images, pixels

    paths = sorted(folder.iterdir())
    pixels.glance(paths[0])  # what is imported once
    began = time.process_time()
    for path in paths:
        images.Facts(**{**pixels.glance(path), "recipe": None, "keywords": ()})
    return 1000 * (time.process_time() - began) / len(paths)


# --- inside a library ---------------------------------------------------------------------------------


def bring(folder: str, later: bool = False) -> dict[str, float]:
    """`import_photos --as-sessions`. Run inside (see `inside`)."""
    from photos.importing import Import, Options

    options = Options(as_sessions=True, thumbnails_later=later)
    return _timed(lambda: list(Import(_owner(), [Path(folder)], options).run(threads=PROCESSES + 1)))


def plain(folder: str) -> dict[str, float]:
    """The one door, and nothing else. Run inside."""
    from photos import storage
    from photos.dating import wall_clock_now
    from photos.ingest import Arrival, ingest
    from photos.parallel import in_threads

    owner_id, day = _owner(), wall_clock_now().date()

    def one(path: Path) -> None:
        place = storage.uploaded(path.name, day)
        ingest(path, Arrival(owner_id=owner_id, place=place, name=path.name))

    paths = sorted(Path(folder).iterdir())
    return _timed(lambda: list(in_threads(one, paths, threads=PROCESSES + 1)))


def _owner() -> int:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get().pk


def _timed(work) -> dict[str, float]:
    from photos import decoder, images

    images.configure(size=PROCESSES)
    began, cpu, children = time.perf_counter(), time.process_time(), cpu_seconds_of_ended()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    decoder.close()
    return {"seconds": seconds, "cpu": cpu + cpu_seconds_of_ended() - children}
