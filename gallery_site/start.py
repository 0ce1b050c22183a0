"""What ./run_gallery.sh runs: look around, prepare the library, then keep web server and workers alive.

This process stays small, because it lives as long as the gallery: it never loads Django, and of the standard
library only what is light (14 MB instead of 20). What needs Django happens once in a child
(gallery_site.prepare); the services are children too (gallery_site.services). As nothing that has to be
installed is imported, `--help` answers before anything is.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gallery_site.library import data_folder, remember_data_folder
from gallery_site.services import Service, Services, die_with_parent, end_leftovers

CODE = Path(__file__).resolve().parent.parent
FOLDERS = ("media", "tmp", "logs", "backups", "run")
LEAST_FREE_BYTES = 200_000_000
LINK_MINUTES = 15


class CannotStart(Exception):
    """The message is a sentence for the person who typed the command."""


def main(arguments: list[str] | None = None) -> int:
    """Start the gallery and stay until it is told to end. Returns the exit status."""
    options = read_options(arguments)
    try:
        return start(options)
    except CannotStart as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="./run_gallery.sh",
        description="Start Photo Gallery: the web server and its two workers. Ctrl+C ends all of it.",
        epilog="More settings, and what they are for: .env.example. The story: README.md.",
    )
    parser.add_argument(
        "--demo", action="store_true", help="show the main job first; only into an empty gallery"
    )
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="the port (default: 8000)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the address to listen on (default: 127.0.0.1, this machine alone; 0.0.0.0: your network too)",
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="where database, media and key lie (default: beside the code); remembered for the next time",
    )
    parser.add_argument("--no-input", action="store_true", help="never ask anything, for scripts")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        parser.error("--port takes a number from 1 to 65535")
    return options


def start(options: argparse.Namespace) -> int:
    """The whole story: folder, lock, port, library, services."""
    if named := options.data or os.environ.get("GALLERY_DATA", "").strip():
        called_from = Path(
            os.environ.get("GALLERY_CALLED_FROM", ".")
        )  # run_gallery.sh has gone to its own folder
        os.environ["GALLERY_DATA"] = str(called_from / Path(named).expanduser())
    folder = data_folder(CODE)
    make_folders(folder)
    os.environ["GALLERY_DATA"] = str(folder)
    address = web_address(options.host, options.port)
    with only_start_on(folder, address):
        end_leftovers(folder / "run" / "services")  # before the port is looked at: they may still hold it
        check_port(options.host, options.port)
        if options.data:
            remember(folder)
        facts = prepare(options.demo)
        services = Services(
            services_of(options, facts, folder),
            running=folder / "run" / "services",
            environment=service_environment(options.host, facts),
        )
        return services.run(
            probe=probe_address(options.host, options.port),
            announce=lambda note: print(announcement(options, facts, folder, address, note), flush=True),
        )


# --- the data folder ------------------------------------------------------------------------------


def make_folders(folder: Path) -> None:
    """Make what is missing in the data folder; a clear sentence when that cannot be."""
    try:
        for place in (folder, *(folder / name for name in FOLDERS)):
            place.mkdir(parents=True, exist_ok=True)
            probe = place / f".probe-{os.getpid()}"
            probe.write_bytes(b"can this be written?")
            probe.unlink()
    except OSError as error:
        raise CannotStart(folder_sentence(folder, error)) from error
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < LEAST_FREE_BYTES:
        raise CannotStart(
            f"The disk is nearly full: {free / 1e6:,.0f} MB are free for {folder}, and the gallery wants "
            f"at least {LEAST_FREE_BYTES / 1e6:,.0f} MB. Free some, or choose another folder with --data."
        )


def folder_sentence(folder: Path, error: OSError) -> str:
    """What an OSError means to the person who chose the folder."""
    if error.errno == errno.ENOSPC:
        return (
            f"The disk is full: nothing can be written to {folder}. Free some, or choose another with --data."
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"Nothing can be written to {folder}: it is read-only or someone else's. Choose another with --data."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{error.filename or folder} is a file where a folder is needed: choose another with --data."
    return f"The folder {folder} cannot be used: {error.strerror or error}."


def remember(folder: Path) -> None:
    """Remember the folder for manage.py and the next start; a read-only code folder is no reason to stop."""
    try:
        remember_data_folder(CODE, folder)
    except OSError:
        print(f"Note: {CODE} cannot be written, so name --data {folder} (or GALLERY_DATA) the next time too.")


@contextlib.contextmanager
def only_start_on(folder: Path, address: str) -> Iterator[None]:
    """Hold the folder's lock; a second start on the same folder says where the first one is."""
    with open(folder / "run" / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise CannotStart(
                    f"{folder} cannot be locked: {error.strerror}. Is it a network folder?"
                ) from error
            file.seek(0)
            where = file.read().strip() or "another process"
            raise CannotStart(f"The gallery in {folder} is already running: {where}") from None
        file.truncate(0)
        file.write(f"{address} (process {os.getpid()})\n")
        file.flush()
        yield
        file.truncate(0)


# --- addresses ------------------------------------------------------------------------------------


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    return host in ("localhost", "::1") or host.startswith("127.")


def is_everywhere(host: str) -> bool:
    """Whether the address means every network of this machine."""
    return host in ("0.0.0.0", "::", "")


def check_port(host: str, port: int) -> None:
    """Say so when the port cannot be listened on; name one that can."""
    problem = port_problem(host, port)
    if problem is None:
        return
    if problem == errno.EADDRINUSE:
        free = next(
            (n for n in range(port + 1, min(port + 50, 65536)) if port_problem(host, n) is None), None
        )
        raise CannotStart(
            f"Port {port} is taken." + (f" Try --port {free}." if free else " Choose another with --port.")
        )
    if problem == errno.EACCES:
        raise CannotStart(f"Port {port} needs more rights than you have. Try --port 8000.")
    raise CannotStart(f"This machine cannot listen on {host}: {os.strerror(problem)}. Try without --host.")


def port_problem(host: str, port: int) -> int | None:
    """The errno that stands between us and the port, or None."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    with socket.socket(family, kind, protocol) as probe:
        # A port that was in use a moment ago may be taken again, as the web server will.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error.errno
    # macOS lets two listen, on 127.0.0.1 and on everything; a connection tells.
    with contextlib.suppress(OSError), socket.create_connection(probe_address(host, port), timeout=0.5):
        return errno.EADDRINUSE
    return None


def probe_address(host: str, port: int) -> tuple[str, int]:
    """Where this machine itself reaches what listens on `host`."""
    return ("::1" if host == "::" else "127.0.0.1" if is_everywhere(host) else host, port)


def lan_address() -> str:
    """The address others on the network see; "127.0.0.1" when there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of nobody; a UDP socket sends nothing by connecting
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def web_address(host: str, port: int) -> str:
    """What to type into a browser."""
    shown = lan_address() if is_everywhere(host) else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def names_of_this_machine(host: str) -> list[str]:
    """What a browser may call us when we listen beyond loopback, for ALLOWED_HOSTS."""
    name = socket.gethostname().lower()
    names = [name, name.split(".")[0], f"{name.split('.')[0]}.local"]
    if is_everywhere(host):
        names.append(lan_address())
        with contextlib.suppress(socket.gaierror):
            names += [info[4][0] for info in socket.getaddrinfo(name, None)]
    else:
        names.append(host)
    plain = [n.split("%")[0] for n in names if n]
    return list(dict.fromkeys(f"[{n}]" if ":" in n else n for n in plain))


# --- the library and the services -----------------------------------------------------------------


def prepare(demo: bool) -> dict:
    """Run gallery_site.prepare in a child: tables, static files, account, demo. Its answer, as it wrote it."""
    read, write = os.pipe()
    command = [
        sys.executable,
        "-m",
        "gallery_site.prepare",
        f"--answer={write}",
        *(["--demo"] if demo else []),
    ]
    quiet = {"stdin": subprocess.DEVNULL, "preexec_fn": die_with_parent()}
    with subprocess.Popen(command, cwd=CODE, **quiet, pass_fds=(write,)) as child:
        os.close(write)
        try:
            with open(read) as answer:
                text = answer.read()
        except BaseException:  # Ctrl+C, which may have reached only us
            child.terminate()
            raise
    facts = json.loads(text) if text else {}
    if child.returncode or "threads" not in facts:
        raise CannotStart(
            facts.get("problem") or "The library could not be prepared; the lines above say why."
        )
    return facts


def services_of(options: argparse.Namespace, facts: dict, folder: Path) -> list[Service]:
    """The web server and a worker for each queue, so that a long session never holds up an import."""
    # granian, measured against gunicorn's threads: a third of the processor time for a page, 12 MB more.
    web = [
        *(sys.executable, "-m", "granian", "gallery_site.wsgi:application", "--interface", "wsgi"),
        *("--host", options.host or "0.0.0.0", "--port", str(options.port), "--workers", "1"),
        *("--blocking-threads", str(facts["threads"]), "--runtime-mode", "st", "--no-ws"),
        *("--workers-kill-timeout", "5", "--log-level", "warning", "--no-access-log"),
    ]
    logs = folder / "logs"
    return [
        Service("web", web, logs / "web.log", CODE),
        *(
            Service(
                queue, [sys.executable, "manage.py", "work", "--queue", queue], logs / f"{queue}.log", CODE
            )
            for queue in ("engines", "library")
        ),
    ]


def service_environment(host: str, facts: dict) -> dict[str, str]:
    """The environment of the services."""
    environment = {
        "MALLOC_ARENA_MAX": "2",  # glibc's default, eight a core, keeps memory of threads long idle
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "gallery_site.settings",
        "PYTHONUNBUFFERED": "1",
    }
    if not is_loopback(host):
        hosts = dict.fromkeys([*facts["hosts"], *names_of_this_machine(host)])
        environment["GALLERY_HOSTS"] = ",".join(hosts)
    return environment


def announcement(options: argparse.Namespace, facts: dict, folder: Path, address: str, note: str) -> str:
    """The last lines of the start; the sign-in link only where no network can overhear it."""
    lines = [f"Photo Gallery is running. Ctrl+C ends it. Library: {folder}", f"Logs: {folder / 'logs'}"]
    if note:
        lines.append(note)
    lines.append("")
    if is_loopback(options.host):
        lines.append(
            f"  Sign in    {address.rstrip('/')}{facts['link']}   (works once, for {LINK_MINUTES} minutes)"
        )
    lines += [
        f"  Address    {address}",
        f"  Name       {facts['name']}",
        f"  Password   {password_words(facts)}",
    ]
    return "\n" + "\n".join(lines)


def password_words(facts: dict) -> str:
    """The password on the first start; afterwards how to get another one."""
    if facts["password"]:
        return f"{facts['password']}   (shown only now; change it with ./manage.py changepassword {facts['name']})"
    if facts["made"]:
        return "(as in GALLERY_ADMIN_PASSWORD)"
    return f"(as before; lost? ./manage.py changepassword {facts['name']})"


if __name__ == "__main__":
    sys.exit(main())
