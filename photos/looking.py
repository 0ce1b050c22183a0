"""What is new below a folder, looked for again and again, cheaply: files that came or changed, once they are complete.

A folder's own time says whether something came into it, so a look at rest asks one question for each folder and none
for its files. No notice of the system is needed, which network disks do not give. A file is complete when two looks
find it at the same size and time; whether its end is there is seen when it is opened, and a file refused then is
looked at again when it changes. Now and then all is looked through thoroughly, for what was written over in place and
for disks that do not keep the time of folders.
"""

from __future__ import annotations

import os
import stat
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from photos.importing import kinds

WAITING = 20_000  # files that came and are not brought in yet; the rest is found when there is room
ASKED = 2_000  # of them asked for their size in one look
GONE = 100_000  # folders remembered as away
ASIDE = 500  # refused or empty, and looked at for a change; others are found by a thorough look
RECENT_SECONDS = 10.0
RESTLESS_LOOKS = 3  # after something came into a folder: its time may be too coarse to tell the next
THOROUGH_SECONDS = 300.0
SHARE = 1 / 400  # of one core, for thorough looks; another as much at most for the others (see `pause`)
SHORTEST_SECONDS = 1.0

Stamp = tuple[int, int]  # size, modified_ns


@dataclass(slots=True)
class _Folder:
    """What was seen: hashes of names, and of names with size and time. So little, because there may be 500,000."""

    modified_ns: int = -1
    names: array = field(default_factory=lambda: array("q"))
    stamps: array = field(default_factory=lambda: array("q"))
    restless: int = 0


class Looker:
    """Looks below `root`, not into folders that are `own`.

    `since`: at the first look only what came or changed later counts, in seconds since the epoch; None: all.
    """

    def __init__(self, root: Path, *, since: float | None = None, own: Callable[[Path], bool]) -> None:
        self.root, self._since, self._is_own = str(root), since, own
        self._folders: dict[str, _Folder] = {}
        self._away: set[int] = set()  # hashes of folders that vanished or lost all files; disks come back
        self._waiting: dict[str, Stamp | None] = {}  # with what the look before found
        self._aside: dict[str, Stamp | None] = {}
        self._began = self._is_restless = False
        self._thorough_at = 0.0
        self._cost = 0.0  # of a look at rest, in seconds of processor time

    def look(self, most: int) -> list[str]:
        """Paths of files that are complete, the oldest first, at most so many. Raises OSError if the root is away.

        They are offered again until `settled` is told of them.
        """
        os.stat(self.root)
        self._folders.setdefault(self.root, _Folder())
        self._is_restless = False
        began, thorough = time.thread_time(), time.monotonic() >= self._thorough_at
        if thorough or not self._began:
            self._walk(thorough=True)
            cost = time.thread_time() - began
            self._thorough_at = time.monotonic() + max(THOROUGH_SECONDS, cost / SHARE)
            self._began = True
        else:
            self._walk(thorough=False)
            self._look_at_aside()
        found = self._complete(most)
        if not (thorough or self._is_restless or self._waiting):
            self._cost = time.thread_time() - began
        return found

    def settled(self, path: str, *, refused: bool = False) -> None:
        """It is in, or was refused: then it is offered again when it changes."""
        stamp = self._waiting.pop(path, None)
        if refused and len(self._aside) < ASIDE:
            self._aside[path] = stamp
        else:
            self._aside.pop(path, None)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def pause(self) -> float:
        """Seconds to the next look. At rest it takes no more than its share of a core, however much there is."""
        busy = self._waiting or self._is_restless
        return SHORTEST_SECONDS if busy else max(SHORTEST_SECONDS, self._cost / SHARE)

    # --- folders ------------------------------------------------------------------------------------

    def _walk(self, *, thorough: bool) -> None:
        todo = list(self._folders)
        while todo:
            path = todo.pop()
            try:
                modified_ns = os.stat(path, follow_symlinks=path == self.root).st_mtime_ns
                folder = self._folders[path]
                if modified_ns == folder.modified_ns and not folder.restless and not thorough:
                    continue
                todo += self._read(path, folder, modified_ns, thorough)
            except (NotADirectoryError, FileNotFoundError):
                self._folders.pop(path, None)
                self._has_gone(path)
            except OSError:  # not readable now; the page says so where it is the root
                if path == self.root:
                    raise

    def _read(self, path: str, folder: _Folder, modified_ns: int, thorough: bool) -> list[str]:
        """See what is in a folder; returns folders in it that are new to us, to be read next."""
        names, stamps = set(folder.names), set(folder.stamps) if thorough else set()
        seen, seen_stamps, below, whole = array("q"), array("q"), [], True
        counts, is_first = Counter(), not self._began
        by_time = is_first or hash(path) in self._away  # what was there before is not new
        all_new = by_time and self._came_as_a_whole(path)
        for entry in _entries(path):
            if entry.is_dir(follow_symlinks=False):
                if entry.path not in self._folders and not self._is_left_out(entry):
                    self._folders[entry.path] = _Folder()
                    below.append(entry.path)
                continue
            key = hash(entry.name)
            if (key in names and not thorough) or kinds.left_out(entry.name, counts):
                seen.append(key)
                continue
            status = _status(entry)
            stamp = hash((entry.name, status.st_size, status.st_mtime_ns)) if status else 0
            known = stamp in stamps or (by_time and not all_new and not self._is_since(status))
            if not known and entry.path not in self._waiting:
                if len(self._waiting) >= WAITING:
                    whole = False
                    continue
                self._waiting[entry.path] = None
            seen.append(key)
            seen_stamps.append(stamp)
        if folder.names and not seen:
            self._has_gone(path)
        elif seen and whole:
            self._away.discard(hash(path))
        folder.names = seen
        folder.stamps = seen_stamps if thorough else folder.stamps + seen_stamps
        if modified_ns != folder.modified_ns and (
            not is_first or time.time() - modified_ns / 1e9 < RECENT_SECONDS
        ):
            folder.restless = RESTLESS_LOOKS
        else:
            folder.restless = max(0, folder.restless - 1)
        self._is_restless |= folder.restless > 0 or not thorough
        folder.modified_ns = modified_ns if whole else -1
        return below

    def _has_gone(self, path: str) -> None:
        if len(self._away) >= GONE:
            self._away.clear()
        self._away.add(hash(path))

    def _is_left_out(self, entry: os.DirEntry) -> bool:
        return kinds.is_folder_of_grids(entry.name) or self._is_own(Path(entry.path))

    def _came_as_a_whole(self, path: str) -> bool:
        """Moved in while nobody looked: its files keep their times, and its own change of place is newer than they."""
        if self._since is None or path == self.root:
            return False
        status = os.stat(path)
        return status.st_ctime >= self._since and status.st_ctime_ns - status.st_mtime_ns > 1_000_000

    def _is_since(self, status: os.stat_result | None) -> bool:
        if self._since is None or status is None:
            return True
        return max(status.st_mtime, status.st_ctime) >= self._since

    # --- files --------------------------------------------------------------------------------------

    def _complete(self, most: int) -> list[str]:
        """Of those that wait: not empty, and as the look before found them. An empty one is put aside."""
        ready: list[tuple[int, str]] = []
        for path, before in list(self._waiting.items())[:ASKED]:
            stamp = _stamp(path)
            if stamp and stamp == before and stamp[0]:
                ready.append((stamp[1], path))
                continue
            del self._waiting[path]
            if stamp and stamp == before and len(self._aside) < ASIDE:
                self._aside[path] = stamp
            elif stamp and stamp != before:
                self._waiting[path] = stamp  # as the last of them
        return [path for _modified, path in sorted(ready)[:most]]

    def _look_at_aside(self) -> None:
        for path, before in list(self._aside.items()):
            stamp = _stamp(path)
            if stamp != before:
                del self._aside[path]
                if stamp and path not in self._waiting:
                    self._waiting[path] = None


def _entries(path: str) -> Iterator[os.DirEntry]:
    with os.scandir(path) as entries:
        for entry in entries:
            if not kinds.is_junk(entry.name) and not entry.is_symlink():
                yield entry


def _status(entry: os.DirEntry) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _stamp(path: str) -> Stamp | None:
    """None when there is no such file any more."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None
