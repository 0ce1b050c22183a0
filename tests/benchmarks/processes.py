"""Processor time and memory of processes, read from /proc. A process that has ended counts as nothing."""

from __future__ import annotations

import contextlib
import os
import resource
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
PARENT, USER, SYSTEM = 1, 11, 12  # fields of /proc/<pid>/stat after the name


def tree(pid: int) -> list[int]:
    """A process and all that descend from it now."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[PARENT]), []).append(int(name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time used so far, in steps of 10 ms; that of children which have ended is not in it."""
    return sum(sum(map(int, fields[USER : SYSTEM + 1])) for pid in pids if (fields := _stat(pid))) / _TICKS


def cpu_seconds_of_ended() -> float:
    """User and system time of children of this process, and of theirs, that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rss_bytes(pids: Iterable[int]) -> int:
    """Resident memory; what processes share is counted for each of them."""
    return sum(int(text.split()[1]) for pid in pids if (text := _read(pid, "statm"))) * _PAGE


def pss_bytes(pids: Iterable[int]) -> int:
    """Proportional memory: what n processes share counts for each of them as one n-th."""
    rolled = (_read(pid, "smaps_rollup") for pid in pids)
    lines = (line for text in rolled for line in text.splitlines() if line.startswith("Pss:"))
    return sum(int(line.split()[1]) for line in lines) * 1024


def command(pid: int) -> str:
    return _read(pid, "cmdline").replace("\0", " ").strip()


class Peak:
    """The most memory that a process and its descendants held at once, in bytes, looked at ten times a second."""

    def __init__(self) -> None:
        self.rss = self.pss = 0

    @contextlib.contextmanager
    def of(self, pid: int) -> Iterator[Peak]:
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(pid, over), daemon=True)
        watcher.start()
        yield self
        over.set()
        watcher.join()

    def _watch(self, pid: int, over: threading.Event) -> None:
        while not over.wait(0.1):
            pids = tree(pid)
            self.rss, self.pss = max(self.rss, rss_bytes(pids)), max(self.pss, pss_bytes(pids))


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may contain spaces itself."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
