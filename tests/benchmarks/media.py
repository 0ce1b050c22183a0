"""Thumbnails over the wire: signed addresses, asked for over connections that stay open, on this machine.

The gallery's own web server (granian, as ./run_gallery.sh starts it) sends them alone (aim: 1,000 a second on two
cores), then Debian's nginx stands in front and sends the bytes itself, while the gallery only judges each request
(GALLERY_ACCEL). Without nginx on this machine that half is left out: apt install nginx-light.

The client runs on the same machine and takes its share, so the rate is what they leave each other.
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from tests.benchmarks import corpus, processes, servers
from tests.benchmarks.report import Report, Table, percentile
from tests.benchmarks.scratch import Child, Library, Scratch

TITLE = "signed thumbnails a second, from the web server alone and through nginx"
COLUMNS = (
    "server", "requests/s", "CPU ms/request", "gallery", "nginx", "p50 ms", "p95 ms", "client ms/request",
)  # fmt: skip
WARM_UP_SECONDS = 1.0
INSIDE = "/media-files/"  # nginx's own name for the media folder


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pictures", type=int, default=100, metavar="N", help="different thumbnails (default: 100)"
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, metavar="N", help="of load for each (default: 10)"
    )
    parser.add_argument(
        "--connections", type=int, default=16, metavar="N", help="at the same time (default: 16)"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    library = _library(options.pictures, scratch)
    signed = library.call("media:sign_all", variant="h320")
    addresses = signed["addresses"]
    table = Table(title=f"Thumbnails (h320) of {len(addresses)} pictures", columns=COLUMNS)
    table.notes.append(f"mean size {signed['mean_bytes'] / 1000:.1f} KB; {options.connections} connections")
    port = servers.free_port()
    with servers.gallery_server(library, port) as pid:
        table.rows.append(_row("gallery alone", port, {"gallery": pid}, addresses, options))
    if servers.nginx_program() is None:
        table.notes.append(
            "There is no nginx on this machine (apt install nginx-light), so that half was left out."
        )
    else:
        with _behind_nginx(library, scratch) as (front, pids):
            table.rows.append(_row("nginx, X-Accel-Redirect", front, pids, addresses, options))
    return Report(tables=[table])


def _library(pictures: int, scratch: Scratch) -> Library:
    library, files = Library(scratch.new("library")), scratch.new("files")
    for index in range(pictures):
        (files / f"{index:04d}.png").write_bytes(corpus.png(index, (720, 480)))
    library.prepare()
    library.call("ingest:make_owner")
    library.call("ingest:import_files", files=[str(path) for path in sorted(files.iterdir())])
    return library


@contextlib.contextmanager
def _behind_nginx(library: Library, scratch: Scratch):
    """The port of nginx, and the processes behind it."""
    port, front = servers.free_port(), servers.free_port()
    places = {"port": front, "gallery_port": port, "media": library.folder / "media", "inside": INSIDE}
    with (
        servers.gallery_server(library, port, GALLERY_ACCEL=INSIDE) as gallery,
        servers.nginx(scratch.new("nginx"), **places) as nginx,
    ):
        yield front, {"gallery": gallery, "nginx": nginx}


def _row(
    name: str, port: int, pids: dict[str, int], addresses: list[str], options: argparse.Namespace
) -> tuple:
    _load(port, addresses, WARM_UP_SECONDS, options.connections)
    trees = {part: processes.tree(pid) for part, pid in pids.items()}
    before = {part: processes.cpu_seconds(tree) for part, tree in trees.items()}
    measured, client = _load(port, addresses, options.seconds, options.connections)
    n = measured["requests"]
    used = {part: 1000 * (processes.cpu_seconds(tree) - before[part]) / n for part, tree in trees.items()}
    cpu, answers = sum(used.values()), measured["answers"]
    return (
        name, n / measured["seconds"], cpu, used["gallery"], used.get("nginx"),
        1000 * percentile(answers, 0.5), 1000 * percentile(answers, 0.95), 1000 * client / n,
    )  # fmt: skip


def _load(port: int, addresses: list[str], seconds: float, connections: int) -> tuple[dict, float]:
    """What the client counted, and the processor seconds it needed itself."""
    before = processes.cpu_seconds_of_ended()
    arguments = {"port": port, "addresses": addresses, "seconds": seconds, "connections": connections}
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    measured = Child(command, {"PATH": "/usr/bin:/bin"}, arguments).answer()
    return measured, processes.cpu_seconds_of_ended() - before


# --- inside a library -----------------------------------------------------------------------------


def sign_all(variant: str) -> dict:
    """The signed address of each picture's thumbnail, and their mean size. Run inside (see `inside`)."""
    from django.core.files.storage import storages

    from photos.media import sign
    from photos.models import Photo

    photos = list(Photo.objects.order_by("pk"))
    sizes = [storages["thumbnails"].size(photo.thumbnail_name(variant)) for photo in photos]
    return {"addresses": [sign(photo, variant) for photo in photos], "mean_bytes": sum(sizes) / len(sizes)}
