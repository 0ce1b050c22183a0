"""The gallery's web server as its own start runs it, and Debian's nginx in front of it; both on loopback alone."""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gallery_site.services import answer_status
from gallery_site.start import services_of
from tests.benchmarks.machine import CODE
from tests.benchmarks.scratch import Library

START_SECONDS = 60.0
THREADS = 8  # the default of GALLERY_THREADS
NGINX = """
daemon off;
{user}
worker_processes 2;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    types {{ image/webp webp; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream gallery {{ server 127.0.0.1:{gallery_port}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 1000000;
        location / {{
            proxy_pass http://gallery;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
        location {inside} {{
            internal;
            alias {media}/;
            add_header X-Content-Type-Options nosniff;
            add_header Content-Security-Policy "default-src 'none'; sandbox";
            add_header Cross-Origin-Resource-Policy same-origin;
            add_header Referrer-Policy no-referrer;
        }}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def gallery_server(library: Library, port: int, **variables: str) -> Iterator[int]:
    """The web server on a library; yields the number of its process."""
    facts = {"threads": int(library.environment.get("GALLERY_THREADS", THREADS))}
    web = services_of(argparse.Namespace(host="127.0.0.1", port=port), facts, library.folder)[0]
    environment = {"MALLOC_ARENA_MAX": "2", **library.environment, **variables}
    with running(web.command, web.log, environment) as pid:
        wait_for(port, web.log)
        yield pid


@contextlib.contextmanager
def nginx(folder: Path, *, port: int, gallery_port: int, media: Path, inside: str) -> Iterator[int]:
    """nginx in front of the gallery, which hands files over by naming them below `inside`; yields its process."""
    user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
    values = {"folder": folder, "port": port, "gallery_port": gallery_port, "media": media, "inside": inside}
    (folder / "nginx.conf").write_text(NGINX.format(user=user, **values))
    command = [
        nginx_program(),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "error.log"),
    ]
    with running(command, folder / "output.log", dict(os.environ)) as pid:
        wait_for(port, folder / "error.log")
        yield pid


@contextlib.contextmanager
def running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[int]:
    """A process of ours with a group of its own, which is ended with the block."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command,
            cwd=CODE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while answer_status(("127.0.0.1", port)) != 200:
        if time.monotonic() > deadline:
            raise SystemExit(f"A server did not answer. The end of its log:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)
