"""What a query asks beside words, as SQL that both databases understand.

Conditions speak of a row `photo` of photos_photo, and where `facts` is set of its row `facts` of photos_photofacts.
Whoever knows more than pictures registers what a name means: `register("session", finder)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.utils import timezone

from photos.models import Album
from photos.search.query import parse
from photos.search.tree import And, Members, Named, Node, Not, Or, Range, Words, all_of, leaves, one_of
from photos.search.words import words_of

COLUMNS = {
    "rating": "photo.rating", "decision": "photo.decision", "label": "photo.label", "taken": "photo.shown_at",
    "added": "photo.added_at", "steps": "facts.steps", "cfg": "facts.cfg",
}  # fmt: skip
KINDS = {
    "candidate": "photo.collection = 'session'",
    "final": "photo.collection = 'completed'",
    "uploaded": "photo.collection IN ('uploaded', 'linked')",
}
ALBUMS = 1_000  # of one person, looked through for a name
SMART_ALBUMS = 8  # whose searches are asked within one

Finder = Callable[[object, str], QuerySet]
_finders: dict[str, Finder] = {}


@dataclass(frozen=True, kw_only=True)
class Where:
    """A condition and its values; `facts`: it speaks of the settings of a recipe too."""

    sql: str
    values: tuple = ()
    facts: bool = False

    @property
    def join(self) -> str:
        return "CROSS JOIN photos_photofacts AS facts" if self.facts else ""

    @property
    def on(self) -> str:
        return f"AND {self.sql}" + (" AND facts.photo_id = photo.id" if self.facts else "")


NOTHING = Where(sql="1 = 0")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A query in two: what the index of words answers by itself, and conditions for the rest."""

    owner_id: int
    text: Node | None = None
    where: Where | None = None


def register(key: str, finder: Finder) -> None:
    """`finder(owner, text)` gives ids of pictures, as a queryset with one column."""
    _finders[key] = finder


def ask(owner, tree: Node, text_condition: Callable[[int, Node], Where]) -> Asked:
    """`text_condition(owner_id, node)` is the database's own way to ask the index about one row."""
    tree = _Albums(owner).opened(tree)
    parts = tree.parts if isinstance(tree, And) else (tree,)
    texts = [part for part in parts if is_text(part)]
    rest = [part for part in parts if not is_text(part)]
    if rest and all(map(_is_kind, texts)):
        texts, rest = [], [*rest, *texts]  # "is:final rating:5": the columns know it all
    compiler = _Compiler(owner, text_condition)
    return Asked(
        owner_id=owner.pk,
        text=all_of(texts),
        where=_joined(" AND ", [compiler.condition(part) for part in rest]) if rest else None,
    )


def whole(asked: Asked, live: str, text: Where | None) -> tuple[str, list]:
    """SQL of all ids that a query finds, where `text` is what the index is asked for."""
    parts = [part for part in (text, asked.where) if part is not None]
    joined = _joined(" AND ", parts) if parts else Where(sql="1 = 1")
    facts = ", photos_photofacts AS facts" if joined.facts else ""
    sql = f"SELECT photo.id FROM photos_photo AS photo{facts} WHERE {live} {joined.on}"
    return sql, [asked.owner_id, *joined.values]


def is_text(part: Node) -> bool:
    return all(isinstance(leaf, Words) for leaf in leaves(part))


def _is_kind(part: Node) -> bool:
    """Whether a part asks for kinds of pictures alone, which are a column too."""
    return all(
        isinstance(leaf, Words) and leaf.field == "is" and leaf.words[0] in KINDS for leaf in leaves(part)
    )


