"""Many pictures at once: a selection, or everything a list shows.

A list names itself by a scope, "kind:rest" ("album:12", "search:red fox", "session:17:undecided"). Whoever makes a
list registers how its scope becomes a queryset again; what it names is always narrowed to the actor's own pictures.

A gesture is one batch however many pictures it touches, and says how it is taken back: a list of steps in plain
values, each of a kind that is registered here or by whoever else does things to many. What was too much for a request
is taken back by a task too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import Max, QuerySet

from photos import albums, curate, editing, gestures, trash, undoing, working
from photos.db import in_chunks
from photos.models import Album, AlbumPhoto, Decision, Gesture, Photo, Tag
from photos.text import folded

CHUNK = 500  # pictures in one transaction
FOUND_AT_ONCE = (
    10_000  # by a task: to ask for the next 500 of a search again and again takes longer than to do it
)
AT_ONCE = 500  # in a request; more is a task
VERDICTS = {"pick": 1, "reject": 2, "clear": 0}
AXES = {"rate": "rating", "label": "label"}

Step = Sequence[object]  # a kind and its values: ("restore", "9f…"), ("untag", "sea", [1, 2])

_scopes: dict[str, Callable[[object, str], QuerySet[Photo]]] = {}
_ways_back: dict[str, Callable[..., int]] = {}


class BulkError(Exception):
    """Something that cannot be done to many pictures; a sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a gesture did: to how many, and how it is taken back. `later`: a task does it, or the rest of it."""

    count: int
    way_back: list[Step] = field(default_factory=list)
    later: bool = False


def register_scope(kind: str, finder: Callable[[object, str], QuerySet[Photo]]) -> None:
    """`finder(owner, rest)` gives the pictures of scope "kind:rest"; it may raise Http404 or ValueError."""
    _scopes[kind] = finder


def register_way_back(kind: str, function: Callable[..., int]) -> None:
    """`function(owner, *values)` does a step of this kind and says for how many pictures."""
    _ways_back[kind] = function


def photos_in(owner, scope: str) -> QuerySet[Photo]:
    """Everything a list shows, the actor's own alone, in or out of the trash as the list has it."""
    kind, _, rest = scope.partition(":")
    if kind not in _scopes:
        raise BulkError("That list cannot be acted on as a whole.")
    return _scopes[kind](owner, rest).filter(owner_id=owner.pk)


def do(
    owner, photo_ids: Sequence[int], action: str, argument: str = "", *, batch: uuid.UUID | None = None
) -> Done:
    """Do one thing to many pictures of this person. Raises BulkError, AlbumError, EditError.

    Actions: pick, reject, clear; rate, label (0..5); reason (what they are rejected for, or ""); tag, untag (words);
    album (id); trash, restore.
    """
    check(owner, action, argument)
    batch, changed, way_back = batch or uuid.uuid4(), 0, []
    for chunk in _chunks(photo_ids):
        count, steps = _do_chunk(owner, chunk, action, argument, batch)
        changed += count
        way_back += [step for step in steps if count and step not in way_back]
    if changed > AT_ONCE:
        way_back = [("later", step) for step in way_back]
    return Done(count=changed, way_back=way_back)


def do_all(owner, scope: str, action: str, argument: str = "", *, batch: uuid.UUID | None = None) -> Done:
    """Do one thing to everything a list shows: now, or for many as a task."""
    check(owner, action, argument)
    listed = (
        photos_in(owner, scope).order_by().values_list("pk", flat=True)
    )  # 100,000 are not sorted to be many
    ids, batch = list(listed[: AT_ONCE + 1]), batch or uuid.uuid4()
    if len(ids) <= AT_ONCE:
        return do(owner, sorted(ids), action, argument, batch=batch)
    if action == "album" and listed[albums.AT_MOST : albums.AT_MOST + 1]:
        raise BulkError(f"An album holds at most {albums.AT_MOST:,} images, and this list has more.")
    newest = Photo.objects.filter(owner_id=owner.pk).aggregate(last=Max("pk"))["last"]
    if mark := mark_of(action, argument):
        gestures.begin(
            batch, owner=owner, axis=mark["axis"], value=mark["value"], reason=mark["reason"] or ""
        )
    working.enqueue("bulk", owner.pk, scope, action, argument, batch.hex, newest)
    step = _step_of(action, batch)
    return Done(count=len(ids), way_back=[("later", step)] if step else [], later=True)


def scope_of(photo_ids: Sequence[int]) -> str:
    """The scope of a selection: that many are a task too."""
    return "chosen:" + ",".join(map(str, photo_ids))


def run(owner, scope: str, action: str, argument: str, batch: uuid.UUID, newest: int) -> int:
    """The task: all of it, however many; what came after `newest` is left. Returns how many were changed.

    The pictures are found anew, chunk after chunk, so that twice is as good as once. What was decided goes on where
    it ended, for since then a person may have decided otherwise. Where the gesture is taken back meanwhile it stops.
    """
    check(owner, action, argument)
    if mark_of(action, argument) and not gestures.of(owner, batch).filter(running=True).exists():
        return 0  # it ran to its end before
    listed = photos_in(owner, scope).filter(pk__lte=newest)
    reached = Decision.objects.filter(batch=batch).aggregate(last=Max("photo_id"))["last"] or 0
    found = in_chunks(listed, FOUND_AT_ONCE, after=reached)
    changed = 0
    try:
        for ids in (ids for part in found for ids in _chunks(part)):
            if gestures.of(owner, batch).filter(unwanted=True).exists():
                break
            changed += _do_chunk(owner, ids, action, argument, batch)[0]
    except Exception:
        undoing.ended(owner, batch)  # what was done can be taken back; killed, it goes on instead
        raise
    undoing.ended(owner, batch)
    return changed


