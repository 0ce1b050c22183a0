"""A workflow under a name, with the inputs that a request fills in.

    {"name": "Portrait", "graph": {the API export}, "workflow": {the canvas, optional}, "inputs": {"prompt": "6.text"}}

`inputs` says what the guess does not: one place, a list of places, or null for an input to be left alone. Beside the
roles of `guessing` there are "size" (the node with width and height) and "output" (the node that saves).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.engines.comfyui.graph import ASK_FOR_EXPORT, Graph, Link, Place, TemplateError, read_graph
from generation.engines.comfyui.guessing import ROLES, guess

MAX_TEMPLATES = 50
MAX_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Template:
    """`places` by role; `notes` are sentences on what was not found, or only perhaps. `for_image` and `for_upscale`
    are what takes this one's place when the request brings an image."""

    name: str
    graph: Graph
    output: str
    places: Mapping[str, tuple[Place, ...]]
    notes: tuple[str, ...] = ()
    workflow: Mapping[str, Any] | None = None
    for_image: Template | None = None
    for_upscale: Template | None = None

    def takes(self, role: str) -> bool:
        return bool(self.places.get(role))

    def value(self, role: str) -> Any:
        """What the workflow itself says; None where it computes it or has no such input."""
        value = self.graph.value(self.places[role][0]) if self.takes(role) else None
        return None if isinstance(value, Link) else value

    def marking(self) -> dict[str, str | list[str]]:
        """The places as a person may write them under "inputs", with "output"."""
        shown = {role: [str(place) for place in places] for role, places in self.places.items()}
        return {"output": self.output} | {
            role: places[0] if len(places) == 1 else places for role, places in shown.items()
        }

    def role_of(self, place: Place) -> str:
        return next((role for role, places in self.places.items() if place in places), "")

    def variants(self) -> tuple[Template, ...]:
        return tuple(one for one in (self, self.for_image, self.for_upscale) if one)


def inspect_template(
    graph: Any,
    *,
    name: str = "Workflow",
    workflow: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Template:
    """The template that an API export makes, with what was guessed of it. Raises TemplateError."""
    read = read_graph(graph)
    marked = dict(inputs or {})
    output = marked.pop("output", "")
    if output and str(output) not in read.nodes:
        raise TemplateError(f"“output” names node {str(output)[:20]}, which “{name}” does not have.")
    read, shown = _saving_what_it_shows(read) if not output else (read, "")
    found = guess(read, str(output or shown))
    if found.output is None:
        raise TemplateError(f"“{name}” cannot be used. {found.notes[-1]}")
    places = found.places | _marked(read, marked, name)
    notes = [note for note in found.notes if not _settled(note, marked)]
    if shown:
        notes.insert(0, f"The workflow only shows its image: node {shown} saves it instead.")
    return Template(
        name=name,
        graph=read,
        output=found.output.id,
        places={role: places[role] for role in ROLES if places.get(role)},
        notes=tuple(dict.fromkeys(notes)),
        workflow=workflow,
    )


def read_templates(given: str | Mapping | Sequence | None) -> tuple[Template, ...]:
    """Templates from JSON text or what it stands for: one, a list of them, or a bare export."""
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else None
        except (ValueError, RecursionError) as error:
            raise TemplateError(f"The workflows are not valid JSON. {ASK_FOR_EXPORT}") from error
    if not given:
        return ()
    entries = [given] if isinstance(given, Mapping) else list(given)
    if len(entries) > MAX_TEMPLATES:
        raise TemplateError(f"At most {MAX_TEMPLATES} workflows can be kept here.")
    made = [_template(entry, number) for number, entry in enumerate(entries, start=1)]
    if len({template.name for template in made}) < len(made):
        raise TemplateError("Two workflows have the same name.")
    return tuple(made)


def _template(entry: Any, number: int) -> Template:
    if not isinstance(entry, Mapping) or "graph" not in entry:
        return inspect_template(entry, name=f"Workflow {number}" if number > 1 else "Workflow")
    name = str(entry.get("name") or f"Workflow {number}").strip()[:MAX_NAME]
    for key in ("workflow", "inputs"):
        if entry.get(key) is not None and not isinstance(entry[key], Mapping):
            raise TemplateError(f"“{key}” of “{name}” must be an object.")
    return inspect_template(
        entry["graph"], name=name, workflow=entry.get("workflow"), inputs=entry.get("inputs")
    )


def _saving_what_it_shows(graph: Graph) -> tuple[Graph, str]:
    """The graph with its first preview made a node that saves, and that node; as it is where something is saved."""
    shows = [node.id for node in graph.nodes.values() if node.kind == "PreviewImage"]
    if not shows or guess(graph).output is not None:
        return graph, ""
    raw, node = dict(graph.raw), shows[0]
    raw[node] = {
        **raw[node],
        "class_type": "SaveImage",
        "inputs": {**raw[node]["inputs"], "filename_prefix": "gallery"},
    }
    return read_graph(raw), node


def _marked(graph: Graph, marked: Mapping[str, Any], name: str) -> dict[str, tuple[Place, ...]]:
    places: dict[str, tuple[Place, ...]] = {}
    for role, said in marked.items():
        texts = said if isinstance(said, list) else [said] if said else []
        if role == "size":
            for edge in ("width", "height"):
                nodes = [str(text).partition(".")[0] for text in texts]
                places[edge] = tuple(_place(graph, f"{node}.{edge}", name) for node in nodes)
        elif role == "negative" or role in ROLES:
            key = "negative_prompt" if role == "negative" else role
            places[key] = tuple(_place(graph, text, name) for text in texts)
        else:
            known = ", ".join(("size", "output", *ROLES))
            raise TemplateError(f"“{str(role)[:30]}” is no input that “{name}” can mark. Known are: {known}.")
    return places


def _place(graph: Graph, text: Any, name: str) -> Place:
    node, _, key = str(text).partition(".")
    if node not in graph.nodes or not key:
        raise TemplateError(f"“{str(text)[:60]}” names no input of “{name}”; it is written like 6.text.")
    return Place(node, key)


def _settled(note: str, marked: Mapping[str, Any]) -> bool:
    """Whether a note is about something that was marked since."""
    about = {"prompt": ("prompt", "texts"), "negative": ("negative",), "negative_prompt": ("negative",)}
    about |= {"seed": ("seed",), "size": ("size", "width", "height"), "image": ("images are loaded",)}
    return any(word in note for role in marked for word in about.get(role, (f"{role} is computed",)))
