"""A pipeline of the diffusers library in this very process: a folder on disk, a CPU or a GPU, no server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import metadata
from typing import Any

from generation.engines.base import Capabilities, GeneratedImage, Option, Peer, Progress, Request
from generation.engines.diffusers import places
from generation.engines.diffusers.drawing import SAMPLERS, Steps, as_png, draw
from generation.engines.diffusers.loading import Loaded, Wanted, is_loaded, pipeline

AS_IT_COMES = "As the model has it"
CONFIGURATION = (
    Option(name="model", label="Model", kind="text", default="",
           help="The folder that holds model_index.json, or a hub name that was downloaded before. Weights as "
                "safetensors; code that comes with a model is never run."),
    Option(name="device", label="Device", kind="choice", default="auto",
           choices=(("auto", "The best there is"), ("cpu", "Processor"), ("cuda", "Graphics card (CUDA, ROCm)"),
                    ("mps", "Graphics of a Mac"))),
    Option(name="precision", label="Precision", kind="choice", default="auto",
           choices=(("auto", "As the device likes it"), ("float32", "32 bit"), ("float16", "16 bit"),
                    ("bfloat16", "16 bit (bfloat16)"))),
    Option(name="offload", label="Keep parts in main memory", kind="switch", default=False,
           help="Slower, for a graphics card with little memory."),
)  # fmt: skip
STEPS = Option(name="steps", label="Steps", kind="number", default=25, minimum=1, maximum=150, step=1)
CFG = Option(name="cfg", label="Guidance", kind="number", default=7.0, minimum=0, maximum=30, step=0.5,
             help="How closely the words are followed.")  # fmt: skip
SAMPLER = Option(name="sampler", label="Sampler", kind="choice", default=AS_IT_COMES,
                 choices=((AS_IT_COMES, AS_IT_COMES), *((name, name) for name in SAMPLERS)))  # fmt: skip
DENOISE = Option(name="denoise", label="Change", kind="number", default=0.6, minimum=0.05, maximum=1, step=0.05,
                 help="With an image to start from: 0 keeps it, 1 forgets it.")  # fmt: skip


class DiffusersEngine:
    """Draws one image after the other; stopping is noticed between two steps."""

    title = "Diffusers"
    digital_source_type = "trainedAlgorithmicMedia"
    configuration = CONFIGURATION

    def __init__(
        self, model: str = "", device: str = "auto", precision: str = "auto", offload: bool = False
    ) -> None:
        self._wanted = Wanted(model=model, device=device, precision=precision, offload=offload)

    def capabilities(self) -> Capabilities:
        """From the folder's own index: nothing is loaded."""
        place = places.find(self._wanted.model)
        step = 16 if "transformer" in place.index else 8
        sampler = () if place.keeps_its_sampler else (SAMPLER,)
        return Capabilities(
            negative_prompt=not place.pipeline.startswith("Flux"),
            seeds=True,
            progress=True,
            cancel=True,
            source_image=True,
            min_edge=64,
            max_edge=2048,
            edge_step=step,
            max_pixels=2048 * 2048,
            options=(STEPS, CFG, *sampler, DENOISE),
            about=f"{place.name}, drawn by the worker of this gallery.",
        )

    def describe(self) -> Peer:
        place = places.find(self._wanted.model)
        facts = {"torch": metadata.version("torch"), "model": place.name, "pipeline": place.pipeline}
        return Peer(name="diffusers", version=metadata.version("diffusers"), facts=facts)

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        for index, seed in enumerate(request.seeds):
            if cancelled():
                return
            stage = "waiting" if is_loaded(self._wanted) else "loading the model"
            report(Progress(index=index, fraction=0.0, stage=stage))
            began = time.monotonic()
            steps = partial(Steps, index, report=report, cancelled=cancelled)
            made = self._drawn(request, seed, steps, cancelled)
            if made is None:
                return
            data, facts = made
            report(Progress(index=index, fraction=1.0, stage="drawn"))
            facts = {**facts, "seconds": round(time.monotonic() - began, 3)}
            yield GeneratedImage(index=index, data=data, seed=str(seed), facts=facts)

    def _drawn(
        self, request: Request, seed: int, steps: Callable[[int], Steps], cancelled: Callable[[], bool]
    ) -> tuple[bytes, dict[str, Any]] | None:
        """The file and its facts; None once somebody cancelled. The pipeline is free again before the image is kept."""
        with pipeline(self._wanted, cancelled=cancelled) as loaded:
            if loaded is None:
                return None
            wish = _wish(request, seed)
            image = draw(loaded, wish, steps(wish["num_inference_steps"]), source=request.source_image)
            if image is None:
                return None
            facts = _facts(loaded, wish, from_image=request.source_image is not None)
            return as_png(image, _recipe_text(loaded, wish, facts)), facts


def _wish(request: Request, seed: int) -> dict[str, Any]:
    """Arguments of the pipeline, and `seed` and `sampler`, which are ours."""
    given = request.options
    steps = max(1, int(_number(given, STEPS)))
    return {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt or None,
        "width": request.width,
        "height": request.height,
        "num_inference_steps": steps,
        "guidance_scale": _number(given, CFG),
        "strength": max(1 / steps, min(1.0, _number(given, DENOISE))),
        "seed": seed,
        "sampler": str(given.get("sampler") or AS_IT_COMES),
    }


def _number(given: Mapping[str, Any], option: Option) -> float:
    value = given.get(option.name)
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    return max(option.minimum or 0, min(option.maximum or 0, value)) if fine else option.default


def _facts(loaded: Loaded, wish: Mapping[str, Any], *, from_image: bool) -> dict[str, Any]:
    facts = {"model": loaded.place.name, "steps": wish["num_inference_steps"], "cfg": wish["guidance_scale"]}
    scheduler = type(getattr(loaded.text, "scheduler", None)).__name__
    chosen = wish["sampler"] if wish["sampler"] in SAMPLERS else scheduler.removesuffix("Scheduler")
    facts |= {"sampler": chosen, "device": loaded.device}
    return facts | ({"denoise": wish["strength"]} if from_image else {})


def _recipe_text(loaded: Loaded, wish: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Prompt, negative prompt, and one line of settings, as Automatic1111 began it and many programs read it."""
    settings = {
        "Steps": facts["steps"],
        "Sampler": facts["sampler"],
        "CFG scale": f"{facts['cfg']:g}",
        "Seed": wish["seed"],
        "Size": f"{wish['width']}x{wish['height']}",
        "Model": facts["model"].replace(",", " "),
        "Denoising strength": facts.get("denoise"),
        "App": "diffusers",
        "Version": loaded.version,
    }
    lines = [wish["prompt"]]
    if wish["negative_prompt"]:
        lines.append(f"Negative prompt: {wish['negative_prompt']}")
    lines.append(", ".join(f"{name}: {value}" for name, value in settings.items() if value is not None))
    return "\n".join(lines)
