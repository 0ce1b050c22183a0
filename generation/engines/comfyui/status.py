"""How a prompt stands, asked of the server: of its jobs where it has them, else of its history and its queue.

The history is {} for a prompt that waits, that runs and that the server knows nothing of; a prompt that is taken out of
the queue is never heard of again. So what is in neither, twice, is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from generation.engines.base import EngineError
from generation.engines.http import Refused, Server

State = Literal["waiting", "running", "done", "failed", "stopped", "absent"]
JOB_STATES: Mapping[str, State] = {
    "pending": "waiting", "in_progress": "running", "completed": "done", "failed": "failed", "cancelled": "stopped",
}  # fmt: skip
MAX_LISTED_BYTES = 64 * 2**20  # a queue comes with every graph in it


@dataclass(frozen=True)
class File:
    """A file as the server names it."""

    filename: str
    subfolder: str


@dataclass(frozen=True)
class Standing:
    """`before` others wait before it; `outputs` and `trouble` (an execution_error) are the server's own words."""

    state: State
    before: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict)
    trouble: Mapping[str, Any] = field(default_factory=dict)


def has_jobs(server: Server, seconds: float) -> bool:
    """Whether the server has the routes for jobs, which say in a few bytes what the queue says in many."""
    try:
        said = server.get_json("/api/jobs", params={"limit": 1}, read_seconds=seconds)
    except EngineError:
        return False
    return isinstance(said, dict) and isinstance(said.get("jobs"), list)


def standing(server: Server, prompt_id: str, *, jobs: bool, seconds: float) -> Standing:
    """How it stands. Raises EngineError where the server does not say."""
    if jobs and (known := _of_job(server, prompt_id, seconds)):
        return known
    found = _in_history(server, prompt_id, seconds)
    if found is None and not jobs:
        found = _in_queue(server, prompt_id, seconds)
        # It may have ended between the two questions.
        found = found or _in_history(server, prompt_id, seconds)
    return found or Standing("absent")


def files_of(outputs: Any, node: str) -> list[File]:
    """What `node` saved for good. Previews and temporary files are not meant."""
    output = outputs.get(node) if isinstance(outputs, Mapping) else None
    listed = output.get("images") if isinstance(output, Mapping) else None
    found = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and one.get("type") == "output" and isinstance(one.get("filename"), str):
            found.append(File(one["filename"][:500], str(one.get("subfolder") or "")[:500]))
    return found


def _of_job(server: Server, prompt_id: str, seconds: float) -> Standing | None:
    try:
        job = server.get_json(f"/api/jobs/{quote(prompt_id)}", read_seconds=seconds)
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    state = JOB_STATES.get(job.get("status")) if isinstance(job, dict) else None
    if state is None or (state == "done" and not isinstance(job.get("outputs"), dict)):
        return None
    trouble = job.get("execution_error")
    return Standing(
        state, outputs=job.get("outputs") or {}, trouble=trouble if isinstance(trouble, dict) else {}
    )


def _in_history(server: Server, prompt_id: str, seconds: float) -> Standing | None:
    said = server.get_json(f"/history/{quote(prompt_id)}", read_seconds=seconds)
    entry = said.get(prompt_id) if isinstance(said, dict) else None
    return _of_history(entry) if isinstance(entry, dict) else None


def _of_history(entry: Mapping[str, Any]) -> Standing:
    """A stopped prompt says "error", as a failed one does; only its last message tells them apart."""
    status = entry.get("status") if isinstance(entry.get("status"), dict) else {}
    outputs = entry.get("outputs") if isinstance(entry.get("outputs"), dict) else {}
    if status.get("status_str") != "error":
        return Standing("done", outputs=outputs)
    messages = status.get("messages") if isinstance(status.get("messages"), list) else []
    for message in reversed(messages):
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict):
            if message[0] == "execution_interrupted":
                return Standing("stopped", outputs=outputs)
            if message[0] == "execution_error":
                return Standing("failed", outputs=outputs, trouble=message[1])
    return Standing("failed", outputs=outputs)


def _in_queue(server: Server, prompt_id: str, seconds: float) -> Standing | None:
    said = server.get_json("/queue", read_seconds=seconds, max_bytes=MAX_LISTED_BYTES)
    said = said if isinstance(said, dict) else {}
    running, pending = _listed(said.get("queue_running")), _listed(said.get("queue_pending"))
    if any(name == prompt_id for _, name in running):
        return Standing("running")
    for before, (_, name) in enumerate(sorted(pending)):  # the server lists it as a heap
        if name == prompt_id:
            return Standing("waiting", before=before + len(running))
    return None


def _listed(items: Any) -> list[tuple[float, str]]:
    rows = (
        [item for item in items if isinstance(item, list) and len(item) > 1]
        if isinstance(items, list)
        else []
    )
    return [(number, str(name)) for number, name, *_ in rows if isinstance(number, (int, float))]
