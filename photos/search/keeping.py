"""Keeping the index true: in the transaction that changes what a picture is called, by one function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection

from photos.models import Photo, PhotoFacts, PhotoText, SearchValue
from photos.search import postgres, sqlite
from photos.search.describing import describe
from photos.search.words import words_of

CHUNK = 500
FACTS = ("owner_id", "model", "sampler", "loras", "camera", "steps", "cfg")


def backend():
    """The module that keeps the index on this database."""
    return postgres if connection.vendor == "postgresql" else sqlite


def index(photo_ids: Iterable[int]) -> int:
    """Write down the words of these pictures where they have changed; inside a transaction. Returns how many had.

    To be called after every change of title, caption, tags, recipe, colour or time. What is in the trash stays in the
    index: a search leaves it out by itself, and a restored picture is found at once.
    """
    return sum(_index(chunk) for chunk in _chunks(photo_ids))


def forget(photo_ids: Iterable[int]) -> None:
    """Take pictures out, before their rows are deleted; inside a transaction."""
    for chunk in _chunks(photo_ids):
        texts = PhotoText.objects.filter(photo_id__in=chunk)
        backend().take_out(list(texts))
        texts.delete()
        PhotoFacts.objects.filter(photo_id__in=chunk).delete()


def clear() -> None:
    """Empty the index; inside a transaction."""
    backend().clear()
    PhotoFacts.objects.all().delete()
    SearchValue.objects.all().delete()


def missing() -> list[str]:
    """Parts of the index that are not there, by what they are called."""
    return backend().missing()


def mend() -> None:
    """Make the parts of the index that are missing, empty; inside a transaction."""
    backend().mend()


def sizes() -> tuple[int, int, int]:
    """How many pictures there are, how many are written down, how many the index holds.

    Raises DatabaseError when the index is damaged.
    """
    return Photo.objects.count(), PhotoText.objects.count(), backend().entries()


def _chunks(photo_ids: Iterable[int]) -> list[list[int]]:
    ids = sorted(set(photo_ids))
    return [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]


def _index(photo_ids: Sequence[int]) -> int:
    _lock(photo_ids)
    known = PhotoText.objects.in_bulk(photo_ids)
    settings = PhotoFacts.objects.in_bulk(photo_ids)
    described = list(describe(photo_ids, _tags(photo_ids)))
    texts = [one.text for one in described if not _same(one.text, known.get(one.text.photo_id))]
    if texts:
        backend().take_out([known[text.photo_id] for text in texts if text.photo_id in known])
        backend().put(texts)
    facts = [one.facts for one in described if not _same_facts(one.facts, settings.get(one.facts.photo_id))]
    if facts:
        PhotoFacts.objects.bulk_create(
            facts, update_conflicts=True, unique_fields=["photo"], update_fields=FACTS
        )
        _offer({(one.facts.owner_id, *value) for one in described for value in one.values})
    return len({one.photo_id for one in [*texts, *facts]})


def _lock(photo_ids: Sequence[int]) -> None:
    """Hold the rows first: of two that change one picture, the second must read what the first wrote."""
    if connection.features.has_select_for_update:
        rows = Photo.objects.filter(pk__in=photo_ids).order_by("pk").select_for_update(no_key=True)
        list(rows.values_list("pk"))


def _tags(photo_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    given = Photo.tags.through.objects.filter(photo_id__in=photo_ids).order_by("tag__folded")
    for photo_id, name in given.values_list("photo_id", "tag__name"):
        found[photo_id].append(name)
    return found


def _offer(values: set[tuple[int, str, str]]) -> None:
    """Remember values that may be typed behind a key. In one order, so that two writers never wait in a circle."""
    owners = {owner_id for owner_id, _key, _value in values}
    listed = {value for _owner_id, _key, value in values}
    there = SearchValue.objects.filter(owner_id__in=owners, value__in=listed)
    new = values - set(there.values_list("owner_id", "key", "value"))
    SearchValue.objects.bulk_create(
        [
            SearchValue(owner_id=owner_id, key=key, value=value, folded=" ".join(words_of(value))[:300])
            for owner_id, key, value in sorted(new)
        ],
        ignore_conflicts=True,
    )


def _same(text: PhotoText, known: PhotoText | None) -> bool:
    return known is not None and (known.words, known.shown_at, known.owner_id) == (
        text.words, text.shown_at, text.owner_id
    )  # fmt: skip


def _same_facts(facts: PhotoFacts, known: PhotoFacts | None) -> bool:
    return known is not None and all(getattr(known, name) == getattr(facts, name) for name in FACTS)
