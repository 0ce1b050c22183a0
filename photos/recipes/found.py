"""What a recipe reader is handed: the text a file carries, already free of its container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Found:
    """Text found in one file. No path, no pixels; nothing in it may be trusted.

    `exif` has tag names as in the Exif standard ("Make", "ImageDescription", "Software"), text tags without a
    name there as "0x010c"; `xmp` has "prefix:name" with the prefixes of `photos.xmp`, and bare names of properties
    in a generator's own namespace ("prompt"). A key may be missing; a value is never empty.
    """

    png_text: Mapping[str, str] = field(default_factory=dict)  # tEXt, zTXt and iTXt by keyword
    user_comment: str = ""  # EXIF 0x9286, decoded
    comment: str = ""  # JPEG COM or GIF comment
    exif: Mapping[str, str] = field(default_factory=dict)
    xmp: Mapping[str, str] = field(default_factory=dict)
    source_type: str = ""  # the IPTC term of how it came to be
    agents: tuple[str, ...] = ()  # programs that C2PA names, who made the picture first


def together(pieces: Mapping[str, str]) -> str:
    """The raw text of a recipe: one piece as it is, several under their keywords as JSON."""
    pieces = {key: text for key, text in pieces.items() if text}
    if len(pieces) == 1:
        return next(iter(pieces.values()))
    return json.dumps(pieces, ensure_ascii=False) if pieces else ""
