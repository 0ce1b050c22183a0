"""The decoder: a process of ours in which all pictures are read, and the pool of them.

A picture is a stranger's program for a large C library. It runs in `python -m photos.decoder`, which is
started (never forked: libvips has threads), gets a file path as one line of JSON, answers one line, and
can be ended at any moment without harm. The parent ends it when a file takes too long or too much memory.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from photos.images import Facts, RecipeFacts, RejectedImage

PROJECT = Path(__file__).resolve().parent.parent
MAX_SECONDS = float(os.environ.get("GALLERY_DECODER_SECONDS", "10"))  # for one file
MAX_BYTES = int(float(os.environ.get("GALLERY_DECODER_MEMORY_MIB", "1229")) * 1024 * 1024)
START_SECONDS = 60.0  # a loaded machine is no fault of the file's
POLL_SECONDS = 0.05
FILES_BEFORE_RECYCLING = 500
IDLE_SECONDS = 60.0
READY = b'{"ready": true}'
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
CRASHES |= {getattr(signal, name) for name in ("SIGBUS", "SIGTRAP", "SIGSYS") if hasattr(signal, name)}
# What the child may know of our environment: how to run, nothing of keys and passwords.
ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "GALLERY_DECODER", "GALLERY_DECODER_SECONDS",
)  # fmt: skip


class DecoderError(Exception):
    """The decoder itself failed, by no fault of the file: a bug, or a machine it cannot run on."""


class _Killed(RejectedImage):
    """A child was killed, not by us: out of memory over this file, or while it lay idle."""


class Decoder:
    """One child. Not thread-safe: the pool gives it to one thread at a time."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        environment |= {"VIPS_CONCURRENCY": "1", "VIPS_WARNING": "0", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "photos.decoder"],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the parent, which lets the file in hand be finished
        )
        self.files = 0
        self.used_at = time.monotonic()
        self._unread = b""
        self._selector = selectors.DefaultSelector()
        assert self.process.stdout is not None
        self._selector.register(self.process.stdout, selectors.EVENT_READ)
        self._ready = False

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Send one request and wait for its answer, watching time and memory. The child may be gone after."""
        if not self._ready:
            self._wait_until_ready()
        self.files += 1
        try:
            self._send(request)
            answer = json.loads(self._line(MAX_SECONDS))
        except BaseException:
            self.end()
            raise
        finally:
            self.used_at = time.monotonic()
        return _unwrap(answer)

    def _wait_until_ready(self) -> None:
        try:
            while self._line(START_SECONDS) != READY:  # what an environment prints at start-up
                pass
        except (RejectedImage, DecoderError) as error:
            self.end()
            raise DecoderError("The decoder process does not start; see the log for its reason.") from error
        self._ready = True

    def _send(self, request: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died while idle; the answer will say how
            self.process.stdin.write(json.dumps(request).encode() + b"\n")

    def _line(self, seconds: float) -> bytes:
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while b"\n" not in self._unread:
            if self._selector.select(POLL_SECONDS):
                data = os.read(self.process.stdout.fileno(), 1 << 20)
                if not data:
                    raise self._death()
                self._unread += data
            else:
                self._check(deadline)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RejectedImage(
                "too-slow",
                f"Decoding the picture took longer than {MAX_SECONDS:g} seconds. Bring a smaller one.",
            )
        if resident_bytes(self.process.pid) > MAX_BYTES:
            raise _too_big()

    def _death(self) -> Exception:
        code = self.process.wait()
        if code == -signal.SIGKILL:  # not by us: a machine that is out of memory
            return _Killed("too-big-to-decode", _too_big().sentence)
        if -code in CRASHES:
            return RejectedImage("corrupt", "The file is damaged in a way that stops the decoder.")
        return DecoderError(f"The decoder process ended with code {code}.")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """End the child now; nothing is asked of it, so that a child in a loop ends too."""
        self.process.kill()
        self.forget()
        self.process.wait()

    def forget(self) -> None:
        """Close our ends of the pipes. The child sees that and ends itself when its file is finished."""
        self._selector.close()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


def _too_big() -> RejectedImage:
    return RejectedImage(
        "too-big-to-decode",
        f"Decoding the picture needs more than {MAX_BYTES // 1024**2:,} MiB of memory. Bring a smaller one.",
    )


def _unwrap(answer: dict[str, Any]) -> Any:
    if "rejected" in answer:
        raise RejectedImage(*answer["rejected"])
    if "os_error" in answer:
        raise OSError(*answer["os_error"])
    if "fault" in answer:
        raise DecoderError(answer["fault"])
    return answer["result"]


def _facts(fields: dict[str, Any]) -> Facts:
    keywords = tuple(fields.get("keywords", ()))
    return Facts(**{**fields, "recipe": _recipe(fields.get("recipe")), "keywords": keywords})


def _recipe(fields: dict[str, Any] | None) -> RecipeFacts | None:
    return RecipeFacts(**{**fields, "loras": tuple(fields["loras"])}) if fields else None


def resident_bytes(pid: int) -> int:
    """Memory the process holds now; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False)
        return int(shown.stdout or 0) * 1024
    except (OSError, IndexError):
        return 0


