"""What the bar of the selected sends: ticked boxes or a whole list, the button, and what was typed beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms

from photos.forms_albums import photo_ids

ENTER = "enter"  # what Return sends from a text field: whatever was typed says what is meant


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One thing to do, to `photo_ids` or to all that `scope` names. `title` is of an album to be made for it."""

    action: str
    argument: str = ""
    title: str = ""
    photo_ids: list[int]
    scope: str = ""


class BulkForm(forms.Form):
    do = forms.RegexField(
        r"^(pick|reject|clear|(rate|label):[0-5]|reason:.{0,40}|tag|untag|album|new_album|trash|restore|enter)$"
    )
    whole = forms.BooleanField(required=False)
    scope = forms.CharField(max_length=600, required=False)
    tags = forms.CharField(max_length=5_000, required=False)
    album = forms.CharField(max_length=20, required=False)
    title = forms.CharField(max_length=200, required=False)

    def __init__(self, data) -> None:
        super().__init__(data)
        self.photo_ids = photo_ids(data.getlist("photo"))

    def clean(self) -> dict:
        if self.photo_ids is None:
            raise forms.ValidationError("Not a list of pictures.")
        return self.cleaned_data

    def wish(self) -> Wish:
        data = self.cleaned_data
        action, _, argument = data["do"].partition(":")
        if action == ENTER:
            action = "tag" if data["tags"] else "new_album"
        if action in ("tag", "untag"):
            argument = data["tags"]
        elif action == "album":
            argument = data["album"]
        return Wish(
            action="album" if action == "new_album" else action,
            argument=argument,
            title=data["title"] if action == "new_album" else "",
            photo_ids=self.photo_ids or [],
            scope=data["scope"] if data["whole"] else "",
        )
