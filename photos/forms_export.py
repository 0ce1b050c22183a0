"""What the export page and the bar of the selected send: which images, and in what form."""

from __future__ import annotations

from django import forms

from photos import exporting
from photos.forms_albums import photo_ids

FROM_BAR = "export"


class ExportForm(forms.Form):
    """Ticked images, or all that `scope` names. The bar sends both, and says by `whole` which is meant."""

    scope = forms.CharField(max_length=600, required=False)
    whole = forms.BooleanField(required=False)
    do = forms.CharField(max_length=20, required=False)
    title = forms.CharField(max_length=200, required=False)
    profile = forms.ChoiceField(choices=[(name, name) for name in exporting.PROFILES], required=False)
    facts = forms.ChoiceField(choices=[(name, name) for name in exporting.facts.FORMATS], required=False)

    def __init__(self, data) -> None:
        super().__init__(data)
        self.photo_ids = photo_ids(data.getlist("photo"))

    def clean(self) -> dict:
        if self.photo_ids is None:
            raise forms.ValidationError("Not a list of pictures.")
        return self.cleaned_data

    def chosen(self, owner) -> exporting.Chosen:
        data = self.cleaned_data
        is_whole = data["whole"] or not (self.photo_ids or data["do"] == FROM_BAR)
        return exporting.Chosen(
            owner=owner,
            scope=data["scope"] if is_whole else "",
            photo_ids=() if is_whole else tuple(self.photo_ids),
        )
