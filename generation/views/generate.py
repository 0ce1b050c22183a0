"""A new session: the form, empty or filled in from another."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from generation import registry, workflow
from generation.forms import GenerateForm
from generation.models import GenerationSession
from generation.rights import generators_only
from generation.timeline import covers
from photos.models import Photo
from photos.views.cells import Thumb
from photos.views.replies import positive_int, see_other

LATELY = 5
TRY_THIS = _("Red lighthouse in fog, last light on the water")


@require_http_methods(["GET", "HEAD", "POST"])
@generators_only
def generate(request: HttpRequest) -> HttpResponse:
    remix_of, seed = _remixed(request)
    initial = {"prompt": TRY_THIS} if "first" in request.GET else {}
    form = GenerateForm(request.POST or None, engines=registry.engines(), remix_of=remix_of, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return see_other(workflow.start(request.user, **form.as_request()).get_absolute_url())
        except workflow.WorkflowError as problem:
            name = {"width": "shape", "height": "shape"}.get(problem.field, problem.field)
            form.add_error(name if name in form.fields else None, problem.sentence)
    return _form_page(request, form, remix_of, seed)


def _form_page(request: HttpRequest, form: GenerateForm, remix_of, seed: str) -> HttpResponse:
    lately = list(GenerationSession.objects.visible_to(request.user).newest_first()[:LATELY])
    pictures = covers([*lately, *([remix_of] if remix_of else [])], 1)
    context = {
        "form": form,
        "remix_of": remix_of,
        "remix_thumb": _thumb(pictures, remix_of) if remix_of else None,
        "seed_before": seed,
        "lately": [(session, _thumb(pictures, session), _when(session)) for session in lately],
        "seconds_per_megapixel": _pace(lately),
        "section": "generate",
        "own_primary": True,
    }
    return render(request, "generate.html", context, status=422 if form.is_bound and form.errors else 200)


def _remixed(request: HttpRequest) -> tuple[GenerationSession | None, str]:
    """The session to start from, by its number or one of its pictures, and the seed of that picture."""
    mine = GenerationSession.objects.visible_to(request.user)
    if "from" in request.GET:
        photo = get_object_or_404(
            Photo.objects.owned_by(request.user).live().select_related("candidate__session"),
            pk=positive_int(request.GET["from"]) or 0,
            candidate__session__trashed_at__isnull=True,
            candidate__isnull=False,
        )
        return photo.candidate.session, photo.candidate.seed
    if "remix" in request.GET:
        session = get_object_or_404(mine, pk=positive_int(request.GET["remix"]) or 0)
        return session, session.first_seed
    return None, ""


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
