"""The index on SQLite: an FTS5 table without content, in which every word bears its owner.

    17_red 17_lighthouse

So a person's search reads no posting of anybody else, whatever the others have. The rows are numbered by time: the
number is the second of `shown_at` with the photo's id behind it. The newest thousand of a common word are read from
the end of its list, where sorting all its hits by a column took 700 ms among a million. Within one second pictures
stand by id.

FTS5 forgets a row without content only when told its words again; `PhotoText` has them. There are no triggers:
SQLite drops them when a migration rebuilds a table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from photos.models import PhotoText
from photos.search import filters
from photos.search.filters import Asked, Where
from photos.search.matching import matches
from photos.search.tree import And, Node, Not, Or, Words

CREATE = """
    CREATE VIRTUAL TABLE IF NOT EXISTS photos_words
    USING fts5(words, content='', tokenize="ascii tokenchars '_'")
"""
PARTS = ("photos_words", *(f"photos_words_{part}" for part in ("config", "data", "docsize", "idx")))
ID_BITS = 29  # 536 million photos; the other 35 hold the seconds of the years 1425 to 2514
_ID = (1 << ID_BITS) - 1
_FURTHEST = 1 << 34
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALK, LONG_WALK = 3_000, 15_000  # hits of the words looked at one by one, 3 µs each
# Pictures that everything but the words leaves: the words of FEW are read; up to NARROW are kept as a set, and hits
# held against it.
FEW, NARROW = 2_000, 20_000
_LIVE = "photo.owner_id = %s AND photo.trashed_at IS NULL AND NOT photo.represented"


def create() -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE)


def missing() -> list[str]:
    """Parts of the index that are not there, by what they are called."""
    there = set(connection.introspection.table_names())
    return [f"the table {name}" for name in PARTS if name not in there]


def mend() -> None:
    """Make the index anew, empty, where a part of it is missing."""
    if missing():
        drop()
        create()
        PhotoText.objects.all().delete()


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS photos_words")


def clear() -> None:
    """Take everything out."""
    PhotoText.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO photos_words(photos_words) VALUES ('delete-all')")


def put(texts: list[PhotoText]) -> None:
    """Write rows, and add their entries; older ones of the same pictures must have been taken out."""
    PhotoText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=["photo"], update_fields=["owner_id", "shown_at", "words"]
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_words(rowid, words) VALUES (%s, %s)", [_entry(text) for text in texts]
        )


def take_out(texts: list[PhotoText]) -> None:
    """Remove entries; `texts` are exactly as they were put in."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_words(photos_words, rowid, words) VALUES ('delete', %s, %s)",
            [_entry(text) for text in texts],
        )


