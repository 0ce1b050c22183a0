"""The index on PostgreSQL: a tsvector beside each PhotoText, in which every word bears its owner, and a GIN on it.

    '17_':1 '17_red':2 '17_lighthouse':3

So a person's search reads no posting of anybody else. The vector is made here and cast, never parsed by the server:
its own parser would cut words differently. A GIN gives hits in no order; therefore a search first walks the newest
pictures and looks at each, which fills a page of a common word within a millisecond or two, and only asks the index
for all hits when the word is too rare for that. What is asked beside words is looked at on the way; where it leaves
few pictures (`FEW`; `NARROW`, if the words are common), these are looked through instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from photos.models import PhotoText
from photos.search import filters
from photos.search.filters import Asked, Where
from photos.search.tree import And, Node, Not, Or, Words

CREATE = (
    "ALTER TABLE photos_phototext ADD COLUMN IF NOT EXISTS lexemes tsvector",
    # Without fastupdate: its list of pending entries is read from end to end by every search.
    "CREATE INDEX IF NOT EXISTS photos_phototext_lexemes"
    " ON photos_phototext USING gin (lexemes) WITH (fastupdate = off)",
)
PARTS = ("the column lexemes of photos_phototext", "the index photos_phototext_lexemes")
# Pictures looked at one by one, 2 µs each. A hit from the index costs about five times that, and all are needed.
WALK, LONG_WALK = 3_000, 15_000
FEW, NARROW, FEW_HITS = 2_000, 20_000, 5_000
_LIVE = "photo.owner_id = %s AND photo.trashed_at IS NULL AND NOT photo.represented"
# "OFFSET 0" keeps the steps of a query apart: in one piece the planner may read all texts instead, which takes seconds.


def create() -> None:
    with connection.cursor() as cursor:
        for statement in CREATE:
            cursor.execute(statement)


def missing() -> list[str]:
    """Parts of the index that are not there, by what they are called. One that was not built to its end is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('photos_phototext')"
            " AND attname = 'lexemes' AND NOT attisdropped),"
            " EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('photos_phototext_lexemes') AND indisvalid)"
        )
        return [name for name, is_there in zip(PARTS, cursor.fetchone(), strict=True) if not is_there]


def mend() -> None:
    """Make what is missing. A new column is empty: what is written beside it is forgotten too, to be written again."""
    lost = missing()
    if lost:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS photos_phototext_lexemes")
        create()
    if PARTS[0] in lost:
        PhotoText.objects.all().delete()


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE photos_phototext DROP COLUMN IF EXISTS lexemes")


def clear() -> None:
    """Take everything out."""
    PhotoText.objects.all().delete()


