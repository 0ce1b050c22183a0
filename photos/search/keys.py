"""The keys of the query language: what stands behind `model:`, `steps:`, `taken:`, and what was meant instead.

    Words in a field of their own    model: lora: sampler: camera: tag: folder: neg: seed:
    One of a few                     is: has: ratio: color: size: label:
    From, to, more or less than      rating: steps: cfg: taken: added:; before: after: on: are of what was taken
    By name                          album: session: reason:

Each reads its value into a node of the tree, or raises BadValue with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches

from photos.search import times
from photos.search.tree import Named, Node, Range, Words, gettext_noop, one_of
from photos.search.words import says_enough, words_of

FIELDS = {
    "neg": "n", "model": "m", "lora": "l", "sampler": "s", "camera": "c", "tag": "t", "folder": "f", "seed": "seed",
    "is": "is", "has": "has", "ratio": "ratio", "color": "color", "size": "size",
    "model=": "mw", "lora=": "lw", "sampler=": "sw", "camera=": "cw",
}  # fmt: skip
ALIASES = {
    "negative": "neg", "checkpoint": "model", "colour": "color", "date": "taken", "stars": "rating", "rated": "rating",
    "path": "folder", "tags": "tag", "guidance": "cfg", "order": "sort", "aspect": "ratio", "loras": "lora",
    "labels": "label", "reasons": "reason",
}  # fmt: skip
STATES = {"undecided": 0, "picked": 1, "rejected": 2}
LABELS = {"none": 0, "red": 1, "yellow": 2, "green": 3, "blue": 4, "purple": 5}
CHOICES = {
    "is": (*STATES, "candidate", "final", "uploaded", "generated", "marked"),
    "has": ("recipe", "gps", "source"),
    "color": ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "black", "white", "gray"),
    "label": (*LABELS, "any"),
    "ratio": ("landscape", "portrait", "square"),
    "sort": ("newest", "oldest", "added", "rating", "best"),
}  # fmt: skip
OTHER_WORDS = {
    "pick": "picked", "reject": "rejected", "unflagged": "undecided", "upload": "uploaded", "grey": "gray",
    "violet": "purple", "turquoise": "cyan", "place": "gps", "prompt": "recipe", "candidates": "candidate",
    "finals": "final", "uploads": "uploaded", "wide": "landscape", "tall": "portrait", "relevance": "best",
}  # fmt: skip
EXAMPLES = {
    "rating": "rating:4, rating:>=4, rating:3..5", "steps": "steps:30, steps:20..30, steps:>40",
    "cfg": "cfg:7, cfg:>7, cfg:3.5..5", "size": "size:1024x1024",
}  # fmt: skip
MAX_WORDS = 16  # in one phrase

MEANT = gettext_noop("Did you mean %(key)s:%(value)s?")
ONE_OF = gettext_noop("%(key)s: takes one of %(choices)s.")
NEEDS_A_WORD = gettext_noop("%(key)s: needs a word behind it.")
NEEDS_A_NUMBER = gettext_noop("%(key)s: needs a number behind it.")
NEEDS_A_NAME = gettext_noop("%(key)s: needs a name or a number behind it.")
IS_A_SIZE = gettext_noop("%(key)s: is width x height, as in %(examples)s.")
IS_A_NUMBER = gettext_noop("%(key)s: is a number, as in %(examples)s.")
IS_A_TIME = gettext_noop("%(key)s: is a time, as in %(examples)s.")

_NUMBER = r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?"
_RANGE = re.compile(
    rf"(?P<from>{_NUMBER})?(?P<dots>\.\.)(?P<to>{_NUMBER})?|(?P<sign>[<>]?=?)(?P<one>{_NUMBER})"
)
_SIZE = re.compile(r"([0-9]{1,6})[x×*]([0-9]{1,6})", re.IGNORECASE)


class BadValue(Exception):
    """A value that a key does not understand: why, as a message with its values, and what may have been meant."""

    def __init__(self, message: str, instead: str = "", **values: str) -> None:
        super().__init__(message, values)
        self.instead = instead


def known(key: str) -> str | None:
    """The key of this name, None where there is none."""
    key = key.lower()
    key = ALIASES.get(key, key)
    return key if key in KEYS else None


def nearest(key: str) -> str | None:
    """A key that is spelled almost like this."""
    found = get_close_matches(key.lower(), [*KEYS, *ALIASES], n=1, cutoff=0.7)
    return ALIASES.get(found[0], found[0]) if found else None


def read(key: str, value: str, now: datetime) -> Node:
    """The node of `key:value`; `now` is the gallery's wall clock. Raises BadValue."""
    return KEYS[key](key, value, now)


def one_of_them(key: str, value: str) -> str:
    """The choice that a word names. Raises BadValue."""
    word = value.strip('"').lower()
    word = OTHER_WORDS.get(word, word)
    if word in CHOICES[key]:
        return word
    near = get_close_matches(word, CHOICES[key], n=1, cutoff=0.6)
    choices = ", ".join(CHOICES[key])
    if near:
        raise BadValue(MEANT, near[0], key=key, value=near[0])
    raise BadValue(ONE_OF, key=key, choices=choices)


# --- one for each kind ----------------------------------------------------------------------------


