"""Look-alikes and duplicates in a library of made rows: one picture's, the pages, and all of it compared at once.

Of the largest owner 2,000 uploads are given a smaller copy, 1,000 candidates the bytes of another, and 20,000 uploads
nearly plain hashes that lie in few buckets: the worst that a library of scans or slides does.

    whole search    seconds on the clock, peak of memory above what the process had, and what was found
    one picture     milliseconds for what looks like it: of the largest owner, of one with 10, and out of a full bucket
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from typing import Any

from tests.benchmarks import pages
from tests.benchmarks.report import Report, Table
from tests.benchmarks.scratch import DATABASES, Scratch, library_on

TITLE = "look-alikes, duplicates page and the search for duplicates on 10,000 to 1,000,000 rows"
COPIES, SAME_BYTES, PLAIN = 2_000, 1_000, 20_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=10_000, metavar="N")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both", help="default: both")
    parser.add_argument("--requests", type=int, default=30, metavar="N", help="for each page (default: 30)")


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    tables = []
    for database in DATABASES if options.database == "both" else (options.database,):
        with library_on(database, scratch.folder / f"{database}-{options.rows}") as library:
            pages._fill(library, options.rows, reusable=database == "sqlite")
            library.call("looks:disturb")
            search = library.call("looks:search")
            one = library.call("looks:one", times=options.requests)
            shown = library.call("looks:measure", requests=options.requests)
        title = f"{database}, {options.rows:,} rows"
        tables.append(Table(title=f"{title}: search", columns=("what", "value"), rows=list(search.items())))
        tables.append(
            Table(title=f"{title}: one picture, ms", columns=("whose", "p50", "p95", "found"), rows=one)
        )
        tables.append(pages._table(title, shown))
        for table in tables[-3:]:
            print("\n".join(table.lines()), flush=True)
    return Report(tables=tables)


# --- inside a library -----------------------------------------------------------------------------


def disturb() -> bool:
    """Make copies, the same bytes, nearly plain hashes and recipes of a sheet. Twice is as good as once."""
    from django.db import transaction

    from photos.models import Photo, Recipe
    from tests.benchmarks.rows import LARGE

    sheet = Photo.objects.filter(candidate__session=1).values_list("pk", flat=True)
    Recipe.objects.bulk_create(
        [Recipe(photo_id=pk, prompt="fog", stack=41 + pk % 9) for pk in sheet], ignore_conflicts=True
    )
    mine = Photo.objects.filter(owner_id=LARGE, represented=False).order_by("pk")
    uploads = list(mine.filter(collection="uploaded").values_list("pk", flat=True)[: 2 * COPIES + PLAIN])
    made = list(mine.filter(collection="session").values_list("pk", flat=True)[: 2 * SAME_BYTES])
    fields = ("phash0", "phash1", "phash2", "phash3", "color", "width", "height")
    with transaction.atomic():
        for one, other in zip(uploads[:COPIES], uploads[COPIES : 2 * COPIES], strict=False):
            looks = Photo.objects.values(*fields).get(pk=one)
            looks |= {"width": looks["width"] // 2, "height": looks["height"] // 2, "taken_at": None}
            Photo.objects.filter(pk=other).update(**looks, dated_by="arrival")
        for one, other in zip(made[::2], made[1::2], strict=False):
            Photo.objects.filter(pk=other).update(
                sha256=Photo.objects.values_list("sha256", flat=True).get(pk=one)
            )
        for n, pk in enumerate(uploads[2 * COPIES :]):
            Photo.objects.filter(pk=pk).update(phash0=1 << n % 16, phash1=7, phash2=n % 5, phash3=3 << n % 8)
    return True


def search() -> dict[str, Any]:
    from photos import lookalikes
    from photos.models import DuplicateGroup
    from tests.benchmarks.rows import LARGE

    found = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, anew in (("whole", True), ("nothing new", False)):
        begun = time.perf_counter()
        lookalikes.search(LARGE, anew=anew)
        found[f"{name}, s"] = round(time.perf_counter() - begun, 2)
    found["memory above the start, MB"] = round(
        (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    )
    counts = {kind.name: DuplicateGroup.objects.filter(kind=kind).count() for kind in DuplicateGroup.Kind}
    return found | {f"groups, {name.lower()}": count for name, count in counts.items()}


def one(*, times: int) -> list[tuple]:
    from photos import lookalikes
    from photos.models import Photo
    from tests.benchmarks.rows import LARGE, SMALL

    mine = Photo.objects.filter(owner_id=LARGE, represented=False).order_by("pk")
    pictures = {
        "the largest owner's": mine.filter(phash1__gt=7)[1_000 : 1_000 + times],
        "of a full bucket": mine.filter(phash1=7)[:times],
        "an owner of 10": Photo.objects.filter(owner_id=SMALL)[:10],
    }
    rows = []
    for name, photos in pictures.items():
        seconds, found = [], 0
        for photo in photos:
            begun = time.perf_counter()
            found += len(lookalikes.near(photo))
            seconds.append(1000 * (time.perf_counter() - begun))
        seconds.sort()
        rows.append((name, statistics.median(seconds), seconds[int(len(seconds) * 0.95) - 1], found))
    return rows


def measure(*, requests: int) -> dict[str, dict[str, Any]]:
    from photos.models import Photo
    from tests.benchmarks import rows, signed_in

    mine = Photo.objects.filter(owner_id=rows.LARGE, represented=False).order_by("pk")
    first = mine.filter(phash1__gt=7).values_list("pk", flat=True).first()
    plain = mine.filter(phash1=7).values_list("pk", flat=True).first()
    person = signed_in.Person(rows.LARGE)
    addresses = {
        "duplicates, exact": "/duplicates/",
        "duplicates, near": "/duplicates/?show=near",
        "all exact, preview": "/duplicates/exact/",
        "look-alikes": f"/photos/{first}/look-alikes/",
        "look-alikes, full bucket": f"/photos/{plain}/look-alikes/",
        "image": f"/photos/{first}/",
        "timeline, stacks": "/?show=everything&stacks=1",
        "session of 500, stacks": "/sessions/1/?stacks=1",
    }
    return pages.in_turns({name: (person, address) for name, address in addresses.items()}, requests)
