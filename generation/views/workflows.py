"""The workflows of a ComfyUI engine: brought as an API export, and what in them a request fills in."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from generation import setups
from generation.engines.comfyui import inspect_template
from generation.engines.comfyui.graph import Link, Place, TemplateError
from generation.engines.comfyui.guessing import ROLES
from generation.engines.comfyui.template import MAX_NAME, MAX_TEMPLATES, Template, read_templates
from generation.models import EngineSetup
from generation.rights import administrators_only
from photos.text import clean_json
from photos.views.replies import see_other

MAX_BYTES = 2 * 2**20  # of one export
MAX_CHOICES = 400  # inputs offered for one role
TITLES = {
    "prompt": gettext_lazy("Prompt"),
    "negative_prompt": gettext_lazy("Leave out"),
    "seed": gettext_lazy("Seed"),
    "width": gettext_lazy("Width"),
    "height": gettext_lazy("Height"),
    "batch": gettext_lazy("Images at once"),
    "steps": gettext_lazy("Steps"),
    "cfg": gettext_lazy("CFG scale"),
    "guidance": gettext_lazy("Guidance"),
    "sampler": gettext_lazy("Sampler"),
    "scheduler": gettext_lazy("Schedule"),
    "denoise": gettext_lazy("Change"),
    "model": gettext_lazy("Model"),
    "lora": gettext_lazy("LoRA"),
    "lora_strength": gettext_lazy("Strength of the LoRA"),
    "image": gettext_lazy("Image to start from"),
    "upscale": gettext_lazy("Enlarge by"),
}
TEXTS = {"prompt", "negative_prompt", "model", "lora", "sampler", "scheduler", "image"}
FOUND, LEFT = "", "-"


def templates_of(row: EngineSetup) -> tuple[Template, ...]:
    try:
        return read_templates(row.options.get("templates"))
    except TemplateError:
        return ()


@require_POST
@administrators_only
def add(request: HttpRequest, alias: str) -> HttpResponse:
    """A workflow, pasted or as a file."""
    row = _comfyui(alias)
    name = request.POST.get("name", "").strip()[:MAX_NAME]
    kept = _kept(row)
    try:
        graph = _brought(request)
        name = name or _("Workflow %s") % (len(kept) + 1)
        if len(kept) >= MAX_TEMPLATES or name in [one["name"] for one in kept]:
            raise TemplateError(_("There is a workflow of this name already, or there are too many of them."))
        inspect_template(graph, name=name)
    except TemplateError as trouble:
        messages.error(request, trouble.sentence)
        return see_other(f"{reverse('engine', args=[alias])}#workflows")
    _keep(row, [*kept, {"name": name, "graph": graph}])
    return see_other(reverse("engine_workflow", args=[alias, len(kept) + 1]))


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def mark(request: HttpRequest, alias: str, number: int) -> HttpResponse:
    """What was recognised of one, with a select for each input."""
    row = _comfyui(alias)
    kept = _kept(row)
    if not 1 <= number <= len(kept):
        raise Http404
    shown, problem = kept[number - 1], ""
    if request.method == "POST":
        if request.POST.get("do") == "remove":
            _keep(row, [one for one in kept if one is not shown])
            return see_other(f"{reverse('engine', args=[alias])}#workflows")
        changed = shown | {"inputs": _marked(request, shown)}
        try:
            inspect_template(changed["graph"], name=changed["name"], inputs=changed["inputs"])
            _keep(row, [changed if one is shown else one for one in kept])
            messages.info(request, _("Saved."))
            return see_other(reverse("engine_workflow", args=[alias, number]))
        except TemplateError as trouble:
            problem = trouble.sentence
    context = {
        "row": row,
        "alias": alias,
        "name": shown["name"],
        "notes": inspect_template(shown["graph"], name=shown["name"], inputs=shown.get("inputs")).notes,
        "roles": _roles(shown),
        "problem": problem,
        "section": "engines",
        "own_primary": True,
    }
    return render(request, "engines/workflow.html", context, status=422 if problem else 200)


def _comfyui(alias: str) -> EngineSetup:
    row = EngineSetup.objects.filter(alias=alias, kind="comfyui", removed_at__isnull=True).first()
    if row is None:
        raise Http404
    return row


def _kept(row: EngineSetup) -> list[dict[str, Any]]:
    """Entries as `read_templates` takes them, each with its name and whatever was marked."""
    return [
        {"name": one.name, "graph": one.graph.raw, "workflow": one.workflow, "inputs": said}
        for one, said in zip(templates_of(row), _inputs(row.options.get("templates")), strict=False)
    ]


def _inputs(said: Any) -> list[dict[str, Any]]:
    if isinstance(said, str):
        said = json.loads(said) if said.strip() else []
    entries = said if isinstance(said, list) else [said]
    return [one.get("inputs") or {} if isinstance(one, dict) and "graph" in one else {} for one in entries]


def _keep(row: EngineSetup, entries: list[dict[str, Any]]) -> None:
    setups.change(row, title=row.title, options=row.options | {"templates": entries}, secrets=None)


def _brought(request: HttpRequest) -> Any:
    """The JSON of a file or of the text field. Raises TemplateError."""
    file = request.FILES.get("file")
    if file is not None and file.size > MAX_BYTES:
        raise TemplateError(_("A workflow has at most %s MB.") % (MAX_BYTES // 2**20))
    text = file.read(MAX_BYTES).decode(errors="replace") if file else request.POST.get("text", "")[:MAX_BYTES]
    try:
        return clean_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise TemplateError(_("This is no JSON. In ComfyUI choose Workflow, Export (API).")) from error


def _marked(request: HttpRequest, shown: dict[str, Any]) -> dict[str, Any]:
    """Only what differs from the guess; what was marked by hand with several places stays."""
    marked = {role: value for role, value in (shown.get("inputs") or {}).items() if role not in ROLES}
    for role in ROLES:
        said = request.POST.get(role, FOUND)
        if said == LEFT:
            marked[role] = None
        elif said != FOUND:
            marked[role] = said.split(" ") if " " in said else said
    return marked


def _roles(shown: dict[str, Any]) -> list[tuple[str, str, str, list[tuple[str, str]], str]]:
    """Role, its name, what was found by itself, the inputs that could be meant, and what is chosen."""
    guessed = inspect_template(shown["graph"], name=shown["name"])
    marked = shown.get("inputs") or {}
    found = []
    for role in ROLES:
        chosen = FOUND
        if role in marked:
            said = marked[role]
            chosen = LEFT if not said else " ".join(said) if isinstance(said, list) else str(said)
        places = " ".join(map(str, guessed.places.get(role, ())))
        choices = _choices(guessed, role)
        if chosen not in (FOUND, LEFT) and chosen not in [value for value, _label in choices]:
            choices.insert(0, (chosen, chosen))
        found.append((role, TITLES[role], _words(guessed, places), choices, chosen))
    return found


def _choices(template: Template, role: str) -> list[tuple[str, str]]:
    """Inputs whose value is of the right kind; a link is no value."""
    kind = str if role in TEXTS else (int, float)
    found = []
    for node in template.graph.nodes.values():
        for name, value in node.inputs.items():
            if isinstance(value, kind) and not isinstance(value, (bool, Link)):
                place = f"{node.id}.{name}"
                found.append((place, _words(template, place)))
    return found[:MAX_CHOICES]


def _words(template: Template, places: str) -> str:
    """ "6.text" as "CLIP Text Encode (6), text: a red lighthouse"."""
    said = []
    for text in places.split():
        node_id, _dot, name = text.partition(".")
        node, value = template.graph.nodes[node_id], template.graph.value(Place(node_id, name))
        shown = "" if isinstance(value, Link) else f": {str(value)[:40]}"
        said.append(f"{node.title} ({node_id}), {name}{shown}")
    return "; ".join(said)
