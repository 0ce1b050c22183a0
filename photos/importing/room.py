"""Whether there is room on the disk of the gallery."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

THUMBNAIL_SHARE = 0.08  # of the originals' bytes, measured over camera photos and generated images
ROOM_TO_LEAVE_BYTES = 256 * 1024**2  # for the database and for work in hand; a full disk stops everything


def needed(byte_size: int, *, kept_elsewhere: bool = False) -> int:
    """Bytes that originals of so many bytes take, with their thumbnails; those alone where the originals stay."""
    return round(byte_size * (THUMBNAIL_SHARE + (not kept_elsewhere)))


def has_room_for(byte_size: int, *, kept_elsewhere: bool = False) -> bool:
    return needed(byte_size, kept_elsewhere=kept_elsewhere) + ROOM_TO_LEAVE_BYTES <= free()


def free() -> int:
    """Free bytes on the disk of the media folder, which may not be there yet."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
