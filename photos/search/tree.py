"""What a query consists of once it is read: a small tree, and what to tell the person about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from photos.search.words import looked_for

AS_A_WHOLE = ("t", "seed", "is", "has", "ratio", "size", "color")  # fields whose values are one word each


@dataclass(frozen=True)
class Words:
    """Words that stand side by side in one field ("" is all that is written about a picture).

    With `prefix` the last of them may be the beginning of a word.
    """

    words: tuple[str, ...]
    prefix: bool = False
    field: str = ""

    @property
    def in_index(self) -> tuple[list[str], bool]:
        """As the index has them, with the name of the field; and whether the last is a beginning."""
        start = f"_{self.field}_" if self.field else ""
        words, is_beginning = (
            (list(self.words), False) if self.field in AS_A_WHOLE else looked_for(self.words)
        )
        return [start + word for word in words], self.prefix or is_beginning


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number or a time between two ends, each of them part of it unless it is open; None is no end."""

    key: str
    low: object = None
    high: object = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class Named:
    """In an album or a session of this name; of this number where it is one."""

    key: str
    text: str


@dataclass(frozen=True)
class Members:
    """In one of these albums."""

    albums: tuple[int, ...]


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


Node = Words | Range | Named | Members | Not | And | Or


@dataclass(frozen=True, kw_only=True)
class Term:
    """One part of a query that can be taken away by itself: `without` is the query then."""

    source: str
    without: str


def gettext_noop(message: str) -> str:
    """Marks a sentence to be translated, by who shows it."""
    return message


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that was left aside, why, and where it can be told the query that was meant.

    `message` is to be translated, and then given the `values` it names.
    """

    source: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict, compare=False)
    without: str = ""
    instead: str = ""

    @property
    def sentence(self) -> str:
        return self.message % self.values


@dataclass(frozen=True, kw_only=True)
class Query:
    """False when nothing is asked for."""

    tree: Node | None = None
    sort: str = "newest"
    terms: tuple[Term, ...] = ()
    notes: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        return self.tree is not None

    def narrowed(self, part: Node) -> Query:
        """The same with one thing more."""
        return replace(self, tree=all_of([self.tree, part] if self.tree else [part]))


def all_of(parts: list[Node]) -> Node | None:
    return _joined(And, parts)


def one_of(parts: list[Node]) -> Node | None:
    return _joined(Or, parts)


def _joined(kind, parts: list[Node]) -> Node | None:
    """One node for several; those of the same kind grow together, and nothing stands there twice."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, kind) else (part,))]
    flat = list(dict.fromkeys(flat))
    return (flat[0] if len(flat) == 1 else kind(tuple(flat))) if flat else None


def none_of(part: Node) -> Node:
    """The opposite. A bare word that is left out is meant as it stands, not as a beginning."""
    return part.part if isinstance(part, Not) else Not(_as_it_stands(part))


def _as_it_stands(part: Node) -> Node:
    if isinstance(part, Words) and not part.field:
        return replace(part, prefix=False)
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(map(_as_it_stands, part.parts)))
    return part


def leaves(part: Node | None, *, wanted_only: bool = False) -> list[Node]:
    """The ends of a tree from left to right; of what is left out only where asked."""
    if part is None or (wanted_only and isinstance(part, Not)):
        return []
    if isinstance(part, Not):
        return leaves(part.part)
    if isinstance(part, And | Or):
        return [leaf for each in part.parts for leaf in leaves(each, wanted_only=wanted_only)]
    return [part]
