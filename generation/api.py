"""Sessions for programs: start, watch, choose, complete, stop, go on, trash and back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Path, Query, Router, Status
from pydantic import BaseModel, Field

from generation import again, final_papers, finals, registry, trashing, varying, workflow
from generation.engines import EngineError
from generation.forms import GenerateForm
from generation.models import MAX_COUNT, Candidate, GenerationSession, SessionQuerySet
from generation.rights import generators_only
from photos import curate
from photos.api import listing
from photos.api import photos as photo_api
from photos.api.inputs import (
    MAX_ID,
    PAGE,
    VERDICTS,
    Body,
    Cleaned,
    Id,
    Leaf,
    Limit,
    Marks,
    Params,
    TimeCursor,
    Verdict,
    with_example,
)
from photos.api.outputs import (
    LINE_FIELDS,
    Changed,
    Instant,
    PhotoLine,
    WallClock,
    finite,
    instant,
    photo_line,
    shown_as,
    wall_clock,
)
from photos.models import Photo
from photos.text import clean_json

router = Router(tags=["sessions"])
MAX_OPTIONS = 50
State = Literal["queued", "running", "ready", "cancelled", "failed"]
Prompt = Annotated[str, Field(max_length=workflow.MAX_PROMPT, examples=["a red lighthouse in fog"]), Cleaned]
Edge = Annotated[int, Field(ge=1, le=16_384)]
OptionName = Annotated[str, Field(min_length=1, max_length=60)]
OptionValue = (
    bool | Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)] | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=500), Cleaned]
)  # fmt: skip

SHOWN = {
    "all": SessionQuerySet.live,
    "waiting": lambda sessions: sessions.live().waiting(),
    "generating": lambda sessions: sessions.live().generating(),
    "done": lambda sessions: sessions.live().done(),
    "trash": lambda sessions: sessions.filter(trashed_at__isnull=False),
}
_generator = generators_only(lambda request: request.user)  # the person who asks, or PermissionDenied


# --- what goes in -------------------------------------------------------------------------------------


class NewSession(Body):
    model_config = with_example(prompt="a red lighthouse in fog", count=4)

    prompt: Prompt
    negative_prompt: Prompt = ""
    engine: Annotated[str, Field(max_length=60, examples=["procedural"])] | None = Field(
        None, description="An alias; null: the first one of the engines page."
    )
    width: Edge = workflow.DEFAULT_EDGE
    height: Edge = workflow.DEFAULT_EDGE
    count: Annotated[int, Field(ge=1, le=MAX_COUNT, examples=[4])] = workflow.DEFAULT_COUNT
    seed: Annotated[int, Field(ge=0, le=workflow.MAX_SEED - MAX_COUNT)] | None = Field(
        None, description="Of the first image, then counting up; null: a new one."
    )
    options: Annotated[dict[OptionName, OptionValue], Field(max_length=MAX_OPTIONS)] = Field(
        {}, description="Settings of the engine; what is left out has its default."
    )
    title: Annotated[str, Field(max_length=200), Cleaned] = Field(
        "", description="Else the first words of the prompt."
    )
    remix_of: Id | None = Field(None, description="A session of yours it is made after.")
    source: Id | None = Field(None, description="A photo of yours to start from, where the engine can.")


class SessionWish(Params):
    show: Literal["all", "waiting", "generating", "done", "trash"] = "all"
    cursor: TimeCursor | None = None
    limit: Limit = PAGE


class CandidateWish(Leaf):
    decision: Verdict | None = None


class MarkedNumbers(Marks):
    model_config = with_example(numbers=[1, 3], decision="picked")

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1, max_length=1_000, examples=[[1, 3]])
    ]


class VariedNumbers(Body):
    model_config = with_example(numbers=[1, 3])

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=10_000)]],
        Field(min_length=1, max_length=MAX_COUNT, examples=[[1, 3]]),
    ]


# --- what comes out -----------------------------------------------------------------------------------


class SessionLine(BaseModel):
    model_config = shown_as({
        "id": 5, "title": "A red lighthouse in fog", "state": "ready", "state_line": "Choosing, 1 of 4", "error": "",
        "is_generating": False, "is_filing": False, "can_go_on": False, "engine": "procedural",
        "prompt": "a red lighthouse in fog", "negative_prompt": "", "width": 1024, "height": 1024, "count": 4,
        "first_seed": "41", "options": {}, "remix_of": None, "source": None,
        "n_made": 4, "n_picked": 1, "n_rejected": 0,
        "n_undecided": 3, "n_finals": 0, "progress": 0.0, "cost_usd": 0.0, "tokens": 0, "not_before": None,
        "shown_at": "2026-11-22T14:05:00",
        "created_at": "2026-11-22T13:05:00Z", "started_at": "2026-11-22T13:05:01Z",
        "finished_at": "2026-11-22T13:05:09Z", "trashed_at": None,
    })  # fmt: skip

    id: int
    title: str
    state: State
    state_line: str = Field(description="What its page says.", examples=["Choosing, 18 of 48"])
    error: str = Field(description="A sentence, where something went wrong.")
    is_generating: bool = Field(description="Queued or running: ask again in a second.")
    is_filing: bool = Field(description="Picks are being filed as finals: ask again in a second.")
    can_go_on: bool
    engine: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    count: int = Field(description="Images asked for.")
    first_seed: str = Field(description="Image n has this seed + n - 1. Text: it may exceed 2^53.")
    options: dict[str, Any]
    remix_of: int | None
    source: int | None = Field(description="The photo it starts from.")
    n_made: int
    n_picked: int
    n_rejected: int
    n_undecided: int
    n_finals: int
    progress: float = Field(description="Of the image being made, 0 to 1.")
    cost_usd: float = Field(description="Of the images so far, as far as the engine says.")
    tokens: int = Field(description="Likewise.")
    not_before: Instant | None = Field(description="A passing fault is tried again then.")
    shown_at: WallClock
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    trashed_at: Instant | None


class SessionPage(BaseModel):
    items: list[SessionLine]
    next: str | None


class CandidateLine(BaseModel):
    number: int
    seed: str
    seconds: float = Field(description="The engine took so long.")
    facts: dict[str, Any] = Field(description="As the engine gave them.")
    has_final: bool
    photo: PhotoLine


class CandidatePage(BaseModel):
    items: list[CandidateLine]
    next: str | None


# --- operations ---------------------------------------------------------------------------------------


@router.get("/sessions", response=SessionPage)
def list_sessions(request: HttpRequest, wish: Query[SessionWish]):
    """Your sessions, newest first, a page at a time."""
    shown = SHOWN[wish.show](GenerationSession.objects.owned_by(request.user))
    found, following = listing.leaf(shown, "shown_at", listing.place_of(wish.cursor), wish.limit)
    return {"items": [_line(session) for session in found], "next": str(following) if following else None}


@router.post("/sessions", response={201: SessionLine}, openapi_extra={"responses": {404: {}}})
def start_session(request: HttpRequest, wish: NewSession, response: HttpResponse):
    """Ask for images. A worker draws them one by one; watch the session, and decide while it draws."""
    said = wish.model_dump(exclude={"engine", "options", "remix_of", "source"})
    engine = wish.engine or registry.usual()
    session = workflow.start(
        _generator(request),
        engine=engine,
        options=_options(engine, wish.options),
        remix_of=_mine(request, wish.remix_of) if wish.remix_of else None,
        source=_photo(request, wish.source) if wish.source else None,
        **said,
    )
    response["Location"] = f"{request.path}/{session.pk}"
    session.refresh_from_db()
    return Status(201, _line(session))


@router.get("/sessions/{int:session_id}", response=SessionLine)
def get_session(request: HttpRequest, session_id: Path[Id]):
    """How it stands. Ask once a second while `is_generating` or `is_filing`."""
    return _line(_mine(request, session_id))


@router.get("/sessions/{int:session_id}/candidates", response=CandidatePage)
def list_candidates(request: HttpRequest, session_id: Path[Id], wish: Query[CandidateWish]):
    """The images of a session in order of their number; while it draws, the last page grows."""
    session = _mine(request, session_id)
    shown = Candidate.objects.filter(session=session, photo__trashed_at__isnull=True, photo__isnull=False)
    if wish.decision:
        shown = shown.filter(photo__decision=VERDICTS[wish.decision])
    if wish.cursor:
        shown = shown.filter(number__gt=min(int(wish.cursor), 10_000))
    fields = (
        "number",
        "seed",
        "seconds",
        "facts",
        "photo__represented",
        *(f"photo__{n}" for n in LINE_FIELDS),
    )
    found = list(shown.select_related("photo").only(*fields).order_by("number")[: wish.limit + 1])
    items = [_candidate(one) for one in found[: wish.limit]]
    return {"items": items, "next": str(items[-1]["number"]) if len(found) > wish.limit else None}


@router.post("/sessions/{int:session_id}/decide", response=Changed)
def decide_candidates(request: HttpRequest, session_id: Path[Id], marks: MarkedNumbers):
    """Pick, reject (with a reason) or clear, rate and label, by the numbers on the sheet."""
    session = _mine(request, session_id)
    on_sheet = Candidate.objects.filter(session=session, number__in=marks.numbers, photo__isnull=False)
    ids, batch = list(on_sheet.values_list("photo_id", flat=True)), uuid.uuid4()
    if not ids:
        raise Http404
    changes = [curate.decide(request.user, ids, batch=batch, **mark) for mark in marks.gestures()]
    return photo_api.changed(*changes)


class FinalPapers(Body):
    """What finals say beside their mark."""

    creator: Annotated[str, Cleaned] | None = Field(None, max_length=200)
    rights: Annotated[str, Cleaned] | None = Field(None, max_length=1_000)
    with_prompt: bool | None = Field(None, description="Whether the files carry their prompt.")


AS_USUAL = FinalPapers()


@router.post("/sessions/{int:session_id}/complete", response={202: SessionLine})
def complete_session(request: HttpRequest, session_id: Path[Id], papers: FinalPapers = AS_USUAL):
    """Have the picks filed as finals; those that have one are left. Watch `is_filing`.

    `papers` is for this once; what it leaves out is as the owner answered on the page.
    """
    session = _mine(request, session_id)
    given = papers.model_dump(exclude_none=True)
    finals.ask_to_file(session, replace(final_papers.usual(request.user), **given) if given else None)
    return Status(202, _now(session))


@router.post("/sessions/{int:session_id}/cancel", response=SessionLine)
def cancel_session(request: HttpRequest, session_id: Path[Id]):
    """Stop drawing; what is there stays. One that draws nothing stays as it is."""
    session = _mine(request, session_id)
    workflow.cancel(session)
    return _now(session)


@router.post("/sessions/{int:session_id}/go-on", response=SessionLine)
def go_on_with_session(request: HttpRequest, session_id: Path[Id]):
    """Draw what is missing of a stopped or failed session; another stays as it is."""
    session = _mine(request, session_id)
    _generator(request)
    workflow.go_on(session)
    return _now(session)


@router.post("/sessions/{int:session_id}/vary", response={202: SessionLine})
def vary_candidates(request: HttpRequest, session_id: Path[Id], wish: VariedNumbers):
    """Draw one more of each of these: the same recipe with a new seed, behind the last number of the session."""
    session = _mine(request, session_id)
    on_sheet = Candidate.objects.filter(
        session=session, number__in=wish.numbers, photo__trashed_at__isnull=True
    )
    ids = list(on_sheet.filter(photo__isnull=False).values_list("photo_id", flat=True))
    if not ids:
        raise Http404
    _generator(request)
    varying.vary(session, ids)
    return Status(202, _now(session))


@router.post("/photos/{int:photo_id}/vary", response={202: SessionLine})
def vary_photo(request: HttpRequest, photo_id: Path[Id]):
    """The recipe of an image once more with new seeds, now. A candidate has its variation in its own session, anything
    else a session of its own; the answer is the session that draws."""
    photo = _photo(request, photo_id)
    person = _generator(request)
    if session := again.session_beside(photo):
        varying.vary(session, [photo.pk])
    else:
        session = again.vary(person, photo)
    return Status(202, _now(session))


@router.post("/sessions/{int:session_id}/trash", response=SessionLine)
def trash_session(request: HttpRequest, session_id: Path[Id]):
    """To the trash with all its images; its finals stay."""
    session = _mine(request, session_id)
    trashing.trash_session(session)
    return _now(session)


@router.post("/sessions/{int:session_id}/restore", response=SessionLine)
def restore_session(request: HttpRequest, session_id: Path[Id]):
    """Back from the trash, with the images that went with it."""
    session = get_object_or_404(GenerationSession.objects.owned_by(request.user), pk=session_id)
    trashing.restore_session(session)
    return _now(session)


# --- what lists and facts of pictures say of sessions -------------------------------------------------


def _photos_of(owner, pk: int) -> list[int]:
    """Candidates and finals of a session; few enough for one query."""
    session = get_object_or_404(GenerationSession.objects.owned_by(owner), pk=pk)
    candidates = list(
        Candidate.objects.filter(session=session, photo__isnull=False).values_list("photo_id", flat=True)
    )
    finals_of = Photo.objects.filter(source__in=candidates, collection=Photo.Collection.COMPLETED)
    return [*candidates, *finals_of.values_list("pk", flat=True)]


def _links(photo: Photo) -> dict[str, str]:
    if photo.collection not in (Photo.Collection.SESSION, Photo.Collection.COMPLETED):
        return {}
    made = photo.pk if photo.collection == Photo.Collection.SESSION else photo.source_id
    session_id = (
        Candidate.objects.filter(photo=made).values_list("session_id", flat=True).first() if made else None
    )
    return {"session": reverse("api:get_session", args=[session_id])} if session_id else {}


listing.narrow_by("session", _photos_of)
photo_api.link_by(_links)


# --- parts --------------------------------------------------------------------------------------------


def _mine(request: HttpRequest, pk: int) -> GenerationSession:
    return get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)


def _photo(request: HttpRequest, pk: int) -> Photo:
    return get_object_or_404(Photo.objects.owned_by(request.user).live(), pk=pk)


def _now(session: GenerationSession) -> dict[str, Any]:
    session.refresh_from_db()
    return _line(session)


def _options(engine: str, given: dict[str, Any]) -> dict[str, Any]:
    """Options as the form of the page reads them, with the engine's defaults. Raises WorkflowError, UnknownEngine."""
    entry = registry.get(engine)
    try:
        defaults = {option.name: option.default for option in entry.capabilities.options}
    except EngineError as trouble:
        raise workflow.WorkflowError(trouble.sentence, field="engine") from trouble
    if unknown := [name for name in given if name not in defaults]:
        raise workflow.WorkflowError(f"This engine has no option “{unknown[0]}”.", field="options")
    typed = {f"{engine}-{name}": value for name, value in (defaults | given).items()}
    form = GenerateForm({"engine": engine, **typed}, engines={engine: entry})
    for name in defaults:
        if said := form.errors.get(f"{engine}-{name}"):
            raise workflow.WorkflowError(f"{name}: {said[0]}", field=f"options.{name}")
    return {name: form.cleaned_data[f"{engine}-{name}"] for name in defaults}


def _line(session: GenerationSession) -> dict[str, Any]:
    plain = (
        "id", "title", "state", "error", "is_generating", "can_go_on", "engine", "prompt", "negative_prompt", "width",
        "height", "count", "first_seed", "n_made", "n_picked", "n_rejected", "n_undecided", "n_finals", "tokens",
    )  # fmt: skip
    return {name: getattr(session, name) for name in plain} | {
        "state_line": str(session.state_line),
        "is_filing": session.filing_since is not None,
        "options": clean_json(session.options) if isinstance(session.options, dict) else {},
        "remix_of": session.remix_of_id,
        "source": session.source_id,
        "progress": finite(session.progress) or 0.0,
        "cost_usd": finite(session.cost_usd) or 0.0,
        "shown_at": wall_clock(session.shown_at),
        **{
            name: instant(getattr(session, name))
            for name in ("created_at", "started_at", "finished_at", "not_before", "trashed_at")
        },
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "number": one.number,
        "seed": one.seed,
        "seconds": finite(one.seconds) or 0.0,
        "facts": one.facts if isinstance(one.facts, dict) else {},
        "has_final": one.photo.represented,
        "photo": photo_line(one.photo),
    }
