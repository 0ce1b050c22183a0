"""One pipeline in the memory of this process: loaded once, kept for the next image, let go for another one."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from generation.engines.answers import cleaned
from generation.engines.base import EngineError
from generation.engines.diffusers.places import Place, find

WAIT_SECONDS = 0.2

_lock = threading.Lock()  # a pipeline draws one image at a time
_kept: dict[Wanted, Loaded] = {}  # at most one


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`device`: "auto", "cpu", "cuda" or "mps"; `precision`: "auto" or a dtype of torch."""

    model: str
    device: str = "auto"
    precision: str = "auto"
    offload: bool = False


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The pipeline of text, and as made from it (sharing its weights) the one that starts from an image."""

    place: Place
    text: Any
    sampling: Any  # the configuration its scheduler came with
    device: str
    version: str

    def for_image(self) -> Any:
        from diffusers import AutoPipelineForImage2Image

        try:
            made = AutoPipelineForImage2Image.from_pipe(self.text)
        except ValueError as error:
            raise EngineError(
                f"“{self.place.name}” cannot start from an image.", permanent=True, field="source_image"
            ) from error
        made.set_progress_bar_config(disable=True)
        return made


@contextmanager
def pipeline(wanted: Wanted, *, cancelled: Callable[[], bool]) -> Iterator[Loaded | None]:
    """The pipeline, for this thread alone; None when somebody cancelled while it was still at work elsewhere."""
    while not _lock.acquire(timeout=WAIT_SECONDS):
        if cancelled():
            yield None
            return
    try:
        if wanted not in _kept:
            let_go()
            _kept[wanted] = _load(wanted)
        yield _kept[wanted]
    finally:
        _lock.release()


def is_loaded(wanted: Wanted) -> bool:
    return wanted in _kept


def let_go() -> None:
    """Give the memory of the pipeline back."""
    if not _kept:
        return
    import torch

    _kept.clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _load(wanted: Wanted) -> Loaded:
    place = find(wanted.model)
    # Read when the libraries are imported: nothing is ever fetched, and nothing said that is no error.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", DIFFUSERS_VERBOSITY="error")
    try:
        import diffusers
        import torch
        from diffusers.utils import logging
        from transformers.utils import logging as transformers_logging
    except Exception as error:  # a broken package can fail with anything
        raise EngineError(f"diffusers cannot be imported: {cleaned(str(error))}", permanent=True) from error
    for quiet in (logging, transformers_logging):
        quiet.set_verbosity_error()
        quiet.disable_progress_bar()
    if not hasattr(diffusers, place.pipeline):
        raise EngineError(
            f"diffusers {diffusers.__version__} has no {place.pipeline}; a newer one may.", permanent=True
        )
    device = _device(wanted.device, torch)
    try:
        made = diffusers.DiffusionPipeline.from_pretrained(
            place.folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=_precision(wanted.precision, device, torch),
        )
        if wanted.offload and device != "cpu":
            made.enable_model_cpu_offload(device=device)
        else:
            made.to(device)
    except Exception as error:  # of a strange folder: OSError, ValueError, KeyError, RuntimeError ...
        raise EngineError(
            f"“{place.name}” cannot be loaded: {cleaned(str(error)) or type(error).__name__}",
            permanent=True,
            field="model",
        ) from error
    made.set_progress_bar_config(disable=True)
    sampling = made.scheduler.config if getattr(made, "scheduler", None) is not None else None
    return Loaded(place=place, text=made, sampling=sampling, device=device, version=diffusers.__version__)


def _device(name: str, torch: Any) -> str:
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _precision(name: str, device: str, torch: Any) -> Any:
    if name != "auto":
        return getattr(torch, name)
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device == "mps" else torch.float32
