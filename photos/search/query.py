"""What a person types into the search box, read: `parse("lighthouse -fog model:flux rating:>=4")`.

Words, "phrases", -not, or, brackets, and the keys of keys.py. A word of three letters or more also finds longer ones
that begin with it ("light": lighthouse); in quotes, or left out, it is meant as it stands. Nothing is an error: what
is misspelt becomes a note that says what was meant, and the rest still works.
"""

from __future__ import annotations

from datetime import UTC, datetime

from photos.search import grammar, keys
from photos.search.grammar import Part
from photos.search.tree import Node, Note, Query, Term, Words, all_of, gettext_noop, none_of, one_of
from photos.search.words import says_enough, words_of

MAX_CHARACTERS = 500
MAX_TERMS = 24
MAX_NOTES = 5
TOO_MANY = gettext_noop("Only the first %(n)s terms count.")
MEANT = gettext_noop("Did you mean %(key)s:?")

_QUOTES = str.maketrans("“”„‟«»", '""""""')  # phones and word processors make them


def parse(text: str, now: datetime | None = None) -> Query:
    """Read a query; `now` is the gallery's wall clock, for "today" and "<7d"."""
    return _Reading(text[:MAX_CHARACTERS].translate(_QUOTES), now or datetime.now(UTC)).query()


def quoted(value: str) -> str:
    """A value as it stands behind a key, in quotes."""
    return '"' + " ".join(value.replace('"', " ").split()) + '"'


class _Reading:
    def __init__(self, text: str, now: datetime) -> None:
        self.text, self.now = text, now
        self.sort = "newest"
        self.notes: list[Note] = []
        self.terms: list[Term] = []
        self.left, self.too_many = MAX_TERMS, False

    def query(self) -> Query:
        part = grammar.read(self.text)
        tops = part.parts if part and part.kind == "both" else (part,) if part else ()
        nodes = [node for top in tops if (node := self.top(top)) is not None]
        notes = list(dict.fromkeys(self.notes))[:MAX_NOTES]
        if self.too_many:
            notes.append(Note(source="…", message=TOO_MANY, values={"n": MAX_TERMS}))
        return Query(tree=all_of(nodes), sort=self.sort, terms=tuple(self.terms), notes=tuple(notes))

    def top(self, part: Part) -> Node | None:
        noted, sort = len(self.notes), self.sort
        node = self.node(part)
        if (node is not None or sort != self.sort) and len(self.notes) == noted:
            self.terms.append(Term(source=self.source(part), without=self.without(part)))
        return node

    def node(self, part: Part) -> Node | None:
        if part.kind == "term":
            return self.term(part)
        nodes = [node for each in part.parts if (node := self.node(each)) is not None]
        if part.kind == "minus":
            return none_of(nodes[0]) if nodes else None
        return (one_of if part.kind == "either" else all_of)(nodes)

    def term(self, part: Part) -> Node | None:
        if self.left == 0:
            self.too_many = True
            return None
        key, colon, value = part.text.partition(":")
        node = self.keyed(part, key, value) if colon and not part.text.startswith('"') else _words(part.text)
        self.left -= node is not None
        return node

    def keyed(self, part: Part, key: str, value: str) -> Node | None:
        if key.lower() in ("sort", "order"):
            return self.sorting(part, value)
        name = keys.known(key)
        if name is None:
            near = keys.nearest(key) if value and key.isalpha() else None
            if near is None:
                return _words(part.text)
            return self.note(part, MEANT, {"key": near}, instead=f"{near}:{value}")
        try:
            return keys.read(name, value, self.now)
        except keys.BadValue as bad:
            return self.note(part, *bad.args, instead=f"{name}:{bad.instead}" if bad.instead else "")

    def sorting(self, part: Part, value: str) -> None:
        try:
            self.sort = keys.one_of_them("sort", value)
        except keys.BadValue as bad:
            self.note(part, *bad.args, instead=f"sort:{bad.instead}" if bad.instead else "")

    def note(self, part: Part, message: str, values: dict[str, str], instead: str = "") -> None:
        changed = self.without(part, instead) if instead else ""
        self.notes.append(
            Note(
                source=part.text, message=message, values=values, without=self.without(part), instead=changed
            )
        )

    def source(self, part: Part) -> str:
        return " ".join(self.text[part.start : part.end].split())

    def without(self, part: Part, instead: str = "") -> str:
        """The query with something else in this place, or nothing."""
        return " ".join(f"{self.text[: part.start]} {instead} {self.text[part.end :]}".split())


def _words(text: str) -> Node | None:
    """What falls apart into several words stays together as a phrase."""
    words = tuple(words_of(text)[: keys.MAX_WORDS])
    if not words:
        return None
    return Words(words, prefix=not text.startswith('"') and says_enough(words[-1]))