def _text(key: str, value: str, now: datetime) -> Node:
    """Unquoted, the last word may be the beginning of one, as outside of a field; behind "=" it is the whole value."""
    if value.startswith("=") and (joined := whole(value)) and f"{key}=" in FIELDS:
        return Words((joined,), field=FIELDS[f"{key}="])
    words = tuple(words_of(value)[:MAX_WORDS])
    if not words:
        raise BadValue(NEEDS_A_WORD, key=key)
    is_loose = not value.startswith('"') and (says_enough(words[-1]) or value.endswith("*"))
    return Words(words, prefix=is_loose, field=FIELDS[key])


def _tag(key: str, value: str, now: datetime) -> Node:
    """A tag is one word in its field, however many it has: tag:"sea" is not "sea shells"."""
    joined = whole(value)
    if not joined:
        raise BadValue(NEEDS_A_WORD, key=key)
    return Words((joined,), prefix=not value.startswith('"'), field=FIELDS[key])


def _seed(key: str, value: str, now: datetime) -> Node:
    """Seeds are names: all of one, or its beginning with a star behind."""
    joined = whole(value)
    if not joined:
        raise BadValue(NEEDS_A_NUMBER, key=key)
    return Words((joined,), prefix=value.endswith("*"), field=FIELDS[key])


def _choice(key: str, value: str, now: datetime) -> Node:
    return Words((one_of_them(key, value),), field=FIELDS[key])


def _state(key: str, value: str, now: datetime) -> Node:
    choice = one_of_them(key, value)
    if choice in STATES:
        return Range(key="decision", low=STATES[choice], high=STATES[choice])
    return Words((choice,), field=FIELDS[key])


def _label(key: str, value: str, now: datetime) -> Node:
    choice = one_of_them(key, value)
    return (
        Range(key=key, low=1) if choice == "any" else Range(key=key, low=LABELS[choice], high=LABELS[choice])
    )


def _ratio(key: str, value: str, now: datetime) -> Node:
    if sides := re.fullmatch(r"([0-9]{1,2})[:x/]([0-9]{1,2})", value.strip('"')):
        return Words((f"{int(sides[1])}x{int(sides[2])}",), field=FIELDS[key])
    return _choice(key, value, now)


def _size(key: str, value: str, now: datetime) -> Node:
    if sides := _SIZE.fullmatch(value.strip('"')):
        return Words((f"{int(sides[1])}x{int(sides[2])}",), field=FIELDS[key])
    raise BadValue(IS_A_SIZE, key=key, examples=EXAMPLES[key])


def _number(key: str, value: str, now: datetime) -> Node:
    found = _RANGE.fullmatch(value.strip('"'))
    if not found or (found["dots"] and not (found["from"] or found["to"])):
        raise BadValue(IS_A_NUMBER, key=key, examples=EXAMPLES[key])
    if found["dots"]:
        low, high = (float(found[end]) if found[end] else None for end in ("from", "to"))
        return _checked(Range(key=key, low=low, high=high))
    one, sign = float(found["one"]), found["sign"]
    if sign.startswith(">"):
        return Range(key=key, low=one, low_open=sign == ">")
    if sign.startswith("<"):
        return Range(key=key, high=one, high_open=sign == "<")
    return Range(key=key, low=one, high=one)


def _checked(part: Range) -> Range:
    """5..3 is 3..5."""
    if part.low is not None and part.high is not None and part.low > part.high:
        return Range(key=part.key, low=part.high, high=part.low)
    return part


def _time(key: str, value: str, now: datetime) -> Node:
    span = times.read(value.strip('"'), now)
    if span is None:
        examples = f"{key}:2026, {key}:2026-03, {key}:2026-03..2026-05, {key}:spring-2026, {key}:<7d"
        raise BadValue(IS_A_TIME, key=key, examples=examples)
    return Range(key=key, low=span.begin, high=span.end, high_open=True)


def _day(key: str, value: str, now: datetime) -> Node:
    """Other words for `taken:`, of one time without a sign."""
    text = value.strip('"')
    sign = {"before": "<", "after": ">=", "on": ""}[key] if text[:1].isalnum() and ".." not in text else "?"
    span = times.read(sign + text, now)
    if span is None:
        raise BadValue(
            IS_A_TIME, key=key, examples=f"{key}:2026, {key}:2026-03, {key}:2026-03-14, {key}:today"
        )
    return Range(key="taken", low=span.begin, high=span.end, high_open=True)


def _named(key: str, value: str, now: datetime) -> Node:
    text = value.strip('"').strip()
    if not words_of(text):
        raise BadValue(NEEDS_A_NAME, key=key)
    return Named(key, text)


def whole(text: str) -> str:
    """All words of a text as one, for what is compared as a whole."""
    return "".join(words_of(text))[:80]


def either(key: str, values: list[str], now: datetime) -> Node | None:
    """One of several values of a key."""
    return one_of([read(key, value, now) for value in values])


KEYS: dict[str, Callable[[str, str, datetime], Node]] = {
    **dict.fromkeys(("neg", "model", "lora", "sampler", "camera", "folder"), _text),
    **dict.fromkeys(("has", "color"), _choice),
    **dict.fromkeys(("rating", "steps", "cfg"), _number),
    **dict.fromkeys(("taken", "added"), _time),
    **dict.fromkeys(("before", "after", "on"), _day),
    **dict.fromkeys(("album", "session", "reason"), _named),
    "tag": _tag,
    "seed": _seed,
    "is": _state,
    "label": _label,
    "ratio": _ratio,
    "size": _size,
}