def entries() -> int:
    """How many there are. Raises DatabaseError when the index is damaged."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO photos_words(photos_words) VALUES ('integrity-check')")
        cursor.execute("SELECT count(*) FROM photos_words_docsize")
        return cursor.fetchone()[0]


def condition(owner_id: int, part: Node) -> Where:
    """Whether one row `photo` has these words: it is in a set that is made once."""
    sql = f"photo.id IN (SELECT rowid & {_ID} FROM photos_words WHERE photos_words MATCH %s)"
    return Where(sql=sql, values=(match(owner_id, part),))


def whole(asked: Asked) -> tuple[str, list]:
    """SQL that gives the ids of all there are, and its values."""
    text = condition(asked.owner_id, asked.text) if asked.text else None
    sql, values = filters.whole(asked, _LIVE, text)
    return sql, [_plain(value) for value in values]


def page(asked: Asked, limit: int, place=None, *, down: bool = True) -> list[int]:
    """Ids of live pictures beyond a place (shown_at, id), nearest first: older ones, or upwards newer ones."""
    if asked.where is None:
        return _listed(asked, limit, place, down=down)
    ids, is_whole = _walked(asked, limit, limit, place, down=down)
    return ids if is_whole or len(ids) == limit else _sought(asked, limit, place, down=down)


def newest(asked: Asked, limit: int, enough: int) -> tuple[list[int], bool]:
    """The newest, and whether these are all. Where a walk gives `enough`, what lies beyond it is left."""
    if asked.where is None:
        ids, is_whole = page(asked, limit), True
    else:
        ids, is_whole = _walked(asked, limit, enough, None, down=True)
        if not is_whole and len(ids) < enough:
            ids, is_whole = _sought(asked, limit, None, down=True), True
    return ids, is_whole and len(ids) < limit


def _walked(asked: Asked, limit: int, enough: int, place, *, down: bool) -> tuple[list[int], bool]:
    """Hits among what comes next, and whether that is all; further than WALK only where it promises `enough`."""
    ids, is_whole = _walk(asked, WALK, limit, place, down=down)
    if not is_whole and len(ids) < limit and len(ids) * LONG_WALK >= enough * WALK:
        return _walk(asked, LONG_WALK, limit, place, down=down)
    return ids, is_whole


def _walk(asked: Asked, steps: int, limit: int, place, *, down: bool) -> tuple[list[int], bool]:
    if asked.text is None:
        ids = _photos(asked, limit, place, down=down, walk=steps)
        return ids, not _has_more(asked.owner_id, steps)
    edge = _edge(asked, steps, place, down=down)
    return _listed(asked, limit, place, down=down, edge=edge), edge is None


def _sought(asked: Asked, limit: int, place, *, down: bool) -> list[int]:
    """All hits, by the way that promises most."""
    if asked.text is None:
        return _photos(asked, limit, place, down=down)
    few = _few(asked)
    if len(few) <= FEW:
        return _among(asked, few, limit, place, down=down)
    if len(few) <= NARROW:
        return _held_against(asked, few, limit, place, down=down)
    return _listed(asked, limit, place, down=down)


def candidates(ids: Sequence[int]) -> list[int]:
    """Those of these pictures that are candidates."""
    sql = (
        "SELECT id FROM photos_photo WHERE collection = 'session' AND id IN (SELECT value FROM json_each(%s))"
    )
    return _ids(sql, json.dumps(ids))


def _has_more(owner_id: int, steps: int) -> bool:
    """Whether somebody has more pictures than are walked over."""
    sql = f"SELECT 1 FROM photos_photo AS photo WHERE {_LIVE} LIMIT 1 OFFSET {steps}"
    return bool(_ids(sql, owner_id))


def _photos(asked: Asked, limit: int, place, *, down: bool, walk: int = 0) -> list[int]:
    sign, way = ("<", "DESC") if down else (">", "ASC")
    order = f"ORDER BY photo.shown_at {way}, photo.id {way}"
    values = [asked.owner_id]
    begin = f"FROM photos_photo AS photo WHERE {_LIVE}"
    if place:
        begin += f" AND photo.shown_at {sign}= %s AND (photo.shown_at {sign} %s OR photo.id {sign} %s)"
        values += [place[0], place[0], place[1]]
    if walk:
        begin = f"FROM (SELECT photo.* {begin} {order} LIMIT {walk}) AS photo {asked.where.join} WHERE true"
    elif asked.where.facts:  # the planner may begin with the settings
        begin = begin.replace(" WHERE", ", photos_photofacts AS facts WHERE", 1)
    sql = f"SELECT photo.id {begin} {asked.where.on} {order} LIMIT {limit}"
    return _ids(sql, *values, *asked.where.values)


def _listed(asked: Asked, limit: int, place, *, down: bool, edge: int | None = None) -> list[int]:
    """Hits in their order, each looked at, no further than the number `edge`."""
    hits, values = _matching(asked, place, down=down)
    join, on, of_where = (
        ("", "", ()) if asked.where is None else (asked.where.join, asked.where.on, asked.where.values)
    )
    if edge is not None:
        hits += f" AND photos_words.rowid {'>=' if down else '<='} {edge}"
    hits = hits.replace(" WHERE", f" CROSS JOIN photos_photo AS photo {join} WHERE", 1)
    sql = f"""
        SELECT photo.id {hits} AND photo.id = (photos_words.rowid & {_ID}) AND {_LIVE} {on}
        ORDER BY photos_words.rowid {"DESC" if down else "ASC"} LIMIT {limit}
    """
    return _ids(sql, *values, asked.owner_id, *of_where)


def _edge(asked: Asked, steps: int, place, *, down: bool) -> int | None:
    """The number of the last hit to be walked to; None where there are fewer."""
    hits, values = _matching(asked, place, down=down)
    found = _ids(
        f"SELECT rowid {hits} ORDER BY rowid {'DESC' if down else 'ASC'} LIMIT 1 OFFSET {steps}", *values
    )
    return found[0] if found else None


def _among(asked: Asked, few: list[int], limit: int, place, *, down: bool) -> list[int]:
    """Those of a few pictures that have the words, which are read one by one."""
    sql = "SELECT photo_id, shown_at, words FROM photos_phototext WHERE photo_id IN (SELECT value FROM json_each(%s))"
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(few)])
        rows = cursor.fetchall()
    found = [
        (_number(at.replace(tzinfo=UTC), pk), pk)
        for pk, at, words in rows
        if matches(words.split(), asked.text)
    ]
    if place:
        edge = _number(*place)
        found = [one for one in found if (one[0] < edge if down else one[0] > edge)]
    return [pk for _number_of, pk in sorted(found, reverse=down)[:limit]]


def _held_against(asked: Asked, few: list[int], limit: int, place, *, down: bool) -> list[int]:
    """All hits, those kept that are among the few pictures which everything but the words leaves."""
    hits, values = _matching(asked, place, down=down)
    sql = f"SELECT rowid & {_ID} {hits} AND (rowid & {_ID}) IN (SELECT value FROM json_each(%s))"
    return _ids(f"{sql} ORDER BY rowid {'DESC' if down else 'ASC'} LIMIT {limit}", *values, json.dumps(few))


def _few(asked: Asked) -> list[int]:
    """What everything but the words leaves, as far as one more than NARROW."""
    facts = ", photos_photofacts AS facts" if asked.where.facts else ""
    sql = (
        f"SELECT photo.id FROM photos_photo AS photo{facts} WHERE {_LIVE} {asked.where.on} LIMIT {NARROW + 1}"
    )
    return _ids(sql, asked.owner_id, *asked.where.values)


def _matching(asked: Asked, place, *, down: bool) -> tuple[str, list]:
    sql, values = "FROM photos_words WHERE photos_words MATCH %s", [match(asked.owner_id, asked.text)]
    if place:
        sql += f" AND photos_words.rowid {'<' if down else '>'} %s"
        values.append(_number(*place))
    return sql, values


def _ids(sql: str, *values) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_plain(value) for value in values])
        return [pk for (pk,) in cursor.fetchall()]


def _plain(value):
    """A time as Django writes it into a column; all else as it is."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _number(shown_at: datetime, pk: int) -> int:
    seconds = (shown_at - _EPOCH) // timedelta(seconds=1)
    return (max(-_FURTHEST, min(_FURTHEST - 1, seconds)) << ID_BITS) + min(pk, _ID)


def _entry(text: PhotoText) -> tuple[int, str]:
    owned = [f"{text.owner_id}_", *(f"{text.owner_id}_{word}" for word in text.words.split())]
    return _number(text.shown_at, text.photo_id), " ".join(owned)


def match(owner_id: int, part: Node) -> str:
    """In FTS5's own language. The word "17_" stands at every picture of its owner."""
    if isinstance(part, Words):
        words, is_beginning = part.in_index
        phrase = " ".join(f"{owner_id}_{word}" for word in words)
        return f'"{phrase}"*' if is_beginning else f'"{phrase}"'
    if isinstance(part, Not):
        return f'("{owner_id}_" NOT {match(owner_id, part.part)})'
    if isinstance(part, Or):
        return f"({' OR '.join(match(owner_id, each) for each in part.parts)})"
    return _all(owner_id, part)


def _all(owner_id: int, part: And) -> str:
    wanted = " AND ".join(match(owner_id, each) for each in part.parts if not isinstance(each, Not))
    unwanted = " OR ".join(match(owner_id, each.part) for each in part.parts if isinstance(each, Not))
    wanted = wanted or f'"{owner_id}_"'
    return f"(({wanted}) NOT ({unwanted}))" if unwanted else f"({wanted})"
