"""Other orders than by time: by stars, by arrival, best match first. Only of few: to order many takes seconds."""

from __future__ import annotations

from photos.models import Photo, PhotoText
from photos.search.filters import Asked
from photos.search.keeping import backend
from photos.search.tree import Query, Words, leaves

AT_MOST = 5_000
BY_VALUE = ("rating", "added", "best")
_FAR = 10_000  # a place behind every word


def ordered_ids(owner, query: Query, asked: Asked) -> list[int] | None:
    """All hits in the order asked for; None where there are too many, which stay newest first."""
    ids = backend().page(asked, AT_MOST + 1)
    if len(ids) > AT_MOST:
        return None
    if query.sort == "best":
        worth = _matches(
            ids, [leaf for leaf in leaves(query.tree, wanted_only=True) if isinstance(leaf, Words)]
        )
    else:
        column = "rating" if query.sort == "rating" else "added_at"
        rows = Photo.objects.owned_by(owner).everything().values_list("pk", column)
        worth = {
            pk: value
            for at in range(0, len(ids), 1_000)
            for pk, value in rows.filter(pk__in=ids[at : at + 1_000])
        }
    return sorted(
        (pk for pk in ids if pk in worth), key=worth.__getitem__, reverse=True
    )  # equals stay newest first


def _matches(ids: list[int], terms: list[Words]) -> dict[int, float]:
    """How well the words of each picture match: whole words before beginnings, early ones before late ones."""
    rows = PhotoText.objects.values_list("photo_id", "words")
    return {
        pk: sum(_worth(words.split(), term) for term in terms)
        for at in range(0, len(ids), 1_000)
        for pk, words in rows.filter(photo_id__in=ids[at : at + 1_000])
    }


def _worth(words: list[str], term: Words) -> float:
    last = term.in_index[0][-1]
    if last in words:
        return 2 + 1 / (1 + words.index(last))
    begun = next((at for at, word in enumerate(words) if word.startswith(last)), _FAR)
    return (1 + 1 / (1 + begun)) if begun < _FAR else 0.0
