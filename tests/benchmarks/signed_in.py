"""Requests of a signed-in person to the real application, in this process: every middleware, no network.

Used inside a scratch library. What is measured of a request begins where the web server would hand it over and ends
when the last byte of the answer was read and the connection to the database given back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.storage import storages
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from tests.benchmarks import processes

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One answer. `seconds` on the clock, `cpu` of this process; `body` as sent, usually compressed."""

    status: int
    body: bytes
    seconds: float
    cpu: float


class Person:
    """A browser of one account, with its cookie. The application is the one that the web server runs."""

    def __init__(self, user_id: int) -> None:
        client = Client()
        client.force_login(get_user_model().objects.get(pk=user_id))
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    @cached_property
    def _application(self) -> Callable:
        return get_wsgi_application()

    def get(self, address: str, *, compressed: bool = True) -> Measured:
        environ = self._environ(address, "gzip, deflate, br" if compressed else "identity")
        told: list[str] = []
        began, cpu = time.perf_counter(), time.process_time()
        answer = self._application(environ, lambda status, headers, exc_info=None: told.append(status))
        body = b"".join(answer)
        answer.close()
        cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
        return Measured(status=int(told[0][:3]), body=body, seconds=seconds, cpu=cpu)

    def _environ(self, address: str, encoding: str) -> dict:
        path, _, query = address.partition("?")
        return {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000", "HTTP_COOKIE": self._cookie,
            "HTTP_ACCEPT": "text/html",
            "HTTP_ACCEPT_ENCODING": encoding, "HTTP_USER_AGENT": BROWSER,
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "wsgi.errors": BytesIO(),
            "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The SQL that is sent while the block runs."""
    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


@contextmanager
def watched_storages() -> Iterator[list[str]]:
    """The calls to the storages of originals and thumbnails while the block runs, by name."""
    called: list[str] = []
    watched = {type(storages[alias]) for alias in ("media", "thumbnails")}
    names = {
        name
        for kind in watched
        for name in dir(kind)
        if not name.startswith("__") and callable(getattr(kind, name))
    }

    def noting(name: str, real: Callable) -> Callable:
        def method(self, *args, **kwargs):
            called.append(name)
            return real(self, *args, **kwargs)

        return method

    originals = {(kind, name): kind.__dict__.get(name) for kind in watched for name in names}
    for kind, name in originals:
        setattr(kind, name, noting(name, getattr(kind, name)))
    try:
        yield called
    finally:
        for (kind, name), own in originals.items():
            if own is None:
                delattr(kind, name)
            else:
                setattr(kind, name, own)


def database_cpu_seconds() -> float:
    """Of the PostgreSQL server and all its processes so far; 0 for SQLite, which runs in ours."""
    if connection.vendor != "postgresql":
        return 0.0
    folder = parse_qs(urlsplit(f"//?{_host()}").query).get("host", [_host()])[0]
    server = int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
    return processes.cpu_seconds(processes.tree(server))


def _host() -> str:
    database = connection.settings_dict
    return database["HOST"] or str(database["OPTIONS"].get("host", ""))
