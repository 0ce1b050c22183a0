"""What was decided, in words: of a gesture, of a line of the history, of an undo."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.models import Decision, Photo
from photos.undoing import Answer


def did(n: int, axis: str, value: int, reason: str = "") -> str:
    """ "Rejected 12 images: hands." """
    if axis == Decision.Axis.RATING:
        sentence = ngettext("%s image rated.", "%s images rated.", n)
    elif axis == Decision.Axis.LABEL:
        given = ngettext("%s image labelled.", "%s images labelled.", n)
        sentence = (
            given if value else ngettext("%s image without its label.", "%s images without their label.", n)
        )
    else:
        sentence = {
            0: ngettext("%s image is undecided again.", "%s images are undecided again.", n),
            1: ngettext("Picked %s image.", "Picked %s images.", n),
            2: ngettext("Rejected %s image.", "Rejected %s images.", n),
        }[value]
    if reason:
        sentence = sentence.rstrip(".") + f": {reason.replace('%', '%%')}."
    return sentence % number_format(n, force_grouping=True)


def no_longer_done(answer: Answer, sentence: str) -> str:
    """ "Undone: rejected: hands, 12 images"."""
    gesture = answer.gesture
    if answer.later:
        if gesture.running:
            return _("That is still under way: it stops now, and is taken back in the background.")
        return _("That were many images: it goes on in the background. Reload in a moment.")
    n = len(answer.photo_ids)
    if not n:
        return _("Nothing of it stands any more.")
    state = state_words(gesture.axis, gesture.value, gesture.reason)
    if gesture.axis == Decision.Axis.LABEL and gesture.value:
        state = _("%s label") % state
    words = ngettext("%(state)s, %(n)s image", "%(state)s, %(n)s images", n)
    return sentence % (words % {"state": state, "n": number_format(n, force_grouping=True)})


def state_words(axis: str, value: int, reason: str = "") -> str:
    """ "rejected: hands", "3 stars", "red"."""
    if axis == Decision.Axis.RATING:
        return ngettext("%s star", "%s stars", value) % value if value else _("no stars")
    if axis == Decision.Axis.LABEL:
        return str(Photo.Label(value).label) if value else _("no label")
    return str(Photo.Verdict(value).label) + (f": {reason}" if reason else "")
