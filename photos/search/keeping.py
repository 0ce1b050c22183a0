"""Keeping the index true: in the transaction that changes what a picture is called, by one function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from django.db import connection

from photos.models import Photo, PhotoText
from photos.search import postgres, sqlite
from photos.search.words import MAX_WORDS, words_of

CHUNK = 500


def backend():
    """The module that keeps the index on this database."""
    return postgres if connection.vendor == "postgresql" else sqlite


def index(photo_ids: Iterable[int]) -> int:
    """Write down the words of these pictures where they have changed; inside a transaction. Returns how many had.

    To be called after every change of title, caption, tags, recipe or time. What is in the trash stays in the index:
    a search leaves it out by itself, and a restored picture is found at once.
    """
    return sum(_index(chunk) for chunk in _chunks(photo_ids))


def forget(photo_ids: Iterable[int]) -> None:
    """Take pictures out, before their rows are deleted; inside a transaction."""
    for chunk in _chunks(photo_ids):
        texts = PhotoText.objects.filter(photo_id__in=chunk)
        backend().take_out(list(texts))
        texts.delete()


def clear() -> None:
    """Empty the index; inside a transaction."""
    backend().clear()


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
    changed = [text for text in _texts(photo_ids) if not _same(text, known.get(text.photo_id))]
    if changed:
        backend().take_out([known[text.photo_id] for text in changed if text.photo_id in known])
        backend().put(changed)
    return len(changed)


def _lock(photo_ids: Sequence[int]) -> None:
    """Hold the rows first: of two that change one picture, the second must read what the first wrote."""
    if connection.features.has_select_for_update:
        rows = Photo.objects.filter(pk__in=photo_ids).order_by("pk").select_for_update(no_key=True)
        list(rows.values_list("pk"))


def _texts(photo_ids: Sequence[int]) -> list[PhotoText]:
    tags = _tags(photo_ids)
    rows = Photo.objects.filter(pk__in=photo_ids).order_by("pk")
    # By name: the migration that fills the index runs this before later columns exist.
    facts = rows.values_list("pk", "owner_id", "shown_at", "title", "caption", "recipe__prompt", "file")
    return [
        PhotoText(
            photo_id=pk,
            owner_id=owner_id,
            shown_at=shown_at,
            words=_words(title, caption, *tags[pk], prompt or "", PurePosixPath(file).name),
        )
        for pk, owner_id, shown_at, title, caption, prompt, file in facts
    ]


def _tags(photo_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    given = Photo.tags.through.objects.filter(photo_id__in=photo_ids).order_by("tag__folded")
    for photo_id, name in given.values_list("photo_id", "tag__name"):
        found[photo_id].append(name)
    return found


def _words(*texts: str) -> str:
    return " ".join([word for text in texts for word in words_of(text)][:MAX_WORDS])


def _same(text: PhotoText, known: PhotoText | None) -> bool:
    return known is not None and (known.words, known.shown_at, known.owner_id) == (
        text.words, text.shown_at, text.owner_id
    )  # fmt: skip
