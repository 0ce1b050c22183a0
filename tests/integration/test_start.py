"""The start as a person runs it: real processes on a folder of their own."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

CODE = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


class Start:
    """One `python -m gallery_site.start`, with its output kept."""

    def __init__(self, folder, *options, **environment):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        ours = ("GALLERY_", "DJANGO_", "DATABASE_URL", "SECRET_KEY", "DEBUG")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gallery_site.start", "--no-input", "--port", str(self.port), *options],
            cwd=CODE,
            env={**clean, "GALLERY_DATA": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read(self):
        """Read until the block is complete or the start has ended."""
        for line in self.process.stdout:
            self.output += line
            if "  Password" in line:
                break
        return self.output

    @property
    def link(self):
        return re.search(r"Sign in +(\S+)", self.output)[1]

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.output += self.process.communicate(timeout=20)[0]
        return self.process.returncode


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*options, **environment):
        started.append(Start(tmp_path / "library", *options, **environment))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end()


def status(url):
    """The status of a page, without following redirects."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments):
            return None

    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_first_start_says_where_to_go_and_the_second_is_quick(start, tmp_path):
    library = tmp_path / "library"
    first = start()
    lines = first.read().rstrip().splitlines()[-4:]
    assert [line.split()[0] for line in lines] == ["Sign", "Address", "Name", "Password"], first.output
    assert re.search(r"Password +\w{4}-\w{4}-\w{4}-\w{4} ", first.output)
    assert status(f"http://127.0.0.1:{first.port}/healthz/") == 200
    assert status(first.link) == 302
    assert status(first.link) == 410  # it works once

    another = start()
    assert "already running: http://127.0.0.1:" in another.process.communicate(timeout=20)[0]

    assert first.end() == 0
    assert {p.name for p in library.iterdir()} >= {
        "gallery.sqlite3",
        "secret_key",
        "media",
        "tmp",
        "logs",
        "backups",
    }
    assert not (library / "run" / "services").exists()

    began = time.monotonic()
    second = start()
    assert "(as before; lost? ./manage.py changepassword admin)" in second.read(), second.output
    assert "Collecting" not in second.output and "Preparing" not in second.output
    assert time.monotonic() - began < 30  # seconds, on a busy machine too
    second.process.kill()
    second.process.wait()
    with contextlib.suppress(urllib.error.URLError, OSError):  # the kernel ends what a killed start leaves
        time.sleep(3)
        assert status(f"http://127.0.0.1:{second.port}/healthz/") is None, "something is left running"


def test_a_library_with_photos_is_copied_before_its_tables_change(start, tmp_path):
    library = tmp_path / "library" / "gallery.sqlite3"
    first = start(GALLERY_ADMIN_NAME="anna", GALLERY_ADMIN_PASSWORD="harbour-in-fog-1926")
    assert "Name       anna" in first.read(), first.output
    assert "harbour" not in first.output
    first.end()
    add_a_photo_and_forget_a_migration(library)
    second = start()
    assert "Copying the library before its tables change" in second.read(), second.output
    assert "Preparing the tables (1 steps) ..." in second.output
    second.end()
    (copy,) = (tmp_path / "library" / "backups").glob("gallery-*-before-*.sqlite3")
    with contextlib.closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT COUNT(*) FROM photos_photo").fetchone() == (1,)


def test_a_library_of_a_newer_version_is_refused(start, tmp_path):
    first = start()
    first.read()
    first.end()
    with contextlib.closing(sqlite3.connect(tmp_path / "library" / "gallery.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('photos', '9999_later', '2030-01-01')"
        )
    second = start()
    second.read()
    assert second.process.wait(timeout=20) == 1
    assert "last used by a newer Photo Gallery" in second.output


def add_a_photo_and_forget_a_migration(library):
    """A row of nothing but defaults, and the table of sessions gone as if it had never been made."""
    with contextlib.closing(sqlite3.connect(library)) as database, database:
        columns = database.execute("PRAGMA table_info(photos_photo)").fetchall()
        needed = [(name, kind) for _, name, kind, not_null, _, key in columns if not_null and not key]
        values = [1 if "int" in kind or "bool" in kind else "2026-11-22 10:00:00" for _, kind in needed]
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(
            f"INSERT INTO photos_photo ({', '.join(n for n, _ in needed)}) VALUES ({', '.join('?' * len(needed))})",
            values,
        )
        database.execute("DROP TABLE django_session")
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
