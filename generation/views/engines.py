"""The engines page: what is connected, how it is, and everything an administrator does about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import looking, registry, setups, trying
from generation.engines import EngineError
from generation.forms_engines import EngineForm
from generation.kinds import KINDS, Kind, kind_of
from generation.models import EngineSetup
from generation.rights import administrators_only
from photos.views.replies import see_other

PATIENCE_SECONDS = 1.0  # for all servers together: who has not said anything by then is shown as asked
TITLES = {
    "server": gettext_lazy("Server"),
    "models": gettext_lazy("Models"),
    "image": gettext_lazy("An image"),
    "progress": gettext_lazy("Progress"),
    "preview": gettext_lazy("Previews"),
    "seeds": gettext_lazy("Seeds"),
    "cancel": gettext_lazy("Stop"),
    "image input": gettext_lazy("Starting from an image"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One engine in the list. `mood`: "answers", "silent", "off" or "asked"; `state` says it in words."""

    alias: str
    title: str
    kind: str  # its title
    is_on: bool
    from_settings: bool
    mood: str
    state: str
    about: str
    version: str


# --- the list -------------------------------------------------------------------------------------


@require_safe
@never_cache
@administrators_only
def engines(request: HttpRequest) -> HttpResponse:
    rows = {row.alias: row for row in EngineSetup.objects.all()}
    names = registry.aliases(with_off=True)
    registry.ask_all(
        [_entry(name) for name in names if name not in rows or rows[name].is_on],
        patience_seconds=PATIENCE_SECONDS,
    )
    context = {
        "lines": [_line(name, rows.get(name)) for name in names],
        "kinds": KINDS.values(),
        "found": _found(request, rows),
        "looked": "found" in request.GET,
        "section": "engines",
    }
    return render(request, "engines/page.html", context)


@require_POST
@administrators_only
def look(request: HttpRequest) -> HttpResponse:
    """Ask the usual ports of this machine; what answers is offered."""
    found = ",".join(f"{one.kind}:{one.port}:{one.door}" for one in looking.look())
    return see_other(f"{reverse('engines')}?found={found}#found")


@require_POST
@administrators_only
def switch(request: HttpRequest, alias: str) -> HttpResponse:
    setups.switch(_listed(alias), on=request.POST.get("on") == "1")
    return see_other(reverse("engines"))


@require_POST
@administrators_only
def move(request: HttpRequest, alias: str) -> HttpResponse:
    setups.move(_listed(alias), up=request.POST.get("to") == "up")
    return see_other(reverse("engines"))


