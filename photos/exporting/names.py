"""Names inside an export: safe on every file system, no two alike, and no two with one stem: what stands beside an
image is called after it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from photos import storage
from photos.models import Photo

TABLE = "_written.csv"
UNTOLD = "image"  # where a title would tell, or is not there


class Names:
    """Gives each image a name that no other has; the hash's first digits settle it, then its number."""

    def __init__(self) -> None:
        self._taken = {storage.fold(PurePosixPath(TABLE).stem)}

    def of(self, photo: Photo, name: str) -> str:
        path = PurePosixPath(name)
        tails = ("", f"-{photo.sha256[:8]}", f"-{photo.sha256[:8]}-{photo.pk}")
        stems = [path.stem + tail for tail in tails]
        stem = next((one for one in stems if storage.fold(one) not in self._taken), stems[-1])
        self._taken.add(storage.fold(stem))
        return f"{stem}{path.suffix}"


def numbered(title: str, number: int, of: int, format: str) -> str:
    """`harbour-walk-01.png`: as many digits as the last one needs, at least two."""
    words = re.sub(r"[\s./\\]+", "-", title.strip())
    stem = storage.safe_stem(words) if words.strip("-") else UNTOLD
    return f"{stem}-{number:0{max(2, len(str(of)))}d}{storage.EXTENSIONS[format]}"
