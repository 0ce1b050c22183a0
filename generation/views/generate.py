"""A new session: the form, empty, filled in from another, or starting from an image; and Vary, which asks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generation import again as making_again
from generation import registry, workflow
from generation.again import Again
from generation.forms import GenerateForm
from generation.models import GenerationSession
from generation.rights import generators_only
from generation.timeline import covers
from generation.views.varied import vary_in_session
from photos.models import Photo
from photos.views.cells import Thumb
from photos.views.replies import positive_int, see_other

LATELY = 5
TRY_THIS = _("Red lighthouse in fog, last light on the water")
ENLARGE_BY = 2


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What the address says: what the form is filled in with, and the image to start from."""

    again: Again | None = None
    source: Photo | None = None
    from_photo: Photo | None = None
    enlarging: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@generators_only
def generate(request: HttpRequest) -> HttpResponse:
    begun = _begun(request)
    lately = list(GenerationSession.objects.visible_to(request.user).newest_first()[:LATELY])
    engines = registry.engines()
    last = next((one.engine for one in lately if not one.demo and one.engine in engines), "")
    form_of = {"engines": engines, "again": begun.again, "source": begun.source, "last_engine": last,
               "enlarging": begun.enlarging}  # fmt: skip
    initial = _initial(request, engines)
    switched = request.POST.get("do") == "engine"
    if switched:  # without a script: the same words, and the settings of the engine chosen
        initial |= _typed(request.POST, GenerateForm(**form_of))
    form = GenerateForm(None if switched else request.POST or None, initial=initial, **form_of)
    if form.is_bound and form.is_valid():
        try:
            return see_other(workflow.start(request.user, **form.as_request()).get_absolute_url())
        except workflow.WorkflowError as problem:
            form.add_error(form.place_of_error(problem.field), problem.sentence)
    return _form_page(request, form, begun, lately)


@require_POST
@generators_only
def vary(request: HttpRequest, pk: int) -> HttpResponse:
    """The recipe of an image once more with new seeds, now; where that cannot be, the form says why.

    A candidate has its variation beside it on its sheet; anything else in a session of its own.
    """
    photo = get_object_or_404(_mine(request), pk=pk)
    if beside := making_again.session_beside(photo):
        return vary_in_session(request, beside, [photo.pk])
    try:
        return see_other(making_again.vary(request.user, photo).get_absolute_url())
    except workflow.WorkflowError as problem:
        if making_again.of_photo(photo) is None:
            raise Http404 from problem
        messages.error(request, problem.sentence)
        return see_other(f"{reverse('generate')}?from={photo.pk}")


def _form_page(request: HttpRequest, form: GenerateForm, begun: Begun, lately: list) -> HttpResponse:
    remix_of = form.remix_of
    pictures = covers([*lately, *([remix_of] if remix_of else [])], 1)
    context = {
        "form": form,
        "begun": begun,
        "remix_of": remix_of,
        "remix_thumb": _remix_thumb(pictures, begun, remix_of),
        "source_thumb": Thumb(begun.source) if begun.source else None,
        "seed_before": begun.again.seed if begun.again and begun.again.seed.isdigit() else "",
        "failed_before": _failed_before(form, remix_of),
        "lately": [(session, _thumb(pictures, session), _when(session)) for session in lately],
        "seconds_per_megapixel": _pace(lately),
        "section": "generate",
        "own_primary": True,
    }
    return render(request, "generate.html", context, status=422 if form.is_bound and form.errors else 200)


def _begun(request: HttpRequest) -> Begun:
    """The session to start from, by its number or one of its pictures, or the recipe of a picture; or a picture."""
    asked = request.GET
    if "source" in asked:
        photo = get_object_or_404(_mine(request), pk=positive_int(asked["source"]) or 0)
        return Begun(again=making_again.of_photo(photo), source=photo, enlarging="upscale" in asked)
    if "from" in asked:
        photo = get_object_or_404(_mine(request), pk=positive_int(asked["from"]) or 0)
        again = making_again.of_photo(photo)
        if again is None:
            raise Http404
        return Begun(again=again, source=again.source, from_photo=photo)
    if "remix" in asked:
        mine = GenerationSession.objects.visible_to(request.user).select_related("source")
        again = making_again.of_session(get_object_or_404(mine, pk=positive_int(asked["remix"]) or 0))
        return Begun(again=again, source=again.source)
    return Begun()


def _mine(request: HttpRequest):
    return Photo.objects.owned_by(request.user).live().select_related("recipe")


def _initial(request: HttpRequest, engines: dict) -> dict:
    if "first" in request.GET:
        return {"prompt": TRY_THIS}
    if "upscale" in request.GET and "source" in request.GET:
        return {"count": 1} | {f"{alias}-upscale": ENLARGE_BY for alias in engines}
    return {}


def _typed(posted: QueryDict, form: GenerateForm) -> dict:
    """What stands in the fields now; a box that is not ticked is not sent."""
    return {name: posted.get(name, False) for name in form.fields if name in posted or _is_box(form, name)}


def _is_box(form: GenerateForm, name: str) -> bool:
    return getattr(form.fields[name].widget, "input_type", "") == "checkbox"


def _failed_before(form: GenerateForm, remix_of: GenerationSession | None) -> tuple[str, str] | None:
    """The field that the engine objected to the last time, and its sentence."""
    if remix_of is None or form.is_bound or not (remix_of.error and remix_of.error_field):
        return None
    if form.chosen != remix_of.engine:  # another engine may have a field of that name, and nothing against it
        return None
    place = form.place_of_error(remix_of.error_field)
    if place is None:
        return None
    attrs = form.fields[place].widget.attrs
    attrs["aria-describedby"] = f"{attrs.get('aria-describedby', '')} {place}-error".strip()
    return place, remix_of.error


def _remix_thumb(pictures: dict, begun: Begun, remix_of: GenerationSession | None) -> Thumb | None:
    if begun.from_photo is not None:
        return Thumb(begun.from_photo)
    return _thumb(pictures, remix_of) if remix_of else None


def _thumb(pictures: dict, session: GenerationSession) -> Thumb | None:
    found = pictures.get(session.pk)
    return Thumb(found[0]) if found else None


def _when(session: GenerationSession) -> str:
    days = (timezone.localdate() - session.shown_at.date()).days
    return {0: _("today"), 1: _("yesterday")}.get(days, "")


def _pace(lately: list[GenerationSession]) -> float:
    """Seconds a megapixel took lately; 0 where nobody knows."""
    made = [s for s in lately if s.n_made and s.seconds_made]
    area = sum(s.n_made * s.width * s.height for s in made) / 1e6
    return round(sum(s.seconds_made for s in made) / area, 3) if area else 0
