"""Engines that do as they are told, real ones by the contract of `generation.engines.base`; a storage in a race.

`ScriptedEngine` answers from a list, in the test's own process. `SlowEngine` takes its time, for tests that
kill a worker in the middle of it; it is named in `tests.worker_settings`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from PIL import Image

from generation.engines import Capabilities, EngineError, GeneratedImage, Progress, Request
from photos.models import Photo
from photos.storage import LocalMediaStorage
from tests.factories import PhotoFactory

END = object()  # as an answer: stop yielding, though more was asked for


def flat(seed: int, size: tuple[int, int] = (64, 64)) -> bytes:
    """A PNG of one colour, another for each seed."""
    colour = (seed * 83 % 256, seed * 37 % 256, seed // 256 % 256)
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class ScriptedEngine:
    """Takes the next of its `answers` for each image, and draws a flat colour when there are none left.

    An answer is bytes, a GeneratedImage, an exception to raise, END, or a function of (request, index,
    report, cancelled) that gives one of these (None: the flat colour). `requests` records what was asked.
    """

    title = "Scripted"
    digital_source_type = "trainedAlgorithmicMedia"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.trouble: EngineError | None = None  # raised by `capabilities`
        self.can: dict[str, Any] = {}  # what it can do beside the usual

    def capabilities(self) -> Capabilities:
        if self.trouble:
            raise self.trouble
        usual = Capabilities(
            negative_prompt=True, seeds=True, progress=True, cancel=True, source_image=False,
            min_edge=64, max_edge=1024, edge_step=8, max_pixels=1024 * 512, about="Does as it is told.",
        )  # fmt: skip
        return replace(usual, **self.can)

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        self.requests.append(request)
        for index, seed in enumerate(request.seeds):
            if cancelled():
                return
            answer = self.answers.pop(0) if self.answers else None
            if callable(answer):
                answer = answer(request, index, report, cancelled)
            if answer is END:
                return
            if isinstance(answer, BaseException):
                raise answer
            report(Progress(index=index, fraction=1.0))
            if isinstance(answer, GeneratedImage):
                yield answer
            else:
                data = answer or flat(seed, (request.width, request.height))
                yield GeneratedImage(index=index, data=data, seed=str(seed))


class SlowEngine(ScriptedEngine):
    """A flat colour for each seed, `seconds` after it was asked for."""

    title = "Slow"

    def __init__(self, seconds: float = 0.15) -> None:
        super().__init__()
        self.seconds = seconds

    def generate(self, request, *, report, cancelled):
        for image in super().generate(request, report=report, cancelled=cancelled):
            until = time.monotonic() + self.seconds
            while time.monotonic() < until:
                if cancelled():
                    return
                time.sleep(0.01)
            yield image


class StorageInARace(LocalMediaStorage):
    """Right after the first original is written, another row takes the same name in other letters."""

    def write_once(self, source, name: str, **how) -> None:
        super().write_once(source, name, **how)
        if not Photo.objects.exists():
            folder, _, file = name.rpartition("/")
            PhotoFactory(file=f"{folder}/{file.upper()}")
