"""One import: how far it is, what became of each file, and what can be tried again."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from photos import importing_runs
from photos.importing import Became, ImportProblem
from photos.importing_work import options_of
from photos.models import ImportedFile, ImportRun
from photos.text import clean
from photos.views import import_words
from photos.views.cells import Thumb
from photos.views.imports import importers_only
from photos.views.replies import positive_int, see_other

PAGE = 100
COUNTED = 1_000

# name, label, what became of the files in it, and their recipe where that tells them apart
LISTS = (
    ("full", gettext_lazy("With prompt and settings"), Became.ADDED, "full"),
    ("partial", gettext_lazy("With a part of them"), Became.ADDED, "partial"),
    ("none", gettext_lazy("Without"), Became.ADDED, "none"),
    ("restored", gettext_lazy("Back from the trash"), Became.RESTORED, None),
    ("known", gettext_lazy("Here already"), Became.ALREADY, None),
    ("refused", gettext_lazy("Refused"), Became.REJECTED, None),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A file of the report. `name` is its path below the place that was asked for."""

    file: ImportedFile
    name: str
    address: str = ""  # of its picture; "" where there is none to look at
    thumb: Thumb | None = None
    is_trashed: bool = False


def _run_or_404(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(importing_runs.of(request.user), pk=pk)


@require_safe
@importers_only
@never_cache
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """`list`: which of its files are shown; `reason`: of the refused only these; `after`: the next page."""
    shown = _run_or_404(request, pk)
    return render(request, "imports/run.html", _context(request, shown) | _report(request, shown))


@require_safe
@importers_only
@never_cache
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked once a second while it is waiting or at work; the last answer brings the report."""
    shown = _run_or_404(request, pk)
    context = _context(request, shown) | {"was_live": True}
    if import_words.is_over(shown):
        context |= _report(request, shown)
    return render(request, "imports/_progress.html", context)


@require_POST
@importers_only
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    importing_runs.stop(_run_or_404(request, pk))
    return _to_run(pk)


@require_POST
@importers_only
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """What was stopped or failed goes on; what was only looked through is brought in now."""
    shown = _run_or_404(request, pk)
    if not import_words.is_dry(shown):
        importing_runs.go_on(shown)
        return _to_run(pk)
    try:
        return _to_run(importing_runs.start_looked(shown).pk)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return _to_run(pk)


@require_POST
@importers_only
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused file, or all of them."""
    shown = _run_or_404(request, pk)
    one = positive_int(request.POST.get("file"))
    n = importing_runs.retry(shown, [one] if one else None)
    messages.info(
        request,
        ngettext("%s file is tried again.", "%s files are tried again.", n) % n
        if n
        else _("There is nothing to try again now."),
    )
    return _to_run(pk)


def _to_run(pk: int) -> HttpResponse:
    return see_other(reverse("import_run", args=[pk]))


def _context(request: HttpRequest, shown: ImportRun) -> dict:
    is_over = import_words.is_over(shown)
    return {
        "run": shown,
        "is_over": is_over,
        "is_dry": import_words.is_dry(shown),
        "places": import_words.places(shown),
        "options": import_words.options_words(options_of(shown.options)),
        "state": import_words.state(shown),
        "left": import_words.seconds_left(shown),
        "sentence": import_words.sentence(shown) if shown.n_done or is_over else "",
        "outcome": import_words.outcome(shown),
        "left_out": import_words.left_out(shown),
        "notes": shown.counts.get("notes", []),
        "n_here": shown.counts.get(Became.ADDED, 0) + shown.counts.get(Became.RESTORED, 0),
        "section": "imports",
        "own_primary": True,
    }


# --- the report -----------------------------------------------------------------------------------


def _report(request: HttpRequest, shown: ImportRun) -> dict:
    """The lists with their counts up to "1,000+", and a page of the one asked for, else of the first that has some."""
    counts = {name: _count(shown, became, recipe) for name, _label, became, recipe in LISTS}
    asked = request.GET.get("list", "")
    first = next((name for name in ("refused", *counts) if counts[name]), "")
    current = asked if counts.get(asked) else first
    if not current:
        return {"chips": [], "rows": [], "dry_refused": shown.counts.get("examples", [])}
    reason = clean(request.GET.get("reason", "")) if current == "refused" else ""
    rows, after = _rows(shown, current, reason, clean(request.GET.get("after", "")))
    here = reverse("import_run", args=[shown.pk])
    query = {"list": current, **({"reason": reason} if reason else {})}
    return {
        "chips": [
            (f"{here}?list={name}#files", label, _capped(counts[name]), name == current)
            for name, label, _became, _recipe in LISTS
            if counts[name]
        ],
        "rows": rows,
        "current": current,
        "reason": reason,
        "reasons": _reasons(shown, here) if current == "refused" else [],
        "n_retried": min(importing_runs.RETRIED, shown.counts.get(Became.REJECTED, 0)),
        "older": f"{here}?{urlencode(query | {'after': after})}#files" if after else "",
        "newest": f"{here}?{urlencode(query)}#files" if request.GET.get("after") else "",
    }


def _files(shown: ImportRun, became: Became, recipe: str | None):
    found = ImportedFile.objects.filter(run=shown, became=became)
    return found if recipe is None else found.filter(recipe=recipe)


def _count(shown: ImportRun, became: Became, recipe: str | None) -> int:
    return len(_files(shown, became, recipe).order_by().values_list("pk", flat=True)[: COUNTED + 1])


def _capped(n: int) -> str:
    return f"{import_words.number(COUNTED)}+" if n > COUNTED else import_words.number(n)


def _rows(shown: ImportRun, name: str, reason: str, after: str) -> tuple[list[Row], str]:
    """A page, in the order of the index (recipe, id), and the cursor of the next."""
    became, recipe = next((became, recipe) for one, _label, became, recipe in LISTS if one == name)
    found = _files(shown, became, recipe)
    if reason:
        found = found.filter(reason=reason)
    word, _dash, pk = after.partition("-")
    if last := positive_int(pk):
        found = found.filter(Q(recipe__gte=word) & (Q(recipe__gt=word) | Q(pk__gt=last)))
    fields = ("path", "recipe", "reason", "became", "photo_id")
    of_photo = ("sha256", "width", "height", "color", "access_revision", "trashed_at", "owner_id", "derived")
    found = found.select_related("photo").only(*fields, *(f"photo__{field}" for field in of_photo))
    page = list(found.order_by("recipe", "pk")[: PAGE + 1])
    cursor = f"{page[PAGE - 1].recipe}-{page[PAGE - 1].pk}" if len(page) > PAGE else ""
    return [_row(shown, file) for file in page[:PAGE]], cursor


def _row(shown: ImportRun, file: ImportedFile) -> Row:
    name = file.path
    for place in shown.places:
        name = name.removeprefix(f"{place}/") if name.startswith(f"{place}/") else name
    photo = file.photo if file.photo and file.photo.owner_id == shown.owner_id else None
    if photo is None or photo.trashed_at:
        return Row(file=file, name=name, is_trashed=photo is not None)
    thumb = Thumb(photo) if photo.derived == photo.Derived.READY else None
    return Row(file=file, name=name, address=photo.get_absolute_url(), thumb=thumb)


def _reasons(shown: ImportRun, here: str) -> list[tuple[str, str, str]]:
    """(why, how many, address of a list of just these), the most first."""
    counted = shown.counts.get("reasons", {})
    return [
        (
            why or _("other reasons"),
            import_words.number(n),
            why and f"{here}?{urlencode({'list': 'refused', 'reason': why})}#files",
        )
        for why, n in sorted(counted.items(), key=lambda item: -item[1])
    ]
