"""python -m tests.benchmarks NAME [options]: run one benchmark, print its table, write its JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import (
    choosing,
    engines,
    export,
    importing,
    ingest,
    looks,
    media,
    pages,
    recipes,
    rest,
    sessions,
    sheet,
)
from tests.benchmarks.machine import describe
from tests.benchmarks.scratch import Scratch

BENCHMARKS = {
    "ingest": ingest,
    "importing": importing,
    "looks": looks,
    "pages": pages,
    "media": media,
    "sessions": sessions,
    "sheet": sheet,
    "choosing": choosing,
    "engines": engines,
    "rest": rest,
    "recipes": recipes,
    "export": export,
}
ABOUT = """\
Measure the gallery on this machine. One benchmark at a time; each makes what it needs in a folder of its own
below the system's temporary folder (--scratch names another place), talks to nothing but this machine, and
removes the folder at the end. Your own library is never opened."""
ADVICE = """\
Ratios of one run are what to compare. Processor time (CPU) grows by about half on a machine that is busy with
other things, times on the clock (wall, p50, p95) by any amount.
Begin small:  python -m tests.benchmarks pages --rows 1000"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark named on the command line. Returns the exit status."""
    if not sys.platform.startswith("linux"):
        print("The benchmarks read /proc, which only Linux has.", file=sys.stderr)
        return 1
    options = read_options(arguments)
    benchmark = BENCHMARKS[options.name]
    machine = describe()
    with Scratch(options.scratch, options.name, keep=options.keep) as scratch:
        report = benchmark.run(options, scratch)
    report.print(machine)
    path = (
        options.json
        or Path(tempfile.gettempdir()) / f"gallery-{options.name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    )
    report.write(path, machine, options)
    print(f"\nAll numbers: {path}")
    return 0


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line: a benchmark's name, its own options, and those that all have."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=ABOUT,
        epilog=ADVICE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME", title="benchmarks")
    for name, benchmark in BENCHMARKS.items():
        about = {"description": benchmark.__doc__, "formatter_class": argparse.RawDescriptionHelpFormatter}
        one = names.add_parser(name, help=benchmark.TITLE, **about)
        benchmark.add_options(one)
        one.add_argument(
            "--scratch",
            type=Path,
            metavar="FOLDER",
            help="make the scratch data here (default: a new folder below the temporary folder)",
        )
        one.add_argument(
            "--keep",
            action="store_true",
            help="leave the scratch data; with --scratch the next run takes what is there instead of making it",
        )
        one.add_argument(
            "--json", type=Path, metavar="FILE", help="where the numbers go (default: temporary folder)"
        )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
