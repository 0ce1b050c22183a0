"""What goes in: names as in the models, everything bounded, fields nobody knows refused.

An input is a `Body` (JSON), `Params` (a query) or `Fields` (a form beside a file).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils.dateparse import parse_datetime
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from photos.models import Photo
from photos.text import clean

MAX_ID = 2**63 - 1
MAX_IDS = 1_000
MAX_PAGE, PAGE = 200, 100
VERDICTS = {verdict.name.lower(): verdict.value for verdict in Photo.Verdict}
LABELS = {label.name.lower(): label.value for label in Photo.Label}
MARKS = ("decision", "rating", "label")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _instant(text: str) -> datetime:
    instant = parse_datetime(text)
    if instant is None or instant.tzinfo is None:
        raise ValueError("an instant such as 2026-11-22T14:05:00Z, with its offset")
    return instant


def _left_out(schema: dict) -> None:
    """A field that may be left out, but not be null: its default is nobody's business."""
    schema.pop("default", None)


# --- values -------------------------------------------------------------------------------------------

Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[17])]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS, examples=[[17, 18]])]
Verdict = Literal["undecided", "picked", "rejected"]
Label = Literal["none", "red", "yellow", "green", "blue", "purple"]
Stars = Annotated[int, Field(ge=0, le=5, examples=[4])]
Cleaned = AfterValidator(clean)
Day = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}, examples=["2026-11-22"]
    ),
    AfterValidator(_day),
]
InstantIn = Annotated[
    str, Field(max_length=40, json_schema_extra={"format": "date-time"}), AfterValidator(_instant)
]
Why = Annotated[
    str,
    Field(max_length=40, description="What it is rejected for; goes with the reject.", examples=["hands"]),
    Cleaned,
]
LeftOut = Field(default=None, json_schema_extra=_left_out)
NumberCursor = Annotated[str, Field(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
TimeCursor = Annotated[
    str, Field(pattern=r"^[0-9]{20}-[0-9]{1,18}$", description="`next` of the page before.")
]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE, description="Items of a page, at most.")]


# --- kinds of input -----------------------------------------------------------------------------------


class Body(BaseModel):
    """JSON: "5" is no number, and a name nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


def with_example(**example: Any) -> ConfigDict:
    """What the document shows of a body. One that holds marks says that one of them has to be there."""
    said: dict[str, Any] = {"examples": [example]}
    if "decision" in example and "title" not in example:
        said["anyOf"] = [{"required": [name]} for name in MARKS]
    return ConfigDict(json_schema_extra=said)


class Params(BaseModel):
    """A query. Ninja hands on only the names it knows, so the request itself is asked for others."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _knows_all(cls, values: Any, info: ValidationInfo) -> Any:
        unknown = [name for name in cls.sent(info.context["request"]) if name not in cls.model_fields]
        if unknown:
            raise ValueError(f"there is no {', '.join(name[:40] for name in unknown[:5])}")
        return values

    @classmethod
    def sent(cls, request) -> list[str]:
        return list(request.GET)


class Fields(Params):
    """A form beside a file."""

    @classmethod
    def sent(cls, request) -> list[str]:
        return [*request.POST, *(name for name in request.FILES if name != "file")]


class Leaf(Params):
    """A page of a list whose cursor is a number."""

    cursor: NumberCursor | None = None
    limit: Limit = PAGE


# --- what several operations take ---------------------------------------------------------------------


class PhotoIds(Body):
    ids: Ids


class Marks(Body):
    """One or more."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in MARKS]})

    decision: Verdict = LeftOut
    reason: Why = LeftOut
    rating: Stars = LeftOut
    label: Label = LeftOut

    @model_validator(mode="after")
    def _something(self) -> Marks:
        if not self.model_fields_set & set(MARKS):
            raise ValueError("say a decision, a rating, a label, or more of them")
        if "reason" in self.model_fields_set and self.decision != "rejected":
            raise ValueError("only what is rejected has a reason")
        return self

    def gestures(self) -> list[dict[str, Any]]:
        """Axis, value and reason of each mark, as `photos.curate` has it."""
        values = {
            "decision": VERDICTS.get(self.decision),
            "rating": self.rating,
            "label": LABELS.get(self.label),
        }
        return [
            {"axis": axis, "value": values[axis], "reason": self.reason if axis == "decision" else None}
            for axis in MARKS
            if axis in self.model_fields_set
        ]


class MarkedPhotos(PhotoIds, Marks):
    model_config = with_example(ids=[17, 18], decision="picked")


Word = Annotated[str, Field(min_length=1, max_length=100), Cleaned]


class PhotoChanges(Body):
    """What is left out stays."""

    model_config = with_example(title="Lighthouse, last light", rating=5, tags=["lighthouse", "fog"])

    title: Annotated[str, Field(max_length=500), Cleaned] = LeftOut
    caption: Annotated[str, Field(max_length=10_000), Cleaned] = LeftOut
    alt_text: Annotated[str, Field(max_length=2_000), Cleaned] = LeftOut
    rating: Stars = LeftOut
    label: Label = LeftOut
    decision: Verdict = LeftOut
    reason: Why = LeftOut
    tags: Annotated[list[Word], Field(max_length=200)] = LeftOut

    def said(self) -> dict[str, Any]:
        """Keyword arguments of `editing.edit`."""
        changes = self.model_dump(exclude_unset=True)
        named = {"decision": VERDICTS, "label": LABELS}
        return changes | {name: names[changes[name]] for name, names in named.items() if name in changes}


class UploadFields(Fields):
    modified_at: InstantIn | None = Field(
        None, description="The file's own date, where the picture has none."
    )
    album: Id | None = Field(None, description="An album of yours to put it into.")


def revision_of(if_match: str | None) -> int | None:
    """The revision an If-Match names: None for none and for "*"; -1, which nothing has, for what is no revision."""
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1
