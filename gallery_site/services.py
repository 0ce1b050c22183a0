"""Keeps processes running: starts them, starts them again when they die, ends them all together.

Each service has a process group of its own, so that Ctrl+C reaches only us and we end them in order. On
Linux the kernel ends them when we are killed (PR_SET_PDEATHSIG); what still lives, and all of it elsewhere, the
next start ends (`run/services` holds the numbers of their groups).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FIRST_PAUSE_SECONDS = 1.0  # before a dead service is started again; doubled each time it dies young
LONGEST_PAUSE_SECONDS = 60.0
GROWN_UP_SECONDS = 60.0  # a service that lived this long starts with the first pause again
START_SECONDS = 90.0  # for the web server's first answer, on a slow machine with a cold disk
STOP_SECONDS = 8.0  # between SIGTERM and SIGKILL
LARGEST_LOG_BYTES = 10 * 1024 * 1024
PR_SET_PDEATHSIG = 1


class Service:
    """One process to keep running, and the file its output goes to. (No dataclass: those cost 2 MB for good.)"""

    def __init__(self, name: str, command: list[str], log: Path, folder: Path) -> None:
        self.name, self.command, self.log, self.folder = name, command, log, folder
        self.process: subprocess.Popen | None = None
        self.started = self.start_at = 0.0
        self.pause = FIRST_PAUSE_SECONDS
        self.deaths = 0

    def start(self, environment: dict[str, str]) -> None:
        """Start the process; it knows nothing of our terminal."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with_parent(),
            )
        self.started = time.monotonic()

    def has_ended(self) -> bool:
        """Whether the process has just ended; then its whole group is ended and the next start is planned."""
        if self.process is None or self.process.poll() is None:
            return False
        status = self.process.returncode
        self.end_group()
        self.process = None
        self.deaths += 1
        if time.monotonic() - self.started >= GROWN_UP_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        self.start_at = time.monotonic() + self.pause
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self.note(f"{self.name} {how}; starting it again in {self.pause:.0f} s")
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        return True

    def end_group(self, number: int = signal.SIGKILL) -> None:
        """Signal all that is left of the process and its children."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def note(self, words: str) -> None:
        """Write a line of our own into the service's log."""
        with contextlib.suppress(OSError), open(self.log, "a") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} start: {words}\n")

    def last_lines(self, count: int = 12) -> str:
        """The end of the log, for a person to read."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        return ""


class Services:
    """All of them, from the first start to the last goodbye. The first one is the web server."""

    def __init__(self, services: list[Service], *, running: Path, environment: dict[str, str]) -> None:
        self.services = services
        self.running = running
        self.environment = environment
        self.stop_signals = 0

    def run(self, *, probe: tuple[str, int], announce: Callable[[str], None]) -> int:
        """Start all, call `announce(note)` once the address `probe` answers, stay until a signal ends it."""
        self._listen_to_signals()
        for service in self.services:
            turn_log(service.log)
        try:
            for service in self.services:
                service.start(self.environment)
            self._write_down()
            if self._wait_until_answering(probe, announce):
                self._keep_running()
                print("\nStopping ...", flush=True)
                return 0
            return 0 if self.stop_signals else 1
        finally:
            self._stop()

    def _wait_until_answering(self, probe: tuple[str, int], announce: Callable[[str], None]) -> bool:
        web = self.services[0]
        deadline = time.monotonic() + START_SECONDS
        status = None
        while not self.stop_signals and time.monotonic() < deadline and web.deaths < 2:
            status = answer_status(probe)
            if status is not None and status < 500:
                announce("")
                return True
            self._turn(0.1)
        if status is not None and not self.stop_signals:
            announce(f"Its health page answers with an error ({status}); {web.log} says more.")
            return True
        if not self.stop_signals:
            print(
                f"\n{web.last_lines()}\n\nThe web server did not start; {web.log} says more.", file=sys.stderr
            )
        return False

    def _keep_running(self) -> None:
        while not self.stop_signals:
            due = [s.start_at for s in self.services if s.process is None]
            self._turn(max(0.05, min(due) - time.monotonic()) if due else 3600.0)

    def _turn(self, seconds: float) -> None:
        """Sleep until a signal (a child's end is one) or for so long; then start again what has to be."""
        ready, _, _ = select.select([self._signals], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._signals, 4096)
        changed = False
        for service in self.services:
            changed |= service.has_ended()
            if service.process is None and time.monotonic() >= service.start_at and not self.stop_signals:
                service.start(self.environment)
                changed = True
        if changed:
            self._write_down()

    def _stop(self) -> None:
        """SIGTERM to each, SIGKILL to the groups of those that stay; a second Ctrl+C does not wait."""
        alive = [s for s in self.services if s.process is not None]
        for service in alive:
            if service.process.poll() is None:
                service.process.terminate()
        asked = self.stop_signals
        deadline = time.monotonic() + STOP_SECONDS
        while any(s.process.poll() is None for s in alive):
            if time.monotonic() > deadline or self.stop_signals > asked:
                break
            time.sleep(0.05)
        for service in alive:
            if service.process.poll() is None:
                service.note(f"{service.name} did not end within {STOP_SECONDS:.0f} s and was killed")
            service.end_group()
            service.process.wait()
        self.running.unlink(missing_ok=True)

    def _listen_to_signals(self) -> None:
        self._signals, write = os.pipe()
        os.set_blocking(self._signals, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)

        def stop(number: int, frame: object) -> None:
            self.stop_signals += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _write_down(self) -> None:
        numbers = [str(s.process.pid) for s in self.services if s.process is not None]
        with contextlib.suppress(OSError):
            self.running.write_text(" ".join(numbers))


def answer_status(address: tuple[str, int]) -> int | None:
    """The HTTP status of /healthz/, None when nothing answers. By hand: http.client would cost 3 MB."""
    try:
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            line = connection.makefile("rb").readline(200).split()
        return int(line[1]) if len(line) > 1 else None
    except (OSError, ValueError):
        return None


def turn_log(path: Path) -> None:
    """Put a log that has grown large aside; the one put aside before it goes."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))


def end_leftovers(running: Path) -> None:
    """End the services of a start that was killed, where the kernel did not do it for us.

    Called under the folder's lock, so nobody lives who wants them. The numbers are those of process groups: the
    kernel ends the web server with us, but not the process it started in turn. A number that belongs to another
    program by now is recognised by its command line.
    """
    numbers = [int(n) for n in running.read_text().split()] if running.exists() else []
    ours = [n for n in numbers if _is_ours(n)]
    for number, signal_number in ((n, s) for s in (signal.SIGTERM, signal.SIGKILL) for n in ours):
        if signal_number == signal.SIGKILL:
            _wait_until_gone(number)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal_number)


def _is_ours(group: int) -> bool:
    """Whether any process of this group is one of our services."""
    try:
        listing = [
            "ps",
            "-A",
            "-ww",
            "-o",
            "pgid=",
            "-o",
            "command=",
        ]  # -ww: whole lines, whatever COLUMNS says
        shown = subprocess.run(listing, capture_output=True, text=True).stdout
    except FileNotFoundError:  # a small Linux without ps
        return False
    commands = [
        line.split(None, 1)[-1] for line in shown.splitlines() if line.split(None, 1)[:1] == [str(group)]
    ]
    return any("gallery_site.wsgi" in command or "manage.py work" in command for command in commands)


def _wait_until_gone(group: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def die_with_parent() -> Callable[[], None] | None:
    """What a child of ours does first on Linux: ask for SIGTERM when we die. None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask
