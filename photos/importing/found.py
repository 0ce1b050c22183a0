"""A file that an import has found, and the order of files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import BinaryIO

from photos.dating import as_wall_clock, date_in_name
from photos.images import RejectedImage
from photos.importing import sidecars

Open = Callable[[], BinaryIO]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file that may be a picture. `label` names it to a person, `name` is the path whose dates may count.

    `key` is its absolute path, "archive.zip/inner/name.png" for a member; `folder` the part before the name.
    `modified_ns` is what the second run compares: of an archive's member the archive's own time.
    """

    label: str
    name: str
    key: str
    byte_size: int
    open: Open
    modified_at: datetime | None = None
    modified_ns: int | None = None
    path: Path | None = None  # None for a member of an archive
    beside: tuple[tuple[str, Open], ...] = ()  # sidecars: (what ends their names, how to open them)
    refused: RejectedImage | None = None  # known without reading it

    @property
    def folder(self) -> str:
        return os.path.dirname(self.key)


def local(path: Path, name: str, status: os.stat_result, names: sidecars.Names) -> Found:
    folder = path.parent
    return Found(
        label=name,
        name=name,
        key=str(path),
        byte_size=status.st_size,
        modified_at=_instant(status.st_mtime),
        modified_ns=storable_ns(status),
        open=lambda: path.open("rb"),
        path=path,
        beside=tuple(
            (end, lambda other=other: sidecars.opened(folder / other)) for end, other in names.of(path.name)
        ),
    )


def storable_ns(status: os.stat_result) -> int:
    """When it was modified; what some disks say of the year 2446 no database holds: then the last that fits."""
    return min(status.st_mtime_ns, 2**63 - 1)


def unread(label: str, key: str, sentence: str) -> Found:
    refused = RejectedImage("unreadable", sentence)
    return Found(label=label, name=label, key=key, byte_size=0, open=io.BytesIO, refused=refused)


def by_time(found: Found) -> tuple[str, float, str]:
    """Folder by folder, by the clock in its name, else its own to the second: what was copied at once goes by name."""
    named = date_in_name(os.path.basename(found.key))
    clock = named if named and named.time() != time() else None
    if clock is None and found.modified_at:
        clock = as_wall_clock(found.modified_at)
    return found.folder, clock.timestamp() // 1 if clock else 0, found.key


def _instant(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
