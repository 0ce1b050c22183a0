"""Clone HEAD into a folder, start it with --demo as a person would, look at the pages, end it.

    python .ci/fresh_start.py FOLDER

Only the standard library: it must not depend on what it tests.
"""

from __future__ import annotations

import html
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

CODE = Path(__file__).resolve().parent.parent
START_SECONDS = 600  # with an empty package cache on a slow line
DRAW_SECONDS = 180
STOP_SECONDS = 15


def main(folder: Path) -> None:
    """The walk: clone, start, sign in, look, watch it draw, end."""
    subprocess.run(["git", "clone", "--quiet", CODE, folder], check=True)
    log = folder.parent / "start.log"
    began = time.monotonic()
    start = begin(folder, log)
    try:
        link = wait_for_link(start, log)
        print(f"ready after {time.monotonic() - began:.0f} s: {link}")
        look_around(link)
    except BaseException:
        show_logs(folder, log)
        raise
    finally:
        end(start, folder)
    began = time.monotonic()
    start = begin(folder, log)
    try:
        wait_for_link(start, log)
        print(f"second start: {time.monotonic() - began:.1f} s")
        expect("as before" in log.read_text(), "the second start does not show a password again")
    finally:
        end(start, folder)


def begin(folder: Path, log: Path) -> subprocess.Popen:
    """Start the gallery in the background, its output in `log`."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("GALLERY_", "DATABASE_", "DJANGO_"))
    }
    with open(log, "w") as output:
        return subprocess.Popen(
            ["./run_gallery.sh", "--demo", "--no-input", "--port", str(free_port())],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_for_link(start: subprocess.Popen, log: Path) -> str:
    """The sign-in link, once it is printed."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text()
        # The lines below the link are printed with it; the last of them is the password.
        if (found := re.search(r"Sign in +(\S+)", text)) and "Password" in text:
            return found[1]
        if start.poll() is not None:
            raise SystemExit(f"FAILED: it ended while it started, with status {start.returncode}")
        time.sleep(0.2)
    raise SystemExit("FAILED: no sign-in link was printed")


def look_around(link: str) -> None:
    """Fetch each kind of page through the link's own session."""
    browser = Browser(link)
    expect(browser.get("/healthz/") is not None, "the health page answers")
    home = browser.get(link)
    expect("Sessions" in home and "Finals" in home, "home shows the way to sessions and finals")
    expect("Demo content" in home, "home says that this is demo content")
    visitor = Browser(link)
    expect("password" in visitor.get("/").lower(), "a visitor is asked to sign in")
    expect(visitor.status(link) in (403, 404, 410), "the link works only once")

    sessions = browser.get("/sessions/")
    numbers = sorted({int(n) for n in re.findall(r'href="/sessions/(\d+)/', sessions)})
    expect(len(numbers) == 3, f"three sessions are listed, found {numbers}")
    finals = browser.get("/finals/")
    expect("/photos/" in finals, "finals are listed")
    browser.get("/generate/")
    sheet = browser.get(f"/sessions/{numbers[1]}/")
    photo = re.search(r'href="(/photos/\d+/)', finals)[1]
    expect("download" in browser.get(photo).lower(), "the photo page offers the original")

    style = re.search(r'href="(/static/[^"]+\.css)"', home)[1]
    expect(len(browser.get(style)) > 100, "the style sheet is served")
    media = html.unescape(re.search(r'src="(/m/[^"]+)"', sheet)[1])
    expect(browser.kind(media).startswith("image/"), "a thumbnail is an image")
    expect(
        visitor.status(media.split("?")[0]) in (403, 404), "a thumbnail without its signature is not served"
    )

    watch_third_session(browser, numbers[-1])


def watch_third_session(browser: Browser, number: int) -> None:
    """Opening home started it; it is seen drawing, and finishes."""
    deadline = time.monotonic() + DRAW_SECONDS
    seen: list[int] = []
    while time.monotonic() < deadline:
        page = browser.get(f"/sessions/{number}/")
        images = len(set(re.findall(r'src="/m/(\d+)/', page)))
        if not seen or images != seen[-1]:
            seen.append(images)
        if "Ready to choose" in page:
            expect(len(seen) > 1, "the session was seen drawing")
            print(f"the third session drew: {seen}")
            return
        time.sleep(0.5)
    raise SystemExit(f"FAILED: the third session did not finish; images seen: {seen}")


def end(start: subprocess.Popen, folder: Path) -> None:
    """Ctrl+C, and nothing is left."""
    began = time.monotonic()
    start.send_signal(signal.SIGINT)
    try:
        status = start.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        start.kill()
        raise SystemExit(f"FAILED: it did not end within {STOP_SECONDS} s") from None
    left = running_in(folder)
    expect(not left, f"nothing is left running {left or ''}")
    expect(status in (0, 130), f"it ends in peace, with status {status}")
    print(f"ended after {time.monotonic() - began:.1f} s")


def running_in(folder: Path) -> list[str]:
    """Command lines of processes that run from that folder (Linux; elsewhere none are found)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            place = os.readlink(process / "cwd")
        except OSError:
            continue
        if process.name != str(os.getpid()) and words and (str(folder) in words or place == str(folder)):
            found.append(words)
    return found


class Browser:
    """Fetches pages of the gallery behind `link`, with a cookie jar of its own."""

    def __init__(self, link: str) -> None:
        self.base = link
        # The clone's own server only, whatever proxy the machine names.
        handlers = [
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        ]
        self.opener = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> str:
        """The page's text; anything but 200 (after redirects) is a failure."""
        try:
            with self._open(path) as answer:
                return answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            raise SystemExit(f"FAILED: {path} answers {error.code}") from error

    def kind(self, path: str) -> str:
        """The content type."""
        with self._open(path) as answer:
            return answer.headers["Content-Type"]

    def status(self, path: str) -> int:
        """The status, whatever it is."""
        try:
            with self._open(path) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def _open(self, path: str):
        return self.opener.open(urllib.parse.urljoin(self.base, path), timeout=30)


def show_logs(folder: Path, log: Path) -> None:
    """What a person would look at first."""
    for path in (log, *sorted((folder / "logs").glob("*.log"))):
        print(f"\n--- {path.name}\n{path.read_text(errors='replace')[-4000:]}")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def expect(holds: bool, words: str) -> None:
    """One line for each thing looked at; the first that does not hold ends it."""
    if not holds:
        raise SystemExit(f"FAILED: {words}")
    print(f"  {words}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
