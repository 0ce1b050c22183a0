"""A search for people who do not type its language: a form that writes the query."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from photos.search.keys import CHOICES
from photos.search.offering import names, seen_values
from photos.search.query import MAX_CHARACTERS, quoted

VALUES = 200  # of one key in a list to choose from
TYPED = ("model", "lora", "sampler", "tag", "album")


class SearchForm(forms.Form):
    """Every field may stay empty; `query()` is what was filled in, in the words of the search box."""

    words = forms.CharField(required=False, max_length=MAX_CHARACTERS)
    phrase = forms.CharField(required=False, max_length=200)
    without = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=[("", ""), *((one, one) for one in CHOICES["is"])])
    rating = forms.ChoiceField(required=False, choices=[("", ""), *((str(n), str(n)) for n in range(1, 6))])
    ratio = forms.ChoiceField(required=False, choices=[("", ""), *((one, one) for one in CHOICES["ratio"])])
    color = forms.ChoiceField(required=False, choices=[("", ""), *((one, one) for one in CHOICES["color"])])
    begin = forms.RegexField(r"^[0-9]{4}(-[0-9]{2}){0,2}$", required=False)
    end = forms.RegexField(r"^[0-9]{4}(-[0-9]{2}){0,2}$", required=False)
    sort = forms.ChoiceField(required=False, choices=[("", ""), *((one, one) for one in CHOICES["sort"])])
    model = forms.CharField(required=False, max_length=300)
    lora = forms.CharField(required=False, max_length=300)
    sampler = forms.CharField(required=False, max_length=120)
    tag = forms.CharField(required=False, max_length=100)
    album = forms.CharField(required=False, max_length=200)

    def query(self) -> str:
        """What could not be read is left out: the page shows the rest as chips."""
        self.full_clean()
        data = self.cleaned_data
        words = data.get("words", "")
        terms = [words + '"' * (words.count('"') % 2)]  # a quote left open would take in what follows
        terms += [quoted(data["phrase"])] if data.get("phrase") else []
        terms += [f"-{word}" for word in data.get("without", "").replace('"', " ").split()]
        terms += [f"{key}:{quoted(data[key])}" for key in TYPED if data.get(key)]
        terms += [f"is:{data['state']}"] if data.get("state") else []
        terms += [f"rating:>={data['rating']}"] if data.get("rating") else []
        terms += [f"{key}:{data[key]}" for key in ("ratio", "color", "sort") if data.get(key)]
        if data.get("begin") or data.get("end"):
            terms.append(f"taken:{data.get('begin', '')}..{data.get('end', '')}")
        return " ".join(" ".join(terms).split())


def choices_of(owner) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What there is to choose from: name and label of a field, and its values with their words."""
    read = {"model": _("Model"), "lora": _("LoRA"), "sampler": _("Sampler")}
    given, seen = {"tag": _("Tag"), "album": _("Album")}, seen_values(owner, [*read], VALUES)
    of_all = {"state": ("is", _("State")), "ratio": ("ratio", _("Shape")), "color": ("color", _("Colour"))}
    return [
        *((key, label, [(name, name) for name in seen[key]]) for key, label in read.items()),
        *(
            (key, label, [(name, name) for name in names(owner, key, limit=VALUES)])
            for key, label in given.items()
        ),
        ("rating", _("Stars"), [(str(n), _("%s or more") % n) for n in range(1, 6)]),
        *((field, label, [(one, one) for one in CHOICES[key]]) for field, (key, label) in of_all.items()),
        ("sort", _("Order"), [(one, one) for one in CHOICES["sort"]]),
    ]
