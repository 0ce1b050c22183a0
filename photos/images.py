"""What may come in, and what is known of a picture from its file alone.

This module is plain data: formats, limits, facts and the one error. The pixels are read by the
decoder, a process of ours (`photos.decoder`); `examine` and `render` here are how others ask it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# The allow-list: what stands in `Facts.format`, and how a sentence writes it.
FORMATS: dict[str, str] = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WEBP": "WebP",
    "AVIF": "AVIF",
    "GIF": "GIF",
    "HEIC": "HEIC",
    "TIFF": "TIFF",
}
ACCEPTED = f"Accepted: {', '.join(FORMATS.values())}."

# Pixels of one frame. A JPEG may be larger because it shrinks while it loads.
MAX_PIXELS = 100_000_000
MAX_PIXELS_JPEG = 250_000_000
MAX_FRAMES = 1_000
MAX_PIXELS_ALL_FRAMES = 1_000_000_000

IPTC_READER = "iptc"  # the reader of a prompt alone

# RejectedImage.code, and what it means.
CODES: dict[str, str] = {
    "empty": "the file has no bytes",
    "not-accepted": "another kind of file than the accepted ones",
    "corrupt": "says that it is an accepted format, but cannot be read",
    "truncated": "the end is missing",
    "too-many-pixels": "width x height above MAX_PIXELS or MAX_PIXELS_JPEG",
    "too-many-frames": "frames above MAX_FRAMES, or their area above MAX_PIXELS_ALL_FRAMES",
    "too-large": "more bytes than the gallery takes; raised where the bytes arrive",
    "not-nameable": "its path cannot be written down; raised where a file is to be linked",
    "too-slow": "not decoded within the time for one file",
    "too-big-to-decode": "not decoded within the memory for one file",
}


class RejectedImage(Exception):
    """A file that cannot become a picture here.

    `code` is for machines (see CODES), `sentence` is for the person who brought the file and says
    what to do about it. It never contains a path of this machine.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class RecipeFacts:
    """Prompt and settings as a generator wrote them into a file; an unsure field stays empty.

    `seed` is text: seeds exceed 2^53 and some are words. `raw` is the text exactly as found.
    """

    generator: str
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    model_hash: str = ""
    sampler: str = ""
    scheduler: str = ""
    steps: int | None = None
    cfg: float | None = None
    seed: str = ""
    width: int | None = None
    height: int | None = None
    loras: tuple[Mapping[str, Any], ...] = ()  # {"name": str, "weight": float | None, "hash": str}
    raw: str = ""
    reader: str = ""  # which reader, and its version: "automatic1111/1"
    note: str = ""  # why a part is missing, as a sentence


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that is known of an accepted picture. Everything is JSON-safe and already cleaned."""

    format: str  # one of FORMATS
    width: int  # as displayed, after orientation
    height: int
    frames: int = 1
    orientation: int = 1  # EXIF 1..8; odd values are 1
    color: str = "#808080"  # dominant colour, for the cell before the picture arrives
    phash: int | None = None  # 64-bit perceptual hash, unsigned
    taken_at: str = (
        ""  # wall clock of the camera, "2024-04-13T20:35:31" (with .ffffff when known); "" unknown
    )
    taken_offset_minutes: int | None = None  # east of UTC
    generated_at: str = ""  # wall clock a generator wrote into the file; "" unknown
    camera_make: str = ""
    camera_model: str = ""
    lens: str = ""
    iso: int | None = None
    exposure: str = ""  # "1/250 s, f/2.8, 35 mm"
    lat: float | None = None  # signed degrees
    lon: float | None = None
    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    rating: int | None = None  # 0..5
    recipe: RecipeFacts | None = None
    digital_source_type: str = ""  # the IPTC term alone, e.g. "trainedAlgorithmicMedia"
    signed: str = ""  # "c2pa" where it carries a signature, which is not checked
    exif: Mapping[str, Any] = field(default_factory=dict)  # readable names -> JSON-safe values, bounded


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a file beside a picture says of it; an unsure field stays empty."""

    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    taken_at: str = ""  # as in Facts
    taken_offset_minutes: int | None = None
    lat: float | None = None
    lon: float | None = None
    recipe: RecipeFacts | None = None

    def with_less_sure(self, other: Beside) -> Beside:
        """Filled with what another says."""
        empty = [name for name in self.__dataclass_fields__ if getattr(self, name) in ("", None, ())]
        return replace(self, **{name: getattr(other, name) for name in empty})

    def fill(self, facts: Facts) -> Facts:
        """The facts with what they leave empty. Keywords are added; a date counts where the file has none at all."""
        found = {
            name: getattr(self, name) for name in ("title", "caption", "rating") if not getattr(facts, name)
        }
        if facts.lat is None or facts.lon is None:
            found |= {"lat": self.lat, "lon": self.lon}
        if not facts.taken_at and not facts.generated_at:
            found |= {"taken_at": self.taken_at, "taken_offset_minutes": self.taken_offset_minutes}
        if self.recipe and not (facts.recipe and facts.recipe.prompt):
            found["recipe"] = completed(facts.recipe, self.recipe)
        keywords = tuple(dict.fromkeys((*facts.keywords, *self.keywords)))
        return replace(facts, **found, keywords=keywords)


