"""One image out of a pipeline: its steps, its preview, its file."""

from __future__ import annotations

import inspect
import io
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image, PngImagePlugin

from generation.engines.answers import cleaned
from generation.engines.base import EngineError, Progress
from generation.engines.diffusers.loading import Loaded

PREVIEW_SECONDS = 1.0
MAX_SOURCE_PIXELS = 100_000_000
# How the four channels of a Stable Diffusion latent look in red, green and blue, about.
LOOKS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))
# Label -> class and settings; those a person knows from other programs.
SAMPLERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Euler": ("EulerDiscreteScheduler", {}),
    "Euler a": ("EulerAncestralDiscreteScheduler", {}),
    "DPM++ 2M": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "DPM++ 2M Karras": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True}),
    "DDIM": ("DDIMScheduler", {}),
    "UniPC": ("UniPCMultistepScheduler", {}),
}  # fmt: skip


class Steps:
    """Called by the pipeline after each step. Raises Stopped once somebody cancelled, or when reporting failed."""

    def __init__(
        self, index: int, steps: int, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.failure: BaseException | None = None
        self._index, self._steps, self._report, self._cancelled = index, steps, report, cancelled
        self._shown = float("-inf")

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        try:
            if self._cancelled():
                raise Stopped
            whole = getattr(pipe, "num_timesteps", None) or self._steps
            done = min(1.0, (step + 1) / max(1, whole))
            self._report(
                Progress(
                    index=self._index, fraction=done * 0.98, stage="drawing", preview=self._preview(tensors)
                )
            )
        except Exception as failure:
            self.failure = failure
            raise
        return tensors

    def _preview(self, tensors: Mapping[str, Any]) -> bytes | None:
        """A JPEG an eighth of the size, at first and once a second, straight from the latents: no decoding."""
        latents = tensors.get("latents")
        if (
            time.monotonic() - self._shown < PREVIEW_SECONDS
            or getattr(latents, "ndim", 0) != 4
            or latents.shape[1] != 4
        ):
            return None
        self._shown = time.monotonic()
        import torch

        looks = torch.tensor(LOOKS, dtype=torch.float32)
        rough = torch.einsum("chw,cr->hwr", latents[0].detach().to("cpu", torch.float32), looks)
        pixels = ((rough + 1) * 127.5).nan_to_num(0).clamp(0, 255).to(torch.uint8).numpy()
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=80)
        return file.getvalue()


class Stopped(Exception):
    """Somebody said stop between two steps."""


def draw(
    loaded: Loaded, wish: Mapping[str, Any], steps: Steps, *, source: bytes | None
) -> Image.Image | None:
    """The image of `wish`; None once somebody cancelled. Raises EngineError."""
    import torch

    pipe = loaded.for_image() if source is not None else loaded.text
    wish = dict(wish)
    seed, sampler = wish.pop("seed"), wish.pop("sampler")
    if loaded.sampling is not None:  # a fresh one each time: samplers remember, and seeds would not be exact
        pipe.scheduler = _scheduler(loaded, sampler)
    if source is not None:
        wish["image"] = _source(source, wish["width"], wish["height"])
    known = inspect.signature(
        pipe.__call__
    ).parameters  # guidance, strength and the like are not every pipeline's
    wish = {name: value for name, value in wish.items() if name in known}
    # On the CPU, so that a seed is the same noise on every machine.
    noise = torch.Generator("cpu").manual_seed(seed)
    more = {"callback_on_step_end": steps} if "callback_on_step_end" in known else {}
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            return pipe(**wish, generator=noise, **more).images[0]
    except Stopped:
        return None
    except Exception as error:
        if steps.failure is not None:  # of who listens, not of the pipeline
            raise steps.failure from error
        raise _said(error, wish, torch) from error


def as_png(image: Image.Image, text: str) -> bytes:
    """The file, with its recipe in the form that most programs read."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text) if text.isascii() else info.add_itxt("parameters", text)
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG", pnginfo=info)
    return file.getvalue()


def _scheduler(loaded: Loaded, label: str) -> Any:
    import diffusers

    name, settings = SAMPLERS.get(label, ("", {}))
    kind = getattr(diffusers, name) if name else type(loaded.text.scheduler)
    return kind.from_config(loaded.sampling, **settings)


def _source(data: bytes, width: int, height: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MAX_SOURCE_PIXELS:
                raise ValueError("too many pixels")
            image.draft("RGB", (width, height))
            return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise EngineError(
            "The image to start from cannot be read; PNG, JPEG and WebP can.",
            permanent=True,
            field="source_image",
        ) from error


def _said(error: Exception, wish: Mapping[str, Any], torch: Any) -> EngineError:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "not enough memory" in str(error):
        size = f"{wish.get('width')}×{wish.get('height')}"
        return EngineError(
            f"There is not enough memory for an image of {size}.", permanent=True, field="width"
        )
    if isinstance(error, EngineError):
        return error
    return EngineError(
        f"The pipeline could not draw this: {cleaned(str(error)) or type(error).__name__}", permanent=True
    )