class _Compiler:
    def __init__(self, owner, text_condition) -> None:
        self.owner, self.text_condition = owner, text_condition

    def condition(self, part: Node) -> Where:
        if isinstance(part, Words) and _is_kind(part):
            return Where(sql=KINDS[part.words[0]])
        if is_text(part) and not _is_kind(part):
            return self.text_condition(self.owner.pk, part)
        if isinstance(part, Not):
            inner = self.condition(part.part)
            return Where(sql=f"({inner.sql}) IS NOT TRUE", values=inner.values, facts=inner.facts)
        if isinstance(part, And | Or):
            return _joined(
                " AND " if isinstance(part, And) else " OR ", list(map(self.condition, part.parts))
            )
        if isinstance(part, Members):
            return _members(part)
        return _range(part) if isinstance(part, Range) else self.named(part)

    def named(self, part: Named) -> Where:
        if part.key not in _finders:
            return NOTHING
        try:
            sql, values = _finders[part.key](self.owner, part.text).order_by().query.sql_with_params()
        except EmptyResultSet:
            return NOTHING
        return Where(sql=f"photo.id IN ({sql})", values=tuple(values))


def _joined(sign: str, parts: list[Where]) -> Where:
    return Where(
        sql=f"({sign.join(part.sql for part in parts)})",
        values=tuple(value for part in parts for value in part.values),
        facts=any(part.facts for part in parts),
    )


def _range(part: Range) -> Where:
    column, ends, values = COLUMNS[part.key], [], []
    for end, sign, is_open in ((part.low, ">", part.low_open), (part.high, "<", part.high_open)):
        if end is not None:
            ends.append(f"{column} {sign}{'' if is_open else '='} %s")
            values.append(_value(part.key, end))
    if values and len(values) == 2 and values[0] == values[1] and not (part.low_open or part.high_open):
        ends, values = [f"{column} = %s"], values[:1]  # an index can be walked in order then
    if part.key == "label" and part.low:
        ends.append("photo.label > 0")  # the condition of its index, said as it is there
    return Where(
        sql=f"({' AND '.join(ends) or '1 = 1'})", values=tuple(values), facts=column.startswith("facts.")
    )


def _value(key: str, end: object) -> object:
    """Times shown are kept as if UTC; arrivals are moments, read in the gallery's zone."""
    if isinstance(end, datetime):
        return end.replace(tzinfo=UTC if key == "taken" else timezone.get_current_timezone())
    return int(end) if isinstance(end, float) and end.is_integer() else end


def _members(part: Members) -> Where:
    if not part.albums:
        return NOTHING
    listed = ", ".join(map(str, part.albums))
    return Where(sql=f"photo.id IN (SELECT photo_id FROM photos_albumphoto WHERE album_id IN ({listed}))")


class _Albums:
    """Names of albums made into what these hold: pictures, or of a smart one its search.

    A search that leads back to itself finds nothing there. Of smart albums SMART_ALBUMS are opened, the last changed
    first; further ones hold nothing here.
    """

    def __init__(self, owner) -> None:
        self.owner, self.left = owner, SMART_ALBUMS

    @cached_property
    def listed(self) -> list[tuple[int, str, str]]:
        albums = Album.objects.owned_by(self.owner).recent_first()
        return list(albums.values_list("pk", "title", "query")[:ALBUMS])

    def opened(self, part: Node, inside: frozenset[int] = frozenset()) -> Node:
        if isinstance(part, Not):
            return Not(self.opened(part.part, inside))
        if isinstance(part, And | Or):
            join = all_of if isinstance(part, And) else one_of
            return join([self.opened(each, inside) for each in part.parts])
        return self.held(part.text, inside) if isinstance(part, Named) and part.key == "album" else part

    def held(self, text: str, inside: frozenset[int]) -> Node:
        called = [(pk, query) for pk, title, query in self.listed if is_called(text, pk, title)]
        by_hand, found = tuple(pk for pk, query in called if not query), []
        for pk, query in called:
            if query and pk not in inside and self.left:
                self.left -= 1
                tree = parse(query, timezone.localtime()).tree
                found += [self.opened(tree, inside | {pk})] if tree else []
        return one_of([Members(by_hand), *found] if by_hand or not found else found)


def is_called(text: str, pk: int, title: str) -> bool:
    """By its number, or by words of its title side by side, the last of them perhaps only begun."""
    if text == str(pk):
        return True
    wanted, words = words_of(text), words_of(title)
    return any(
        words[at : at + len(wanted) - 1] == wanted[:-1]
        and words[at + len(wanted) - 1 : at + len(wanted)]
        and words[at + len(wanted) - 1].startswith(wanted[-1])
        for at in range(len(words) - len(wanted) + 1)
    )
