"""What can be written about a photo at the desk, and the form that adds files."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from photos import editing
from photos.models import Photo


class PhotoForm(forms.ModelForm):
    """Written by `photos.editing`, as on the pages; `actor` is set by the admin, per request."""

    actor = None
    title = forms.CharField(max_length=500, required=False, label=_("Title"))
    caption = forms.CharField(required=False, label=_("Caption"), widget=forms.Textarea(attrs={"rows": 3}))
    alt_text = forms.CharField(
        required=False,
        label=_("Alternative text"),
        help_text=_("What the picture shows, for people who do not see it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    words = forms.CharField(required=False, label=_("Tags"), help_text=_("Separated by commas."))
    rating = forms.TypedChoiceField(
        coerce=int, label=_("Stars"), choices=[(n, "★" * n or _("none")) for n in range(6)]
    )
    label = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None, label=_("Label"), choices=Photo.Label.choices
    )
    decision = forms.TypedChoiceField(coerce=int, label=_("Decision"), choices=Photo.Verdict.choices)
    reason = forms.CharField(max_length=40, required=False, label=_("Rejected for"))
    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Photo
        fields = [
            "title",
            "caption",
            "alt_text",
            "words",
            "rating",
            "label",
            "decision",
            "reason",
            "revision",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["words"] = tag_line(self.instance)

    def clean(self) -> dict:
        """Checked and written in one step: between a check and a later write somebody else may be faster."""
        data = super().clean()
        if self.errors:
            return data
        changed = {name: data[name] for name in self.changed_data if name not in ("words", "revision")}
        if data["label"] is None:
            changed.pop("label", None)
        if data["decision"] != Photo.Verdict.REJECTED:
            changed.pop("reason", None)  # it goes with the reject
        if "words" in self.changed_data:
            changed["tags"] = editing.split_words(data["words"])
        try:
            editing.edit(
                self.instance.owner, self.instance.pk, revision=data["revision"], actor=self.actor, **changed
            )
        except editing.EditError as error:
            self.add_error({"tags": "words"}.get(error.field, error.field) or None, error.sentence)
        except Photo.DoesNotExist:
            self.add_error(None, _("This image was moved to the trash meanwhile."))
        return data

    def _post_clean(self) -> None:
        """The row was written already: nothing of the form is put on the instance."""


def tag_line(photo: Photo) -> str:
    return ", ".join(photo.tags.order_by("folded").values_list("name", flat=True))


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Asks only whether there is a file: what it is worth is judged by `photos.ingest`, also of an empty one."""

    def clean(self, data, initial=None):
        return data or super().clean(None, initial)


class UploadForm(forms.Form):
    """Whose the pictures will be, and the files: each becomes a message of its own."""

    owner = forms.ModelChoiceField(
        get_user_model().objects.order_by("username"), label=_("Owner"), empty_label=None
    )
    files = FilesField(
        label=_("Image files"),
        widget=ManyFiles(attrs={"multiple": True, "accept": "image/*,.heic,.heif,.avif,.tif,.tiff"}),
        help_text=_("One or more. JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF."),
    )
