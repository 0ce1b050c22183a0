"""What finals say: what their owner wishes them to, and what the gallery knows of how they were made."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta, timezone

from generation import registry
from generation.models import Candidate, FinalWishes, GenerationSession
from generation.sources import COMPOSITE, TRAINED
from generation.workflow import title_from
from photos import marking, papers, storage
from photos.db import in_transaction
from photos.models import Photo
from photos.text import clean

MAX_CREATOR, MAX_RIGHTS = 200, 1_000
DATED = ("camera", "generator", "name")  # when it was made; not when its file was copied, or came here
MOST_CHANCE = 8  # characters: a shorter prompt stands in a caption by chance


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """Beside the mark, which every final has."""

    creator: str = ""
    rights: str = ""
    with_prompt: bool = False


def remembered(owner) -> Wishes | None:
    """What this person answered; None: nobody has asked yet."""
    row = FinalWishes.objects.filter(owner=owner).first()
    return row and Wishes(creator=row.creator, rights=row.rights, with_prompt=row.with_prompt)


def usual(owner) -> Wishes:
    """What finals of this person say as long as nothing else is said: their name, no rights, no prompt."""
    return remembered(owner) or Wishes(creator=owner.get_full_name() or owner.get_username())


def remember(owner, wishes: Wishes) -> None:
    fields = asdict(tidy(wishes))
    in_transaction(lambda: FinalWishes.objects.update_or_create(owner=owner, defaults=fields))


def tidy(wishes: Wishes) -> Wishes:
    return Wishes(
        creator=" ".join(clean(wishes.creator).split())[:MAX_CREATOR],
        rights=clean(wishes.rights).strip()[:MAX_RIGHTS],
        with_prompt=wishes.with_prompt,
    )


def wishes_for(session: GenerationSession) -> Wishes:
    """Of this filing, where it was asked for otherwise than usual."""
    asked = session.filing_wishes
    return Wishes(**asked) if asked else usual(session.owner)


def said_before(final: Photo) -> papers.Papers | None:
    """What the papers of a filed final say now; None where there are none."""
    if final.sidecar_sha256 and not storage.read_sidecar(final.file.name):
        return None
    said = marking.read_back(final)
    return said if said and (said.digital_source_type or said.creator or said.rights) else None


def wishes_of(final: Photo, said: papers.Papers | None) -> Wishes:
    """As it was filed: written anew, for a title or a mark, it gets no other credit and no prompt."""
    if said is None:
        return usual(final.owner)
    return Wishes(creator=said.creator, rights=said.rights, with_prompt=bool(said.prompt))


def to_keep(wishes: Wishes | None) -> dict | None:
    """As `GenerationSession.filing_wishes`."""
    return asdict(tidy(wishes)) if wishes else None


def term_of(photo: Photo, session: GenerationSession | None) -> str:
    """The IPTC term: what the picture says itself, but a source image that took part is not hidden."""
    term = photo.digital_source_type or TRAINED
    took_part = session is not None and bool(session.source_sha256)
    return COMPOSITE if took_part and term == TRAINED else term


def packet_of(
    photo: Photo,
    *,
    title: str,
    term: str,
    wishes: Wishes,
    candidate: Candidate | None,
    said: papers.Papers | None = None,
) -> bytes:
    """The packet of a final of `photo`, or of the final `photo` itself; `candidate` is what it was made of, `said`
    what its papers said until now."""
    session = candidate.session if candidate else None
    recipe = getattr(photo, "recipe", None)
    prompt = (recipe.prompt if recipe else "") or (session.prompt if session else "")
    return papers.packet(
        title="" if _is_of_the_prompt(title, prompt, session, wishes) else title,
        creator=wishes.creator,
        rights=wishes.rights,
        caption="" if _tells(photo.caption, prompt, wishes) else photo.caption,
        digital_source_type=term,
        ai_system=(said and said.ai_system) or _system(photo, session),
        ai_system_version=(said and said.ai_system_version) or _version(candidate),
        prompt=prompt if wishes.with_prompt else "",
        created_at=_created(photo),
    )


def _tells(caption: str, prompt: str, wishes: Wishes) -> bool:
    """Whether the caption is the prompt, as some generators write it into files, and that is to stay here."""
    return not wishes.with_prompt and len(prompt) >= MOST_CHANCE and prompt.strip() in caption


def _is_of_the_prompt(title: str, prompt: str, session: GenerationSession | None, wishes: Wishes) -> bool:
    """Whether nobody typed this title: it is the beginning of the prompt, and that is to stay here."""
    called = re.sub(r", \d{2,}$", "", title)
    untyped = called == title_from(prompt) or (session is not None and called == session.title)
    words = " ".join(f"{prompt} {session.prompt if session else ''}".casefold().split())
    return not wishes.with_prompt and untyped and called.casefold().rstrip("…")[:12] in words


def _created(photo: Photo) -> str:
    """When it was made, on the clock of where that was; "" where nobody knows."""
    wall = photo.shown_at.replace(tzinfo=None)
    if photo.taken_at is None:
        return wall.isoformat(timespec="seconds") if photo.dated_by in DATED else ""
    minutes = photo.taken_offset_minutes
    if minutes is None:
        minutes = round((photo.shown_at - photo.taken_at).total_seconds() / 60)
    zone = timezone(timedelta(minutes=minutes if abs(minutes) <= 14 * 60 else 0))
    return photo.taken_at.astimezone(zone).isoformat(timespec="seconds")


def _system(photo: Photo, session: GenerationSession | None) -> str:
    if session is not None and session.engine != registry.IMPORTED:
        return registry.system_of(session.engine)
    recipe = getattr(photo, "recipe", None)
    return recipe.generator if recipe and recipe.generator != "unknown" else ""


def _version(candidate: Candidate | None) -> str:
    """Where the engine said it beside the image."""
    said = candidate.facts.get("server") if candidate and isinstance(candidate.facts, dict) else ""
    return said[:100] if isinstance(said, str) else ""
