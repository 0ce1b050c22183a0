"""Choosing on a large contact sheet, in a real browser: from the key to the mark on the screen, and to the row.

A session of 2,000 made rows with their thumbnails, on the web server as the start runs it; Chromium with its processor
slowed down as asked. Keys come as fast as a person presses them who knows what is wanted. A mark is on the screen with
the frame after the key; it is saved when the page says that nothing waits any more. Aims: on screen p95 100 ms at
fourfold slowdown, saved p95 150 ms, the next picture of the large view 50 ms where it was there already, and a heap
that stays flat.
"""

from __future__ import annotations

import argparse
import os
import time

from tests.benchmarks.report import Report, Table, percentile
from tests.benchmarks.scratch import Library, Scratch, library_on
from tests.benchmarks.servers import free_port, gallery_server

TITLE = "key press to mark on screen and to saved, on a session of 2,000; the heap meanwhile"
KEYS = ("p", "ArrowRight", "x", "ArrowRight", "4", "ArrowRight", "h", "ArrowRight", "6", "ArrowRight")
DRAWN = 24  # different pictures
LOADS = 7  # of the sheet, for its first paint
NEXT_PICTURES, NEXT_EVERY_MS = 40, 400
WATCH = """
window.shown = []; window.saved = [];
addEventListener('keydown', event => {
  const at = event.timeStamp;
  requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => shown.push(performance.now() - at); channel.port2.postMessage(0); });
  window.pressed = at;
}, true);
const look = () => { if (!document.documentElement.hasAttribute('data-unsaved')) saved.push(performance.now() - window.pressed); };
addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.documentElement, { attributeFilter: ['data-unsaved'] }));
"""  # noqa: E501
NEXT = """
window.turned = [];
addEventListener('keydown', event => {
  if (event.key !== 'ArrowRight') return;
  const at = event.timeStamp, before = document.querySelector('#large figure img');
  const look = () => {
    const now = document.querySelector('#large figure img');
    if (now === before || !now.dataset.ready) { requestAnimationFrame(look); return; }
    const channel = new MessageChannel();
    channel.port1.onmessage = () => turned.push(performance.now() - at);
    channel.port2.postMessage(0);
  };
  requestAnimationFrame(look);
}, true);
"""
PAINTS = "performance.getEntriesByType('paint').map(one => one.startTime).at(-1)"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=2_000, metavar="N", help="default: 2,000")
    parser.add_argument("--marks", type=int, default=100, metavar="N", help="in each round (default: 100)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for the heap (default: 60)")
    parser.add_argument("--slow", type=int, nargs="+", default=[1, 4], metavar="N", help="default: 1 4")
    parser.add_argument(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    with library_on(options.database, scratch.new("library")) as library:
        library.prepare()
        made = library.call("choosing:make", images=options.images)
        port = free_port()
        with gallery_server(library, port):
            return _measure(options, library, made, f"http://127.0.0.1:{port}")


def _measure(options: argparse.Namespace, library: Library, made: dict, home: str) -> Report:
    from playwright.sync_api import sync_playwright

    from tests.conftest import chromium_path

    arguments = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    times = Table(
        title=f"Choosing on a session of {options.images:,}, {options.database}; ms from the key",
        columns=("processor", "marks", "on screen p50", "p95", "saved p50", "p95"),
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.context.add_cookies([made["cookie"] | {"url": home}])
        page.add_init_script(WATCH)
        page.goto(f"{home}/sessions/{made['session']}/")
        page.locator("[data-photo] > a").first.focus()
        devtools = page.context.new_cdp_session(page)
        for slow in options.slow:
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": slow})
            shown, saved = _choose(page, options.marks)
            both = [percentile(one, share) for one in (shown, saved) for share in (0.5, 0.95)]
            times.rows.append((f"1/{slow}", options.marks, *both))
        seen = _seen(page, devtools, options.slow)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        heap = _heap(page, devtools, options.seconds)
        browser.close()
    return Report(tables=[times, seen, heap])


def _seen(page, devtools, rates: list[int]) -> Table:
    """The first paint of the sheet, and the next picture of its large view at a person's pace."""
    table = Table(
        title="What is seen, ms", columns=("processor", "first paint p50", "max", "next picture p50", "p95")
    )
    for slow in rates:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slow})
        painted = []
        for _ in range(LOADS):
            page.reload()
            page.wait_for_timeout(500)
            painted.append(page.evaluate(PAINTS))
        page.evaluate(NEXT)
        page.locator("[data-photo] > a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(1_500)
        for _ in range(NEXT_PICTURES):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(NEXT_EVERY_MS)
        turned = page.evaluate("turned")
        assert len(turned) == NEXT_PICTURES, f"{len(turned)} of {NEXT_PICTURES} pictures came"
        page.keyboard.press("Escape")
        both = (percentile(turned, share) for share in (0.5, 0.95))
        table.rows.append((f"1/{slow}", percentile(painted, 0.5), max(painted), *both))
    return table


def _choose(page, marks: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the screen of every key, and to the row of every mark."""
    page.evaluate("shown.length = saved.length = 0")
    for n in range(marks * 2):
        page.keyboard.press(KEYS[n % len(KEYS)])
        page.wait_for_timeout(60)
    page.locator("html:not([data-unsaved])").wait_for(state="attached")
    return page.evaluate("shown"), page.evaluate("saved")


def _heap(page, devtools, seconds: int) -> Table:
    table = Table(title="Heap of the page, MB after a collection", columns=("after s", "heap", "marks"))
    began, pressed = time.monotonic(), 0
    for at in (0, seconds // 6, seconds):
        while time.monotonic() - began < at:
            page.keyboard.press(KEYS[pressed % len(KEYS)])
            pressed += 1
        page.locator("html:not([data-unsaved])").wait_for(state="attached")
        devtools.send("HeapProfiler.collectGarbage")
        used = devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        table.rows.append((round(time.monotonic() - began), used, pressed // 2))
    return table


# --- inside a library -----------------------------------------------------------------------------


def make(*, images: int) -> dict:
    """A person who is signed in, and a session of so many candidates without files. Run inside."""
    import hashlib
    from datetime import UTC, datetime

    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from generation.models import Candidate, GenerationSession
    from photos.models import Photo

    owner = get_user_model().objects.create_user("owner")
    at = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    session = GenerationSession.objects.create(
        owner=owner, prompt="a red lighthouse in fog", title="A red lighthouse in fog", engine="imported",
        width=1024, height=768, count=min(images, 500), first_seed="1", state="ready", n_made=images,
        folder="2026-11-22-choosing-1", shown_at=at,
    )  # fmt: skip
    photos = Photo.objects.bulk_create(
        [
            Photo(
                owner=owner, collection="session", origin="made", byte_size=1, format="PNG", width=1024, height=768,
                file=f"generated/sessions/choosing/{n:05d}.png", shown_at=at,
                name_folded=f"generated/sessions/choosing/{n:05d}.png", sha256=hashlib.sha256(b"%d" % n).hexdigest(),
            )
            for n in range(1, images + 1)
        ],
        batch_size=500,
    )  # fmt: skip
    _draw(photos)
    Candidate.objects.bulk_create(
        [Candidate(session=session, number=n, photo=photo, seed=str(n)) for n, photo in enumerate(photos, 1)],
        batch_size=500,
    )
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 Chrome/140.0")
    client.force_login(owner)
    name = settings.SESSION_COOKIE_NAME
    return {"session": session.pk, "cookie": {"name": name, "value": client.cookies[name].value}}


def _draw(photos: list) -> None:
    """The sizes a sheet shows, of a few pictures under the names of all: what is missing costs a page more."""
    import itertools
    import tempfile
    from pathlib import Path

    from django.conf import settings

    from photos import images
    from photos.thumbnails import EAGER
    from tests.benchmarks import corpus

    media = Path(settings.MEDIA_ROOT)
    with tempfile.TemporaryDirectory(dir=media) as folder:
        drawn = []
        for index in range(DRAWN):
            original = Path(folder, f"{index}.png")
            original.write_bytes(corpus.png(index, (1024, 768)))
            files = {variant: Path(folder, f"{index}-{variant}.webp") for variant in EAGER}
            for variant, file in files.items():
                images.render(original, variant, file)
            drawn.append(files)
        for photo, files in zip(photos, itertools.cycle(drawn), strict=False):
            for variant, file in files.items():
                named = media / photo.thumbnail_name(variant)
                named.parent.mkdir(parents=True, exist_ok=True)
                os.link(file, named)
