"""What a picture's page says of the session it comes from."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _

from generation import registry
from generation.models import Candidate
from photos.models import Photo
from photos.views.places import Place, on_timeline


def session_place(photo: Photo) -> Place:
    """The place of a candidate on its sheet, of anything else on the timeline; and what can be made of it."""
    if photo.collection == Photo.Collection.SESSION and (candidate := _candidate(photo, photo.pk)):
        return _on_sheet(photo, candidate)
    if photo.is_final and photo.source_id and (candidate := _candidate(photo, photo.source_id)):
        return on_timeline(
            photo,
            section="finals",
            line=_linked(_("Final from"), candidate),
            notes=(_to_candidate(candidate),) if candidate.photo.trashed_at is None else (),
            uncomplete_address=reverse("uncomplete", args=[photo.pk]),
            facts=_facts(candidate),
            **_ways_on(photo, candidate),
        )
    if photo.is_final:
        return on_timeline(photo, section="finals", line=_("Final"), **_ways_on(photo, None))
    return on_timeline(photo, **_ways_on(photo, None))


def _ways_on(photo: Photo, candidate: Candidate | None) -> dict[str, str]:
    """What is offered of making again; no server is waited for, so what nobody has said yet may turn out wrong."""
    form = reverse("generate")
    known = candidate is not None and candidate.session.trashed_at is None
    recipe = getattr(photo, "recipe", None)
    if not known and candidate is None and not photo.is_final:
        known = bool(recipe and recipe.prompt)
    entries = list(registry.engines(recent=True).values())
    registry.ask_all(entries, patience_seconds=0.0)
    said = [(entry, entry.remembered()) for entry in entries]
    start = any(can.source_image if can else entry.known is not None for entry, can in said)
    there = [entry.alias for entry in entries]
    varies = known and (candidate.session.engine in there if candidate else bool(there))
    return {
        "remix_address": f"{form}?from={photo.pk}" if known else "",
        "vary_address": reverse("vary", args=[photo.pk]) if varies else "",
        "start_address": f"{form}?source={photo.pk}" if start else "",
        "enlarge_address": f"{form}?source={photo.pk}&upscale=1"
        if any(can and can.upscale for _entry, can in said)
        else "",
    }


def frame_name(number: int) -> str:
    return f"{number:02d}"


def _candidate(photo: Photo, made: int) -> Candidate | None:
    """The candidate `made`, which `photo` is, or is the final of; remembered for what else the page says of it.

    With the pictures before and after it on its sheet, and its final: one query.
    """
    beside = Candidate.objects.filter(session=OuterRef("session"), photo__trashed_at__isnull=True)
    beside = beside.filter(photo__isnull=False)
    before = beside.filter(number__lt=OuterRef("number")).order_by("-number")
    after = beside.filter(number__gt=OuterRef("number")).order_by("number")
    finals = Photo.objects.finals().filter(source=OuterRef("photo"))
    found = Candidate.objects.select_related("session", "photo__recipe").filter(photo_id=made)
    photo.made_as = found.annotate(
        previous=Subquery(before.values("photo_id")[:1]),
        following=Subquery(after.values("photo_id")[:1]),
        final_pk=Subquery(finals.values("pk")[:1]),
    ).first()
    return photo.made_as


def _on_sheet(photo: Photo, candidate: Candidate) -> Place:
    return Place(
        section="sessions",
        title=_frame_title(candidate),
        line=_linked(_("From"), candidate),
        notes=_final_of(candidate),
        previous=candidate.previous,
        following=candidate.following,
        back_address=_frame_address(candidate),
        back_label=_("Contact sheet"),
        facts=_facts(candidate),
        **_ways_on(photo, candidate),
    )


def _final_of(candidate: Candidate) -> tuple:
    if candidate.final_pk is None:
        return ()
    address = reverse("photo", args=[candidate.final_pk])
    return (format_html('<a href="{}">{}</a>', address, _("Has a final")),)


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
    address = reverse("session", args=[candidate.session_id])
    return f"{address}?at={candidate.number}#f{frame_name(candidate.number)}"


def _facts(candidate: Candidate) -> tuple[tuple[str, str], ...]:
    """Where it was made, unless the recipe's generator says as much, and how long that took."""
    engine = registry.title_of(candidate.session.engine)
    known = getattr(candidate.photo, "recipe", None)
    if candidate.session.engine == registry.IMPORTED or (
        known and known.generator.casefold() == engine.casefold()
    ):
        engine = ""
    seconds = candidate.seconds or 0
    took = _("%s s") % formats.number_format(seconds, 1) if seconds >= 0.05 else ""
    return ((_("Engine"), engine), (_("Took"), took))
