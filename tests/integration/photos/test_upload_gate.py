"""Bodies are judged before they are read: proved on a real server, with headers that announce and send nothing."""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from photos.models import Photo, UploadBatch, UploadEntry
from tests.conftest import CODE, _database_url
from tests.pictures import draw

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

TEN_GIGABYTES = 10_000_000_000


class Server:
    """The web server as `run_gallery.sh` starts it, on this test's database and folders."""

    def __init__(self, threads: int = 8) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "GALLERY_TEST_CHILD_DATABASE": _database_url(),
        }
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "gallery_site.wsgi:application", "--interface", "wsgi"),
                *("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--no-ws"),
                *("--blocking-threads", str(threads), "--runtime-mode", "st", "--log-level", "error"),
            ],
            cwd=CODE,
            env=environment,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def announce(self, path: str, length: int | None, *, cookie: str = "", **headers: str) -> socket.socket:
        """Send the head of a POST, and nothing of its body."""
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept: application/json"]
        lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"Cookie: {cookie}"] * bool(cookie)
        line = self.connect()
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        return line

    def memory(self) -> int:
        """Resident bytes of the server and its worker."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True).stdout
        rows = [tuple(map(int, row.split())) for row in listed.splitlines()]
        own = self.process.pid
        return 1024 * sum(rss for pid, parent, rss in rows if own in (pid, parent))

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker) -> Iterator[Server]:
    """One for all tests here: it looks at the database anew for each request."""
    with django_db_blocker.unblock():
        started = Server()
    yield started
    started.end()


@pytest.fixture
def cookie(alice) -> str:
    """Alice signed in, with the cookie a form's token is checked against."""
    client = Client()
    client.force_login(alice)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={SECRET}"


SECRET = "a" * 32  # the value of the cookie; a token of the same value fits it


def answer_of(line: socket.socket) -> tuple[int, str]:
    """(status, body) of what comes back, and that the line is closed then."""
    said = b""
    while b"\r\n\r\n" not in said:
        block = line.recv(65_536)
        assert block, f"the line was closed after {said!r}"
        said += block
    head, _, body = said.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
    while len(body) < length:
        body += line.recv(65_536)
    return int(head.split()[1]), body.decode()


def is_closed(line: socket.socket) -> bool:
    """Whether the server has let go of the line, so that more of the body goes nowhere."""
    try:
        for _ in range(200):
            line.sendall(b"x" * 65_536)
            time.sleep(0.005)
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("path", "signed_in", "length", "status"),
    [
        ("/upload/file/?batch=1&name=a.png", False, TEN_GIGABYTES, 401),
        ("/upload/", False, 1_000, 401),
        ("/upload/file/?batch=1&name=a.png", True, TEN_GIGABYTES, 413),
        ("/upload/", True, TEN_GIGABYTES, 413),
        ("/upload/", True, None, 411),
        ("/upload/file/?batch=1&name=a.png", True, None, 411),
        ("/accounts/login/", False, TEN_GIGABYTES, 413),
        ("/decide/", True, TEN_GIGABYTES, 413),
        ("/admin/login/", False, TEN_GIGABYTES, 413),
    ],
)
def test_the_answer_comes_before_the_body(server, cookie, path, signed_in, length, status):
    before = server.memory()
    line = server.announce(path, length, cookie=cookie if signed_in else "")
    assert answer_of(line)[0] == status
    assert is_closed(line)
    assert server.memory() - before < 64 * 1024**2  # the first request loads the code, and nothing else


def test_a_token_that_does_not_fit_is_refused_before_the_body(server, alice, cookie):
    batch = UploadBatch.objects.create(owner=alice)
    path = f"/upload/file/?batch={batch.pk}&name=a.png"
    line = server.announce(path, 200_000_000, cookie=cookie, X_CSRFToken="b" * 32)
    assert answer_of(line)[0] == 403 and is_closed(line)
    line = server.announce(
        path, 200_000_000, cookie=cookie, X_CSRFToken="b" * 32, Content_Type="multipart/form-data"
    )
    assert answer_of(line)[0] == 400 and is_closed(line)


def test_a_large_file_costs_no_memory_and_a_broken_line_leaves_nothing(server, alice, cookie):
    batch = UploadBatch.objects.create(owner=alice)
    path = f"/upload/file/?batch={batch.pk}&name=a.png"
    size = 250 * 1024**2
    line = server.announce(path, size, cookie=cookie, X_CSRFToken=SECRET)
    before, most, block = server.memory(), 0, b"x" * 1024**2
    for n in range(200):
        line.sendall(block)
        if n % 20 == 0:
            most = max(most, server.memory())
    line.close()
    assert most - before < 80 * 1024**2
    for _ in range(100):
        if not list(Path(settings.TMP_DIR).glob("ingest-*")):
            break
        time.sleep(0.1)
    assert not list(Path(settings.TMP_DIR).glob("ingest-*"))
    assert not UploadEntry.objects.exists() and not Photo.objects.exists()


def test_pages_are_answered_while_slow_lines_upload(server, alice, cookie):
    batch = UploadBatch.objects.create(owner=alice)
    path = f"/upload/file/?batch={batch.pk}&name=a.png"
    data = draw("PNG")
    slow = [server.announce(path, len(data), cookie=cookie, X_CSRFToken=SECRET) for _ in range(12)]
    time.sleep(1)
    with server.connect() as line:
        asked = time.monotonic()
        line.sendall(f"GET /healthz/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 200") and time.monotonic() - asked < 2
    for line in slow:
        try:
            line.sendall(data)
        except OSError:
            continue  # told to wait, and closed
    answers = [answer_of(line) for line in slow]
    assert sorted({status for status, _ in answers}) == [200, 503]
    assert sum(status == 200 for status, _ in answers) == 5
    assert "has to wait a moment" in next(body for status, body in answers if status == 503)


def test_a_form_that_is_too_large_says_the_limit(alice_client, settings):
    settings.GALLERY_MAX_FILE_BYTES = 1024
    answer = alice_client.generic(
        "POST", "/upload/", b"", CONTENT_LENGTH=str(10**6), content_type="multipart/form-data"
    )
    assert answer.status_code == 413 and "20.0" in answer.content.decode()


class FullDisk(FileUploadHandler):
    """An upload handler on a disk that is full."""

    def receive_data_chunk(self, raw_data, start):
        raise OSError(errno.ENOSPC, "No space left on device")

    def file_complete(self, file_size):
        return None


def test_a_form_that_does_not_fit_on_the_disk_says_so(alice_client, settings):
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.FullDisk"]
    answer = alice_client.post("/upload/", {"files": SimpleUploadedFile("a.png", draw("PNG"), "image/png")})
    assert answer.status_code == 507 and "disk is full. Nothing" in answer.content.decode()
    assert not UploadBatch.objects.exists()


def test_only_the_staff_may_bring_files_to_the_admin(alice, alice_client, admin_client):
    size = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE * 2)
    kind = {"CONTENT_LENGTH": size, "content_type": "multipart/form-data; boundary=x"}
    assert alice_client.generic("POST", "/admin/photos/photo/add/", b"", **kind).status_code == 413
    assert admin_client.generic("POST", "/admin/photos/photo/add/", b"", **kind).status_code != 413


def test_the_token_of_the_test_is_one_of_django():
    """SECRET stands for what Django makes itself: 32 letters and digits."""
    request = RequestFactory().get("/")
    get_token(request)
    assert re.fullmatch(r"[A-Za-z0-9]{32}", request.META["CSRF_COOKIE"]) and len(SECRET) == 32
