"""Exports of many originals over the wire: when the first bytes come, how fast the rest, and what memory it takes.

The gallery's own web server streams one ZIP for each profile to a client on this machine. The originals are a few made
pictures (of a camera and of a generator, 3 : 10) under many names, each with a row and a recipe of its own, so that the
disk may hold them in memory: what is measured is the gallery's own work. Aims: first byte within a second, growth of
memory below 60 MB for 2,000 originals.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tests.benchmarks import corpus, processes, servers
from tests.benchmarks.report import Report, Table
from tests.benchmarks.scratch import Library, Scratch

TITLE = "ZIPs of originals: time to first byte, MB/s and memory, by profile"
COLUMNS = ("profile", "first byte ms", "seconds", "images/s", "MB/s", "ZIP MB", "memory growth MB")
PICTURES = 26


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=2_000, metavar="N", help="originals (default: 2,000)")


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    library, port = Library(scratch.new("library")), servers.free_port()
    library.prepare()
    files = corpus.make(scratch.folder / "corpus", PICTURES)
    cookie = library.call("export:fill", files=[str(path) for path in files], count=options.images)
    table = Table(title=f"{options.images:,} originals", columns=COLUMNS)
    with servers.gallery_server(library, port) as pid:
        browser = Browser(port, cookie)
        browser.page()
        pages = sorted(browser.page() for _ in range(9))
        table.notes.append(
            f"the page before it: {1000 * pages[4]:.0f} ms, at worst {1000 * pages[-1]:.0f} ms"
        )
        for profile in ("share", "full", "archive"):
            table.rows.append(_row(browser, pid, profile, options.images))
        table.rows.append(_facts_row(browser, pid, options.images))
    return Report(tables=[table])


class Browser:
    """Signed in; sends forms with the token of the page they stand on."""

    def __init__(self, port: int, cookie: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._session = cookie

    def page(self) -> float:
        """Seconds that the page took which says what leaves."""
        began = time.perf_counter()
        headers = {"Cookie": self._session}
        request = urllib.request.Request(f"{self.address}/export/?scope=all%3A", None, headers)
        with urllib.request.urlopen(request) as page:
            text, told = page.read().decode(), page.headers.get_all("Set-Cookie") or []
        self._token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)[1]
        self._cookies = "; ".join([self._session, *(one.partition(";")[0] for one in told)])
        return time.perf_counter() - began

    def post(self, path: str, form: dict[str, str]):
        body = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": self._token}).encode()
        headers = {"Cookie": self._cookies, "Origin": self.address}
        return urllib.request.urlopen(urllib.request.Request(self.address + path, body, headers))


def _row(browser: Browser, pid: int, profile: str, images: int) -> tuple:
    form = {"scope": "all:", "profile": profile, "title": "bench"}
    first, seconds, size, growth = _taken(browser, pid, "/export/zip/", form)
    return profile, 1000 * first, seconds, images / seconds, size / seconds / 1e6, size / 1e6, growth / 1e6


def _facts_row(browser: Browser, pid: int, images: int) -> tuple:
    first, seconds, size, growth = _taken(browser, pid, "/export/facts/", {"scope": "all:", "facts": "csv"})
    return "facts", 1000 * first, seconds, images / seconds, size / seconds / 1e6, size / 1e6, growth / 1e6


def _taken(browser: Browser, pid: int, path: str, form: dict) -> tuple[float, float, int, int]:
    """Seconds to the first byte and to the last, bytes, and by how much the web server grew."""
    before, size = processes.pss_bytes(processes.tree(pid)), 0
    with processes.Peak().of(pid) as peak:
        began = time.perf_counter()
        with browser.post(path, form) as answer:
            first = 0.0
            while block := answer.read1(1 << 20):
                first = first or time.perf_counter() - began
                size += len(block)
        seconds = time.perf_counter() - began
    return first, seconds, size, max(0, peak.pss - before)


# --- inside a library -----------------------------------------------------------------------------


def fill(files: list[str], count: int) -> str:
    """`count` originals out of these files, each under a name of its own; returns the cookie of their owner.

    Run inside (see `inside`).
    """
    from datetime import UTC, datetime, timedelta

    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from photos.models import Photo, Recipe

    owner = get_user_model().objects.create_user("owner")
    known = [(path, hashlib.sha256(Path(path).read_bytes()).hexdigest()) for path in files]
    folder = Path(settings.MEDIA_ROOT) / "uploaded/2026-11-22"
    folder.mkdir(parents=True)
    photos, begin = [], datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(count):
        path, sha256 = known[n % len(known)]
        name = f"{n:05d}{Path(path).suffix}"
        os.link(path, folder / name)
        is_png = name.endswith(".png")
        photos.append(
            Photo(owner=owner, collection="uploaded", origin="made", file=f"uploaded/2026-11-22/{name}",
                  name_folded=f"uploaded/2026-11-22/{name}", sha256=sha256, byte_size=Path(path).stat().st_size,
                  format="PNG" if is_png else "JPEG", width=1024, height=1024, shown_at=begin + timedelta(minutes=n))
        )  # fmt: skip
    photos = Photo.objects.bulk_create(photos, batch_size=500)
    Recipe.objects.bulk_create(
        [Recipe(photo=photo, generator="made", prompt=f"picture {n}") for n, photo in enumerate(photos)],
        batch_size=500,
    )
    client = Client()
    client.force_login(owner)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