class Pool:
    """At most `size` children, started when needed, ended when idle. Thread-safe; blocks while all work."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.decoders: set[Decoder] = set()  # all that run
        self._idle: list[Decoder] = []  # the longest unused first
        self._busy = 0
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._reaper: threading.Thread | None = None

    def examine(self, path: str | Path, targets: Mapping[str, str | Path]) -> Facts:
        named = {name: os.path.abspath(target) for name, target in targets.items()}
        return _facts(self._ask({"do": "examine", "path": os.path.abspath(path), "targets": named}))

    def glance(self, path: str | Path) -> Facts:
        return _facts(self._ask({"do": "glance", "path": os.path.abspath(path)}))

    def recipe(self, path: str | Path) -> RecipeFacts | None:
        return _recipe(self._ask({"do": "recipe", "path": os.path.abspath(path)}))

    def render(self, path: str | Path, variant: str, target: str | Path) -> None:
        paths = {"path": os.path.abspath(path), "target": os.path.abspath(target)}
        self._ask({"do": "render", "variant": variant, **paths})

    def close(self) -> None:
        """End all children, also those at work; whoever waits for one is told that it ended."""
        self._closed.set()
        for decoder in list(self.decoders):
            decoder.process.terminate()  # not kill: that is how a file that is too big ends
        with self._changed:
            for decoder in self._idle:
                self._end(decoder)
            self._idle.clear()

    def _ask(self, request: Mapping[str, Any]) -> Any:
        decoder = self._take()
        reused = decoder is not None
        try:
            if decoder is None:
                decoder = Decoder()
                self.decoders.add(decoder)
            return decoder.ask(request)
        except _Killed:
            if not reused:
                raise
        finally:
            self._give_back(decoder)
        return self._ask(
            request
        )  # it may have been dying when it was taken: a new one says whether it is the file

    def _take(self) -> Decoder | None:
        """An idle child, the one used last; None where the caller may start one."""
        with self._changed:
            self._changed.wait_for(lambda: self._busy < self.size)
            self._busy += 1
            while self._idle:
                decoder = self._idle.pop()
                if decoder.alive:
                    return decoder
                self._end(decoder)
        return None

    def _give_back(self, decoder: Decoder | None) -> None:
        with self._changed:
            self._busy -= 1
            fit = decoder and decoder.alive and decoder.files < FILES_BEFORE_RECYCLING
            if decoder and fit and not self._closed.is_set():
                self._idle.append(decoder)
                self._start_reaper()
            elif decoder:
                self._end(decoder)
            self._changed.notify()

    def _end(self, decoder: Decoder) -> None:
        decoder.end()
        self.decoders.discard(decoder)

    def _start_reaper(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Thread(target=self._reap, name="decoder-reaper", daemon=True)
            self._reaper.start()

    def _reap(self) -> None:
        """Sleeps until the longest unused child may be due; ends with the last idle one."""
        while True:
            with self._changed:
                due = time.monotonic() - IDLE_SECONDS
                while self._idle and self._idle[0].used_at <= due:
                    self._end(self._idle.pop(0))
                if not self._idle or self._closed.is_set():
                    self._reaper = None
                    return
                seconds = self._idle[0].used_at - due
            self._closed.wait(seconds)


_pool: Pool | None = None
_pool_lock = threading.Lock()
_size = 1


def pool() -> Pool:
    """The pool of this process."""
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = Pool(_size)
        return _pool


def configure(*, size: int) -> None:
    """How many children this process may run at once; takes effect now."""
    global _size
    _size = size
    current = pool()
    with current._changed:
        current.size = size
        current._changed.notify_all()


def close() -> None:
    """End the children of this process; the next picture starts a new one."""
    global _pool
    with _pool_lock:
        ended, _pool = _pool, None
    if ended:
        ended.close()


def _after_fork() -> None:
    """The parent's children are not ours: let go of their pipes, or they outlive the parent for our sake."""
    global _pool, _pool_lock
    left, _pool, _pool_lock = _pool, None, threading.Lock()
    for decoder in left.decoders if left else ():
        decoder.forget()
        decoder.process.returncode = 0  # keeps subprocess from waiting for a process that is not its child


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def main() -> None:
    """The child: a line of JSON in, a line out, until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the answers
    from photos import pixels

    answers.write(READY + b"\n")
    with contextlib.suppress(BrokenPipeError):  # the parent is gone
        for line in sys.stdin.buffer:
            _alarm(2 * MAX_SECONDS)  # with the parent gone nobody else ends a file without end
            answers.write(_respond(pixels, json.loads(line)) + b"\n")
            _alarm(0)


def _respond(pixels: Any, request: dict[str, Any]) -> bytes:
    try:
        if request["do"] == "render":
            answer = {"result": pixels.render(Path(request["path"]), request["variant"], request["target"])}
        elif request["do"] == "glance":
            answer = {"result": pixels.glance(Path(request["path"]))}
        elif request["do"] == "recipe":
            answer = {"result": pixels.recipe(Path(request["path"]))}
        else:
            answer = {"result": pixels.examine(Path(request["path"]), request["targets"])}
    except RejectedImage as error:
        answer = {"rejected": [error.code, error.sentence]}
    except OSError as error:
        answer = {"os_error": [error.errno, error.strerror]}
    except Exception:
        answer = {"fault": traceback.format_exc()}
    return json.dumps(answer).encode()


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
