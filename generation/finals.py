"""Finals: picks filed as files of their own, with the same pixels and a final's papers.

Filing is a task and may run twice: one live final a candidate is a constraint, and what is filed is left.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from generation import final_papers
from generation.final_papers import Wishes
from generation.models import Candidate, GenerationSession
from generation.workflow import title_from
from photos import curate, papers, storage, uploading, working
from photos.dating import Dating
from photos.db import in_transaction
from photos.images import RecipeFacts, RejectedImage
from photos.ingest import Arrival, ingest
from photos.models import Photo, Recipe

log = logging.getLogger(__name__)

STAYS_IN_PIXELS = "This file still says its prompt: it is hidden in the pixels, which stay as they are."
STAYS_IN_FILE = "This file still says its prompt: it had to stay as it is."


@dataclass(kw_only=True)
class Filed:
    """What one run did: finals made, finals that were there, and sentences about those that could not be made."""

    made: int = 0
    already: int = 0
    failed: list[str] = field(default_factory=list)
    telling: list[int] = field(default_factory=list)  # numbers of those whose files still say their prompt

    @property
    def said(self) -> str:
        """What the page of the session tells of it; "" where all went as it was wished."""
        return " ".join([*([telling(self.telling)] if self.telling else []), *self.failed])


def ask_to_file(session: GenerationSession, wishes: Wishes | None = None) -> None:
    """Have the picks of a session filed, in the background. `wishes` are for this once; None: what is usual."""

    def work() -> None:
        GenerationSession.objects.filter(pk=session.pk).update(
            filing_since=timezone.now(), filing_wishes=final_papers.to_keep(wishes), error=""
        )
        working.enqueue("file_finals", session.pk)

    in_transaction(work)


def unfiled(session: GenerationSession):
    """Picks without a live final."""
    return Photo.objects.live().filter(
        candidate__session=session, decision=Photo.Verdict.PICKED, represented=False
    )


def beside(session: GenerationSession) -> int:
    """How many of these picks stay as they are, with their papers beside them."""
    return unfiled(session).exclude(format__in=("PNG", "JPEG", "WEBP"), signed="").count()


def picks_to_file(session_id: int) -> list[Candidate]:
    """Picked candidates without a live final, in order of their number."""
    return list(
        Candidate.objects.filter(
            session_id=session_id,
            photo__decision=Photo.Verdict.PICKED,
            photo__trashed_at__isnull=True,
            photo__represented=False,
        )
        .select_related("photo", "photo__recipe", "session", "session__owner")
        .order_by("number")
    )


def file_picks(session_id: int, *, wishes: Wishes | None = None, each=lambda candidate: None) -> Filed:
    """File what is picked and not filed. `each(candidate)` is called after every one, for a progress bar."""
    filed, session = Filed(), GenerationSession.objects.filter(pk=session_id)
    asked_at = session.values_list("filing_since", flat=True).first()
    for candidate in picks_to_file(session_id):
        if working.stopping.is_set():
            return filed  # filing_since stays: the next sweep goes on
        wishes = wishes or final_papers.wishes_for(candidate.session)
        _file_one(candidate, filed, wishes)
        each(candidate)
    filed.telling = sorted({*filed.telling, *_telling_since(session_id, asked_at)})
    if filed.made or filed.said:  # a run that finds nothing to do leaves what the one before had to say
        session.update(error=filed.said[:500])
    # What was asked for since, perhaps with other wishes, has a run of its own.
    session.filter(filing_since=asked_at).update(filing_since=None, filing_wishes=None)
    return filed


def uncomplete(final: Photo) -> None:
    """Take a final back: it goes to the trash, its candidate is untouched."""
    curate.trash(final.owner_id, [final.pk])


def _file_one(candidate: Candidate, filed: Filed, wishes: Wishes | None = None) -> None:
    try:
        final = _file_final(candidate, wishes or final_papers.wishes_for(candidate.session))
        filed.made += 1
        if _note_of(final):
            filed.telling.append(candidate.number)
    except IntegrityError:  # photo_one_live_final: another run was faster
        filed.already += 1
    except (papers.MarkError, RejectedImage, storage.NotThere) as problem:
        filed.failed.append(f"Image {candidate.number:02d}: {problem.sentence}")
    except FileNotFoundError:
        filed.failed.append(f"Image {candidate.number:02d}: its file is missing; see check_media.")
    except Exception as fault:
        log.exception("Candidate %s could not be filed", candidate)
        why = uploading.why_nothing_is_kept(fault)
        filed.failed.append(
            f"Image {candidate.number:02d}: {why[1]}"
            if why
            else f"Image {candidate.number:02d} could not be filed; the log says why."
        )


def title_for(session_title: str, number: int) -> str:
    """What a final is called while nobody gave it a title. It holds words of the prompt: guests are not shown it."""
    return f"{session_title}, {number:02d}"


def untyped_titles(photos: Sequence[Photo]) -> set[int]:
    """Finals that are called after their session, and so after a prompt; also where that session is gone."""
    sources = [photo.source_id for photo in photos if photo.is_final and photo.source_id]
    known = (
        Candidate.objects.filter(photo__in=sources).select_related("session").in_bulk(field_name="photo_id")
    )
    return {
        photo.pk
        for photo in photos
        if photo.is_final and _is_untyped(photo.title, known.get(photo.source_id))
    }


def _is_untyped(title: str, candidate: Candidate | None) -> bool:
    if candidate is None:
        return re.search(r", \d{2,}$", title) is not None
    names = (candidate.session.title, title_from(candidate.session.prompt))
    return title in [title_for(name, candidate.number) for name in names]


def _file_final(candidate: Candidate, wishes: Wishes) -> Photo:
    """Write the marked copy beside, read it back, and ingest that."""
    photo, session = candidate.photo, candidate.session
    title = photo.title or title_for(session.title, candidate.number)
    term = final_papers.term_of(photo, session)
    packet = final_papers.packet_of(photo, title=title, term=term, wishes=wishes, candidate=candidate)
    with storage.workspace() as folder:
        told = {"byte_size": photo.byte_size, "sha256": photo.sha256}
        with storage.original(photo.root, photo.file.name, **told) as source:
            if not source.is_file():
                raise FileNotFoundError(photo.file.name)
            marked, sidecar = _in_the_file(source, folder / "final", photo, packet, term)
            note = "" if wishes.with_prompt else _what_stays(marked, photo.format)
            arrival = _arrival(candidate, title=title, term=term, sidecar=sidecar, note=note)
            return ingest(marked, arrival).photo


def _what_stays(path: Path, format: str) -> str:
    """Of a file that still says its prompt, why: it had to stay as it is, or its pixels do. Then its page says so."""
    said = papers.read(path, format)
    if said.hides_text:
        return STAYS_IN_PIXELS
    return STAYS_IN_FILE if said.has_recipe or said.prompt else ""


def _note_of(final: Photo) -> bool:
    recipe = Recipe.objects.filter(photo=final).only("note").first()
    return recipe is not None and recipe.note in (STAYS_IN_PIXELS, STAYS_IN_FILE)


def _telling_since(session_id: int, asked_at: datetime | None) -> list[int]:
    """Numbers of those that still say their prompt and were filed since then: some by a run that did not end."""
    if asked_at is None:
        return []
    made = Photo.objects.finals().filter(source__candidate__session=session_id, added_at__gte=asked_at)
    noted = made.filter(recipe__note__in=(STAYS_IN_PIXELS, STAYS_IN_FILE))
    return list(noted.values_list("source__candidate__number", flat=True))


def telling(numbers: Sequence[int]) -> str:
    """The sentence about finals that still say their prompt, which nobody wished."""
    some = ", ".join(f"{number:02d}" for number in numbers[:10]) + (" ..." if len(numbers) > 10 else "")
    return (
        f"The prompt is still in the file of image {some}: hidden in its pixels, or in a file that has to stay as it "
        "is. Hand these out by a link or by Export, Share, which leave it behind."
    )


def _arrival(candidate: Candidate, *, title: str, term: str, sidecar: bytes, note: str) -> Arrival:
    photo, session = candidate.photo, candidate.session
    return Arrival(
        owner_id=photo.owner_id,
        place=storage.completed(session.folder, PurePosixPath(photo.file.name).stem),
        origin=Photo.Origin.MADE,
        dating=Dating(
            shown_at=photo.shown_at,
            dated_by=photo.dated_by,
            taken_at=photo.taken_at,
            offset_minutes=photo.taken_offset_minutes,
        ),
        recipe=_recipe_of(photo),
        title=title,
        caption=photo.caption,
        rating=photo.rating,
        label=photo.label,
        tags=tuple(photo.tags.values_list("name", flat=True)),
        digital_source_type=term,
        sidecar=sidecar,
        source=photo,
        also=lambda final: _represent(final, session.pk, note),
    )


def _in_the_file(source: Path, target: Path, photo: Photo, packet: bytes, term: str) -> tuple[Path, bytes]:
    """What is ingested, and the sidecar to keep beside it: one of both carries the packet.

    A signed file, and one of a format that cannot hold a packet, stays byte for byte as it is.
    """
    if photo.signed or not papers.can_write(photo.format):
        return source, packet
    try:
        papers.write(source, target, format=photo.format, packet=packet)
    except papers.MarkError as problem:
        if problem.code == "signed":  # read by an earlier version, which did not look
            return source, packet
        raise
    papers.verify(source, target, photo.format, term)
    return target, b""


def _recipe_of(photo: Photo) -> RecipeFacts | None:
    """The recipe stays with the final in the database; the file does not carry it."""
    recipe = getattr(photo, "recipe", None)
    if recipe is None:
        return None
    names = RecipeFacts.__dataclass_fields__.keys()
    return RecipeFacts(
        **{name: getattr(recipe, name) for name in names if name != "loras"}, loras=tuple(recipe.loras)
    )


def _represent(final: Photo, session_id: int, note: str) -> None:
    if note:
        Recipe.objects.filter(photo=final).update(note=note)
    curate.represent(Photo.objects.select_for_update().get(pk=final.source_id), by_final=True)
    GenerationSession.objects.filter(pk=session_id).update(n_finals=F("n_finals") + 1)
