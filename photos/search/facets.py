"""What the hits of a query have in common: how many there are of each model, rating, tag, and in each month.

Counted over the newest hits alone, AT_MOST of them: of a common word, counting all would take seconds. Of what is
common and yet spread thin, over the hits among the newest pictures.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from django.db import connection

from photos.search.finding import ask
from photos.search.keeping import backend
from photos.search.keys import LABELS
from photos.search.tree import Query

AT_MOST = 5_000
ENOUGH = 500  # of hits that are far between, fewer will do
SHOWN = 8  # values of one kind
KEYS = ("model", "lora", "sampler", "rating", "label", "reason", "tag")

LABEL_NAMES = ("", *(name for name, value in LABELS.items() if value))
_IDS = {"postgresql": "SELECT unnest(%s::bigint[])", "sqlite": "SELECT value FROM json_each(%s)"}
_ROWS = """
    SELECT photo.rating, photo.label, photo.reason, photo.shown_at, facts.model, facts.sampler, facts.loras
    FROM photos_photo AS photo LEFT JOIN photos_photofacts AS facts ON facts.photo_id = photo.id
    WHERE photo.id IN ({ids})
"""
_TAGS = """
    SELECT tag.name, count(*) FROM photos_photo_tags AS given JOIN photos_tag AS tag ON tag.id = given.tag_id
    WHERE given.photo_id IN ({ids}) GROUP BY tag.name ORDER BY count(*) DESC, tag.name LIMIT {limit}
"""


@dataclass(frozen=True, kw_only=True)
class Facets:
    """`counts`: key -> its most frequent values; `months`: "2026-11" -> count.

    `capped`: there are more hits, beyond the `counted`.
    """

    counts: dict[str, list[tuple[str, int]]]
    months: dict[str, int]
    capped: bool
    counted: int


def in_common(owner, query: Query) -> Facets:
    ids, is_all = (
        backend().newest(ask(owner, query), AT_MOST + 1, ENOUGH) if query and owner.pk else ([], True)
    )
    capped, ids = not is_all or len(ids) > AT_MOST, ids[:AT_MOST]
    found: dict[str, Counter[str]] = {key: Counter() for key in (*KEYS, "month")}
    for rating, label, reason, shown_at, model, sampler, loras in _asked(_ROWS, ids):
        found["month"][str(shown_at)[:7]] += 1
        found["rating"][str(rating)] += 1
        found["label"][LABEL_NAMES[label]] += 1
        found["reason"][reason] += 1
        found["model"][model or ""] += 1
        found["sampler"][sampler or ""] += 1
        found["lora"].update(filter(None, (loras or "").split("\n")))
    counts = {key: [one for one in found[key].most_common(SHOWN + 1) if one[0]][:SHOWN] for key in KEYS}
    counts["rating"] = sorted((one for one in counts["rating"] if one[0] != "0"), reverse=True)
    counts["tag"] = _asked(_TAGS, ids, limit=SHOWN)
    return Facets(
        counts=counts,
        months=dict(sorted(found["month"].items(), reverse=True)),
        capped=capped,
        counted=len(ids),
    )


def _asked(sql: str, ids: list[int], **values) -> list[tuple]:
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(ids=_IDS[vendor], **values), [ids if vendor == "postgresql" else json.dumps(ids)]
        )
        return cursor.fetchall()
