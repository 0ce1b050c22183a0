"""What people type and tick about albums."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from photos.models import Album

MOST_PHOTOS = 5_000  # of one form; DATA_UPLOAD_MAX_NUMBER_FIELDS
NEW, LAST = "new", "last"  # in place of an album's number

ACCESS = (  # value, what it is called, what it means
    (Album.Access.PRIVATE, _("Only me"), _("Nobody else finds it.")),
    (Album.Access.ACCOUNTS, _("Everyone with an account here"), _("It stands under “Shared here” for them.")),
    (
        Album.Access.PUBLIC,
        _("Everyone, also without an account"),
        _("It stands on the front page, and search engines may find it."),
    ),
)
ORDERS = ((Album.Order.MANUAL, _("As I arrange it")), (Album.Order.DATE, _("By date, oldest first")))


class CreateForm(forms.Form):
    title = forms.CharField(max_length=200, error_messages={"required": _("An album needs a title.")})
    description = forms.CharField(max_length=5_000, required=False)


class AlbumForm(CreateForm):
    """`revision` is the one the editor saw."""

    order = forms.ChoiceField(choices=ORDERS)
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class SmartForm(forms.Form):
    """A search to be kept: under a title as a new album, or in `album`, of which the editor saw `revision`."""

    query = forms.CharField(max_length=500, required=False)
    title = forms.CharField(max_length=200, required=False)
    album = forms.IntegerField(min_value=1, max_value=2**62, required=False)
    revision = forms.IntegerField(min_value=1, required=False)


class AccessForm(forms.Form):
    access = forms.ChoiceField(choices=[(value, label) for value, label, _meaning in ACCESS])
    revision = forms.IntegerField(min_value=1)


class MoveForm(forms.Form):
    """`move` is "up", "down", "cover" or "to" and a picture ("up:345"), or "to" alone: then one field `to-345` says it.

    A script says where by `photo` and `before` (nothing: to the end).
    """

    move = forms.RegexField(r"^(?:(?:up|down|to|cover):[0-9]{1,18}|to|before)$")
    photo = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def asked(self) -> tuple[str, int, int | None] | None:
        """What to do, with which picture, and the number or neighbour; None where no number was typed."""
        verb, _colon, pk = self.cleaned_data["move"].partition(":")
        if verb == "before":
            photo = self.cleaned_data["photo"]
            return (verb, photo, self.cleaned_data["before"]) if photo else None
        if verb != "to":
            return verb, int(pk), None
        numbers = [(pk, self.data.get(f"to-{pk}", ""))] if pk else self._typed()
        found = [(int(pk), int(text)) for pk, text in numbers if _is_number(pk) and _is_number(text)]
        return ("to", *found[0]) if found else None

    def _typed(self) -> list[tuple[str, str]]:
        return [(name[3:], text) for name, text in self.data.items() if name.startswith("to-") and text]


def photo_ids(values: list[str]) -> list[int] | None:
    """Row numbers as forms and scripts send them, each once; None for anything else."""
    texts = [str(value) for value in values] if isinstance(values, list) else [""]
    if len(texts) > MOST_PHOTOS or not all(_is_number(text) for text in texts):
        return None
    return [int(text) for text in dict.fromkeys(texts)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
