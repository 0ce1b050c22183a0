"""The import page: folders of this machine to bring in or watch, what is watched, and what came in before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from photos import importing_runs, server_folders, watching
from photos.forms_imports import INTO, WHERE, ImportForm
from photos.importing import ImportProblem
from photos.models import WatchedFolder
from photos.views import import_words
from photos.views.replies import positive_int, see_other

RUNS = 10  # of those that came before, on a page


def importers_only(view: Callable) -> Callable:
    """For superusers, and members with the right: nobody else is shown a path of this machine."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not server_folders.may_import(request.user):
            raise PermissionDenied(
                _("Your account may not import from this machine. The administrator can allow it.")
            )
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@importers_only
@never_cache
def imports(request: HttpRequest) -> HttpResponse:
    """`in`: the folder looked into; `after`: a page of its subfolders; `runs`: imports older than this one."""
    return _page(request, request.GET.get("in", ""))


@require_POST
@importers_only
def begin(request: HttpRequest) -> HttpResponse:
    """Look first, start, or watch: by the button."""
    form = ImportForm(request.POST)
    if not form.is_valid():
        return _page(request, error=_("Choose a folder first."), status=422)
    place, existing = form.cleaned_data["place"], form.cleaned_data["existing"]
    try:
        if form.cleaned_data["do"] == "watch":
            row = watching.add(request.user, place, form.options, existing=existing)
            if existing:
                importing_runs.start(request.user, [row.path], form.options)
            messages.info(request, _("Watching: new images come in by themselves."))
            return see_other(f"{reverse('imports')}#watched")
        run = importing_runs.start(request.user, [place], form.options)
    except ImportProblem as problem:
        return _page(request, place, error=problem.sentence, form=form, status=422)
    return see_other(reverse("import_run", args=[run.pk]))


@require_POST
@importers_only
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a watched folder on or off, or forget it."""
    row = get_object_or_404(watching.of(request.user), pk=pk)
    if request.POST.get("do") == "remove":
        watching.remove(row)
        messages.info(request, _("Not watched any more. What came in stays."))
    else:
        watching.switch(row, on=request.POST.get("do") == "on")
    return see_other(f"{reverse('imports')}#watched")


def _page(
    request: HttpRequest,
    place: str = "",
    *,
    error: str = "",
    form: ImportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    roots = server_folders.roots()
    if not place and len(roots) == 1:
        place = str(roots[0])
    before = positive_int(request.GET.get("runs"))
    runs = list(_before(importing_runs.of(request.user), before)[: RUNS + 1])
    context = {
        "roots": roots,
        "named": settings.GALLERY_IMPORT_FOLDERS,
        "env_file": Path(settings.DATA_DIR, ".env"),
        "command": Path(settings.BASE_DIR, "manage.py"),
        "error": error,
        "form": form or ImportForm(initial={"into": "sessions", "where": "copy"}),
        "into": INTO,
        "where": WHERE,
        "watched": [import_words.watched(row) for row in _watched(request)],
        "runs": [import_words.line(run) for run in runs[:RUNS]],
        "older_runs": runs[RUNS - 1].pk if len(runs) > RUNS else "",
        "is_first": before is None,
        "section": "imports",
        "own_primary": True,
    }
    if place:
        context |= _folder(request, place, strict=not error)
    return render(request, "imports/page.html", context, status=status)


def _many() -> str:
    return import_words.number(server_folders.COUNTED)


def _watched(request: HttpRequest) -> list[WatchedFolder]:
    return list(watching.of(request.user).order_by("path")[: watching.MOST])


def _before(runs, pk: int | None):
    return (runs.filter(pk__lt=pk) if pk else runs).order_by("-pk")


def _folder(request: HttpRequest, place: str, *, strict: bool) -> dict:
    """What the chosen folder holds. One that is not allowed is not there: 404, or nothing beside another error."""
    try:
        folder = server_folders.within(place)
    except ImportProblem:
        if strict:
            raise Http404 from None
        return {}
    try:
        shown = server_folders.listing(folder, request.GET.get("after", ""))
    except ImportProblem as problem:
        return {"error": problem.sentence}
    more = urlencode({"in": shown.path, "after": shown.after}) if shown.after else ""
    return {"folder": shown, "more_folders": more, "counted": server_folders.COUNTED, "more_than": _many()}
