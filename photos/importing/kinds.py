"""What names alone say: surely no pictures, the leavings of systems, sheets of what lies beside them."""

from __future__ import annotations

import os
import re
from collections import Counter

# What systems leave beside pictures; so is ".anything".
JUNK = {"__macosx", "thumbs.db", "desktop.ini", "@eadir"}

# Files that are surely no pictures, by extension; of all others the bytes decide.
_KINDS = {
    "video": "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts ogv ts vob webm wmv",
    "archive": "zip",
    "other": "7z aac aae bak bat bz2 ckpt conf css csv db dll doc docx exe flac gguf gz htm html ini iso jar js "
    "json jsonl lnk log m3u m4a md mid mp3 msi npy npz odp ods odt ogg onnx opus otf pdf pickle pkl plist ppt pptx "
    "pt pth py pyc rar rtf safetensors sh sqlite sqlite3 srt tar tgz toml torrent tsv ttf txt url vcf vtt wav wma "
    "woff woff2 xls xlsx xml xmp xz yaml yml",
}  # fmt: skip
_KIND_OF = {f".{extension}": kind for kind, extensions in _KINDS.items() for extension in extensions.split()}

# Contact sheets as Automatic1111 and its forks write them: `grid-0012.png`, `grid-0012-41-words.png` beside the
# images, or in folders of their own, `txt2img-grids/`. An image called "grid-paper.png" is none.
_GRID = re.compile(r"(xyz?_)?grid-\d+([-_.].*)?\.(png|jpe?g|webp|avif)", re.I)
_GRIDS = re.compile(r".+-grids", re.I)
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif"}


def is_junk(name: str) -> bool:
    return name.startswith(".") or name.casefold() in JUNK


def is_grid(name: str) -> bool:
    return _GRID.fullmatch(name) is not None


def is_folder_of_grids(name: str) -> bool:
    return _GRIDS.fullmatch(name) is not None


def is_no_picture(extension: str) -> bool:
    return extension.lower() in _KIND_OF


def left_out(name: str, counts: Counter) -> bool:
    """Whether the name says that this is no picture to bring in; then it is counted."""
    extension = os.path.splitext(name)[1].lower()
    kind = "grid" if is_grid(name) else _KIND_OF.get(extension)
    if kind:
        counts[extension if kind == "other" else kind] += 1
    return kind is not None
