"""What finals are to say, and what they are called: as people type it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from generation.final_papers import MAX_CREATOR, MAX_RIGHTS, Wishes
from photos.models import Photo

MAX_TITLE = 500
MOST_TITLES = 100  # on one page


class WishesForm(forms.Form):
    """Creator, rights, and whether the prompt travels in the file."""

    creator = forms.CharField(
        label=_("Creator"),
        required=False,
        max_length=MAX_CREATOR,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name", "dir": "auto"}),
    )
    rights = forms.CharField(
        label=_("Rights"),
        required=False,
        max_length=MAX_RIGHTS,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "dir": "auto"}),
    )
    with_prompt = forms.BooleanField(label=_("Write the prompt into the file"), required=False)

    def wishes(self) -> Wishes:
        return Wishes(**{name: self.cleaned_data[name] for name in ("creator", "rights", "with_prompt")})


def titles_from(data) -> dict[int, tuple[str, int]]:
    """`title-17` and `revision-17` of a posted form: title and revision by the number of the final, a page at most."""
    found: dict[int, tuple[str, int]] = {}
    for name, value in data.items():
        number = name.removeprefix("title-")
        revision = data.get(f"revision-{number}", "")
        is_one = name != number and number.isascii() and number.isdigit() and len(number) < 19
        if is_one and revision.isascii() and revision.isdigit() and len(revision) < 10:
            found[int(number)] = value, int(revision)
        if len(found) == MOST_TITLES:
            break
    return found


def differing(finals: list[Photo], typed: dict[int, tuple[str, int]]) -> dict[int, tuple[str, int]]:
    """Those whose title is another one now."""
    was = {final.pk: final.title for final in finals}
    return {pk: told for pk, told in typed.items() if pk in was and told[0].strip() != was[pk]}
