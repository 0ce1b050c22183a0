"""The gallery as ./run_gallery.sh runs it, while nobody asks anything of it: memory and processor time.

It is started in a scratch folder twice, as the first start makes tables and static files: the second one counts for the
time to the first page (aim: under 3 s). Then it is left alone for a minute: memory of all its processes (aim: under 400
MB) and processor time (aim: under 1 % of a core). After that somebody looks at many pages and brings a picture, and its
memory is looked at again.

    RSS   resident memory; what processes share is counted for each
    PSS   the same with what is shared counted once: what the gallery really takes from the machine
"""

from __future__ import annotations

import argparse
import contextlib
import http.cookiejar
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import corpus, processes, servers
from tests.benchmarks.machine import CODE
from tests.benchmarks.report import Report, Table
from tests.benchmarks.scratch import Library, Scratch

TITLE = "memory and CPU of a running gallery that nobody uses, and how long it takes to start"
SETTLE_SECONDS = 10.0
START_SECONDS = 120.0
LOOKED_AT = ("/", "/sessions/", "/finals/", "/albums/", "/upload/", "/search/?q=red", "/admin/photos/photo/")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="N", help="of doing nothing (default: 60)"
    )
    parser.add_argument(
        "--rounds", type=int, default=10, metavar="N", help="of looking at pages (default: 10)"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    library, port = Library(scratch.new("library")), servers.free_port()
    with started(library, port) as (_gallery, first):
        pass
    with started(library, port) as (gallery, second):
        time.sleep(SETTLE_SECONDS)
        pids = processes.tree(gallery.process.pid)
        before, began = {pid: processes.cpu_seconds([pid]) for pid in pids}, time.monotonic()
        time.sleep(options.seconds)
        took = time.monotonic() - began
        busy = {pid: 100 * (processes.cpu_seconds([pid]) - before[pid]) / took for pid in pids}
        resting = _memory("At rest", gallery.process.pid, busy)
        gallery.use(options.rounds, corpus.png(1))
        used = _memory("After use, with a decoder that has just worked", gallery.process.pid)
    table = Table(title="Start and rest", columns=("what", "measured", "aim"))
    table.rows = [
        ("first start to first page, s", first, ""),
        ("second start to first page, s", second, "< 3"),
        ("memory at rest, PSS MB", resting.rows[-1][1], "< 400"),
        ("memory at rest, RSS MB", resting.rows[-1][2], ""),
        (f"CPU in {options.seconds:.0f} s of rest, % of a core", sum(busy.values()), "< 1"),
    ]
    return Report(tables=[table, resting, used])


class Gallery:
    """A gallery that runs, and a browser that signs in to it."""

    def __init__(self, process: subprocess.Popen, address: str, log: Path) -> None:
        self.process, self.address, self.log = process, address, log

    def use(self, rounds: int, picture: bytes) -> None:
        """Sign in by the link of the start, bring a picture, look at every page some times."""
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(cookies)
        link = re.search(r"Sign in +(\S+)", self.log.read_text())
        browser.open(link[1]).read()
        form = browser.open(f"{self.address}/upload/").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        browser.open(_upload(self.address, token, picture)).read()
        for _ in range(rounds):
            for place in LOOKED_AT:
                browser.open(self.address + place).read()


@contextlib.contextmanager
def started(library: Library, port: int) -> Iterator[tuple[Gallery, float]]:
    """Run ./run_gallery.sh until the block ends; yields it, and the seconds it took to answer with a page.

    The folder is named by the environment: --data would be remembered in the checkout for the next start.
    """
    log, address = library.folder / "start.log", f"http://127.0.0.1:{port}"
    began = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["./run_gallery.sh", "--no-input", "--port", str(port)],
            cwd=CODE, env=library.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        while not _has_page(address):
            if process.poll() is not None or time.monotonic() > began + START_SECONDS:
                raise SystemExit(f"The gallery did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        took = time.monotonic() - began
        while "Sign in" not in log.read_text() and process.poll() is None:
            time.sleep(0.05)
        yield Gallery(process, address, log), took
    finally:
        process.terminate()
        process.wait(timeout=30)


def _has_page(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return page.status == 200
    except OSError:
        return False


def _upload(address: str, token: str, picture: bytes) -> urllib.request.Request:
    """A form with one file, as the upload page sends it."""
    edge = "made-by-the-benchmark"
    name = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="made.png"\r\n'
    body = f"{name}Content-Type: image/png\r\n\r\n".encode() + picture + f"\r\n--{edge}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "X-CSRFToken": token,
        "Origin": address,
    }
    return urllib.request.Request(f"{address}/upload/", body, headers)


def _memory(title: str, pid: int, busy: dict[int, float] | None = None) -> Table:
    """Of each process and of all, in MB; `busy` says of each how many percent of a core it took."""
    table = Table(title=title, columns=("process", "PSS MB", "RSS MB", "CPU %"))
    pids, busy = processes.tree(pid), busy or {}
    for name, some in [*((_name(one), [one]) for one in pids), ("all", pids)]:
        share = sum(busy.get(one, 0) for one in some) if busy else None
        table.rows.append((name, processes.pss_bytes(some) / 1e6, processes.rss_bytes(some) / 1e6, share))
    return table


def _name(pid: int) -> str:
    """What a process is for, from its command line."""
    words = processes.command(pid).split()
    names = {"gallery_site.start": "start", "granian": "web server", "photos.decoder": "decoder"}
    known = next((name for word, name in names.items() if word in words), "")
    return known or (
        f"worker: {words[-1]}"
        if "work" in words
        else " ".join(words[:3])[:40] or os.fspath(Path(f"/proc/{pid}"))
    )
