"""What could be typed next: keys, and the values one's own pictures have."""

from __future__ import annotations

from photos.models import Album, SearchValue, Tag
from photos.search.keys import CHOICES, KEYS, known, whole
from photos.search.query import quoted
from photos.search.words import words_of

AT_MOST = 8
ALBUMS = 200


def offers(owner, start: str) -> list[str]:
    """Terms that begin as the last one of a query does: "mo" -> model:, "model:fl" -> model:"Flux.1 dev"."""
    minus, start = ("-", start[1:]) if start.startswith("-") else ("", start)
    key, colon, value = start.partition(":")
    if not colon:
        found = [f"{name}:" for name in (*KEYS, "sort") if key and name.startswith(key.lower())]
    elif name := "sort" if key.lower() == "sort" else known(key):
        found = [f"{name}:{one}" for one in values(owner, name, value.strip('"'))]
    else:
        found = []
    return [minus + one for one in found[:AT_MOST]]


def values(owner, key: str, start: str = "") -> list[str]:
    """As they stand behind the key."""
    if key in CHOICES:
        return [choice for choice in CHOICES[key] if choice.startswith(start.lower())]
    return [quoted(name) for name in names(owner, key, start)]


def names(owner, key: str, start: str = "", limit: int = AT_MOST) -> list[str]:
    """Values of one's own pictures, in the order of the alphabet."""
    if key == "tag":
        tags = Tag.objects.filter(owner=owner).order_by("folded").values_list("name", flat=True)
        return [name for name in tags[:5_000] if whole(name).startswith(whole(start))][:limit]
    if key == "album":
        titles = Album.objects.owned_by(owner).recent_first().values_list("title", flat=True)
        return [title for title in titles[:ALBUMS] if _begins(title, start)][:limit]
    known_values = SearchValue.objects.filter(owner_id=owner.pk, key=key, folded__startswith=_folded(start))
    return list(known_values.order_by("folded").values_list("value", flat=True)[:limit])


def seen_values(owner, keys: list[str], limit: int) -> dict[str, list[str]]:
    """Values of several keys that pictures have or had: at most `limit` of each, one query for all."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    rows = SearchValue.objects.filter(owner_id=owner.pk, key__in=keys).order_by("key", "folded")
    for key, value in rows.values_list("key", "value")[: 10 * limit]:
        if len(found[key]) < limit:
            found[key].append(value)
    return found


def _begins(title: str, start: str) -> bool:
    return _folded(title).startswith(_folded(start))


def _folded(text: str) -> str:
    return " ".join(words_of(text))
