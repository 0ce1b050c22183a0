"""Making again: what is known of how an image was made, by a session here or by whatever program elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generation import registry, varying, workflow
from generation.engines import EngineError
from generation.fitting import fitted_options, fitted_size
from generation.models import Candidate, GenerationSession
from generation.wishes import WorkflowError
from photos.models import Photo

SHAPES_DIFFER = 50  # of ratios: by a fiftieth
NO_WORDS = "Nothing is known of how this image was made."


@dataclass(frozen=True, kw_only=True)
class Again:
    """What a form is filled in with. `engine` "": one that was used elsewhere. `known` are values by option."""

    prompt: str = ""
    negative_prompt: str = ""
    engine: str = ""
    width: int = 0
    height: int = 0
    count: int = 0
    seed: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)
    remix_of: GenerationSession | None = None
    photo: Photo | None = None  # whose recipe it is, where no session of ours made it
    source: Photo | None = None


def of_session(session: GenerationSession, *, seed: str = "") -> Again:
    """As it was asked for. The image it started from goes along while it is there."""
    source, is_ours = session.source, session.engine != registry.IMPORTED
    return Again(
        prompt=session.prompt,
        negative_prompt=session.negative_prompt,
        engine=session.engine if is_ours else "",
        width=session.width,
        height=session.height,
        count=varying.n_first(session) if is_ours else 0,
        seed=seed or session.first_seed,
        known=session.options if isinstance(session.options, dict) else {},
        remix_of=session,
        source=source if source and source.trashed_at is None else None,
    )


def of_photo(photo: Photo) -> Again | None:
    """Of a candidate or its final the session, of anything else its recipe; None where there is neither."""
    candidate = candidate_of(photo)
    if candidate is not None and candidate.session.engine != registry.IMPORTED:
        return of_session(candidate.session, seed=candidate.seed)
    recipe = getattr(photo, "recipe", None)
    if recipe is None or not recipe.prompt:
        return None
    known = {name: getattr(recipe, name) for name in ("steps", "cfg", "sampler", "scheduler", "model")}
    return Again(
        prompt=recipe.prompt[: workflow.MAX_PROMPT],
        negative_prompt=recipe.negative_prompt[: workflow.MAX_PROMPT],
        width=recipe.width or photo.width,
        height=recipe.height or photo.height,
        seed=recipe.seed,
        known={name: value for name, value in known.items() if value not in (None, "")},
        photo=photo,
    )


def size_before(again: Again, source: Photo) -> tuple[int, int] | None:
    """The size it was asked for, where that goes on from this image; None of what was made larger, or cut since."""
    width, height = again.width, again.height
    upscale = again.known.get("upscale")
    if not (width and height) or (isinstance(upscale, (int, float)) and upscale > 1):
        return None
    is_its_shape = abs(width * source.height - height * source.width) * SHAPES_DIFFER < width * source.height
    return (width, height) if source == again.source or is_its_shape else None


def candidate_of(photo: Photo) -> Candidate | None:
    """The candidate a photo is, or is the final of; None where its session is gone or in the trash."""
    made = photo.source_id if photo.is_final else photo.pk
    if photo.collection not in (Photo.Collection.SESSION, Photo.Collection.COMPLETED) or not made:
        return None
    found = Candidate.objects.filter(photo_id=made, session__trashed_at__isnull=True)
    return found.select_related("session__source", "session__remix_of").first()


def last_engine(owner) -> str:
    """What this person used last, if it is still there; else the first that is."""
    there = registry.aliases()
    mine = GenerationSession.objects.visible_to(owner).filter(demo=False).newest_first()
    last = mine.values_list("engine", flat=True).first()
    return last if last in there else next(iter(there), "")


def usual_count(owner) -> int:
    mine = GenerationSession.objects.visible_to(owner).filter(demo=False).newest_first()
    return mine.values_list("count", flat=True).first() or workflow.DEFAULT_COUNT


def session_beside(photo: Photo) -> GenerationSession | None:
    """The session of its own in which this image can be varied; None where that has to be another one."""
    candidate = candidate_of(photo)
    is_its_own = candidate is not None and photo.pk == candidate.photo_id
    return candidate.session if is_its_own and varying.can_vary(candidate.session) else None


def vary(owner, photo: Photo) -> GenerationSession:
    """The same recipe with new seeds, now, as many as this person usually makes. Raises WorkflowError."""
    again = of_photo(photo)
    if again is None:
        raise WorkflowError(NO_WORDS)
    if again.remix_of is not None and varying.only_enlarges(again.remix_of):
        raise WorkflowError(varying.ALIKE)
    engine = again.engine or last_engine(owner)
    width, height, options = again.width, again.height, again.known
    if not again.engine:
        try:
            can = registry.get(engine).capabilities
        except (registry.UnknownEngine, EngineError) as trouble:
            raise WorkflowError(trouble.sentence, field="engine") from trouble
        width, height = fitted_size(can, width, height)
        options = {option.name: option.default for option in can.options} | fitted_options(can, again.known)
    return workflow.start(
        owner,
        prompt=again.prompt,
        negative_prompt=again.negative_prompt,
        engine=engine,
        width=width,
        height=height,
        count=usual_count(owner),
        options=dict(options),
        remix_of=again.remix_of,
        source=again.source,
    )
