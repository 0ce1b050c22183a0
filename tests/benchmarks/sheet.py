"""A contact sheet of 2,000 candidates, as rows without files: what each of its pages costs the server.

Its first and its last page, where one was, a filter, another order, stacks, the print sheet, and the line at its end.
Aim: at most 12 queries, p95 at most 200 ms, for a page of 600 frames.
"""

from __future__ import annotations

import argparse

from tests.benchmarks.report import Report, Table, median, percentile
from tests.benchmarks.scratch import Scratch, library_on

TITLE = "the pages of a contact sheet of 2,000 candidates"
SESSION = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--candidates", type=int, default=2_000, metavar="N", help="default: 2000")
    parser.add_argument("--requests", type=int, default=20, metavar="N", help="for each page (default: 20)")
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    with library_on(options.database, scratch.new("library")) as library:
        library.prepare()
        library.call("rows:make", n=max(10_000, 12 * options.candidates))
        pages = library.call("sheet:measure", candidates=options.candidates, requests=options.requests)
    table = Table(
        title=f"A sheet of {options.candidates:,}, {options.database}; ms a request",
        columns=("page", "p50", "p95", "web CPU", "database CPU", "queries", "KB sent", "pictures"),
    )
    for name, one in pages.items():
        clock = (1000 * percentile(one["seconds"], share) for share in (0.5, 0.95))
        cpu = 1000 * median(one["cpu"]), 1000 * one["database_cpu"]
        table.rows.append((name, *clock, *cpu, one["queries"], one["sent"] / 1000, one["pictures"]))
    return Report(tables=[table])


# --- inside a library -----------------------------------------------------------------------------


def measure(*, candidates: int, requests: int) -> dict[str, dict]:
    """Ask for each page in turn. Run inside, in a library of `rows`."""
    from tests.benchmarks import pages, rows, signed_in

    _join(candidates)
    person, sheet = signed_in.Person(rows.LARGE), f"/sessions/{SESSION}/"
    asked = {
        "sheet, first page": f"{sheet}?show=all",
        "sheet, last page": f"{sheet}?at={candidates}",
        "sheet, where one was": sheet,
        "sheet, undecided": f"{sheet}?show=undecided",
        "sheet, by stars": f"{sheet}?sort=stars",
        "sheet, stacks": f"{sheet}?stacks=1",
        "print sheet": f"{sheet}print/",
        "line at the end": f"{sheet}culled/",
    }
    return pages.in_turns({name: (person, address) for name, address in asked.items()}, requests)


def _join(candidates: int) -> None:
    """All candidates of the large owner's first sessions become one session's; and a place is kept in its middle."""
    from generation import counting
    from generation.models import Candidate, GenerationSession
    from photos import kept_places
    from tests.benchmarks import rows

    theirs = Candidate.objects.filter(session__owner=rows.LARGE, photo__isnull=False).exclude(session=SESSION)
    number = Candidate.objects.filter(session=SESSION).count()
    moved = list(theirs.order_by("pk")[: max(0, candidates - number)])
    for place, one in enumerate(moved, number + 1):
        one.session_id, one.number = SESSION, place
    Candidate.objects.bulk_update(moved, ["session", "number"], batch_size=500)
    counting.recount(SESSION)
    session = GenerationSession.objects.select_related("owner").get(pk=SESSION)
    middle = Candidate.objects.filter(session=session, number__gte=candidates // 2).first()
    kept_places.keep(session.owner, f"session:{SESSION}", middle.photo_id)
