"""What a recipe reader is handed: the text a file carries, already free of its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Found:
    """Text found in one file. No path, no pixels; nothing in it may be trusted.

    `exif` has tag names as in the Exif standard ("Make", "ImageDescription", "Software"), `xmp` has
    "prefix:name" with the prefixes of `photos.xmp`. A key may be missing; a value is never empty.
    """

    png_text: Mapping[str, str] = field(default_factory=dict)  # tEXt, zTXt and iTXt by keyword
    user_comment: str = ""  # EXIF 0x9286, decoded
    comment: str = ""  # JPEG COM or GIF comment
    exif: Mapping[str, str] = field(default_factory=dict)
    xmp: Mapping[str, str] = field(default_factory=dict)
