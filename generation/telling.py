"""What an export says of the session an image comes from, and in whose name."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from generation import final_papers
from generation.models import Candidate
from photos.models import Photo

COLUMNS = {
    "session": _("number of the session it was generated in"),
    "session_title": _("what that session is called"),
    "number": _("its number in that session"),
    "engine": _("what made it, as the gallery calls it"),
}


def of_sessions(photos: Sequence[Photo]) -> dict[int, dict[str, object]]:
    """Of candidates, and of finals by what they were filed from: one question for all."""
    behind = {photo.pk: photo.source_id if photo.is_final else photo.pk for photo in photos}
    made = Candidate.objects.filter(photo__in=[pk for pk in behind.values() if pk]).select_related("session")
    known = {candidate.photo_id: candidate for candidate in made}
    return {
        pk: {
            "session": known[source].session_id,
            "session_title": known[source].session.title,
            "number": known[source].number,
            "engine": known[source].session.engine,
        }
        for pk, source in behind.items()
        if source in known
    }


def credit(owner) -> tuple[str, str]:
    """Creator and rights, as this person answered when they were asked; nothing before."""
    wishes = final_papers.remembered(owner)
    return (wishes.creator, wishes.rights) if wishes else ("", "")
