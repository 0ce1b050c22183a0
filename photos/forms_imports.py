"""What people tick on the import page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from photos.importing import Options

INTO = (  # value, what it is called, what it means
    (
        "sessions",
        _("Sessions to choose from"),
        _("Images of one folder, one prompt and one sitting become a contact sheet."),
    ),
    ("uploads", _("Single images"), _("Each stands on the timeline by its own date, as an upload does.")),
)
WHERE = (
    (
        "copy",
        _("Copied into the gallery"),
        _("The folder is only read. What happens to it later does not matter."),
    ),
    (
        "link",
        _("Left where they are"),
        _(
            "No second copy. The gallery shows the files in their place, and never moves, changes or deletes one."
        ),
    ),
)


class ImportForm(forms.Form):
    """`place` is checked by `server_folders`. `do`: look first, start, or watch."""

    place = forms.CharField(max_length=4_000)
    into = forms.ChoiceField(choices=[(value, label) for value, label, _meaning in INTO], initial="sessions")
    where = forms.ChoiceField(choices=[(value, label) for value, label, _meaning in WHERE], initial="copy")
    quick = forms.BooleanField(required=False)
    existing = forms.BooleanField(required=False)
    do = forms.ChoiceField(choices=[(verb, verb) for verb in ("look", "start", "watch")])

    @property
    def options(self) -> Options:
        """After it was found valid."""
        return Options(
            as_sessions=self.cleaned_data["into"] == "sessions",
            link=self.cleaned_data["where"] == "link",
            thumbnails_later=self.cleaned_data["quick"],
            dry_run=self.cleaned_data["do"] == "look",
        )
