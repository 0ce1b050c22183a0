"""What a picture's page says of the session it comes from."""

from __future__ import annotations

from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _

from generation import registry
from generation.models import Candidate
from photos.models import Photo
from photos.views.places import Place, on_timeline


def session_place(photo: Photo) -> Place | None:
    """The place of a candidate on its sheet, or of a final on the timeline; None for what no session made."""
    if photo.collection == Photo.Collection.SESSION:
        candidate = _candidate(photo.pk)
        return _on_sheet(photo, candidate) if candidate else None
    if photo.is_final and photo.source_id and (candidate := _candidate(photo.source_id)):
        return on_timeline(
            photo,
            section="finals",
            line=_linked(_("Final from"), candidate),
            notes=(_to_candidate(candidate),) if candidate.photo.trashed_at is None else (),
            remix_address=f"{reverse('generate')}?from={photo.source_id}",
            uncomplete_address=reverse("uncomplete", args=[photo.pk]),
            facts=_facts(candidate),
        )
    return on_timeline(photo, section="finals", line=_("Final")) if photo.is_final else None


def frame_name(number: int) -> str:
    return f"{number:02d}"


def _candidate(photo_id: int) -> Candidate | None:
    return Candidate.objects.select_related("session", "photo__recipe").filter(photo_id=photo_id).first()


def _on_sheet(photo: Photo, candidate: Candidate) -> Place:
    beside = Candidate.objects.filter(session_id=candidate.session_id, photo__trashed_at__isnull=True)
    beside = beside.filter(photo__isnull=False).values_list("photo_id", flat=True)
    return Place(
        section="sessions",
        title=_frame_title(candidate),
        line=_linked(_("From"), candidate),
        notes=_final_of(photo),
        previous=beside.filter(number__lt=candidate.number).order_by("-number").first(),
        following=beside.filter(number__gt=candidate.number).order_by("number").first(),
        back_address=_frame_address(candidate),
        back_label=_("Contact sheet"),
        remix_address=f"{reverse('generate')}?from={photo.pk}",
        facts=_facts(candidate),
    )


def _final_of(photo: Photo) -> tuple:
    if not photo.represented:
        return ()
    final = Photo.objects.finals().filter(source=photo).only("pk").first()
    return (
        (format_html('<a href="{}">{}</a>', reverse("photo", args=[final.pk]), _("Has a final")),)
        if final
        else ()
    )


def _to_candidate(candidate: Candidate):
    return format_html(
        '<a href="{}">{}</a>', reverse("photo", args=[candidate.photo_id]), _("As it was generated")
    )


def _linked(words: str, candidate: Candidate):
    title = _frame_title(candidate)
    if candidate.session.trashed_at:
        return f"{words} {title}"
    return format_html('{} <a href="{}">{}</a>', words, _frame_address(candidate), title)


def _frame_title(candidate: Candidate) -> str:
    words = {"title": candidate.session.title, "number": frame_name(candidate.number)}
    return _("%(title)s, frame %(number)s") % words


def _frame_address(candidate: Candidate) -> str:
    return f"{reverse('session', args=[candidate.session_id])}#f{frame_name(candidate.number)}"


def _facts(candidate: Candidate) -> tuple[tuple[str, str], ...]:
    """Where it was made, unless the recipe's generator says as much, and how long that took."""
    engine = registry.title_of(candidate.session.engine)
    known = getattr(candidate.photo, "recipe", None)
    if candidate.session.engine == registry.IMPORTED or (
        known and known.generator.casefold() == engine.casefold()
    ):
        engine = ""
    took = _("%s s") % formats.number_format(candidate.seconds, 1) if candidate.seconds else ""
    return ((_("Engine"), engine), (_("Took"), took))