def completed(found: RecipeFacts | None, known: RecipeFacts | None) -> RecipeFacts | None:
    """The file's own recipe; where it names no prompt, what it leaves empty is filled with what is known else.

    A prompt without settings, as the IPTC has it, counts only where nothing else is known.
    """
    if known and known.prompt and found and found.reader.startswith(f"{IPTC_READER}/"):
        return known
    if found is None or known is None or found.prompt:
        return found or known
    names = [name for name in RecipeFacts.__dataclass_fields__ if getattr(found, name) not in ("", None, ())]
    return replace(known, **{name: getattr(found, name) for name in names if name != "generator"})


def examine(path: str | Path, targets: Mapping[str, str | Path]) -> Facts:
    """Decode the picture at `path` once, for real; draw its variants; say what is known of it.

    `targets` maps variant names to the files to be written (WebP); an empty mapping only examines.
    Blocks while all decoders are busy. Raises RejectedImage for a file that cannot become a picture,
    OSError where a target cannot be written. After an error some targets may exist.
    """
    from photos import decoder

    return decoder.pool().examine(path, targets)


def recipe_in(path: str | Path) -> RecipeFacts | None:
    """The recipe that the file at `path` carries, read without decoding the picture; errors as for `examine`."""
    from photos import decoder

    return decoder.pool().recipe(path)


def glance(path: str | Path) -> Facts:
    """What the head of the file says of it, without decoding the picture: no colour, no perceptual hash, and a file
    that is cut passes. Errors as for `examine`."""
    from photos import decoder

    return decoder.pool().glance(path)


def can_be_named(path: str | Path) -> bool:
    """Whether the imaging library can be told this name: one whose bytes are no UTF-8 cannot be said to it."""
    return not any("\ud800" <= character <= "\udfff" for character in str(path))


def render(path: str | Path, variant: str, target: str | Path) -> None:
    """Draw one variant of the picture at `path` into the file `target`, PNG where its name says so, else WebP;
    errors as for `examine`."""
    from photos import decoder

    decoder.pool().render(path, variant, target)


def configure(*, size: int) -> None:
    """How many decoders this process may run at once: one for a web process, one a core for a worker."""
    from photos import decoder

    decoder.configure(size=size)


# What the first bytes say, of accepted files and of those that people bring by mistake. The first match
# counts: a camera's raw file is also a TIFF.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"),
    (8, b"CR\x02\x00", "a camera raw (CR2) file"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"\xff\x0a", "a JPEG XL file"),
    (4, b"JXL \r\n", "a JPEG XL file"),
    (4, b"jP  \r\n", "a JPEG 2000 file"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1a\x45\xdf\xa3", "a video"),
    (0, b"\0\0\x01\0", "an icon (ICO) file"),
    (0, b"BM", "a BMP file"),
)
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"crx ": "a camera raw (CR3) file",
}


def detect_format(head: bytes) -> str:
    """The format (a key of FORMATS) of a file that begins with `head`, of which 4,096 bytes are enough.

    Bytes alone decide; names and declared types lie. Anything else raises RejectedImage with a
    sentence that names what it is, where that can be seen.
    """
    if not head:
        raise RejectedImage("empty", "The file is empty.")
    found = _kind(head)
    if found in FORMATS:
        return found
    if not found:
        raise RejectedImage("not-accepted", f"This is not a picture, or of a kind not known here. {ACCEPTED}")
    raise RejectedImage("not-accepted", f"This is {found}, which is not accepted. {ACCEPTED}")


def _kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return _kind_of_container(head)
    for offset, signature, kind in _SIGNATURES:
        if head.startswith(signature, offset):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text:
        return "an SVG drawing"
    if text.startswith(b"<"):
        return "a web page or XML text"
    return "a text file" if _is_text(head) else ""


def _kind_of_container(head: bytes) -> str:
    """ISO base media files (ISO 14496-12): the brands say what is inside, the exact ones first."""
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4]), 256), 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    generic = {b"mif1", b"msf1"}
    exact = [_BRANDS[brand] for brand in brands if brand in _BRANDS and brand not in generic]
    return (exact or kinds or ["a video"])[0]


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 for byte in head[:512]) and b"\0" not in head[:512]
