"""An engine that hands out picture files made beforehand: what is left of a session is the gallery's own work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from generation.engines import Capabilities, GeneratedImage, Progress, Request


class PreparedEngine:
    """Gives the files of `folder`, in the order of their names, over and over."""

    title = "Prepared"
    digital_source_type = "trainedAlgorithmicMedia"

    def __init__(self, folder: str) -> None:
        self.files = [path.read_bytes() for path in sorted(Path(folder).iterdir())]

    def capabilities(self) -> Capabilities:
        return Capabilities(
            negative_prompt=True, seeds=True, progress=True, cancel=True, source_image=False,
            min_edge=64, max_edge=2048, edge_step=8, max_pixels=2048 * 2048, about="For benchmarks.",
        )  # fmt: skip

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        for index, seed in enumerate(request.seeds):
            if cancelled():
                return
            report(Progress(index=index, fraction=0.5))
            report(Progress(index=index, fraction=1.0))
            yield GeneratedImage(index=index, data=self.files[index % len(self.files)], seed=str(seed))
