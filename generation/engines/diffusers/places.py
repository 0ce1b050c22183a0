"""Where a pipeline lies on this machine, and what its own index says of it. Nothing is imported, loaded or fetched."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.engines.base import EngineError

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
PIP_LINE = f".venv/bin/pip install {' '.join(NEEDED)}"
MAX_INDEX_BYTES = 200_000


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder in the layout of diffusers. `name` is for people, without the path."""

    folder: Path
    name: str
    index: Mapping[str, Any]

    @property
    def pipeline(self) -> str:
        """The class that draws, such as "StableDiffusionPipeline"."""
        return self.index["_class_name"]

    @property
    def keeps_its_sampler(self) -> bool:
        """Whether it was trained for one way of sampling (flow matching), or says nothing of it."""
        scheduler = self.index.get("scheduler")
        known = isinstance(scheduler, list) and len(scheduler) == 2 and isinstance(scheduler[1], str)
        return not known or "FlowMatch" in scheduler[1]


def missing_packages() -> list[str]:
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def find(model: str) -> Place:
    """The place of a folder, or of a hub name that was fetched before. Raises EngineError, also without packages."""
    if missing := missing_packages():
        raise EngineError(
            f"{' and '.join(missing)} must be installed first: {PIP_LINE}", permanent=True, field="model"
        )
    folder = _folder(model.strip())
    name = folder.name if folder and Path(model).expanduser().is_dir() else model.strip()
    if folder is None:
        raise EngineError(
            f"There is no model “{name[:100]}” on this machine. Give the folder that holds model_index.json, or a hub "
            "name that was downloaded before.",
            permanent=True,
            field="model",
        )
    return Place(folder=folder, name=name[:200], index=_index(folder, name))


def _folder(model: str) -> Path | None:
    if not model:
        return None
    try:
        folder = Path(model).expanduser()
        if folder.is_dir():
            return folder
    except (OSError, RuntimeError, ValueError):
        return None
    return _in_hub_cache(model) if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model) else None


def _in_hub_cache(name: str) -> Path | None:
    """What the hub's own tools have stored: refs/main names the folder below snapshots/."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub") / f"models--{name.replace('/', '--')}"
    try:
        snapshot = cache / "snapshots" / (cache / "refs" / "main").read_text().strip()
    except OSError:
        return None
    return snapshot if (snapshot / "model_index.json").is_file() else None


def _index(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        with (folder / "model_index.json").open("rb") as file:
            index = json.loads(file.read(MAX_INDEX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise EngineError(
            f"“{name}” holds no model_index.json that can be read: it is no diffusers pipeline.", permanent=True,
            field="model",
        ) from error  # fmt: skip
    kind = index.get("_class_name") if isinstance(index, dict) else None
    if not isinstance(kind, str) or not kind.isidentifier():  # a list there names a file of code
        raise EngineError(
            f"“{name}” wants to bring code of its own, which is never run.", permanent=True, field="model"
        )
    return index
