"""Lineage on the page of a picture: the image its session started from, and the sessions that started from it."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.models import GenerationSession
from generation.timeline import covers
from photos.models import Photo
from photos.views.cells import Thumb
from photos.views.lineage import Lineage, Relative

SHOWN = 6


def lineage_of(photo: Photo) -> Lineage:
    """At most five queries, whatever came of it."""
    sessions = GenerationSession.objects.live().filter(owner_id=photo.owner_id, source=photo, n_made__gt=0)
    newest = list(sessions.newest_first()[:SHOWN])
    pictures = covers(newest, 1)
    return Lineage(
        made_from=_made_from(photo),
        came=tuple(_relative(session, pictures.get(session.pk)) for session in newest),
        heading=_heading(sessions, newest),
    )


def _made_from(photo: Photo) -> Relative | None:
    """Of a final the image that its candidate was made from: the candidate itself stands in the head of the page."""
    candidate = getattr(photo, "made_as", None)  # where the place of the picture was asked for
    made = candidate.photo if photo.is_final and candidate else photo
    if not made.source_id or made.is_final:
        return None
    source = Photo.objects.live().filter(pk=made.source_id, owner_id=photo.owner_id).first()
    if source is None:
        return None
    return Relative(
        address=source.get_absolute_url(),
        title=str(source),
        words=f"{source.width} × {source.height}",
        thumb=Thumb(source),
    )


def _relative(session: GenerationSession, pictures: list[Photo] | None) -> Relative:
    words = ngettext("%s image", "%s images", session.n_made) % session.n_made
    if session.n_picked:
        words += ", " + ngettext("%s pick", "%s picks", session.n_picked) % session.n_picked
    return Relative(
        address=session.get_absolute_url(),
        title=session.title,
        words=words,
        thumb=Thumb(pictures[0]) if pictures else None,
    )


def _heading(sessions, newest: list[GenerationSession]) -> str:
    n_images, n_sessions = sum(session.n_made for session in newest), len(newest)
    if n_sessions == SHOWN:
        found = sessions.order_by().aggregate(images=Sum("n_made"), n=Count("pk"))
        n_images, n_sessions = found["images"] or 0, found["n"]
    images = ngettext("%s image", "%s images", n_images) % f"{n_images:,}"
    if n_sessions <= 1:
        return _("What came of it: %s") % images
    return _("What came of it: %(images)s in %(n)s sessions") % {"images": images, "n": n_sessions}
