"""What a file carries, read from its bytes without decoding a picture: what a receiver of it could read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from photos.images import RecipeFacts
from photos.metadata import Written, written_in
from photos.metadata.camera import camera, place
from photos.metadata.described import MAX_TITLE
from photos.metadata.iptc import read_iptc
from photos.metadata.stealth import hides_text
from photos.papers import gif, iso
from photos.papers.packet import MAX_TEXT
from photos.recipes import read_recipe
from photos.recipes.text import MAX_PROMPT, clean, clean_line
from photos.xmp import Xmp, parse_xmp

MAX_SIDECAR = 1_000_000  # bytes
MAX_CREDIT = 500  # characters of it that EXIF or the older IPTC have

_TEXT_TAGS = {
    "ImageDescription": 0x010E,
    "Software": 0x0131,
    "Artist": 0x013B,
    "Copyright": 0x8298,
    "DocumentName": 0x010D,
}


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What one file says of itself. Absent is empty; everything is cleaned."""

    title: str = ""
    creator: str = ""
    rights: str = ""
    caption: str = ""
    created: str = ""  # as written, ISO 8601
    digital_source_type: str = ""  # the IPTC term alone
    ai_system: str = ""
    ai_system_version: str = ""
    prompt: str = ""  # IPTC's AIPromptInformation
    prompt_writer: str = ""
    has_recipe: bool = False  # text of a generator that can be read: prompt, settings or graph
    hides_text: bool = False  # a PNG with the sign of text in its lowest bits
    has_gps: bool = False
    camera: str = ""
    signed: str = ""  # "c2pa" where a signature is in it or pointed to; it is not checked
    other_text: tuple[str, ...] = ()  # names of text besides: PNG keywords, EXIF tags, "comment", "IPTC"

    @property
    def is_marked(self) -> bool:
        """Whether it says by machine that a model or an algorithm made it, or made a part of it."""
        return "algorithmicmedia" in self.digital_source_type.lower()


def read(path: Path, format: str) -> Papers:
    """The papers of a file of an accepted format. What cannot be read is empty; only a missing file raises (OSError).

    Some milliseconds; 20 MB of memory at worst.
    """
    format = format.upper()
    with path.open("rb") as stream:
        said = written_in(stream, format, _others_info(stream, format))
        recipe = read_recipe(said.found)
        stream.seek(0)
        hidden = format == "PNG" and hides_text(stream)
    facts = camera(said.exif, said.xmp)
    return Papers(
        **_with_credit(_words(said.xmp), said, recipe),
        digital_source_type=said.found.source_type,
        has_recipe=hidden or bool(recipe and not recipe.reader.startswith("marks/")),
        hides_text=hidden,
        has_gps=place(said.exif, said.xmp) != (None, None) or bool(said.exif.gps.values.keys() - {0}),
        camera=" ".join(filter(None, (facts["camera_make"], facts["camera_model"]))),
        signed=said.signed,
        other_text=_other_text(said),
    )


def read_packet(data: bytes, *, signed: str = "") -> Papers:
    """The papers of a sidecar: of a packet that stands alone. `signed` is what is known of the file beside it."""
    xmp = parse_xmp(data[:MAX_SIDECAR])
    said = written_in(io.BytesIO(), "GIF", {"xmp": data[:MAX_SIDECAR]})
    return Papers(**_words(xmp), digital_source_type=said.found.source_type, signed=signed)


def _others_info(stream: BinaryIO, format: str) -> dict:
    if format in ("AVIF", "HEIC"):
        return iso.info(stream)
    return gif.info(stream) if format == "GIF" else {}


def _words(xmp: Xmp) -> dict[str, str]:
    return {
        "title": clean_line(xmp.text("dc:title"), MAX_TITLE),
        "creator": clean_line(", ".join(xmp.texts("dc:creator")[:20]), MAX_TEXT),
        "rights": clean(xmp.text("dc:rights"), MAX_TEXT),
        "caption": clean(xmp.text("dc:description"), MAX_TEXT),
        "created": clean_line(xmp.text("photoshop:DateCreated") or xmp.text("xmp:CreateDate"), 40),
        "ai_system": clean_line(xmp.text("Iptc4xmpExt:AISystemUsed"), MAX_TEXT),
        "ai_system_version": clean_line(xmp.text("Iptc4xmpExt:AISystemVersionUsed"), MAX_TEXT),
        "prompt": clean(xmp.text("Iptc4xmpExt:AIPromptInformation"), MAX_PROMPT),
        "prompt_writer": clean_line(xmp.text("Iptc4xmpExt:AIPromptWriterName"), MAX_TEXT),
    }


def _with_credit(words: dict[str, str], said: Written, recipe: RecipeFacts | None) -> dict[str, str]:
    """Creator and rights also where EXIF or the older IPTC alone have them; a recipe written there is no credit."""
    iptc = read_iptc(said.carried.iptc)
    older = {
        "creator": (said.exif.main.text(_TEXT_TAGS["Artist"]), iptc.creator),
        "rights": (said.exif.main.text(_TEXT_TAGS["Copyright"]), iptc.rights),
    }
    for name, texts in older.items():
        lines = (clean_line(text, MAX_CREDIT) for text in texts)
        words[name] = words[name] or next((one for one in lines if one and not _tells(one, recipe)), "")
    return words


def _tells(text: str, recipe: RecipeFacts | None) -> bool:
    prompt = " ".join(recipe.prompt.split())[:MAX_CREDIT] if recipe else ""
    return text[0] in "{[" or (bool(recipe) and (text in recipe.raw or (bool(prompt) and prompt in text)))


def _other_text(said: Written) -> tuple[str, ...]:
    names = [name for name in said.carried.texts if name != "XML:com.adobe.xmp"]
    names += [name for name, tag in _TEXT_TAGS.items() if said.exif.main.text(tag)]
    names += ["UserComment"] if said.found.user_comment else []
    names += ["comment"] if said.carried.comment else []
    names += ["IPTC"] if said.carried.iptc else []
    return tuple(clean_line(name, 80) for name in names[:50])
