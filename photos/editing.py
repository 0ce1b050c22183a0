"""What a person writes about a picture: title, caption, alt text, tags, stars. The faster of two editors wins."""

from __future__ import annotations

from django.db.models import F

from photos import curate, search
from photos.db import in_transaction
from photos.ingest import tag
from photos.models import Photo
from photos.text import clean, folded

TEXT_LIMITS = {"title": 500, "caption": 10_000, "alt_text": 2_000}
MAX_TAGS = 200


class EditError(Exception):
    """Something that cannot be written; `field` names the input it is about."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


class Stale(EditError):
    """Someone else was faster; `current` is the picture as it is now."""

    def __init__(self, current: Photo) -> None:
        super().__init__(
            "This image was changed elsewhere meanwhile. Look at it as it is now, and try again."
        )
        self.current = current


def edit(owner, photo_id: int, *, revision: int | None = None, actor=None, **changes) -> Photo:
    """Write some of title, caption, alt_text (text), rating, label (0..5), decision (0..2), tags (list of words).

    `reason` is of a reject. `revision` is the one the editor saw; None overwrites. `actor` is who decides where that
    is not the owner. Raises Stale, EditError, Photo.DoesNotExist.
    """
    texts = {name: _text(name, changes.pop(name)) for name in TEXT_LIMITS if name in changes}
    words = _words(changes.pop("tags")) if "tags" in changes else None
    verdicts = {name: changes.pop(name) for name in curate.FIELDS.values() if name in changes}
    reason = changes.pop("reason", None)
    if changes:
        raise EditError(f"There is nothing called {', '.join(changes)} to write.")

    def work() -> Photo:
        photo = Photo.objects.owned_by(owner).live().select_for_update().get(pk=photo_id)
        if revision is not None and photo.revision != revision:
            raise Stale(photo)
        if texts or words is not None:
            Photo.objects.filter(pk=photo.pk).update(**texts, revision=F("revision") + 1)
        if words is not None:
            photo.tags.clear()
            tag(photo, words)
        decision = verdicts.pop("decision", photo.decision if reason is not None else None)
        if decision is not None:
            why = _reason(reason, decision)
            curate.decide_now(owner, [photo.pk], "decision", decision, actor=actor, reason=why)
        for axis, value in verdicts.items():
            curate.decide_now(owner, [photo.pk], axis, value, actor=actor)
        search.index([photo.pk])
        photo.refresh_from_db()
        return photo

    return in_transaction(work)


def tag_many(owner, photo_ids, words: list[str], *, remove: bool = False) -> int:
    """Give or take tags on many pictures at once. Returns how many pictures it was about."""
    keys = _words(words)

    def work() -> int:
        wanted = Photo.objects.owned_by(owner).live().filter(pk__in=list(photo_ids)).only("id", "owner_id")
        photos = list(wanted.select_for_update().order_by("pk"))
        for photo in photos:
            if remove:
                photo.tags.remove(*photo.tags.filter(folded__in=[folded(word)[:200] for word in keys]))
            else:
                tag(photo, keys)
        Photo.objects.filter(pk__in=[photo.pk for photo in photos]).update(revision=F("revision") + 1)
        search.index([photo.pk for photo in photos])
        return len(photos)

    return in_transaction(work)


def split_words(text: str) -> list[str]:
    """Tags as a person types them: separated by commas or line ends."""
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


def _text(name: str, value: str) -> str:
    value = clean(value).strip()
    if name == "title":
        value = " ".join(value.split())
    if len(value) > TEXT_LIMITS[name]:
        raise EditError(f"At most {TEXT_LIMITS[name]:,} characters fit here.", field=name)
    return value


def _reason(reason: str | None, decision: int) -> str | None:
    if reason and decision != Photo.Verdict.REJECTED:
        raise EditError("Only what is rejected has a reason.", field="reason")
    try:
        return None if reason is None else curate.reason_from(reason)
    except curate.CurationError as problem:
        raise EditError(problem.sentence, field="reason") from problem


def _words(words: list[str]) -> list[str]:
    if len(words) > MAX_TAGS:
        raise EditError(f"At most {MAX_TAGS} tags.", field="tags")
    return words
