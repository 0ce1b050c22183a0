"""Pages of a library of made rows: how long they take, how many questions they ask, and how that grows.

Libraries of the given sizes are made (a million rows take about three minutes), on SQLite and on a PostgreSQL that runs
only meanwhile. Each page is asked for through the whole application as a signed-in person does, compressed as browsers
ask for it. The pages take turns, so that a busy moment of the machine reaches all of them.

    p50, p95   milliseconds on the clock            web, database   milliseconds of processor time a request
    queries    sent to the database                 storage         calls to the storage of pictures: must be 0
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tests.benchmarks.report import Report, Table, median, percentile, ratio
from tests.benchmarks.scratch import DATABASES, Library, Scratch, library_on

if TYPE_CHECKING:  # needs Django, which only the child has
    from tests.benchmarks.signed_in import Person

TITLE = "timeline, finals, sessions, albums, search and admin on 10,000 to 1,000,000 rows"
DEEP = 500_000  # the row at which the deep page begins, or the middle of the list
WARM_UP = 3
COLUMNS = ("page", "p50", "p95", "web", "database", "queries", "storage", "KB sent", "KB whole", "pictures")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rows",
        type=lambda text: [int(part.replace("_", "")) for part in text.split(",")],
        default=[10_000],
        metavar="N,N,...",
        help="sizes of the libraries (default: 10000; the aims are about 1000,1000000)",
    )
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both", help="default: both")
    parser.add_argument("--requests", type=int, default=30, metavar="N", help="for each page (default: 30)")
    parser.add_argument("--only", default="", metavar="WORD", help="only pages with this word in their name")


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    databases = DATABASES if options.database == "both" else (options.database,)
    found: dict[tuple[str, int], dict[str, dict]] = {}
    tables: list[Table] = []
    for database in databases:
        for n in sorted(options.rows):
            folder = scratch.folder / f"{database}-{n}"
            with library_on(database, folder) as library:
                _fill(library, n, reusable=database == "sqlite")
                pages = library.call("pages:measure", requests=options.requests, only=options.only)
            tables.append(_table(f"{database}, {n:,} rows", pages))
            print(
                "\n".join(tables[-1].lines()), flush=True
            )  # at once: what comes next may fail after minutes
            found[database, n] = pages
    return Report(tables=[*tables, _growth(found)])


def _fill(library: Library, n: int, *, reusable: bool) -> None:
    """Make the rows, unless an earlier run left them: a PostgreSQL is made anew each time."""
    made = library.folder / ".filled"
    library.prepare()  # a kept one may be older than the newest migration
    if reusable and made.exists():
        return
    print(f"Making {n:,} rows ...", flush=True)
    print("  ", library.call("rows:make", n=n), flush=True)
    made.touch()


def _table(title: str, pages: dict[str, dict]) -> Table:
    rows = [
        (
            name,
            1000 * percentile(page["seconds"], 0.5),
            1000 * percentile(page["seconds"], 0.95),
            1000 * median(page["cpu"]),
            1000 * page["database_cpu"],
            page["queries"],
            page["storage_calls"],
            page["sent"] / 1000,
            page["whole"] / 1000,
            page["pictures"],
        )
        for name, page in pages.items()
    ]
    return Table(title=title, columns=COLUMNS, rows=rows)


def _growth(found: dict[tuple[str, int], dict[str, dict]]) -> Table:
    """What the size of the library and the depth of a page cost: ratios, of the clock (p50) and of processor time."""
    table = Table(title="Ratios", columns=("what", "p50", "CPU"))
    for (database, n), pages in found.items():
        if "timeline, deep" in pages and "timeline, first" in pages:
            pair = pages["timeline, deep"], pages["timeline, first"]
            table.rows.append((f"{database}, {n:,} rows: deep / first page", *_ratios(*pair)))
    for database in dict.fromkeys(database for database, _ in found):
        sizes = [n for name, n in found if name == database]
        few, many = found[database, min(sizes)], found[database, max(sizes)]
        if few is not many:
            label = f"{database}, {max(sizes):,} / {min(sizes):,} rows"
            table.rows += [
                (f"{label}: {name}", *_ratios(many[name], few[name])) for name in many if name in few
            ]
    return table


def _ratios(one: dict, other: dict) -> tuple[float | None, float | None]:
    clock = [percentile(page["seconds"], 0.5) for page in (one, other)]
    cpu = [median(page["cpu"]) + page["database_cpu"] for page in (one, other)]
    return ratio(*clock), ratio(*cpu)


# --- inside a library -----------------------------------------------------------------------------


def measure(*, requests: int, only: str) -> dict[str, dict[str, Any]]:
    """Ask for each page `requests` times. Run inside (see `inside`)."""
    from tests.benchmarks import rows, signed_in

    people = {pk: signed_in.Person(pk) for pk in (rows.LARGE, rows.SMALL, rows.ADMIN)}
    pages = {name: (people[who], address) for name, (who, address) in _addresses().items() if only in name}
    return in_turns(pages, requests)


def in_turns(pages: dict[str, tuple[Person, str]], requests: int) -> dict[str, dict[str, Any]]:
    """`requests` rounds, each of which asks for every page once. Times in seconds."""
    from tests.benchmarks import signed_in

    found = {name: _looked_at(*page) for name, page in pages.items()}
    for _ in range(requests):
        for name, (person, address) in pages.items():
            before = signed_in.database_cpu_seconds()
            answer = person.get(address)
            found[name]["database_cpu"] += (signed_in.database_cpu_seconds() - before) / requests
            found[name]["seconds"].append(answer.seconds)
            found[name]["cpu"].append(answer.cpu)
    return found


def _looked_at(person: Person, address: str) -> dict[str, Any]:
    """Warm up, and once look at what a page does."""
    from tests.benchmarks import signed_in

    for _ in range(WARM_UP):
        sent = len(person.get(address).body)
    with signed_in.counted_queries() as queries, signed_in.watched_storages() as calls:
        page = person.get(address, compressed=False)
    if page.status != 200:
        raise SystemExit(f"{address} answers {page.status}.")
    return {
        "address": address, "queries": len(queries), "storage_calls": len(calls), "sent": sent,
        "whole": len(page.body), "pictures": page.body.count(b"<img"), "seconds": [], "cpu": [], "database_cpu": 0.0,
    }  # fmt: skip


def _addresses() -> dict[str, tuple[int, str]]:
    """Name of a page -> who asks, and its address."""
    from generation.models import GenerationSession
    from photos.models import Album
    from tests.benchmarks.rows import ADMIN, BUSY_DAY, COMMON, LARGE, RARE, SMALL, TWO

    album = Album.objects.get(pk=1).get_absolute_url()
    session = GenerationSession.objects.get(pk=1).get_absolute_url()
    return {
        "timeline, first": (LARGE, "/"),
        "timeline, deep": (LARGE, f"/?before={_middle_cursor()}"),
        "timeline, inside the busy day": (LARGE, f"/?before={BUSY_DAY:%Y%m%d}120000000000-p1"),
        "timeline, month": (LARGE, "/timeline/2021/3/"),
        "timeline, everything": (LARGE, "/?show=everything"),
        "timeline, owner of 10": (SMALL, "/"),
        "finals": (LARGE, "/finals/"),
        "sessions": (LARGE, "/sessions/"),
        "session of 500": (LARGE, session),
        "album, first": (LARGE, album),
        "album, middle": (LARGE, f"{album}?after={_middle_of_album()}"),
        "search, rare word": (LARGE, f"/search/?q={RARE}"),
        "search, common word": (LARGE, f"/search/?q={COMMON}"),
        "search, two words": (LARGE, f"/search/?q={TWO.replace(' ', '+')}"),
        "search, nothing found": (LARGE, "/search/?q=zzyzx"),
        "admin, photos": (ADMIN, "/admin/photos/photo/"),
        "admin, search": (ADMIN, f"/admin/photos/photo/?q={RARE}"),
    }


def _middle_cursor() -> str:
    """The place of row DEEP of the timeline, or the middle where there are fewer."""
    from generation.timeline import Cursor
    from photos.models import Photo
    from tests.benchmarks.rows import LARGE

    listed = Photo.objects.filter(owner_id=LARGE).on_timeline().newest_first().values_list("shown_at", "pk")
    deep = DEEP if listed[DEEP : DEEP + 1] else listed.count() // 2
    shown_at, pk = listed[deep]
    return str(Cursor(shown_at, "p", pk))


def _middle_of_album() -> int:
    from photos.models import AlbumPhoto

    places = AlbumPhoto.objects.filter(album=1).order_by("position")
    return places.values_list("photo_id", flat=True)[places.count() // 2]
