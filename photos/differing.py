"""What differs between two texts, word by word; long ones too, in bounded time and with a bounded answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

SAME, ADDED, REMOVED, LEFT_OUT = "same", "added", "removed", "left-out"
MOST_CHARACTERS = 200_000  # of each text; what is behind is not looked at
MOST_WORDS = 600  # compared one by one between the first and the last word that differ; more by phrases
MOST_SHOWN = 300  # words of one run
BESIDE = 12  # words shown on each side of what differs, where much is the same
_WORD = re.compile(r"\s*\S+")
_PHRASE = re.compile(r"[^,.;\n]+[,.;\n]*|[,.;\n]+")


@dataclass(frozen=True)
class Run:
    """Some words in a row. Of kind LEFT_OUT there is no text: `words` many are not shown."""

    kind: str
    text: str = ""
    words: int = 0
    lead: str = ""  # the white space before it: of what is marked, it is not part of it


@dataclass(frozen=True)
class Difference:
    """How one text becomes the other."""

    runs: tuple[Run, ...]
    added: int = 0  # words
    removed: int = 0

    @property
    def is_same(self) -> bool:
        return not (self.added or self.removed)


def difference(one: str, other: str) -> Difference:
    """White space does not count, and is shown as single spaces or line ends."""
    old, new = _words(one), _words(other)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    end = len(old) - tail
    middle = _middle(old[head:end], new[head : len(new) - tail])
    pieces = [(SAME, old[:head]), *middle, (SAME, old[end:])]
    runs = [run for n, (kind, words) in enumerate(pieces) for run in _runs(kind, words, n, len(pieces))]
    return Difference(
        runs=tuple(runs),
        added=sum(len(words) for kind, words in middle if kind == ADDED),
        removed=sum(len(words) for kind, words in middle if kind == REMOVED),
    )


def _words(text: str) -> list[str]:
    """Each with what white space stood before it: a space, or a line end."""
    found = _WORD.findall(text[:MOST_CHARACTERS].strip())
    return [("\n" if "\n" in word else " ") + word.strip() for word in found]


def _alike(old: list[str], new: list[str]) -> int:
    pairs = zip(map(_bare, old), map(_bare, new), strict=False)
    return sum(1 for _same in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _bare(word: str) -> str:
    return word.strip()


def _middle(old: list[str], new: list[str]) -> list[tuple[str, list[str]]]:
    """Between the first and the last word that differ: by words, of long texts by phrases, of very long ones whole."""
    for joined in (False, True):
        a, b = (_phrases(old), _phrases(new)) if joined else ([[w] for w in old], [[w] for w in new])
        if max(len(a), len(b)) <= MOST_WORDS:
            return _compared(a, b)
    return [(kind, words) for kind, words in ((REMOVED, old), (ADDED, new)) if words]


def _phrases(words: list[str]) -> list[list[str]]:
    """The words between commas, full stops and line ends."""
    found: list[list[str]] = []
    for word in words:
        if not found or word[0] == "\n" or found[-1][-1][-1] in ",.;":
            found.append([])
        found[-1].append(word)
    return found


def _compared(old: list[list[str]], new: list[list[str]]) -> list[tuple[str, list[str]]]:
    keys = [[" ".join(map(_bare, part)) for part in parts] for parts in (old, new)]
    found: list[tuple[str, list[str]]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append((SAME, _joined(old[i1:i2])))
            continue
        found += [(REMOVED, _joined(old[i1:i2]))] if i2 > i1 else []
        found += [(ADDED, _joined(new[j1:j2]))] if j2 > j1 else []
    return found


def _joined(parts: list[list[str]]) -> list[str]:
    return [word for part in parts for word in part]


def _runs(kind: str, words: list[str], place: int, last: int) -> list[Run]:
    """What is the same only near what differs; of what differs the beginning."""
    if not words:
        return []
    if kind != SAME:
        rest = len(words) - MOST_SHOWN
        shown = [_run(kind, words[:MOST_SHOWN])]
        return shown + ([Run(LEFT_OUT, words=rest)] if rest > 0 else [])
    before = BESIDE if place else 0  # of words that differ before these
    after = BESIDE if place < last - 1 else 0
    if len(words) <= max(2 * BESIDE, before + after) * 2:
        return [_run(SAME, words)]
    hidden = Run(LEFT_OUT, words=len(words) - before - after)
    head, tail = words[:before], words[len(words) - after :] if after else []
    return [*([_run(SAME, head)] if head else []), hidden, *([_run(SAME, tail)] if tail else [])]


def _run(kind: str, words: list[str]) -> Run:
    text = "".join(words)
    return Run(kind, text[1:], len(words), text[0])
