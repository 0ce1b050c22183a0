"""The engine: templates and a server, and what becomes of a request."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from generation.engines.answers import cleaned, number
from generation.engines.base import (
    Capabilities,
    EngineError,
    GeneratedImage,
    Option,
    Peer,
    Progress,
    Request,
)
from generation.engines.comfyui.builtin import plain_checkpoint
from generation.engines.comfyui.feed import Feed
from generation.engines.comfyui.filling import fill, filled_canvas
from generation.engines.comfyui.headers import read_headers
from generation.engines.comfyui.lists import Lists
from generation.engines.comfyui.options import chosen_values, options_for, wanted_lists
from generation.engines.comfyui.patience import Pace
from generation.engines.comfyui.progress import Rising
from generation.engines.comfyui.run import Run, Stopped
from generation.engines.comfyui.template import Template, read_templates
from generation.engines.http import Server

FACTS = ("model", "sampler", "scheduler", "steps", "cfg", "guidance", "denoise", "lora", "lora_strength")
MAX_EDGE = 4096


class ComfyUIEngine:
    """Draws with workflows of a ComfyUI server, one prompt at a time.

    `headers` go along with everything, a line "Name: value" each. `templates` as `template.read_templates` takes them;
    without any it is the workflow for a plain checkpoint. `minutes` are for one image, its time in the queue included.
    """

    title = "ComfyUI"
    digital_source_type = "trainedAlgorithmicMedia"
    configuration = (
        Option(name="url", label="Address", kind="text", default="http://127.0.0.1:8188"),
        Option(
            name="templates", label="Workflows", kind="long", default="",
            help="In ComfyUI: Workflow, Export (API). Paste what the file says, or a list of "
                 '{"name": …, "graph": …, "workflow": …, "inputs": {"prompt": "6.text", …}}. '
                 "Empty: text to image with a checkpoint of the server.",
        ),
        Option(name="headers", label="Headers", kind="secret", default="",
               help="For a server that asks who calls, a line each: Authorization: Bearer …"),
        Option(name="minutes", label="Minutes for an image", kind="number", default=60, minimum=1, maximum=1440,
               step=1, help="Its time in the queue of the server included."),
    )  # fmt: skip

    def __init__(
        self,
        url: str = "http://127.0.0.1:8188",
        *,
        templates: str | Mapping | Sequence | None = "",
        headers: str | Mapping[str, str] = "",
        minutes: float = 60,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace(image=float(minutes) * 60)
        self._headers = read_headers(headers)
        self._server = Server(url, headers=self._headers, read_seconds=self._pace.answer)
        self.templates = read_templates(templates) or (plain_checkpoint(),)
        self._lists = Lists(self._server)

    def describe(self) -> Peer:
        said = self._asked_who()
        system = said.get("system") if isinstance(said, dict) else None
        if not isinstance(system, dict):
            raise EngineError(f"{self._server.address} answers, but not as ComfyUI does.", permanent=True)
        listed = said.get("devices")
        devices = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        facts = {"device": ", ".join(cleaned(str(one.get("name") or "")) for one in devices[:4])}
        if free := number(devices[0].get("vram_free")) if devices else None:
            facts["memory free"] = f"{free / 2**30:.1f} GB"
        checkpoints = self._lists.names([("CheckpointLoaderSimple", "ckpt_name")])
        facts["checkpoints"] = str(len(checkpoints))
        facts["workflows"] = ", ".join(template.name for template in self.templates)
        return Peer(
            name="ComfyUI", version=cleaned(str(system.get("comfyui_version") or ""))[:40], facts=facts
        )

    def _asked_who(self) -> Any:
        return self._server.get_json("/system_stats", read_seconds=5.0, max_bytes=2**20)

    def capabilities(self) -> Capabilities:
        """Raises EngineError where nobody answers, though the workflows alone would say most of it."""
        self._asked_who()
        every = [variant for template in self.templates for variant in template.variants()]
        options = options_for(self.templates, self._lists)
        doubts = [f"{template.name}: {note}" for template in self.templates for note in template.notes]
        return Capabilities(
            negative_prompt=any(template.takes("negative_prompt") for template in every),
            seeds=all(template.takes("seed") for template in every),
            progress=True,
            cancel=True,
            source_image=any(template.takes("image") for template in every),
            upscale=any(template.takes("upscale") for template in every),
            min_edge=64,
            max_edge=MAX_EDGE,
            edge_step=8,
            max_pixels=MAX_EDGE**2,
            about=_about(self.templates),
            options=options,
            notes=(*self._lists.notes(), *doubts),
            no_previews="None came. ComfyUI sends them when it is started with --preview-method auto.",
        )

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        template = self._template_for(request)
        values = self._values_for(request, template)
        client_id = uuid.uuid4().hex  # a second socket of the same name would take the messages of the first
        with Feed(self._server.url, client_id=client_id, headers=self._server.headers) as feed:
            run = Run(self._server, feed, client_id=client_id, pace=self._pace, stopping=cancelled)
            try:
                yield from self._images(run, request, template, values, Rising(report))
            except Stopped:
                return

    def _images(
        self, run: Run, request: Request, template: Template, values: dict[str, Any], report: Callable
    ) -> Iterator[GeneratedImage]:
        index = 0
        while index < len(request.seeds) and not run.stopping():
            if request.source_image is not None and "image" not in values:
                values["image"] = run.upload(request.source_image)
            seed = request.seeds[index]
            graph, images = _drawn(
                run, template, values | {"seed": seed}, range(index, len(request.seeds)), report
            )
            for data in images:  # a workflow that makes several at once gives the next ones too
                yield _image(index, data, template, graph, seed)
                index += 1

    def _template_for(self, request: Request) -> Template:
        name = request.options.get("template")
        template = next((one for one in self.templates if one.name == name), self.templates[0])
        if name and template.name != name:
            raise EngineError(
                f"There is no workflow “{str(name)[:60]}” any more.", permanent=True, field="template"
            )
        if request.source_image is None:
            return template
        enlarges = _is_more_than_one(request.options.get("upscale"))
        if enlarges and template.for_upscale:
            return template.for_upscale
        template = template.for_image or template
        if enlarges and not template.takes("upscale"):
            raise EngineError(
                f"The workflow “{template.name}” does not enlarge.", permanent=True, field="template"
            )
        if not template.takes("image"):
            raise EngineError(
                f"The workflow “{template.name}” does not start from an image.",
                permanent=True,
                field="template",
            )
        return template

    def _values_for(self, request: Request, template: Template) -> dict[str, Any]:
        """By role, without seed and source image, which come later."""
        values = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "width": request.width,
            "height": request.height,
            "batch": 1,
            **chosen_values(request.options, template),
        }
        if template.value("model") == "" and "model" not in values:
            names = self._lists.names(wanted_lists([template], "model"))
            if not names:
                raise EngineError(
                    next(
                        iter(self._lists.notes()), f"{self._server.address} has no checkpoints to draw with."
                    ),
                    permanent=not self._lists.notes(),
                    field="model",
                )
            values["model"] = names[0]
        return values


def _drawn(
    run: Run, template: Template, values: Mapping[str, Any], wanted: range, report: Callable
) -> tuple[dict[str, Any], list[bytes]]:
    """The graph that was sent, and its images, not more than are `wanted`. A file of an earlier run may be gone by
    now: then it is drawn anew."""
    for again in ("", f"-{uuid.uuid4().hex[:6]}"):
        graph = fill(template, values, again=again)
        files = run.make(template, graph, filled_canvas(template, values), index=wanted.start, report=report)
        images = [run.fetch(file) for file in files[: len(wanted)]]
        if None not in images:
            report(Progress(index=wanted.start, fraction=1.0, stage="drawn"))
            return graph, images  # type: ignore[return-value]
    raise EngineError("The server saved an image and does not give it away.")


def _image(index: int, data: bytes, template: Template, graph: dict[str, Any], seed: int) -> GeneratedImage:
    facts: dict[str, Any] = {"workflow": template.name}
    for role in FACTS:
        for place in template.places.get(role, ())[:1]:
            value = graph[place.node]["inputs"][place.input]
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                facts[role] = value
    return GeneratedImage(
        index=index,
        data=data,
        seed=str(seed) if template.takes("seed") else "",
        facts=facts,
        recipe_text=json.dumps(graph),
    )


def _about(templates: Sequence[Template]) -> str:
    if len(templates) == 1:
        known = "" if templates[0].takes("width") else " It sets the size itself."
        return f"Drawn by ComfyUI with the workflow “{templates[0].name}”.{known}"
    return f"Drawn by ComfyUI with one of {len(templates)} workflows."


def _is_more_than_one(value: Any) -> bool:
    try:
        return math.isfinite(float(value)) and float(value) > 1
    except (TypeError, ValueError):
        return False
