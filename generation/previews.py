"""What the image being made looks like so far: one small file for each running session, below tmp/.

Worker and web server share that folder on one machine; on several there are no previews, and nothing else is amiss.
What a killed worker leaves there `check_media` removes.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from django.conf import settings

from generation.engines.pictures import kind_of, size_of

MAX_BYTES = 512 * 1024
MAX_EDGE = 4096  # a few bytes can promise a picture that no browser has the memory for
EVERY_SECONDS = 1.0
KINDS = ("jpeg", "png", "webp")


def put(session_id: int, data: bytes) -> None:
    """Show this from now on. What is no small image of a common kind is left out."""
    if (
        len(data) > MAX_BYTES
        or kind_of(data) not in KINDS
        or max(size_of(data) or (MAX_EDGE + 1,)) > MAX_EDGE
    ):
        return
    path = _path(session_id)
    with contextlib.suppress(OSError):  # a full disk: the image itself will say so
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(path)


def get(session_id: int) -> tuple[bytes, str] | None:
    """The image and its media type."""
    try:
        data = _path(session_id).read_bytes()[:MAX_BYTES]
    except OSError:
        return None
    kind = kind_of(data)
    return (data, f"image/{kind}") if kind in KINDS else None


def version(session_id: int) -> str:
    """Another text for each new preview, "" where there is none."""
    try:
        return format(os.stat(_path(session_id)).st_mtime_ns // 1_000_000, "x")
    except OSError:
        return ""


def drop(session_id: int) -> None:
    with contextlib.suppress(OSError):
        _path(session_id).unlink(missing_ok=True)


def _path(session_id: int) -> Path:
    return Path(settings.TMP_DIR) / f"preview-{session_id}"
