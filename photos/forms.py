"""What people decide of pictures, as it arrives."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from django import forms

from photos.models import Decision

MOST_PHOTOS = 1_000  # of one gesture
MOST_GESTURES = 50  # of one request
VERBS = {"pick": ("decision", 1), "reject": ("decision", 2), "clear": ("decision", 0)}
AXES = {"rate": "rating", "label": "label"}
LONGEST_REASON = 200  # as sent; `photos.curate` says how long one may be


@dataclass(frozen=True, kw_only=True)
class Gesture:
    """One thing a person did, to however many pictures."""

    photo_ids: list[int]
    axis: str
    value: int
    reason: str | None = None  # of a reject; None: nothing is said of it
    batch: uuid.UUID | None = None  # as the page calls it, so that one sent twice is done once


class VerdictForm(forms.Form):
    """The marks of one picture, as radios: all axes at once, each optional."""

    decision = forms.TypedChoiceField(
        choices=[(n, n) for n in range(3)], coerce=int, required=False, empty_value=None
    )
    rating = forms.TypedChoiceField(
        choices=[(n, n) for n in range(6)], coerce=int, required=False, empty_value=None
    )

    label = forms.TypedChoiceField(
        choices=[(n, n) for n in range(6)], coerce=int, required=False, empty_value=None
    )
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)

    def gestures(self, pk: int) -> list[Gesture]:
        """To choose a reason is to reject. The one that stood there before says nothing beside another verdict."""
        data = self.cleaned_data
        if data["reason"] and data["reason"] != self.data.get("stood", data["reason"]):
            data["decision"] = 2
        reason = data["reason"] if data["decision"] == 2 and "reason" in self.data else None
        return [
            Gesture(
                photo_ids=[pk], axis=axis, value=data[axis], reason=reason if axis == "decision" else None
            )
            for axis in Decision.Axis.values
            if data[axis] is not None
        ]


class GestureForm(forms.Form):
    """The ticked boxes of a list and the button that was pressed: do=pick, clear, rate:3, label:1, reason:hands."""

    do = forms.RegexField(r"^(pick|reject|clear|(rate|label):[0-5]|reason:.{0,40})$")

    def __init__(self, data) -> None:
        super().__init__(data)
        self.photo_ids = _ids(data.getlist("photo"))

    def clean(self) -> dict:
        if self.photo_ids is None:
            raise forms.ValidationError("Not a list of pictures.")
        return self.cleaned_data

    def gesture(self) -> Gesture:
        verb, _, said = self.cleaned_data["do"].partition(":")
        if verb == "reason":
            return Gesture(photo_ids=self.photo_ids or [], axis="decision", value=2, reason=said)
        axis, value = VERBS.get(verb) or (AXES[verb], int(said))
        return Gesture(photo_ids=self.photo_ids or [], axis=axis, value=value)


def gestures_from_json(body: bytes) -> list[Gesture] | None:
    """`{"gestures": [{"ids": [1, 2], "axis": "decision", "value": 1}]}`; None where it is anything else."""
    try:
        listed = json.loads(body)["gestures"]
        found = [_gesture(one) for one in listed[: MOST_GESTURES + 1]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found if 0 < len(found) <= MOST_GESTURES and all(found) else None


def _gesture(one: dict) -> Gesture | None:
    ids, axis, value, reason = _ids(one["ids"]), one["axis"], one["value"], one.get("reason")
    if not ids or axis not in Decision.Axis.values or type(value) is not int:
        return None
    if reason is not None and (not isinstance(reason, str) or len(reason) > LONGEST_REASON):
        return None
    batch = batch_from(one["batch"]) if "batch" in one else None
    return Gesture(photo_ids=ids, axis=axis, value=value, reason=reason, batch=batch)


def batch_from(text: object) -> uuid.UUID | None:
    """The name that a page gave a gesture. Raises ValueError where that is none."""
    return uuid.UUID(text) if isinstance(text, str) and text else None


def _ids(listed) -> list[int] | None:
    """At most a thousand row numbers, or None."""
    if not isinstance(listed, list) or len(listed) > MOST_PHOTOS:
        return None
    texts = [str(one) for one in listed]
    return (
        [int(t) for t in texts] if all(t.isascii() and t.isdigit() and len(t) < 19 for t in texts) else None
    )
