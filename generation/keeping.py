"""One image that an engine has made becomes a picture: its file, its candidate, its recipe, what it cost."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from django.db.models import F
from django.utils import timezone

from generation import varying
from generation.engines import GeneratedImage
from generation.models import Candidate, GenerationSession
from generation.registry import EngineEntry
from generation.sources import digital_source_type
from photos import storage
from photos.dating import Dating, wall_clock_now
from photos.images import RecipeFacts
from photos.ingest import Arrival, ingest
from photos.models import Photo
from photos.recipes import read_recipe
from photos.recipes.found import Found
from photos.recipes.text import MAX_RAW, storable
from photos.recipes.twins import read_twin
from photos.text import clean, clean_json

MAX_COST_USD, MAX_TOKENS = 10_000.0, 10**9  # of one image; beyond that an engine is wrong
READER = "session/1"


def keep(
    session: GenerationSession,
    token: uuid.UUID,
    number: int,
    image: GeneratedImage,
    entry: EngineEntry,
    *,
    source: Photo | None = None,
    asked_seed: int | None = None,
    seconds: float,
) -> Photo:
    """Ingest one image as candidate `number`; its row, the candidate's and the counters in one transaction.

    Raises varying.Unwanted where nobody wants it any more.
    """
    seed, facts = clean(image.seed)[:100], clean_json(dict(image.facts))

    def guard() -> None:
        GenerationSession.hold_or_raise(session.pk, token)
        if asked_seed is not None:
            varying.check_wanted(session, number, asked_seed)

    def also(photo: Photo) -> None:
        Candidate.objects.create(
            session_id=session.pk, number=number, seed=seed, photo=photo, seconds=seconds, facts=facts
        )
        GenerationSession.objects.filter(pk=session.pk).update(
            n_made=F("n_made") + 1,
            seconds_made=F("seconds_made") + seconds,
            cost_usd=F("cost_usd") + cost_of(facts),
            tokens=F("tokens") + tokens_of(facts),
            progress=0,
        )

    return ingest(
        image.data,
        Arrival(
            owner_id=session.owner_id,
            place=storage.candidate(session.folder, number, image.seed),
            origin=Photo.Origin.MADE,
            dating=Dating(shown_at=wall_clock_now(), dated_by="generator", taken_at=timezone.now()),
            recipe=recipe_of(session, image, facts, generator=entry.engine.title),
            digital_source_type=digital_source_type(entry.engine, source),
            source=source,
            guard=guard,
            also=also,
        ),
    ).photo


def recipe_of(
    session: GenerationSession, image: GeneratedImage, facts: Mapping[str, Any], *, generator: str
) -> RecipeFacts:
    """For files that say nothing themselves: what the server said beside the bytes, then what was asked for."""
    asked = RecipeFacts(
        generator=generator,
        prompt=session.prompt,
        negative_prompt=session.negative_prompt,
        model=_words(facts, "model"),
        model_hash=_words(facts, "model_hash"),
        sampler=_words(facts, "sampler") or _words(facts, "style"),
        scheduler=_words(facts, "scheduler"),
        steps=_whole(facts.get("steps")),
        cfg=_finite(facts.get("cfg")),
        seed=image.seed,
        width=session.width,
        height=session.height,
        raw=storable(image.recipe_text, MAX_RAW),
        reader=READER,
    )
    told = _read(image.recipe_text)
    if told is None:
        return asked
    known = {one.name: getattr(told, one.name) for one in fields(RecipeFacts) if one.name != "reader"}
    # The reader stays ours: what the file does not say can never be read from it anew.
    return replace(asked, **{name: value for name, value in known.items() if value not in ("", None, ())})


def cost_of(facts: Mapping[str, Any]) -> float:
    cost = _finite(facts.get("cost_usd"))
    return min(cost, MAX_COST_USD) if cost and cost > 0 else 0.0


def tokens_of(facts: Mapping[str, Any]) -> int:
    usage = facts.get("usage")
    if not isinstance(usage, dict):
        return 0
    total = _whole(usage.get("total_tokens"))
    if total is None:
        total = sum(_whole(usage.get(name)) or 0 for name in ("input_tokens", "output_tokens"))
    return min(total, MAX_TOKENS)


def _read(text: str) -> RecipeFacts | None:
    """A graph as JSON, or the lines that many programs write into their files."""
    if not text:
        return None
    if text.lstrip().startswith("{") and (graph := read_recipe(Found(png_text={"prompt": text}))):
        return graph if graph.generator != "unknown" else None
    return read_twin(text)


def _words(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if fine else None


def _finite(value: Any) -> float | None:
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fine else None