# --- one of them ----------------------------------------------------------------------------------


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def add(request: HttpRequest) -> HttpResponse:
    """A new engine: `kind` says which, `url` where, `alias` which one of the settings it takes the place of."""
    asked = request.GET
    kind = KINDS.get(asked.get("kind", ""))
    if kind is None:
        raise Http404
    entry = settings.GALLERY_ENGINES.get(asked.get("alias", ""), {})
    taken = entry.get("OPTIONS", {}) if kind_of(entry.get("CLASS", "")) == kind.name else {}
    initial = {name: asked[name][:500] for name in ("url", "alias") if asked.get(name)}
    form = EngineForm(request.POST or None, kind=kind, taken=taken, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            row = form.save()
        except setups.SetupError as problem:
            form.add_error(problem.field or None, problem.sentence)
        else:
            messages.info(request, _("Added. Try it with Test."))
            return see_other(reverse("engine", args=[row.alias]))
    return _edit_page(request, form, kind, None)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrators_only
def edit(request: HttpRequest, alias: str) -> HttpResponse:
    row = EngineSetup.objects.filter(alias=_listed(alias)).first()
    kind = KINDS.get(row.kind) if row else None
    if kind is None:  # one of the settings: it is shown and tested, and changed where it stands
        return _edit_page(request, None, None, row, alias=alias)
    form = EngineForm(request.POST or None, kind=kind, row=row)
    if form.is_bound and form.is_valid():
        form.save()
        messages.info(request, _("Saved."))
        return see_other(reverse("engine", args=[alias]))
    return _edit_page(request, form, kind, row)


@require_POST
@administrators_only
def remove(request: HttpRequest, alias: str) -> HttpResponse:
    row = EngineSetup.objects.filter(alias=alias, removed_at__isnull=True).exclude(kind="").first()
    if row is None:
        raise Http404
    setups.remove(row)
    messages.info(request, _("Removed “%s”. What was made with it stays as it is.") % row)
    return see_other(reverse("engines"))


@require_POST
@administrators_only
def test(request: HttpRequest, alias: str) -> HttpResponse:
    """A worker tries it; the page shows what it finds as it comes."""
    trying.ask(setups.row_of(_listed(alias)))
    return see_other(f"{reverse('engine', args=[alias])}#test")


@require_safe
@never_cache
@administrators_only
def tested(request: HttpRequest, alias: str) -> HttpResponse:
    """What the test has found so far: asked once a second while it runs."""
    row = EngineSetup.objects.filter(alias=_listed(alias)).first()
    return render(request, "engines/_tested.html", _tested(row) | {"alias": alias})


# --- parts ----------------------------------------------------------------------------------------


def _edit_page(
    request: HttpRequest,
    form: EngineForm | None,
    kind: Kind | None,
    row: EngineSetup | None,
    *,
    alias: str = "",
) -> HttpResponse:
    name = row.alias if row else alias
    if name:
        registry.ask_all([_entry(name)], patience_seconds=PATIENCE_SECONDS)
    line = _line(name, row) if name else None
    context = {
        "form": form,
        "kind": kind,
        "asks": "asks" in request.GET,  # found on this machine, and it wants to know who calls
        "row": row,
        "alias": name,
        "line": line,
        "takes_over": kind_of(settings.GALLERY_ENGINES[name]["CLASS"]) if line and line.from_settings else "",
        "workflows": _workflows(row) if kind and kind.name == "comfyui" and row else None,
        "section": "engines",
        "own_primary": True,
        **_tested(row),
    }
    return render(
        request, "engines/edit.html", context, status=422 if form and form.is_bound and form.errors else 200
    )


def _tested(row: EngineSetup | None) -> dict:
    said = row.checked if row and isinstance(row.checked, dict) else {}
    findings = [
        (TITLES.get(name, name), works, sentence) for name, works, sentence in said.get("findings", [])
    ]
    return {
        "findings": findings,
        "test_state": said.get("state", ""),
        "test_runs": bool(row) and trying.is_under_way(row),
    }


def _workflows(row: EngineSetup) -> list[tuple[int, str, list[str], int]]:
    """Number, name, what was recognised, and how many doubts there are."""
    from generation.views.workflows import TITLES as ROLES
    from generation.views.workflows import templates_of

    found = []
    for number, template in enumerate(templates_of(row), start=1):
        found.append(
            (number, template.name, [ROLES.get(role, role) for role in template.places], len(template.notes))
        )
    return found


def _line(alias: str, row: EngineSetup | None) -> Line:
    entry, is_on = _entry(alias), row is None or row.is_on
    mood, state = ("off", _("off")) if not is_on else _state(entry)
    can = entry.remembered()
    own = row is not None and row.kind in KINDS
    return Line(
        alias=alias,
        title=entry.title,
        kind=KINDS[row.kind].title if own else entry.engine.title,
        is_on=is_on,
        from_settings=not own,
        mood=mood,
        state=state,
        about=can.about if can and can.about.rstrip(".") != entry.title else "",
        version=_version(row),
    )


def _entry(alias: str) -> registry.EngineEntry:
    """Also of one of the settings that cannot be built, which must not keep the page away."""
    try:
        return registry.entry_of(alias)
    except Exception:
        words = _("It cannot be built from its settings; ./manage.py check says why.")
        broken = registry.Broken(alias, EngineError(words, permanent=True))
        return registry.EngineEntry(alias=alias, engine=broken)


def _state(entry: registry.EngineEntry) -> tuple[str, str]:
    if entry.known is None:
        try:
            _can = entry.capabilities
        except EngineError as trouble:
            return "silent", trouble.sentence
        return "answers", _("ready")
    if away := entry.known.away():
        minutes = int(away[1] // 60)
        since = (
            ngettext("since %s minute", "since %s minutes", minutes) % minutes if minutes else _("just now")
        )
        return "silent", _("%(why)s Silent %(since)s.") % {"why": away[0], "since": since}
    can = entry.known.last()
    if can is None:
        return "asked", _("not heard from yet")
    return ("asked", can.notes[0]) if can.notes else ("answers", _("answers"))


def _version(row: EngineSetup | None) -> str:
    """As it named itself in the last test."""
    for name, works, sentence in (row.checked or {}).get("findings", []) if row else []:
        if name == "server" and works == "yes":
            return str(sentence).partition(" (")[0].rstrip(".")[:80]
    return ""


def _found(request: HttpRequest, rows: dict[str, EngineSetup]) -> list[tuple[Kind, looking.Found, bool]]:
    """What was found, from the address: kind, where and behind which door, and whether it is set up already."""
    known = " ".join(str(row.options.get("url", "")) for row in rows.values() if row.removed_at is None)
    found = []
    for word in request.GET.get("found", "").split(",")[:50]:
        if (
            (match := re.fullmatch(r"(\w+):(\d{1,5})(?::(open|asks|guess))?", word))
            and match[1] in KINDS
            and int(match[2]) in looking.PORTS
        ):
            one = looking.Found(kind=match[1], port=int(match[2]), door=match[3] or "open")
            is_known = re.search(rf"(127\.0\.0\.1|localhost|\[::1\]):{one.port}\b", known) is not None
            found.append((KINDS[one.kind], one, is_known))
    return found


def _listed(alias: str) -> str:
    """An alias of the page, or 404."""
    if alias not in registry.aliases(with_off=True):
        raise Http404
    return alias
