"""Whether the words of one picture are what is asked: as the index would say, for the few that are looked at singly."""

from __future__ import annotations

from photos.search.tree import And, Node, Not, Or, Words


def matches(words: list[str], part: Node) -> bool:
    """`words` are those of a PhotoText, in their order; `part` asks for words alone."""
    if isinstance(part, Words):
        return _stands_in(words, part)
    if isinstance(part, Not):
        return not matches(words, part.part)
    if isinstance(part, And):
        return all(matches(words, each) for each in part.parts)
    return isinstance(part, Or) and any(matches(words, each) for each in part.parts)


def _stands_in(words: list[str], asked: Words) -> bool:
    (*first, last), is_beginning = asked.in_index
    for at in range(len(first), len(words)):
        is_last = words[at].startswith(last) if is_beginning else words[at] == last
        if is_last and words[at - len(first) : at] == first:
            return True
    return False
