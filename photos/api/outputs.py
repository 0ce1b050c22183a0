"""What comes out: names as in the models, and the functions that make it from rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from photos.api.inputs import LABELS, VERDICTS, Label, Verdict
from photos.models import Photo, Recipe

VERDICT_NAMES = {value: name for name, value in VERDICTS.items()}
LABEL_NAMES = {value: name for name, value in LABELS.items()}
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T13:05:00Z"])]
WallClock = Annotated[
    str, Field(description="The picture's own clock, without a zone.", examples=["2026-11-22T14:05:00"])
]


# --- what the document shows of them ------------------------------------------------------------------

LINE = {
    "id": 17, "collection": "session", "title": "", "alt_text": "", "decision": "picked", "reason": "", "rating": 4,
    "label": "none", "width": 1024,
    "height": 1024, "frames": 1, "format": "PNG", "byte_size": 1_482_113, "sha256": "9f2c…", "color": "#8a2f1b",
    "shown_at": "2026-11-22T14:05:00", "dated_by": "generator", "added_at": "2026-11-22T13:05:02Z", "source": None,
    "revision": 3, "trashed_at": None,
}  # fmt: skip
FACTS = LINE | {
    "caption": "", "file": "generated/sessions/2026-11-22-a-red-lighthouse-in-fog-5/0001-41.png", "origin": "made",
    "derived": "ready", "taken_at": "2026-11-22T13:05:02Z", "taken_offset_minutes": None, "latitude": None,
    "longitude": None, "digital_source_type": "algorithmicMedia", "tags": ["lighthouse", "fog"],
    "albums": [{"id": 3, "title": "Lighthouses"}], "imported_from": [],
    "links": {"page": "/photos/17/", "session": "/api/v1/sessions/5"},
    "camera": {"make": "", "model": "", "lens": "", "exposure": "", "iso": None},
    "recipe": {
        "generator": "Built-in patterns", "prompt": "a red lighthouse in fog", "negative_prompt": "", "model": "",
        "model_hash": "", "sampler": "", "scheduler": "", "steps": None, "cfg": None, "seed": "41", "width": 1024,
        "height": 1024, "loras": [],
    },
}  # fmt: skip


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """The example that the document shows of a shape."""
    return ConfigDict(json_schema_extra={"examples": [example]})


# --- shapes -------------------------------------------------------------------------------------------


class PhotoLine(BaseModel):
    """A picture of yours, as lists have it."""

    model_config = shown_as(LINE)

    id: int
    collection: Literal["uploaded", "session", "completed", "linked"]
    title: str
    alt_text: str
    decision: Verdict
    reason: str = Field(description="Why it was rejected.")
    rating: int
    label: Label
    width: int = Field(description="Pixels, as displayed.")
    height: int
    frames: int
    format: str
    byte_size: int
    sha256: str
    color: str
    shown_at: WallClock
    dated_by: Literal["camera", "generator", "name", "file", "arrival"]
    added_at: Instant
    source: int | None = Field(description="The picture it was made from: of a final, its candidate.")
    revision: int = Field(description="For If-Match.")
    trashed_at: Instant | None


class Camera(BaseModel):
    make: str
    model: str
    lens: str
    iso: int | None
    exposure: str


class RecipeFacts(BaseModel):
    generator: str
    prompt: str
    negative_prompt: str
    model: str
    model_hash: str
    sampler: str
    scheduler: str
    steps: int | None
    cfg: float | None
    seed: str = Field(description="Text: seeds exceed 2^53, and some are words.")
    width: int | None
    height: int | None
    loras: list[dict[str, Any]]


class AlbumName(BaseModel):
    id: int
    title: str


class PhotoFacts(PhotoLine):
    """All that is known of a picture of yours."""

    model_config = shown_as(FACTS)

    caption: str
    file: str = Field(
        description="Its place below the media folder; of a linked one `linked/<owner>` and its path."
    )
    origin: Literal["brought", "made"]
    derived: Literal["ready", "pending", "broken"]
    taken_at: Instant | None = Field(description="The true instant, where it is known.")
    taken_offset_minutes: int | None
    latitude: float | None
    longitude: float | None
    digital_source_type: str
    camera: Camera
    recipe: RecipeFacts | None
    tags: list[str]
    albums: list[AlbumName]
    imported_from: list[str] = Field(
        description="Paths of the server that it was imported from, the first few."
    )
    links: dict[str, str] = Field(description="Addresses of what belongs to it: its page, its session.")


class PhotoPage(BaseModel):
    items: list[PhotoLine]
    next: str | None = Field(description="`cursor` of the page that follows; null at the end.")


class Uploaded(BaseModel):
    outcome: Literal["added", "known", "restored"] = Field(
        description="Added; here already; or here already, and brought back from the trash."
    )
    photo: PhotoLine


class Lookalike(BaseModel):
    photo: PhotoLine
    bits: int = Field(description="How far apart the two are.")
    likeness: Literal["same-file", "smaller", "larger", "saved-anew", "nearly", "alike"]


class Lookalikes(BaseModel):
    """What looks like a picture, the nearest first."""

    model_config = shown_as({"items": [{"photo": LINE, "bits": 1, "likeness": "smaller"}]})

    items: list[Lookalike]


class Changed(BaseModel):
    """What a gesture changed; pictures that stood so already, and those of others, are not in it."""

    count: int
    ids: list[int]


class Counted(BaseModel):
    count: int


# --- rows to values -----------------------------------------------------------------------------------

LINE_FIELDS = (
    "id", "collection", "title", "alt_text", "decision", "reason", "rating", "label", "width", "height", "frames",
    "format", "byte_size", "sha256", "color", "shown_at", "dated_by", "added_at", "source_id", "revision",
    "trashed_at", "owner_id",
)  # fmt: skip
AS_THEY_ARE = tuple(
    name for name in LINE_FIELDS if name in PhotoLine.model_fields
    and name not in ("decision", "label", "shown_at", "added_at", "trashed_at")
)  # fmt: skip


def instant(moment: datetime | None) -> str | None:
    """ "2026-11-22T13:05:00.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def wall_clock(shown_at: datetime) -> str:
    """ "2026-11-22T14:05:00": stored as if UTC, said without a zone."""
    return shown_at.replace(tzinfo=None).isoformat()


def photo_line(photo: Photo) -> dict[str, Any]:
    """A PhotoLine; `photo` has LINE_FIELDS."""
    return {name: getattr(photo, name) for name in AS_THEY_ARE} | {
        "decision": VERDICT_NAMES[photo.decision],
        "label": LABEL_NAMES[photo.label],
        "shown_at": wall_clock(photo.shown_at),
        "added_at": instant(photo.added_at),
        "source": photo.source_id,
        "trashed_at": instant(photo.trashed_at),
    }


def camera(photo: Photo) -> dict[str, Any]:
    exif = photo.exif if isinstance(photo.exif, dict) else {}
    words = {name: str(exif.get(name) or "") for name in ("make", "model", "lens", "exposure")}
    return words | {"iso": exif.get("iso") if isinstance(exif.get("iso"), int) else None}


def recipe(found: Recipe | None) -> dict[str, Any] | None:
    """A RecipeFacts; the raw text, which may have megabytes, stays here."""
    if found is None:
        return None
    said = {name: getattr(found, name) for name in RecipeFacts.model_fields}
    return said | {
        "cfg": finite(found.cfg),
        "loras": [lora for lora in found.loras if isinstance(lora, dict)],
    }


def finite(number: float | None) -> float | None:
    """JSON has no infinity, and no NaN."""
    return number if number is not None and math.isfinite(number) else None
