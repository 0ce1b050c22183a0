"""What a candidate or a final is called beside others, and the candidate that follows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from generation import registry, showing
from generation.models import Candidate
from generation.views.places import frame_name
from photos.models import Photo
from photos.views.known import Known


def known_of(photos: Sequence[Photo]) -> dict[int, Known]:
    """One query: candidates by themselves, finals by the candidate they stand for."""
    made = {photo.source_id if photo.is_final and photo.source_id else photo.pk: photo for photo in photos}
    listed = Candidate.objects.filter(photo_id__in=made).select_related("session")
    fields = ("number", "photo_id", "session__title", "session__engine", "session__trashed_at")
    return {made[one.photo_id].pk: _known(one, made[one.photo_id]) for one in listed.only(*fields)}


def next_to_choose(photo: Photo, without: Collection[int]) -> int | None:
    """Of the same session: the next undecided, then from the beginning; where all is decided the next pick."""
    here = Candidate.objects.filter(photo_id=photo.pk, session__trashed_at__isnull=True).first()
    if here is None:
        return None
    undecided, picks = (
        showing.candidates(here.session_id, show)
        .exclude(photo_id__in=without)
        .order_by("number")
        .values_list("photo_id", flat=True)
        for show in ("undecided", "picks")
    )
    return (
        undecided.filter(number__gt=here.number).first()
        or undecided.first()
        or picks.filter(number__gt=here.number).first()
    )


def _known(candidate: Candidate, photo: Photo) -> Known:
    session, number = candidate.session, frame_name(candidate.number)
    words = {"title": session.title, "number": number}
    title = _("Final %(number)s, %(title)s") if photo.is_final else _("Frame %(number)s, %(title)s")
    engine = "" if session.engine == registry.IMPORTED else registry.title_of(session.engine)
    return Known(
        name="" if photo.is_final else number,
        title=photo.title if photo.is_final and photo.title else title % words,
        address="" if session.trashed_at else f"{session.get_absolute_url()}#f{number}",
        facts=((_("Engine"), engine),),
    )
