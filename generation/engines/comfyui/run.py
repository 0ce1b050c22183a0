"""One run of the engine at its server: images are sent, watched and fetched, one prompt after the other.

Whoever said stop is looked to every fifth of a second, whatever is waited for. That something was stopped is known
here, never read from the server.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from generation.engines import pictures
from generation.engines.base import EngineError, Progress
from generation.engines.comfyui import complaints, status
from generation.engines.comfyui.feed import Feed
from generation.engines.comfyui.patience import GLANCE_SECONDS, Looks, Pace, duration, raise_if_over
from generation.engines.comfyui.progress import Tracker
from generation.engines.comfyui.status import File, Standing
from generation.engines.comfyui.template import Template
from generation.engines.http import Refused, Server, in_background

T = TypeVar("T")


class Stopped(Exception):
    """The caller said stop; the server was told."""


class Run:
    """`stopping` is asked often, and not any more once it was true."""

    def __init__(
        self, server: Server, feed: Feed, *, client_id: str, pace: Pace, stopping: Callable[[], bool]
    ) -> None:
        self._server, self._feed, self._client_id, self._pace = server, feed, client_id, pace
        self._ask_stopping, self._is_stopping = stopping, False
        self._jobs: bool | None = None

    def stopping(self) -> bool:
        self._is_stopping = self._is_stopping or bool(self._ask_stopping())
        return self._is_stopping

    def upload(self, image: bytes) -> str:
        """Send a source image; the name that the workflow has to say. Raises EngineError, Stopped."""
        kind = pictures.kind_of(image) or "png"
        name = f"{sha256(image).hexdigest()[:20]}.{kind}"
        said = self._while_looking(
            lambda: self._server.post_multipart(
                "/upload/image",
                fields={"type": "input", "subfolder": "photo-gallery", "overwrite": "false"},
                files={"image": (name, image, f"image/{kind}")},
                read_seconds=self._pace.answer,
            )
        )
        if not isinstance(said, dict) or not isinstance(said.get("name"), str):
            raise EngineError(f"{self._server.address} did not say how it named the source image.")
        folder = said.get("subfolder")
        return f"{folder}/{said['name']}" if folder and isinstance(folder, str) else said["name"]

    def make(
        self,
        template: Template,
        graph: Mapping[str, Any],
        canvas: Mapping[str, Any] | None,
        *,
        index: int,
        report: Callable[[Progress], None],
    ) -> list[File]:
        """Have one graph drawn; the files it gave. Raises EngineError, Stopped."""
        prompt_id = str(uuid.uuid4())
        ends = time.monotonic() + self._pace.image
        try:
            prompt_id = self._submit(template, graph, canvas, prompt_id)
            tracker = Tracker(template, index)
            report(tracker.sent())
            standing = self._watch(prompt_id, template, tracker, report, ends)
        except EngineError:
            raise
        except BaseException:  # stopped, or whoever listens to the reports has had enough
            self._stop(prompt_id)
            raise
        files = status.files_of(standing.outputs, template.output)
        if not files:
            raise EngineError(
                f"The workflow “{template.name}” ended without saving an image at node {template.output}.",
                permanent=True,
            )
        return files

    def fetch(self, file: File) -> bytes | None:
        """The bytes of a file as the server saved them; None where it is gone. Raises EngineError, Stopped."""
        params = {"filename": file.filename, "subfolder": file.subfolder, "type": "output"}
        try:
            data = self._while_looking(
                lambda: self._server.get_bytes("/view", params=params, read_seconds=self._pace.answer)
            )
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return pictures.checked(data, address=self._server.address)

    def _submit(self, template: Template, graph: Mapping, canvas: Mapping | None, prompt_id: str) -> str:
        """Its number at the server, which is the one we chose unless the server is old."""
        if self._jobs is None:
            self._jobs = self._while_looking(lambda: status.has_jobs(self._server, self._pace.answer))
            self._feed.was_tried(self._pace.feed)
        wish: dict[str, Any] = {"prompt": graph, "client_id": self._client_id, "prompt_id": prompt_id}
        if canvas is not None:
            wish["extra_data"] = {"extra_pnginfo": {"workflow": canvas}}
        try:
            said = self._while_looking(
                lambda: self._server.post_json("/prompt", wish, read_seconds=self._pace.answer)
            )
        except Refused as refused:
            raise complaints.refusal(refused, template) from refused
        except EngineError:
            if not self._knows(prompt_id):  # the answer was lost, or the prompt itself
                raise
            said = {}
        said = said if isinstance(said, dict) else {}
        prompt_id = str(said.get("prompt_id") or prompt_id)
        if objection := complaints.objection_to(said.get("node_errors"), template):
            self._stop(prompt_id)  # it draws what else there is in the workflow
            raise objection
        return prompt_id

    def _watch(
        self, prompt_id: str, template: Template, tracker: Tracker, report: Callable, ends: float
    ) -> Standing:
        """Until it is done. What the feed says makes it quick; how the prompt stands is asked all the same."""
        watch = Looks(self._pace, self._feed)
        outputs: dict[str, Any] = {}
        while True:
            self._look_up()
            message = self._feed.next(GLANCE_SECONDS)
            if message is not None and message.prompt_id in ("", prompt_id):
                if progress := tracker.take(message):
                    report(progress)
                if message.kind == "executed" and message.prompt_id:
                    outputs[str(message.data.get("node"))] = message.data.get("output")
                elif message.kind == "execution_success" and status.files_of(outputs, template.output):
                    return Standing("done", outputs=outputs)
                elif message.kind == "execution_error":
                    raise complaints.failure(message.data, template)
                elif message.kind in ("execution_success", "execution_interrupted"):
                    watch.soon()
            if watch.is_due() and (standing := watch.took(self._ask(prompt_id, watch), self._server.address)):
                if standing.state == "done":
                    return standing
                if standing.state == "waiting":
                    report(tracker.waiting(standing.before))
                raise_if_over(standing, template, self._server.address)
            if time.monotonic() > ends:
                self._stop(prompt_id)
                raise EngineError(
                    f"{self._server.address} did not make an image within {duration(self._pace.image)}, the time in "
                    "its queue included."
                )

    def _ask(self, prompt_id: str, watch: Looks) -> Standing | None:
        """How it stands; None while the server is away, for a while."""
        try:
            return self._while_looking(
                lambda: status.standing(
                    self._server, prompt_id, jobs=bool(self._jobs), seconds=self._pace.answer
                )
            )
        except EngineError as trouble:
            if trouble.permanent or watch.is_away_too_long():
                raise
            return None

    def _knows(self, prompt_id: str) -> bool:
        try:
            seconds = self._pace.stop
            found = status.standing(self._server, prompt_id, jobs=bool(self._jobs), seconds=seconds)
        except EngineError:
            return False
        return found.state != "absent"

    def _stop(self, prompt_id: str) -> None:
        """Take a prompt out of the queue, or interrupt it if it is the one that runs; as well as can be done."""
        seconds = self._pace.stop
        try:
            if self._jobs:
                self._server.post_json(f"/api/jobs/{prompt_id}/cancel", {}, read_seconds=seconds)
                return
            self._server.post_json("/queue", {"delete": [prompt_id]}, read_seconds=seconds)
            # Old servers interrupt whatever runs, which may be somebody else's.
            found = status.standing(self._server, prompt_id, jobs=False, seconds=seconds)
            if found.state == "running":
                self._server.post_json("/interrupt", {"prompt_id": prompt_id}, read_seconds=seconds)
        except EngineError:
            return

    def _while_looking(self, call: Callable[[], T]) -> T:
        """The result of a call that blocks. Raises Stopped as soon as somebody said stop."""
        job = in_background(call)
        while not job.wait(GLANCE_SECONDS):
            if self.stopping():
                job.wait(self._pace.stop)  # a prompt on its way arrives before it is taken back
                job.hang_up()
                raise Stopped
        return job.result()

    def _look_up(self) -> None:
        if self.stopping():
            raise Stopped
