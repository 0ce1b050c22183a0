"""What people decide of pictures, as it arrives."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django import forms

from photos.models import Decision

MOST_PHOTOS = 1_000  # of one gesture
MOST_GESTURES = 50  # of one request
VERBS = {"pick": ("decision", 1), "reject": ("decision", 2), "clear": ("decision", 0)}


@dataclass(frozen=True, kw_only=True)
class Gesture:
    """One thing a person did, to however many pictures."""

    photo_ids: list[int]
    axis: str
    value: int


class VerdictForm(forms.Form):
    """The marks of one picture, as radios: both axes at once, each optional."""

    decision = forms.TypedChoiceField(
        choices=[(n, n) for n in range(3)], coerce=int, required=False, empty_value=None
    )
    rating = forms.TypedChoiceField(
        choices=[(n, n) for n in range(6)], coerce=int, required=False, empty_value=None
    )

    def gestures(self, pk: int) -> list[Gesture]:
        return [
            Gesture(photo_ids=[pk], axis=axis, value=self.cleaned_data[axis])
            for axis in Decision.Axis.values
            if self.cleaned_data[axis] is not None
        ]


class GestureForm(forms.Form):
    """The ticked boxes of a list and the button that was pressed: do=pick, reject, clear or rate:3."""

    do = forms.RegexField(r"^(pick|reject|clear|rate:[0-5])$")

    def __init__(self, data) -> None:
        super().__init__(data)
        self.photo_ids = _ids(data.getlist("photo"))

    def clean(self) -> dict:
        if self.photo_ids is None:
            raise forms.ValidationError("Not a list of pictures.")
        return self.cleaned_data

    def gesture(self) -> Gesture:
        verb, _, stars = self.cleaned_data["do"].partition(":")
        axis, value = VERBS.get(verb) or ("rating", int(stars))
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
    ids, axis, value = _ids(one["ids"]), one["axis"], one["value"]
    if not ids or axis not in Decision.Axis.values or type(value) is not int:
        return None
    return Gesture(photo_ids=ids, axis=axis, value=value)


def _ids(listed) -> list[int] | None:
    """At most a thousand row numbers, or None."""
    if not isinstance(listed, list) or len(listed) > MOST_PHOTOS:
        return None
    texts = [str(one) for one in listed]
    return (
        [int(t) for t in texts] if all(t.isascii() and t.isdigit() and len(t) < 19 for t in texts) else None
    )
