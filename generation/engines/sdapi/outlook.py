"""What a server is and has, asked all at once: which program, its models, samplers, LoRAs.

The programs differ in what they can say, and most lists can fail (SD.Next has answered 500 on its schedulers,
stable-diffusion.cpp has no styles): a list that is not there is left out, one that fails is a note, and only a server
that says nothing at all is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from generation.engines.answers import cleaned, name_of
from generation.engines.base import EngineError
from generation.engines.http import Refused, Server

ASK_SECONDS = 4.0
MAX_ASKING = 4  # at once: small servers let no more than five wait at the door
MAX_ANSWER_BYTES = 4 * 2**20
MAX_LORAS_BYTES = 16 * 2**20  # these come with all their training notes
MAX_NAMES = 2000

ROOT = "/sdapi/v1"
LISTS = {  # our word: path, the key that names an entry, the word on pages
    "models": ("sd-models", "title", "models"),
    "samplers": ("samplers", "name", "samplers"),
    "schedulers": ("schedulers", "name", "schedulers"),
    "upscalers": ("upscalers", "name", "upscalers"),
    "latent_modes": ("latent-upscale-modes", "name", "upscale modes"),
    "loras": ("loras", "name", "LoRAs"),
    "styles": ("prompt-styles", "name", "styles"),
}
SIGNS = {  # where programs differ
    "options": f"{ROOT}/options",
    "version": f"{ROOT}/version",  # SD.Next
    "modules": f"{ROOT}/sd-modules",  # Forge
    "progress": f"{ROOT}/progress?skip_current_image=true",  # not stable-diffusion.cpp
    "tasks": "/internal/pending-tasks",  # AUTOMATIC1111 and Forge
}
NAMES = {
    "a1111": "Stable Diffusion web UI",
    "forge": "Stable Diffusion web UI Forge",
    "sdnext": "SD.Next",
    "sdcpp": "stable-diffusion.cpp",
}


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """One look at a server. Lists hold names in the server's order; `labels` says some of them for people."""

    flavour: Literal["a1111", "forge", "sdnext", "sdcpp"]
    version: str = ""
    loaded: str = ""  # the model it has in memory
    progress: bool = True
    per_task: bool = False
    models: tuple[str, ...] = ()
    samplers: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()
    upscalers: tuple[str, ...] = ()
    latent_modes: tuple[str, ...] = ()
    loras: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    lora_paths: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return NAMES[self.flavour]


def look(server: Server) -> Outlook:
    """Ask `server` everything at once. Raises EngineError where it is away or has no such API."""
    paths = {word: f"{ROOT}/{path}" for word, (path, _key, _word) in LISTS.items()} | SIGNS
    with ThreadPoolExecutor(max_workers=MAX_ASKING, thread_name_prefix="sdapi") as threads:
        asked = {word: threads.submit(_ask, server, path) for word, path in paths.items()}
        said = {word: future.result() for word, future in asked.items()}
    _insist(server, said)
    lists, notes = _lists(said)
    options = said["options"] if isinstance(said["options"], dict) else {}
    flavour = _flavour(said)
    return Outlook(
        flavour=flavour,
        version=_version(said["version"]),
        loaded=name_of(options.get("sd_model_checkpoint")),
        progress=isinstance(said["progress"], dict),
        per_task=isinstance(said["tasks"], dict),
        labels=_labels(said["schedulers"]),
        lora_paths=_pairs(said["loras"], "name", "path") if flavour == "sdcpp" else {},
        notes=notes,
        **lists,
    )


def _ask(server: Server, path: str) -> Any:
    """The answer, or the error as a value."""
    try:
        most = MAX_LORAS_BYTES if path.endswith("/loras") else MAX_ANSWER_BYTES
        return server.get_json(path, read_seconds=ASK_SECONDS, max_bytes=most)
    except EngineError as error:
        return error


def _insist(server: Server, said: Mapping[str, Any]) -> None:
    """Something has to answer, or there is no such server."""
    errors = [said[word] for word in ("samplers", "models", "options")]
    if not all(isinstance(error, EngineError) for error in errors):
        return
    if all(isinstance(error, Refused) and error.status in (404, 405) for error in errors):
        raise EngineError(
            f"{server.address} answers, but not with the API this engine speaks. Start the web UI with --api.",
            permanent=True,
        )
    raise errors[0]


def _flavour(said: Mapping[str, Any]) -> Literal["a1111", "forge", "sdnext", "sdcpp"]:
    if isinstance(said["version"], dict):
        return "sdnext"
    if isinstance(said["modules"], list):
        return "forge"
    absent = isinstance(said["progress"], Refused) and said["progress"].status == 404
    return "sdcpp" if absent else "a1111"


def _lists(said: Mapping[str, Any]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    found, notes = {}, []
    for word, (_path, key, on_pages) in LISTS.items():
        answer = said[word]
        if isinstance(answer, list):
            found[word] = tuple(_names(answer, key))
        elif word == "schedulers" and _flavour(said) == "sdnext":
            continue  # its samplers are its schedules, and nobody misses them
        elif not (isinstance(answer, Refused) and answer.status in (404, 405)):
            notes.append(f"The list of {on_pages} could not be read{_why(answer)}.")
    return found, tuple(notes)


def _why(answer: Any) -> str:
    if isinstance(answer, Refused):
        return f" (error {answer.status})"
    return "" if isinstance(answer, EngineError) else ": its form is unknown"


def _names(entries: list, key: str) -> list[str]:
    """The names, each once. Rows that only divide a list ("---- Flow ----") are none."""
    names = [name_of(entry.get(key)) for entry in entries[:MAX_NAMES] if isinstance(entry, dict)]
    real = [name for name in names if name and name[0] not in "-─═–—•" and any(map(str.isalnum, name))]
    return list(dict.fromkeys(real))


def _labels(schedulers: Any) -> dict[str, str]:
    return _pairs(schedulers, "name", "label")


def _pairs(entries: Any, key: str, value: str) -> dict[str, str]:
    rows = (
        [entry for entry in entries[:MAX_NAMES] if isinstance(entry, dict)]
        if isinstance(entries, list)
        else []
    )
    return {name_of(row.get(key)): name_of(row.get(value)) for row in rows if name_of(row.get(value))}


def _version(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    words = [cleaned(name_of(answer.get(key))) for key in ("updated", "commit", "hash")]
    return " ".join(filter(None, words))
