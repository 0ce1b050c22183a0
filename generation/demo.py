"""Demo content: the main job shown without graphics card, weights or network, and taken away by one click.

One session already chosen, with finals, which hang in a public album; one of 24 images waiting to be
chosen; a third that starts when home is first opened, so that it is seen drawing.
"""

from __future__ import annotations

from generation import finals, workflow
from generation.models import Candidate, GenerationSession
from photos import albums, curate
from photos.db import in_transaction
from photos.models import Album, AlbumPhoto, Photo

CHOSEN = {
    "prompt": "night sea under a full moon, indigo, distant islands",
    "width": 960, "height": 640, "count": 12, "seed": 4120733581,
}  # fmt: skip
WAITING = {
    "prompt": "blue mountain valley before dawn, rose light, five ridges",
    "width": 960, "height": 640, "count": 24, "seed": 73_310_400,
}  # fmt: skip
DRAWING = {
    "prompt": "lemon and mint grass in the wind, long flowing lines",
    "width": 832, "height": 832, "count": 20, "seed": 1_204_511,
}  # fmt: skip
PICKS, REJECTS, STARS = (1, 3, 6, 10), (2, 4, 5, 7, 8, 9, 11, 12), {3: 5, 6: 4}


FIRST_PRINTS = {
    "title": "First prints",
    "description": "What was chosen from the first sheet. Everyone may look at this album, also without an account.",
    "access": Album.Access.PUBLIC,
}


class NotEmpty(Exception):
    """There is something in the gallery already: demo content would stand among a person's own."""

    sentence = (
        "The gallery is not empty, so no demo content was added. Use --data FOLDER for a separate library."
    )


def is_empty() -> bool:
    return not (Photo.objects.exists() or GenerationSession.objects.exists())


def fill(owner, *, each=lambda done, total: None) -> None:
    """Make the demo content for `owner`, here and now. Raises NotEmpty."""
    if not is_empty():
        raise NotEmpty
    total = CHOSEN["count"] + WAITING["count"]
    chosen = _draw(owner, CHOSEN, lambda made: each(made, total))
    _choose(owner, chosen)
    finals.file_picks(chosen.pk)
    albums.add(albums.create(owner, **FIRST_PRINTS), _finals_of(chosen))
    _draw(owner, WAITING, lambda made: each(CHOSEN["count"] + made, total))
    workflow.start(owner, engine="procedural", demo=True, queue=False, **DRAWING)


def start_waiting(owner) -> None:
    """Start the session that was kept for the moment home is first opened; nothing when it has been."""
    kept = GenerationSession.objects.visible_to(owner).filter(demo=True, state="cancelled", n_made=0)
    session = kept.filter(finished_at__isnull=True).first()
    if session:
        workflow.go_on(session)


def present(owner) -> bool:
    """Whether this person has demo content that can be taken away."""
    return GenerationSession.objects.owned_by(owner).filter(demo=True).exists()


def remove(owner) -> int:
    """Delete the demo sessions with all their images and finals, for good. Returns how many pictures went."""
    sessions = list(GenerationSession.objects.owned_by(owner).filter(demo=True))
    for session in sessions:
        workflow.cancel(session)
    ids = [session.pk for session in sessions]
    return in_transaction(lambda: _remove(owner, ids))


def _remove(owner, session_ids: list[int]) -> int:
    candidates = Candidate.objects.filter(session__in=session_ids)
    photo_ids = list(candidates.exclude(photo=None).values_list("photo_id", flat=True))
    photo_ids += Photo.objects.filter(source__in=photo_ids).values_list("pk", flat=True)
    theirs = AlbumPhoto.objects.exclude(photo__in=photo_ids).values(
        "album"
    )  # somebody's own is in it: it stays
    prints = Album.objects.owned_by(owner).filter(title=FIRST_PRINTS["title"], places__photo__in=photo_ids)
    Album.objects.filter(pk__in=list(prints.exclude(pk__in=theirs).values_list("pk", flat=True))).delete()
    curate.purge_now(owner.pk, photo_ids)
    GenerationSession.objects.filter(pk__in=session_ids).delete()
    return len(photo_ids)


def _finals_of(session: GenerationSession) -> list[int]:
    filed = Photo.objects.finals().filter(source__candidate__session=session)
    return list(filed.order_by("source__candidate__number").values_list("pk", flat=True))


def _draw(owner, wish: dict, each) -> GenerationSession:
    """Run a session in this process: no worker is there yet."""
    session = workflow.start(owner, engine="procedural", demo=True, queue=False, **wish)
    workflow.run_here(session, each=each)
    session.refresh_from_db()
    return session


def _choose(owner, session: GenerationSession) -> None:
    by_number = dict(Candidate.objects.filter(session=session).values_list("number", "photo_id"))
    curate.decide(owner, [by_number[n] for n in REJECTS], value=Photo.Verdict.REJECTED)
    curate.decide(owner, [by_number[n] for n in PICKS], value=Photo.Verdict.PICKED)
    for number, stars in STARS.items():
        curate.decide(owner, [by_number[number]], axis="rating", value=stars)