def put(texts: list[PhotoText]) -> None:
    """Write rows with their vectors."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO photos_phototext (photo_id, owner_id, shown_at, words, lexemes)"
            " VALUES (%s, %s, %s, %s, %s::tsvector)"
            " ON CONFLICT (photo_id) DO UPDATE SET owner_id = excluded.owner_id, shown_at = excluded.shown_at,"
            " words = excluded.words, lexemes = excluded.lexemes",
            [(text.photo_id, text.owner_id, text.shown_at, text.words, _vector(text)) for text in texts],
        )


def take_out(texts: list[PhotoText]) -> None:
    """Nothing to do: an entry is written over, or goes with its row."""


def entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM photos_phototext WHERE lexemes IS NOT NULL")
        return cursor.fetchone()[0]


def condition(owner_id: int, part: Node) -> Where:
    """Whether one row `photo` has these words."""
    sql = "(SELECT lexemes @@ %s::tsquery FROM photos_phototext WHERE photo_id = photo.id)"
    return Where(sql=f"{sql} IS TRUE", values=(tsquery(owner_id, part),))


def whole(asked: Asked) -> tuple[str, list]:
    """SQL that gives the ids of all there are, and its values."""
    text = None
    if asked.text:
        hits = "SELECT photo_id FROM photos_phototext WHERE lexemes @@ %s::tsquery"
        text = Where(sql=f"photo.id IN ({hits})", values=tuple(_text(asked)))
    return filters.whole(asked, _LIVE, text)


def page(asked: Asked, limit: int, place=None, *, down: bool = True) -> list[int]:
    """Ids of live pictures beyond a place (shown_at, id), nearest first: older ones, or upwards newer ones."""
    ids = _walked(asked, limit, limit, place, down=down)
    return ids if len(ids) == limit else _sought(asked, limit, place, down=down)


def newest(asked: Asked, limit: int, enough: int) -> tuple[list[int], bool]:
    """The newest, and whether these are all. Where a walk gives `enough`, what lies beyond it is left."""
    if not _has_more(asked.owner_id):
        ids = _walk(asked, LONG_WALK, limit, None, down=True)
        return ids, len(ids) < limit
    ids = _walked(asked, limit, enough, None, down=True)
    if len(ids) >= enough:
        return ids, False
    ids = _sought(asked, limit, None, down=True)
    return ids, len(ids) < limit


def candidates(ids: Sequence[int]) -> list[int]:
    """Those of these pictures that are candidates."""
    return _ids("SELECT id FROM photos_photo WHERE id = ANY(%s) AND collection = 'session'", list(ids))


def _has_more(owner_id: int) -> bool:
    """Whether somebody has more pictures than are walked over."""
    sql = f"SELECT 1 FROM photos_photo AS photo WHERE {_LIVE} ORDER BY {_order(True, 'photo')}"
    return bool(_ids(f"{sql} LIMIT 1 OFFSET {LONG_WALK}", owner_id))


def _walked(asked: Asked, limit: int, enough: int, place, *, down: bool) -> list[int]:
    """Hits among the next pictures; further than WALK only where these promise to be enough."""
    ids = _walk(asked, WALK, limit, place, down=down)
    if limit > len(ids) >= enough * WALK // LONG_WALK:
        return _walk(asked, LONG_WALK, limit, place, down=down)
    return ids


def _sought(asked: Asked, limit: int, place, *, down: bool) -> list[int]:
    """All hits, by the way that promises most."""
    if asked.text is None:
        return _found(asked, limit, place, down=down)
    if asked.where:
        if len(few := _few(asked)) <= FEW:
            return _among(asked, few, limit, place, down=down)
        if _hits(asked) > FEW_HITS and _narrow(asked) <= NARROW:
            return _looked_through(asked, limit, place, down=down)
    return _from_index(asked, limit, place, down=down)


def _walk(asked: Asked, pictures: int, limit: int, place, *, down: bool) -> list[int]:
    beyond, values = _beyond(place, down, "photo.shown_at", "photo.id")
    order = _order(down, "photo")
    inner = f"SELECT * FROM photos_photo AS photo WHERE {_LIVE} {beyond} ORDER BY {order} LIMIT {pictures}"
    sql = f"SELECT photo.id FROM ({inner}) AS photo {_facts(asked)} {_text_beside(asked)} WHERE true {_on(asked)}"
    return _ids(
        f"{sql} ORDER BY {order} LIMIT {limit}", asked.owner_id, *values, *_text(asked), *_values(asked)
    )


def _found(asked: Asked, limit: int, place, *, down: bool) -> list[int]:
    """Without words: what the planner makes of it, over the indexes of the columns."""
    beyond, values = _beyond(place, down, "photo.shown_at", "photo.id")
    sql = f"SELECT photo.id FROM photos_photo AS photo {_facts(asked)} WHERE {_LIVE} {beyond} {_on(asked)}"
    return _ids(
        f"{sql} ORDER BY {_order(down, 'photo')} LIMIT {limit}", asked.owner_id, *values, *_values(asked)
    )


def _from_index(asked: Asked, limit: int, place, *, down: bool) -> list[int]:
    """Hits from the index; all are sorted, then looked up until there are enough."""
    beyond, values = _beyond(place, down, "shown_at", "photo_id")
    hits = f"""
        SELECT photo_id AS id, shown_at FROM photos_phototext WHERE lexemes @@ %s::tsquery {beyond}
        ORDER BY {_order(down, "photos_phototext", "photo_id")} OFFSET 0
    """
    sql = f"""
        SELECT hit.id FROM ({hits}) AS hit JOIN LATERAL (
            SELECT 1 FROM photos_photo AS photo {_facts(asked)}
            WHERE photo.id = hit.id AND {_LIVE} {_on(asked)} OFFSET 0
        ) AS photo ON true ORDER BY {_order(down, "hit")} LIMIT {limit}
    """
    return _ids(sql, *_text(asked), *values, asked.owner_id, *_values(asked))


def _few(asked: Asked) -> list[int]:
    """What everything but the words leaves, as far as one more than FEW."""
    sql = f"SELECT photo.id FROM photos_photo AS photo {_facts(asked)} WHERE {_LIVE} {_on(asked)} LIMIT {FEW + 1}"
    return _ids(sql, asked.owner_id, *_values(asked))


def _among(asked: Asked, few: list[int], limit: int, place, *, down: bool) -> list[int]:
    """Those of a few pictures that have the words."""
    beyond, values = _beyond(place, down, "text.shown_at", "text.photo_id")
    sql = f"""
        SELECT text.photo_id FROM photos_phototext AS text
        WHERE text.photo_id = ANY(%s) AND (text.lexemes @@ %s::tsquery) IS TRUE {beyond}
    """
    return _ids(
        f"{sql} ORDER BY {_order(down, 'text', 'photo_id')} LIMIT {limit}", few, *_text(asked), *values
    )


def _looked_through(asked: Asked, limit: int, place, *, down: bool) -> list[int]:
    beyond, values = _beyond(place, down, "photo.shown_at", "photo.id")
    few = f"""
        SELECT photo.id, photo.shown_at FROM photos_photo AS photo {_facts(asked)}
        WHERE {_LIVE} {beyond} {_on(asked)} OFFSET 0
    """
    order = _order(down, "photo")
    sql = f"SELECT photo.id FROM ({few}) AS photo {_text_beside(asked)} ORDER BY {order} LIMIT {limit}"
    return _ids(sql, asked.owner_id, *values, *_values(asked), *_text(asked))


def _hits(asked: Asked) -> int:
    """How many pictures have the words, counted a little beyond FEW_HITS."""
    sql = f"SELECT 1 FROM photos_phototext WHERE lexemes @@ %s::tsquery LIMIT {FEW_HITS + 1}"
    return len(_ids(sql, *_text(asked)))


def _narrow(asked: Asked) -> int:
    sql = f"SELECT 1 FROM photos_photo AS photo {_facts(asked)} WHERE {_LIVE} {_on(asked)} LIMIT {NARROW + 1}"
    return len(_ids(sql, asked.owner_id, *_values(asked)))


def _text_beside(asked: Asked) -> str:
    """A join that lets pictures through which have the words; one look into one row for each."""
    if asked.text is None:
        return ""
    return """JOIN LATERAL (
        SELECT 1 FROM photos_phototext AS text
        WHERE text.photo_id = photo.id AND (text.lexemes @@ %s::tsquery) IS TRUE OFFSET 0
    ) AS hit ON true"""


def _text(asked: Asked) -> list[str]:
    return [] if asked.text is None else [tsquery(asked.owner_id, asked.text)]


def _facts(asked: Asked) -> str:
    return asked.where.join if asked.where else ""


def _on(asked: Asked) -> str:
    return asked.where.on if asked.where else ""


def _values(asked: Asked) -> tuple:
    return asked.where.values if asked.where else ()


def _order(down: bool, table: str, pk: str = "id") -> str:
    way = "DESC" if down else "ASC"
    return f"{table}.shown_at {way}, {table}.{pk} {way}"


def _beyond(place, down: bool, at: str, pk: str) -> tuple[str, list]:
    """The guarded form: see `PhotoQuerySet.older_than`."""
    if place is None:
        return "", []
    sign = "<" if down else ">"
    return f"AND {at} {sign}= %s AND ({at} {sign} %s OR {pk} {sign} %s)", [place[0], place[0], place[1]]


def _ids(sql: str, *values) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]


def _vector(text: PhotoText) -> str:
    owned = [f"{text.owner_id}_", *(f"{text.owner_id}_{word}" for word in text.words.split())]
    return " ".join(f"'{word}':{place}" for place, word in enumerate(owned, start=1))


def tsquery(owner_id: int, part: Node) -> str:
    """The word "17_" stands at every picture of its owner: what is left out is left out of those."""
    if isinstance(part, Words):
        words, is_beginning = part.in_index
        return " <-> ".join(f"'{owner_id}_{word}'" for word in words) + (":*" if is_beginning else "")
    if isinstance(part, Not):
        return f"('{owner_id}_' & !({tsquery(owner_id, part.part)}))"
    if isinstance(part, Or):
        return f"({' | '.join(tsquery(owner_id, each) for each in part.parts)})"
    return _all(owner_id, part)


def _all(owner_id: int, part: And) -> str:
    wanted = [f"({tsquery(owner_id, each)})" for each in part.parts if not isinstance(each, Not)]
    unwanted = [f"!({tsquery(owner_id, each.part)})" for each in part.parts if isinstance(each, Not)]
    return "(" + " & ".join([*(wanted or [f"'{owner_id}_'"]), *unwanted]) + ")"
