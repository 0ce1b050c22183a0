"""Keeping processes alive, with real ones."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gallery_site import services

CODE = Path(__file__).resolve().parents[3]
RUN = """
import json, sys
from pathlib import Path
from gallery_site import services
services.FIRST_PAUSE_SECONDS = 0.2
services.STOP_SECONDS = 1.0
folder, port, *commands = json.loads(sys.argv[1])
folder = Path(folder)
made = [services.Service(f"s{n}", c, folder / f"s{n}.log", folder) for n, c in enumerate(commands)]
all_of_them = services.Services(made, running=folder / "services", environment=dict(__import__("os").environ))
sys.exit(all_of_them.run(probe=("127.0.0.1", port), announce=lambda note: print("READY", note, flush=True)))
"""
WEB = [sys.executable, "-c", """
import http.server, sys
class Ok(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ok).serve_forever()
"""]  # fmt: skip
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]


@pytest.fixture
def run(tmp_path):
    started = []

    def begin(*commands, web=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        everything = [web or [*WEB, str(port)], *commands]
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, json.dumps([str(tmp_path), port, *everything])],
            cwd=CODE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        if web is None:
            assert process.stdout.readline().startswith("READY")
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def numbers(tmp_path):
    return [int(n) for n in (tmp_path / "services").read_text().split()]


def is_alive(number):
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        return subprocess.run(["ps", "-p", str(number)], capture_output=True).returncode == 0


def eventually(question, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_them(run, tmp_path, number):
    process = run(SLEEPER, SLEEPER)
    children = numbers(tmp_path)
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert len(children) == 3 and not any(map(is_alive, children))


def test_one_that_ignores_the_request_is_killed(run, tmp_path):
    process = run(STUBBORN)
    children = numbers(tmp_path)
    time.sleep(0.5)
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert not any(map(is_alive, children))
    assert "did not end within 1 s and was killed" in (tmp_path / "s1.log").read_text()


def test_a_service_that_dies_is_started_again_and_the_log_says_so(run, tmp_path):
    run(SLEEPER)
    first = numbers(tmp_path)[1]
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: len(numbers(tmp_path)) == 2 and numbers(tmp_path)[1] != first)
    assert "s1 was ended by SIGKILL; starting it again in 0 s" in (tmp_path / "s1.log").read_text()


def test_one_that_dies_at_once_is_started_less_and_less_often(run, tmp_path):
    run([sys.executable, "-c", "raise SystemExit(3)"])
    time.sleep(3)
    deaths = (tmp_path / "s1.log").read_text().count("ended with status 3")
    assert 2 <= deaths <= 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the next start ends them")
def test_nobody_is_left_when_the_start_itself_is_killed(run, tmp_path):
    process = run(SLEEPER, SLEEPER)
    children = numbers(tmp_path)
    process.kill()
    process.wait()
    assert eventually(lambda: not any(map(is_alive, children)))


def test_a_web_server_that_never_starts_ends_the_start_with_its_last_words(run):
    process = run(SLEEPER, web=[sys.executable, "-c", "raise SystemExit('no such module: wsgi')"])
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "no such module: wsgi" in said and "The web server did not start" in said


def test_a_large_log_is_put_aside(tmp_path, monkeypatch):
    from gallery_site import services

    monkeypatch.setattr(services, "LARGEST_LOG_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("a" * 11)
    services.turn_log(log)
    assert not log.exists() and (tmp_path / "web.log.1").read_text() == "a" * 11
    log.write_text("short")
    services.turn_log(log)
    assert log.read_text() == "short"


def test_what_a_killed_start_left_behind_is_ended_by_the_next(tmp_path):
    """A server killed outright leaves the process it started: nobody else would end that one."""
    script = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', "
    script += "'gallery_site.wsgi']); print(p.pid, flush=True); time.sleep(60)"
    leader = subprocess.Popen(
        [sys.executable, "-c", script], process_group=0, stdout=subprocess.PIPE, text=True
    )
    orphan = int(leader.stdout.readline())
    leader.kill()
    leader.wait()
    (tmp_path / "services").write_text(f"{leader.pid}\n")

    services.end_leftovers(tmp_path / "services")

    assert not _lives(orphan)


def _lives(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
            if Path("/proc").is_dir()
            else not os.kill(pid, 0)
        )
    except OSError:
        return False
