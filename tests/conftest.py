"""What every test may ask for: people, clients, an empty media folder, a worker, a browser.

Alice owns, Bob is invited, a visitor is nobody. Each test process has a data folder and a database of its
own (tests/settings.py); the media folder is emptied before every test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

CODE = Path(__file__).resolve().parent.parent
NO_BROWSER = "no Chromium on this machine: install one, or name it in CHROME_PATH"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


# --- which tests ----------------------------------------------------------------------------------


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out browser tests where there is no browser; in the second pass these, and what needs no database."""
    if os.environ.get("GALLERY_TEST_DATABASE"):
        kept = [item for item in items if _touches_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
    if not chromium_path() and not os.environ.get("GALLERY_REQUIRE_BROWSER"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
    # Real processes, browsers and clocks may starve on a busy machine; what needs its second try is named at the end.
    if not os.environ.get("GALLERY_TEST_THOROUGH"):
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=1))


def _touches_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("browser") or item.get_closest_marker("any_database"):
        return False  # what a browser makes of a page, for example, no database changes
    if item.get_closest_marker("django_db"):
        return True
    return bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what passed only the second time; leave the counts for run_tests.sh, which adds up both passes."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_line(f"SECOND TRY {report.nodeid}: look for a race in it", yellow=True)
    if path := os.environ.get("GALLERY_TEST_COUNTS"):
        stats = terminalreporter.stats
        failed = len(stats.get("failed", [])) + len(stats.get("error", []))
        Path(path).write_text(f"{len(stats.get('passed', []))} {failed} {len(stats.get('skipped', []))}\n")


# --- people ---------------------------------------------------------------------------------------


@pytest.fixture
def alice(django_user_model):
    """Owns the pictures, and may generate some."""
    from django.contrib.auth.models import Permission

    alice = django_user_model.objects.create_user("alice", "alice@example.com", "alice-password")
    alice.user_permissions.add(Permission.objects.get(codename="generate"))
    return alice


@pytest.fixture
def bob(django_user_model):
    """Has an account here and owns nothing of Alice's."""
    return django_user_model.objects.create_user("bob", "bob@example.com", "bob-password")


@pytest.fixture
def alice_client(alice):
    return _client_of(alice)


@pytest.fixture
def bob_client(bob):
    return _client_of(bob)


@pytest.fixture
def visitor(db):
    """A client nobody signed in on."""
    return _client_of(None)


def _client_of(user):
    from django.test import Client

    client = Client()
    if user is not None:
        client.force_login(user)
    return client


# --- files ----------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def empty_folders() -> None:
    """Every test begins with an empty media/ and tmp/; what a failed one left can be looked at."""
    for folder in (Path(django_settings.MEDIA_ROOT), Path(django_settings.TMP_DIR)):
        # A person's own library must never be emptied, whatever their shell made Django read.
        assert Path(os.environ["GALLERY_TEST_ROOT"]) in folder.parents, f"{folder} is not a test folder"
        with os.scandir(folder) as entries:
            for entry in entries:
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)


@pytest.fixture
def media_root() -> Path:
    """The media folder of this test, empty at its start."""
    return Path(django_settings.MEDIA_ROOT)


@pytest.fixture
def samples() -> Path:
    """The sample pictures beside the checkout (../shared/samples, or GALLERY_SAMPLES)."""
    folder = Path(os.environ.get("GALLERY_SAMPLES", CODE.parent / "shared" / "samples"))
    if not folder.is_dir():
        pytest.skip("no sample pictures beside this checkout")
    return folder


# --- processes ------------------------------------------------------------------------------------


@pytest.fixture
def manage(transactional_db) -> Callable[..., subprocess.Popen]:
    """Start `manage.py ...` as a process of its own on this test's database and folders."""
    started: list[subprocess.Popen] = []

    def start(*arguments: str, **options) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, CODE / "manage.py", *arguments],
            cwd=CODE,
            env={**os.environ, "GALLERY_TEST_CHILD_DATABASE": _database_url()},
            stdin=subprocess.DEVNULL,
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def start_worker(manage) -> Callable[..., subprocess.Popen]:
    """Start a real worker process: `start_worker("engines")`. Kill it, or leave that to the test's end."""

    def start(queue: str = "engines", **options) -> subprocess.Popen:
        return manage("work", "--queue", queue, **options)

    return start


@pytest.fixture
def worker(start_worker) -> subprocess.Popen:
    """A worker of the queue `engines`, running for as long as the test."""
    return start_worker("engines")


def _database_url() -> str:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["GALLERY_TEST_DATABASE"].replace("/postgres?", f"/{name}?")


# --- a browser ------------------------------------------------------------------------------------


def chromium_path() -> str | None:
    """The Chromium (or Chrome) of this machine: CHROME_PATH, else the first one found."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    applications = (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    )
    if named := os.environ.get("CHROME_PATH"):
        return shutil.which(named)
    return next((path for path in map(shutil.which, (*names, *applications)) if path), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """One browser for the whole run; each test opens a context of its own in it."""
    path = chromium_path()
    if path is None:
        pytest.fail(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root with it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, live_server) -> Iterator[Callable]:
    """Open a page: `open_page(alice, width=390, color_scheme="dark", java_script_enabled=False)`.

    Signed in as the user given, or as nobody. Fails the test at its end when a script of ours raised an
    error or the content policy refused something.
    """
    contexts, complaints = [], []

    def open_one(user=None, *, width: int = 1280, height: int = 900, **options):
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        if user is not None:
            cookie = _client_of(user).cookies[django_settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _refused(line.text) and complaints.append(line.text))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def page(open_page):
    """A page of a visitor, 1280 x 900."""
    return open_page()


@pytest.fixture
def alice_page(open_page, alice):
    """A page with Alice signed in, 1280 x 900."""
    return open_page(alice)


def _refused(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text
