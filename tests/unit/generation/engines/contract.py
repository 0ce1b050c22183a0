"""What every engine must do, as one check: `check_engine(engine)` for a real engine or a stand-in."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from PIL import Image

from generation.engines.base import Capabilities, Engine, EngineError, GeneratedImage, Progress, Request

SEEDS = (11, 7, 2**32 - 1)
STOP_SECONDS = 5.0


def check_engine(
    engine: Engine, *, sent: Callable[[], Iterable[bytes]] | None = None, **options: Any
) -> None:
    """Raise AssertionError, with a sentence, where `engine` breaks the rules of `generation.engines.base`.

    `sent` gives the files that the server behind it has sent so far; `options` keep a slow engine quick.
    """
    can = engine.capabilities()
    _check_capabilities(engine, can)
    request = replace(small_request(can), options=options)
    images, reports = run(engine, request)
    _check_images(request, can, images)
    if sent is not None:
        files = set(sent())
        assert all(image.data in files for image in images), "the bytes are those that the server sent"
    _check_progress(request, can, reports)
    if can.seeds:
        again, _ = run(engine, request)
        assert [image.data for image in again] == [image.data for image in images], (
            "a seed gives its image again"
        )
    if can.cancel:
        _check_cancel(engine, request)


def check_trouble(
    engine: Engine, request: Request, *, permanent: bool, words: str = "", field: str | None = None
) -> EngineError:
    """`request` ends in an EngineError, and nothing else, with these `words` in a sentence for a person."""
    with pytest.raises(EngineError) as caught:
        run(engine, request)
    trouble = caught.value
    assert trouble.permanent == permanent, f"to be tried again: {not permanent}; {trouble.sentence}"
    assert words in trouble.sentence, trouble.sentence
    assert len(trouble.sentence) <= 500 and "Traceback" not in trouble.sentence, "short, and for a person"
    assert field is None or trouble.field == field, f"about {trouble.field!r}"
    return trouble


def check_stops_soon(
    engine: Engine,
    request: Request,
    *,
    after_seconds: float = 0.3,
    once: Callable[[], bool] | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> list[GeneratedImage]:
    """Somebody says stop while the engine waits or works, after a while or `once` that is so: it lets go within 5 s.

    Returns what was made before.
    """
    said: list[float] = []
    is_time = time.monotonic() + after_seconds

    def cancelled() -> bool:
        if not said and (once() if once else time.monotonic() > is_time):
            said.append(time.monotonic())
        return bool(said)

    images = list(engine.generate(request, report=report, cancelled=cancelled))
    assert said, "it never looked"
    assert time.monotonic() - said[0] < STOP_SECONDS, "stopping takes at most 5 seconds"
    assert len(images) < len(request.seeds), "it was stopped before the end"
    return images


def small_request(can: Capabilities) -> Request:
    edge = max(can.min_edge, min(can.max_edge, 128 - 128 % can.edge_step))
    width, height = min(can.sizes, default=(edge, edge))
    return Request(prompt="a quiet harbour at dusk", width=width, height=height, seeds=SEEDS)


def run(engine: Engine, request: Request) -> tuple[list[GeneratedImage], list[Progress]]:
    """All images and all reports of a request nobody cancels."""
    reports: list[Progress] = []
    images = list(engine.generate(request, report=reports.append, cancelled=lambda: False))
    return images, reports


def _check_capabilities(engine: Engine, can: Capabilities) -> None:
    assert engine.title and can.about, "pages need a title and a sentence"
    assert engine.digital_source_type.endswith("Media"), "the last part of an IPTC digital source type"
    assert 1 <= can.min_edge <= can.max_edge, "edges have a range"
    assert can.edge_step >= 1 and can.min_edge % can.edge_step == 0, "the smallest edge is a step"
    assert can.min_edge**2 <= can.max_pixels <= can.max_edge**2, "the area can be reached"
    assert len({option.name for option in can.options}) == len(can.options), "option names are unique"
    for option in can.options:
        if option.kind == "choice":
            assert option.default in [value for value, _ in option.choices], (
                f"{option.name}: default is a choice"
            )
        if option.kind == "number" and option.minimum is not None and option.maximum is not None:
            assert option.minimum <= option.default <= option.maximum, f"{option.name}: default is in range"


def _check_images(request: Request, can: Capabilities, images: list[GeneratedImage]) -> None:
    assert [image.index for image in images] == list(range(len(request.seeds))), "one image a seed, in order"
    for image, seed in zip(images, request.seeds, strict=True):
        with Image.open(io.BytesIO(image.data)) as picture:
            assert picture.format in {"PNG", "JPEG", "WEBP"}, "a format the gallery takes"
            assert picture.size == (request.width, request.height), "the size asked for"
            picture.load()
        assert isinstance(image.seed, str), "a seed is text"
        assert image.seed == str(seed) or not can.seeds, "the seed asked for is the seed used"
        json.dumps(dict(image.facts))


def _check_progress(request: Request, can: Capabilities, reports: list[Progress]) -> None:
    for index in range(len(request.seeds)):
        steps = [report.fraction for report in reports if report.index == index]
        assert all(0 <= step <= 1 for step in steps), "fractions run from 0 to 1"
        assert all(before <= after for before, after in pairwise(steps)), "progress never goes back"
        assert steps or not can.progress, "whoever says progress reports some"


def _check_cancel(engine: Engine, request: Request) -> None:
    """Cancelled at the k-th look, the engine looks at most once more and yields nothing further."""
    for calm_looks in (0, 1, 4):
        looks: list[int] = []

        def cancelled(looks: list[int] = looks, calm_looks: int = calm_looks) -> bool:
            looks.append(1)
            return len(looks) > calm_looks

        images = list(engine.generate(request, report=lambda progress: None, cancelled=cancelled))
        assert len(images) <= min(calm_looks, len(request.seeds)), "nothing is yielded once cancelled"
        assert len(looks) <= calm_looks + 2, "a cancelled engine stops, it does not keep asking"
