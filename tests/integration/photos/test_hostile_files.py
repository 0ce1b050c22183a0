"""Files made to break programs, at every door: refused with a sentence, or taken as the plain pictures they are.

The decoder alone meets them, on both libraries, in tests/unit/photos/test_decoder_samples.py; archives in
test_import_archives.py.
"""

from __future__ import annotations

import http.client
import json
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from photos import media
from photos.images import CODES
from photos.models import Photo, UploadBatch
from tests.conftest import CODE
from tests.integration.api.conftest import token_of
from tests.integration.photos.test_check_media import check
from tests.integration.photos.test_import_photos import bring, counted
from tests.integration.photos.test_upload_gate import SECRET, Server, cookie  # noqa: F401
from tests.pictures import draw
from tests.unit.photos.test_decoder_samples import peak_bytes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.samples,
    pytest.mark.slow,
    pytest.mark.any_database,
]

MOST_SECONDS, MOST_GROWTH = 10, 50 * 1024**2


@pytest.fixture
def files(samples) -> list[Path]:
    return sorted((samples / "hostile").iterdir())


@pytest.fixture
def notes(tmp_path, monkeypatch) -> Path:
    """What server and decoder asked the system for: see tests/watched/sitecustomize.py."""
    shutil.copy(CODE / "tests/watched/sitecustomize.py", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "notes"


@pytest.fixture
def server(notes, transactional_db) -> Iterator[Server]:
    started = Server()
    yield started
    started.end()


class Visitor(threading.Thread):
    """Looks at the timeline again and again while others do something; `waited` are the seconds of each look."""

    def __init__(self, server: Server, cookie: str) -> None:  # noqa: F811
        super().__init__()
        self.server, self.cookie = server, cookie
        self.over, self.waited, self.statuses = threading.Event(), [], set()

    def run(self) -> None:
        while not self.over.wait(0.1):
            began = time.monotonic()
            self.statuses.add(ask(self.server, "GET", "/", headers={"Cookie": self.cookie})[0])
            self.waited.append(time.monotonic() - began)

    def __enter__(self) -> Visitor:
        self.start()
        return self

    def __exit__(self, *exc_info) -> None:
        self.over.set()
        self.join()


GONE_TO = {"href", "src", "action", "formaction", "data", "poster", "ping", "xlink:href"}


class Scripts(HTMLParser):
    """Finds what a browser would run of a page beside our own files: here a file's title could stand as markup."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "script" and "src" not in known and known.get("type") != "application/json":
            self.found.append(tag)
        self.found += [name for name in known if name.startswith("on")]
        gone_to = [value or "" for name, value in attrs if name in GONE_TO]
        self.found += [value for value in gone_to if value.strip().lower().startswith("javascript:")]


def ask(server: Server, method: str, path: str, body: bytes | None = None, *, headers) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request(method, path, body, headers)
    answer = line.getresponse()
    return answer.status, answer.read()


class Page:
    """The address the upload page sends one file at a time to."""

    def __init__(self, server: Server, alice, cookie: str) -> None:  # noqa: F811
        self.server, self.batch = server, UploadBatch.objects.create(owner=alice)
        self.headers = {"Cookie": cookie, "X-CSRFToken": SECRET, "Accept": "application/json"}

    def offer(self, data: bytes, name: str) -> tuple[bool, str, str]:
        """Whether it was taken; else code and sentence."""
        path = f"/upload/file/?batch={self.batch.pk}&name={quote(name)}"
        status, said = ask(self.server, "POST", path, data, headers=self.headers)
        assert status == 200, (name, status, said)
        answer = json.loads(said)
        return answer["outcome"] in ("added", "known"), answer["code"], answer["sentence"]


class Api:
    """POST /api/v1/photos."""

    def __init__(self, server: Server, alice, cookie: str) -> None:  # noqa: F811
        self.server, self.token = server, token_of(alice)

    def offer(self, data: bytes, name: str) -> tuple[bool, str, str]:
        edge = secrets.token_hex(16)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={edge}",
        }
        status, said = ask(self.server, "POST", "/api/v1/photos", body, headers=headers)
        assert status in (200, 201, 413, 422), (name, status, said)
        answer = json.loads(said)
        return status < 300, answer.get("code", ""), answer.get("detail", "")


@pytest.mark.parametrize("door", [Page, Api])
def test_a_hostile_file_is_answered_and_the_site_goes_on(server, notes, alice, cookie, files, door):  # noqa: F811
    door = door(server, alice, cookie)
    taken, refused, slowest = door.offer(draw("PNG"), "harbour.png")[0], {}, 0.0
    before = most_memory(server)
    with Visitor(server, cookie) as visitor:
        for path in files:
            began = time.monotonic()
            came_in, code, sentence = door.offer(path.read_bytes(), path.name)
            slowest = max(slowest, time.monotonic() - began)
            taken += came_in
            if not came_in:
                refused[path.name] = (code, sentence)
    assert Photo.objects.count() == taken and taken + len(refused) == len(files) + 1
    for name, (code, sentence) in refused.items():
        assert code in CODES and sentence.endswith("."), (name, code, sentence)
        assert str(settings.TMP_DIR) not in sentence
    assert slowest < MOST_SECONDS and most_memory(server) - before < MOST_GROWTH
    assert visitor.statuses == {200} and max(visitor.waited) < MOST_SECONDS / 2
    assert_nothing_was_started_or_fetched(notes)


def most_memory(server: Server) -> int:
    """The most bytes the server's processes had at once so far; now, where the system keeps no such number."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    rows = [tuple(map(int, row.split())) for row in listed.splitlines()]
    own = [pid for pid, parent in rows if server.process.pid in (pid, parent)]
    return sum(map(peak_bytes, own))


def assert_nothing_was_started_or_fetched(notes: Path) -> None:
    """One decoder from the first file to the last: none was ended by the kernel, or by us for its size or time."""
    lines = notes.read_text().splitlines()
    started = [line for line in lines if line.startswith("subprocess.Popen") and "photos.decoder" in line]
    assert len(started) == 1
    assert set(lines) - set(started) <= {"decoder", "decoder, locked up"}


def test_a_folder_of_hostile_files_is_imported_and_shown_as_plain_pictures(
    alice, alice_client, files, client
):
    said = bring(alice, files[0].parent)
    came_in, rejected = counted(said, "Added"), counted(said, "Rejected")
    assert came_in + rejected + counted(said, "Already there") + counted(said, "Left out") == len(files)
    assert "unexpected" not in said and Photo.objects.count() == came_in > 50
    assert all(reason.endswith(".") for reason in re.findall(r"^Rejected: (.+)$", said, re.MULTILINE))
    brought = {path.read_bytes() for path in files}
    for photo in Photo.objects.all():
        page = alice_client.get(photo.get_absolute_url())
        assert page.status_code == 200 and not Scripts(page.content.decode()).found
        assert client.get(media.sign(photo, "h320")).status_code == 200
        original = client.get(media.sign(photo, "original"))
        assert b"".join(original.streaming_content) in brought
        assert (
            original["Content-Type"].startswith("image/") and original["X-Content-Type-Options"] == "nosniff"
        )
        assert "sandbox" in original["Content-Security-Policy"]
    for address in ("/", "/search/?q=alert", f"/photos/{photo.pk}/"):
        answer = alice_client.get(address)
        assert answer.status_code == 200 and not Scripts(answer.content.decode()).found
    assert check(hash=True)[0]
