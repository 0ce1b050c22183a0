"""What an owner says of a share link."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

LASTS = (
    ("1", _("1 day")),
    ("7", _("1 week")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("1 year")),
    ("never", _("No end: it works until you switch it off")),
)


class ShareForm(forms.Form):
    """Sizes are checked where the link is made, which says so in a sentence."""

    title = forms.CharField(max_length=400, required=False)
    signed_by = forms.CharField(max_length=400, required=False)
    lasts = forms.ChoiceField(choices=LASTS)
    allows_download = forms.BooleanField(required=False)


class ChangeForm(ShareForm):
    """Of a link that is there: "" leaves its end as it is."""

    lasts = forms.ChoiceField(choices=LASTS, required=False)


class SwitchForm(forms.Form):
    on = forms.TypedChoiceField(choices=(("0", "off"), ("1", "on")), coerce=lambda value: value == "1")
