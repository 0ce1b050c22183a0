"""The contract between the gallery and whatever makes its pictures.

An engine takes a frozen `Request` and yields a `GeneratedImage` as soon as each one is made. It reads
neither settings nor models: what it needs to know (an address, a key) comes in through its constructor.
What it yields is untrusted bytes to the rest of the gallery, like any upload.

A complete engine, which draws one flat colour for each seed::

    import io

    from PIL import Image

    from generation.engines.base import Capabilities, GeneratedImage, Progress


    class FlatColour:
        title = "Flat colour"
        digital_source_type = "algorithmicMedia"

        def capabilities(self):
            return Capabilities(
                negative_prompt=False, seeds=True, progress=True, cancel=True, source_image=False,
                min_edge=64, max_edge=2048, edge_step=8, max_pixels=2048 * 2048,
                about="One flat colour for each seed.",
            )

        def generate(self, request, *, report, cancelled):
            for index, seed in enumerate(request.seeds):
                if cancelled():
                    return
                colour = (seed * 83 % 256, seed * 37 % 256, seed * 151 % 256)
                file = io.BytesIO()
                Image.new("RGB", (request.width, request.height), colour).save(file, "PNG")
                report(Progress(index=index, fraction=1.0, stage="filled"))
                yield GeneratedImage(index=index, data=file.getvalue(), seed=str(seed))

The tests run this very text through the same contract test as every other engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked for. `seeds` has one entry for each wanted image, in the order of the images.

    `width` and `height` are pixels. `options` holds values for the names in `Capabilities.options`; an engine
    uses its default for a missing name and ignores names it does not know, so that settings written for
    one engine can be tried on another. `source_image` is a whole image file, or None; how far the result may leave
    it is the option "denoise" (0 keeps it, 1 forgets it) where an engine has one.
    """

    prompt: str
    width: int
    height: int
    seeds: tuple[int, ...]
    negative_prompt: str = ""
    options: Mapping[str, Any] = field(default_factory=_nothing)
    source_image: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class GeneratedImage:
    """One finished image: `data` is an image file exactly as the engine made it.

    `index` is the position in `Request.seeds`. `seed` is the seed really used, as text, "" where the engine
    does not know it. `facts` are JSON-safe: model, model_hash, sampler, scheduler, steps, cfg, style, seconds, usage
    ({"input_tokens": 12, ...}), cost_usd, revised_prompt, whatever is worth keeping. `recipe_text` is what the server
    said of this image beside its bytes (an infotext, a graph as JSON), for files that carry nothing themselves.
    """

    index: int
    data: bytes
    seed: str
    facts: Mapping[str, Any] = field(default_factory=_nothing)
    recipe_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far image `index` is. `fraction` is 0..1 and never falls; `preview` is an image file or None."""

    index: int
    fraction: float
    stage: str = ""
    preview: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Option:
    """One setting a person may change. `name` is the key in `Request.options`, `label` is for pages.

    `choices` are (value, label) pairs of a "choice"; `minimum`, `maximum` and `step` belong to a "number". Of a "text"
    `suggestions` are offered while typing. "long" is text of several lines; "secret" is for an engine's own
    configuration alone. Options of one `group` stand together under its words; of no group, in the open. `problem` says
    what is wrong with a value of the right kind, "" nothing.
    """

    name: str
    label: str
    kind: Literal["choice", "number", "text", "long", "switch", "secret"]
    default: Any
    choices: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    help: str = ""
    suggestions: tuple[str, ...] = ()
    group: str = ""
    problem: Callable[[Any], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an engine can do, so that pages offer nothing it ignores.

    `seeds` says that the same request with the same seed gives the same image again. Edges are pixels:
    width and height lie in `min_edge`..`max_edge`, are multiples of `edge_step`, and their product lies in
    `min_pixels`..`max_pixels`; where `sizes` is not empty only these (width, height) can be made. `source_image`: it
    can start from an image; `upscale`: it has an option "upscale" (a factor, with a source image); `enlarges_alike`:
    what comes of that has no seed, so one image is all there is to ask for. `about` is one sentence shown on pages.
    `notes` are sentences on what the server could not be asked (a list that failed). `no_previews`: why none may come
    while an image is made, or what has to be done for them.
    """

    negative_prompt: bool
    seeds: bool
    progress: bool
    cancel: bool
    source_image: bool
    min_edge: int
    max_edge: int
    edge_step: int
    max_pixels: int
    about: str
    options: tuple[Option, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    min_pixels: int = 0
    upscale: bool = False
    enlarges_alike: bool = False
    notes: tuple[str, ...] = ()
    no_previews: str = ""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Who answers at the other end: "ComfyUI", its version, and facts worth printing (device, memory, models)."""

    name: str
    version: str = ""
    facts: Mapping[str, str] = field(default_factory=_nothing)


class EngineError(Exception):
    """The engine cannot go on. `sentence` tells a person why and what to do; no secret, path or traceback is in it.

    `permanent` means that trying the same request again cannot help. `field` is the option, or "prompt", "seed",
    "width" ..., that the server objects to. `retry_after_seconds` is what a server asked for that wants to be left
    alone for a while.
    """

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool = False,
        field: str = "",
        retry_after_seconds: float | None = None,
    ):
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent
        self.field = field
        self.retry_after_seconds = retry_after_seconds


class Engine(Protocol):
    """Makes images. `title` is for pages; `digital_source_type` is the last part of the IPTC term for the
    way its pictures come about: "algorithmicMedia" or "trainedAlgorithmicMedia".

    An engine that a person can configure on the engines page says in a class attribute `configuration`, a tuple of
    Option, which keyword arguments its constructor takes. One that stands before a server has `describe() -> Peer`,
    which may raise EngineError. Building an engine talks to nobody; `capabilities` answers within a few seconds."""

    title: str
    digital_source_type: str

    def capabilities(self) -> Capabilities:
        """What this engine can do. May ask a server, and may raise EngineError."""
        ...

    def generate(
        self, request: Request, *, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Iterator[GeneratedImage]:
        """Yield the images of `request` in the order of its seeds, each as soon as it is made.

        Calls `report` now and then, and `cancelled` often. Once `cancelled()` is true the engine lets go
        of its work and simply stops yielding: cancelling is no error. Raises EngineError, at the first
        image at the earliest, because nothing happens before the first `next`.
        """
        ...
