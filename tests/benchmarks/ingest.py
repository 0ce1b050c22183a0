"""Pictures coming in: the import command's own flow against libvips making the same thumbnails and nothing else.

A corpus is drawn first (3 JPEGs of 12 megapixels to 10 PNGs of 1 megapixel with generation text; half a second a
picture, kept with --keep). Then both take turns on the same files, each in new processes and a new library, and the
processor time of each pair is compared: hash, facts, original and row may cost 30 % more than the thumbnails alone.
Processor time counts everything from the first file to the last, decoder processes from their start to their end; the
start of the importing program itself is not in it.

    flow       processor time in the importing process: hash, files, database
    decoders   processor time in the processes that read the pictures
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks import corpus
from tests.benchmarks.machine import CODE
from tests.benchmarks.processes import Peak, cpu_seconds_of_ended
from tests.benchmarks.report import Report, Table, median
from tests.benchmarks.scratch import Library, Scratch, library_on

TITLE = "images a second, CPU and memory of an import, against raw libvips in the same run"
PROCESSES = 2
COLUMNS = ("system", "images/s", "CPU ms/image", "flow", "decoders", "peak PSS MB", "peak RSS MB", "rounds")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images", type=int, default=130, metavar="N", help="pictures in the corpus (default: 130)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="pairs of runs (default: 3)")
    parser.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="where the corpus is, or is to be made and kept"
    )
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    folder = options.corpus or scratch.folder / "corpus"
    files = corpus.make(folder, options.images, processes=PROCESSES)
    rounds: list[tuple[dict, dict]] = []
    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds} ...", flush=True)
        pair = [lambda: _gallery(options.database, files, scratch), lambda: _raw(files, scratch)]
        results = [one() for one in (pair if number % 2 == 0 else pair[::-1])]
        rounds.append(tuple(results if number % 2 == 0 else results[::-1]))
    gallery, raw = zip(*rounds, strict=True)
    table = Table(
        title=f"Ingest of {len(files)} pictures, {_megabytes(files):,.0f} MB, {options.database}",
        columns=COLUMNS,
    )
    table.rows = [_row("gallery", gallery, len(files)), _row("raw libvips", raw, len(files))]
    ratios = [one["cpu"] / other["cpu"] for one, other in rounds]
    table.notes = [f"gallery / raw, CPU, pair by pair: {', '.join(f'{r:.2f}' for r in ratios)}; "
                   f"median {median(ratios):.2f} (aim: at most 1.30)"]  # fmt: skip
    return Report(tables=[table])


def _row(name: str, runs: tuple[dict, ...], count: int) -> tuple:
    def middle(key: str) -> float:
        return median([run[key] for run in runs])

    parts = [1000 * middle(key) / count if key in runs[0] else None for key in ("flow", "decoders")]
    cpu = 1000 * middle("cpu") / count
    return (name, count / middle("seconds"), cpu, *parts, middle("pss") / 1e6, middle("rss") / 1e6, len(runs))


def _megabytes(files: list[Path]) -> float:
    return sum(file.stat().st_size for file in files) / 1e6


# --- the gallery ----------------------------------------------------------------------------------


def _gallery(database: str, files: list[Path], scratch: Scratch) -> dict:
    with library_on(database, scratch.new("library")) as library:
        library.call("ingest:make_owner")
        return _with_peak(library, [str(file) for file in files])


def _with_peak(library: Library, files: list[str]) -> dict:
    child = library.start("ingest:import_files", files=files)
    with Peak().of(child.process.pid) as peak:
        measured = child.answer()
    return {**measured, "pss": peak.pss, "rss": peak.rss}


def make_owner() -> int:
    """Tables and one account. Run inside (see `inside`)."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    return get_user_model().objects.create_user("owner").pk


def import_files(files: list[str]) -> dict[str, float]:
    """What `import_photos` does with these files. Run inside."""
    from django.contrib.auth import get_user_model

    from photos import decoder, images
    from photos.importing import Became, Import

    images.configure(size=PROCESSES)
    flow = Import(get_user_model().objects.get().pk, map(Path, files))
    began, cpu, children = time.perf_counter(), time.process_time(), cpu_seconds_of_ended()
    became = [outcome.became for outcome in flow.run(threads=PROCESSES + 1)]
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    decoder.close()  # waits for them: their time counts once they have ended
    if became.count(Became.ADDED) != len(files):
        raise SystemExit(f"Of {len(files)} pictures only {became.count(Became.ADDED)} came in.")
    decoders = cpu_seconds_of_ended() - children
    return {"seconds": seconds, "cpu": cpu + decoders, "flow": cpu, "decoders": decoders}


# --- libvips alone --------------------------------------------------------------------------------


def _raw(files: list[Path], scratch: Scratch) -> dict:
    out, peaks = scratch.new("raw"), [Peak() for _ in range(PROCESSES)]
    began, cpu = time.perf_counter(), cpu_seconds_of_ended()
    command = [sys.executable, "-m", "tests.benchmarks.raw_libvips", str(out)]
    running = [
        subprocess.Popen([*command, str(part), str(PROCESSES), *map(str, files)], cwd=CODE)
        for part in range(PROCESSES)
    ]
    with peaks[0].of(running[0].pid), peaks[1].of(running[1].pid):
        statuses = [process.wait() for process in running]
        if any(statuses):
            raise SystemExit("Raw libvips failed; its own words stand above.")
    measured = {"seconds": time.perf_counter() - began, "cpu": cpu_seconds_of_ended() - cpu}
    return {**measured, "pss": sum(peak.pss for peak in peaks), "rss": sum(peak.rss for peak in peaks)}
