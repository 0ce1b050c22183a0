"""Scratch libraries: a data folder of their own, and children that work on it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import CODE
from tests.databases import postgres

DATABASES = ("sqlite", "postgres")
SECRET_KEY = "only-for-benchmarks-" + "0123456789abcdef" * 4
PERSONAL = (
    "GALLERY_",
    "DJANGO_",
    "DATABASE_URL",
    "SECRET_KEY",
    "DEBUG",
)  # of a person's shell; nothing for us


class Scratch:
    """The folder of one run. Given by name it may hold what an earlier run with --keep has left there."""

    def __init__(self, folder: Path | None, name: str, *, keep: bool) -> None:
        self._named, self._name, self.keep = folder, name, keep

    def __enter__(self) -> Scratch:
        self.folder = (self._named or Path(tempfile.mkdtemp(prefix=f"gallery-{self._name}-"))).resolve()
        if self.folder == CODE or CODE in self.folder.parents:
            raise SystemExit("--scratch names a folder of the checkout; scratch data belongs elsewhere.")
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(self.folder.iterdir()) and not (self.folder / ".scratch").exists():
            raise SystemExit(f"{self.folder} holds files that are no scratch data of ours.")
        (self.folder / ".scratch").touch()
        return self

    def __exit__(self, *exc_info) -> None:
        if self.keep:
            print(f"The scratch data stays: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new(self, name: str) -> Path:
        """An empty folder of that name."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name).mkdir()
        return self.folder / name


class Library:
    """A data folder with its database, and the environment that makes a process use it."""

    def __init__(self, folder: Path, *, database_url: str = "", **variables: str) -> None:
        self.folder = folder
        for name in ("media", "tmp", "logs", "staticfiles"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(PERSONAL)},
            "GALLERY_DATA": str(folder),
            "DATABASE_URL": database_url or f"sqlite:///{folder / 'gallery.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "gallery_site.settings",
            "SECRET_KEY": SECRET_KEY,
            "GALLERY_TIME_ZONE": "UTC",
            **variables,
        }

    def start(self, function: str, **arguments: Any) -> Child:
        """Call `function` ("module:name" below tests.benchmarks) with Django ready, in a process of its own."""
        return Child([sys.executable, "-m", "tests.benchmarks.inside", function], self.environment, arguments)

    def call(self, function: str, **arguments: Any) -> Any:
        """As `start`, and wait for what it returns."""
        return self.start(function, **arguments).answer()

    def prepare(self) -> None:
        """Tables and static files."""
        self.call("inside:prepare")


class Child:
    """A process that is given arguments as JSON and answers with JSON; what it prints is for the person."""

    def __init__(self, command: list[str], environment: dict[str, str], arguments: dict[str, Any]) -> None:
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [*command, str(write), json.dumps(arguments)],
            cwd=CODE,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(write,),
        )
        os.close(write)
        self._answer = read

    def answer(self) -> Any:
        try:
            with open(self._answer) as pipe:
                text = pipe.read()
        except BaseException:
            self.process.terminate()
            raise
        finally:
            status = self.process.wait()
        if status or not text:
            raise SystemExit(f"A measuring process ended with status {status}; its own words stand above.")
        return json.loads(text)


@contextlib.contextmanager
def library_on(database: str, folder: Path, **variables: str) -> Iterator[Library]:
    """A library on "sqlite", or on a PostgreSQL that runs as long as the block."""
    if database == "sqlite":
        yield Library(folder, **variables)
        return
    with postgres() as url:
        yield Library(folder, database_url=url, **variables)