def mark_of(action: str, argument: str) -> dict | None:
    """Axis, value and reason of what `curate.decide` does; None of any other action."""
    if action in VERDICTS:
        return {"axis": "decision", "value": VERDICTS[action], "reason": None}
    if action == "reason":
        return {"axis": "decision", "value": VERDICTS["reject"], "reason": argument}
    if action in AXES:
        return {"axis": AXES[action], "value": int(argument), "reason": None}
    return None


def take_back(owner, steps: Sequence[Step]) -> Done:
    """Undo a gesture by its steps; what was changed since by another is left."""
    count = sum(_ways_back[str(kind)](owner, *values) for kind, *values in steps if kind in _ways_back)
    return Done(count=count, later=any(kind == "later" for kind, *_ in steps))


def check(owner, action: str, argument: str) -> None:
    """Raises BulkError, AlbumError where there is no such action, or it cannot be done with this argument."""
    if action in VERDICTS or action in ("trash", "restore"):
        return
    if action in AXES and argument in "012345" and len(argument) == 1:
        return
    if action == "reason" and len(argument) <= curate.LONGEST_REASON:
        return
    if action in ("tag", "untag") and editing.split_words(argument):
        return
    if action == "album" and argument.isdecimal():
        album = Album.objects.owned_by(owner).filter(pk=int(argument)).first()
        if album:
            albums.check_fillable(album)
            return
    sentences = {
        "rate": "Stars go from 0 to 5.",
        "label": "There is no such label.",
        "reason": f"A reason has at most {curate.LONGEST_REASON} characters.",
        "tag": "Type at least one tag.",
        "untag": "Type at least one tag.",
        "album": "That album is not there any more.",
    }
    raise BulkError(sentences.get(action, "There is no such action."))


# --- doing ----------------------------------------------------------------------------------------


def _do_chunk(owner, ids: list[int], action: str, argument: str, batch: uuid.UUID) -> tuple[int, list[Step]]:
    step = _step_of(action, batch)
    if mark := mark_of(action, argument):
        return len(curate.decide(owner, ids, batch=batch, **mark).photo_ids), [step]
    if action in ("tag", "untag"):
        return _tag(owner, ids, editing.split_words(argument), remove=action == "untag")
    if action == "album":
        return _add(Album.objects.owned_by(owner).get(pk=int(argument)), ids)
    if action == "trash":
        return len(curate.trash(owner.pk, ids, batch=batch).photo_ids), [step]
    return len(curate.restore(owner.pk, ids, batch=batch).photo_ids), [step]


def _tag(owner, ids: list[int], words: list[str], *, remove: bool) -> tuple[int, list[Step]]:
    """Of each word the way back names only the pictures that really got it, or lost it."""
    steps = []
    for word in words:
        tag = Tag.objects.filter(owner_id=owner.pk, folded=folded(word)[:200]).first()
        having = set(tag.photos.filter(pk__in=ids).values_list("pk", flat=True)) if tag else set()
        touched = [pk for pk in ids if (pk in having) == remove]
        if touched:
            steps.append(("tag" if remove else "untag", tag.name if tag else word, touched))
    return editing.tag_many(owner, ids, words, remove=remove), steps


def _add(album: Album, ids: list[int]) -> tuple[int, list[Step]]:
    there = set(AlbumPhoto.objects.filter(album=album, photo__in=ids).values_list("photo_id", flat=True))
    return albums.add(album, ids), [("take_out", album.pk, [pk for pk in ids if pk not in there])]


def _step_of(action: str, batch: uuid.UUID) -> Step | None:
    """How a gesture that is known by its batch is taken back."""
    if action in VERDICTS or action in AXES or action == "reason":
        return ("undo", batch.hex)
    return {"trash": ("restore", batch.hex), "restore": ("trash_again", batch.hex)}.get(action)


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


# --- taking back ----------------------------------------------------------------------------------


def _undo(owner, batch: str) -> int:
    change = undoing.undo(owner, uuid.UUID(batch))
    return len(change.photo_ids) if change else 0


def _redo(owner, batch: str) -> int:
    """A redo that is too much for a request; the book offers it no more, the task has it."""
    Gesture.objects.filter(owner=owner, batch=uuid.UUID(batch), undone_by__isnull=False).update(redoable=True)
    change = undoing.redo(owner, uuid.UUID(batch))
    return len(change.photo_ids) if change else 0


def _restore(owner, batch: str) -> int:
    return trash.restore_batch(owner, uuid.UUID(batch))


def _trash_again(owner, batch: str) -> int:
    return trash.trash_again(owner, uuid.UUID(batch))


def _take_out(owner, album_id: int, ids: list[int]) -> int:
    album = Album.objects.owned_by(owner).filter(pk=album_id).first()
    return len(albums.remove(album, ids).places) if album else 0


def _later(owner, step: Step) -> int:
    """What a task did is taken back by a task, and never before it has ended."""
    kind, *values = step
    if kind == "undo":
        undoing.take_back(owner, uuid.UUID(str(values[0])))
    else:
        working.enqueue("take_back", owner.pk, [list(step)])
    return 0


register_way_back("undo", _undo)
register_way_back("redo", _redo)
register_way_back("restore", _restore)
register_way_back("trash_again", _trash_again)
register_way_back("take_out", _take_out)
register_way_back("later", _later)
register_way_back("tag", lambda owner, word, ids: do(owner, ids, "tag", word).count)
register_way_back("untag", lambda owner, word, ids: do(owner, ids, "untag", word).count)
register_scope(
    "chosen",
    lambda owner, rest: Photo.objects.filter(pk__in=[int(one) for one in rest.split(",") if len(one) < 19]),
)
register_scope("trashed", lambda owner, batch: trash.of_batch(owner, uuid.UUID(batch)))
