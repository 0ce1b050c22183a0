"""OpenAI's images, and every server of that shape: LocalAI, vLLM-Omni, SGLang, stable-diffusion.cpp."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generation.engines.background import Background, in_background
from generation.engines.base import (
    Capabilities,
    EngineError,
    GeneratedImage,
    Option,
    Peer,
    Progress,
    Request,
)
from generation.engines.openai_images.dialects import DIALECTS, Extras
from generation.engines.openai_images.models import Model, read_models

if TYPE_CHECKING:
    from generation.engines.openai_images.wire import Answer, Wire

OPENAI = "https://api.openai.com/v1"
LOOK_SECONDS = 0.1  # between two looks at whether somebody said stop

PREVIEWS = "Previews of an image being made"
CONFIGURATION = (
    Option(name="url", label="Address", kind="text", default=OPENAI,
           suggestions=(OPENAI, "http://127.0.0.1:8080/v1", "http://127.0.0.1:1234/v1"),
           help="Where /images/generations lies below; it usually ends in /v1."),
    Option(name="api_key", label="Key", kind="secret", default="",
           help="A server without a key is taken to cost nothing: what broke off is asked for again."),
    Option(name="model", label="Models", kind="text", default="",
           suggestions=("gpt-image-2.6-flare, gpt-image-2.6-sunburst", "gpt-image-1-mini"),
           help="Names with commas between, the usual one first. Empty: what the server lists."),
    Option(name="dialect", label="Kind of server", kind="choice", default="openai",
           choices=tuple((name, one.title) for name, one in DIALECTS.items()),
           help="Says how seed, negative prompt and steps are sent; OpenAI has none of them."),
    Option(name="previews", label=PREVIEWS, kind="number", default=0, minimum=0, maximum=3,
           step=1, help="OpenAI charges about 100 tokens for each."),
    Option(name="timeout_seconds", label="Longest wait, seconds", kind="number", default=300, minimum=10, maximum=3600,
           step=1),
    Option(name="image_hosts", label="Hosts of images", kind="text", default="",
           help="For servers that answer with addresses: hosts images may be fetched from, with commas between."),
    Option(name="models", label="Table of models", kind="long", default="",
           help="JSON: sizes, qualities and prices of models that are not known here."),
)  # fmt: skip
STEPS = Option(name="steps", label="Steps", kind="number", default=0, minimum=0, maximum=200, step=1,
               help="0: as the server has it.")  # fmt: skip
CFG = Option(name="cfg", label="Guidance", kind="number", default=0.0, minimum=0, maximum=30, step=0.1,
             help="0: as the server has it.")  # fmt: skip


class OpenAIImagesEngine:
    """One image a request, so that each is kept as soon as it is there; never a request twice by itself."""

    title = "OpenAI images"
    digital_source_type = "trainedAlgorithmicMedia"
    configuration = CONFIGURATION

    def __init__(
        self,
        url: str = OPENAI,
        api_key: str = "",
        model: str = "",
        dialect: str = "openai",
        previews: int = 0,
        timeout_seconds: float = 300,
        image_hosts: str = "",
        models: str = "",
    ) -> None:
        if dialect not in DIALECTS:
            raise EngineError(
                f"The kind of server is one of {', '.join(DIALECTS)}.", permanent=True, field="dialect"
            )
        self.url, self._key = url.strip().rstrip("/") or OPENAI, api_key.strip()
        self._named, self._dialect = _names(model), DIALECTS[dialect]
        self._previews, self._seconds = max(0, min(3, int(previews))), float(timeout_seconds)
        self._hosts, self._models = frozenset(_names(image_hosts)), read_models(models)
        self._is_openai = self.url == OPENAI

    def capabilities(self) -> Capabilities:
        """Asks the server only where no model is named."""
        models, notes = self._offered()
        streams = self._previews > 0 and any(model.streams for model in models)
        sizes = tuple(dict.fromkeys(size for model in models for size in model.sizes))
        free = [model for model in models if not model.sizes]
        return Capabilities(
            negative_prompt=self._dialect.negative_prompt,
            seeds=self._dialect.seeds,
            progress=streams,
            cancel=True,
            source_image=any(model.edits for model in models),
            sizes=() if free else sizes,
            **_bounds(free or models),
            options=self._options(models),
            about=f"{self.title if self._is_openai else self._dialect.title} at {_host(self.url)}.",
            notes=notes,
            no_previews=_no_previews(models, streams),
        )

    def describe(self) -> Peer:
        names, headers = self._wire.models()
        wanted = [name for name in self._named if name not in names]
        facts = {"models": f"{len(names):,}" + (f": {', '.join(names[:5])}" if 0 < len(names) <= 20 else "")}
        if wanted:
            facts["not listed"] = ", ".join(wanted)[:200]
        name = "OpenAI" if self._is_openai else f"{self._dialect.title} at {_host(self.url)}"
        return Peer(name=name, version=str(headers.get("openai-version") or "")[:40], facts=facts)

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        model = self._model_of(request)
        model.check(request)
        most = 1 if self._dialect.seeds else max(1, model.most)
        index = 0
        while index < len(request.seeds):
            if cancelled():
                return
            count = min(most, len(request.seeds) - index)
            began = time.monotonic()
            report(Progress(index=index, fraction=0.0, stage="asked"))
            answer = self._made(model, request, index, count, report=report, cancelled=cancelled)
            if answer is None:
                return
            facts = self._facts(model, request, answer, seconds=(time.monotonic() - began) / count)
            for data in answer.images[:count]:
                report(Progress(index=index, fraction=1.0, stage="made"))
                seed = str(request.seeds[index]) if self._dialect.seeds else ""
                yield GeneratedImage(index=index, data=data, seed=seed, facts=facts)
                # What the whole request took stands on its first image.
                facts = {name: value for name, value in facts.items() if name not in ("usage", "cost_usd")}
                index += 1

    def _made(
        self,
        model: Model,
        request: Request,
        index: int,
        count: int,
        *,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Answer | None:
        """The answer to one request; None once somebody cancelled."""
        seen: deque[tuple[int, bytes]] = deque(maxlen=3)
        wish = self._wish(model, request, index, count)
        partial = None
        if wish.get("stream"):
            partial = lambda number, data: seen.append((number, data))  # noqa: E731
        job: Background[Answer] = in_background(lambda: self._wire.ask(wish, partial=partial))
        while not job.wait(LOOK_SECONDS):
            if cancelled():
                job.hang_up()
                return None
            while seen:
                number, data = seen.popleft()
                fraction = min(0.95, (number + 1) / (self._previews + 1))
                report(Progress(index=index, fraction=fraction, stage="drawing", preview=data))
        return job.result()

    def _wish(self, model: Model, request: Request, index: int, count: int) -> dict[str, Any]:
        """Arguments of the official client. What the model's row does not name is not sent: it may be refused."""
        given = request.options
        extras = Extras(
            seed=request.seeds[index],
            negative_prompt=request.negative_prompt,
            steps=int(_number(given.get("steps"))),
            cfg=_number(given.get("cfg")),
        )
        prompt, body = self._dialect.write(request.prompt, extras)
        wish: dict[str, Any] = {"prompt": prompt, "size": f"{request.width}x{request.height}", "n": count}
        if model.name:
            wish["model"] = model.name
        for name, known in (
            ("quality", model.qualities),
            ("background", model.backgrounds),
            ("output_format", model.formats),
        ):
            if known and given.get(name):
                wish[name] = given[name]
        if self._previews and model.streams and count == 1:
            wish |= {"stream": True, "partial_images": self._previews}
        if request.source_image is not None:
            wish["image"] = ("source.png", request.source_image, "application/octet-stream")
        if body:
            wish["extra_body"] = body
        return wish

    def _facts(self, model: Model, request: Request, answer: Answer, *, seconds: float) -> dict[str, Any]:
        facts: dict[str, Any] = {"model": model.name, "seconds": round(seconds, 3), **answer.said}
        for name in ("steps", "cfg"):
            if value := _number(request.options.get(name)):
                facts[name] = value
        if answer.usage:
            facts["usage"] = dict(answer.usage)
        if (cost := model.cost(answer.usage, len(answer.images))) is not None:
            facts["cost_usd"] = cost
        return facts

    def _options(self, models: list[Model]) -> tuple[Option, ...]:
        options = []
        if len(models) > 1:
            names = tuple((model.name, model.name) for model in models)
            options.append(
                Option(name="model", label="Model", kind="choice", default=names[0][0], choices=names)
            )
        for name, label, lists in (
            ("quality", "Quality", [model.qualities for model in models]),
            ("background", "Background", [model.backgrounds for model in models]),
            ("output_format", "Format", [model.formats for model in models]),
        ):
            known = list(dict.fromkeys(value for values in lists for value in values))
            if known:
                choices = tuple((value, _LABELS.get(value, value.capitalize())) for value in known)
                options.append(
                    Option(name=name, label=label, kind="choice", default=known[0], choices=choices)
                )
        return (*options, *[STEPS] * self._dialect.steps, *[CFG] * self._dialect.cfg)

    def _offered(self) -> tuple[list[Model], tuple[str, ...]]:
        if self._is_openai and not self._key:
            raise EngineError(
                "OpenAI wants a key. Enter it in the engine's settings.", permanent=True, field="api_key"
            )
        if self._named:
            return [self._known(name) for name in self._named], ()
        if self._is_openai:
            return [self._known(name) for name in list(self._models)[:2]], ()
        try:
            names, _headers = self._wire.models()
        except EngineError as trouble:
            if not trouble.permanent:
                raise
            return [Model(name="")], (f"The models could not be listed. {trouble.sentence}",)
        return [self._known(name) for name in names[:50]] or [Model(name="")], ()

    def _model_of(self, request: Request) -> Model:
        wish = request.options.get("model")
        if isinstance(wish, str) and wish:
            return self._known(wish)
        return self._offered()[0][0]

    def _known(self, name: str) -> Model:
        return self._models.get(name) or Model(name=name)

    @cached_property
    def _wire(self) -> Wire:
        from generation.engines.openai_images.wire import Wire  # the client takes half a second to import

        return Wire(self.url, api_key=self._key, read_seconds=self._seconds, image_hosts=self._hosts)


_LABELS: Mapping[str, str] = {
    "png": "PNG",
    "webp": "WebP",
    "jpeg": "JPEG",
    "xhigh": "Very high",
    "max": "Highest",
}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and value == value else 0.0


def _no_previews(models: list[Model], streams: bool) -> str:
    if not streams and any(model.streams for model in models):
        return f"None were asked for: see “{PREVIEWS}” in the settings of this engine."
    return "None came." if streams else "Servers of this kind show none."


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2][:100]


def _bounds(models: list[Model]) -> dict[str, int]:
    """Edges and area that some model takes; which one of them, it says itself."""
    return {
        "min_edge": min(min((min(size) for size in model.sizes), default=model.min_edge) for model in models),
        "max_edge": max(max((max(size) for size in model.sizes), default=model.max_edge) for model in models),
        "edge_step": min(model.edge_step for model in models),
        "min_pixels": min(model.min_pixels for model in models),
        "max_pixels": max(max((w * h for w, h in model.sizes), default=model.max_pixels) for model in models),
    }
