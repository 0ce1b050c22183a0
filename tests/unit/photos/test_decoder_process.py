"""The child process: ended when it takes too long or too much, replaced when it dies, gone when idle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photos import decoder
from photos.images import RejectedImage
from tests.pictures import draw


@pytest.fixture
def pool() -> Iterator[decoder.Pool]:
    pool = decoder.Pool()
    yield pool
    pool.close()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jpg"
    path.write_bytes(draw("JPEG"))
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that is never read to its end: a pipe into which nobody writes."""
    path = tmp_path / "endless.jpg"
    os.mkfifo(path)
    return path


def pid(pool: decoder.Pool) -> int:
    (child,) = pool.decoders
    return child.process.pid


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def refused_in_background(pool: decoder.Pool, path: Path) -> tuple[threading.Thread, list[RejectedImage]]:
    refused: list[RejectedImage] = []

    def ask() -> None:
        try:
            pool.examine(path, {})
        except RejectedImage as error:
            refused.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, refused


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(pool, good, endless, monkeypatch):
    pool.examine(good, {})
    monkeypatch.setattr(decoder, "MAX_SECONDS", 0.3)
    with pytest.raises(RejectedImage) as refused:
        pool.examine(endless, {})
    assert refused.value.code == "too-slow"
    monkeypatch.undo()
    assert pool.examine(good, {}).width == 64


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_read(pool, good, endless, monkeypatch):
    pool.examine(good, {})
    monkeypatch.setattr(decoder, "MAX_BYTES", 1024 * 1024)
    with pytest.raises(RejectedImage) as refused:
        pool.examine(endless, {})
    assert refused.value.code == "too-big-to-decode"
    monkeypatch.undo()
    assert pool.examine(good, {}).width == 64


def test_a_crash_refuses_the_file_and_the_next_is_read(pool, good, endless):
    pool.examine(good, {})
    thread, refused = refused_in_background(pool, endless)
    time.sleep(0.1)
    os.kill(pid(pool), signal.SIGSEGV)
    thread.join(5)
    assert [error.code for error in refused] == ["corrupt"]
    assert pool.examine(good, {}).width == 64


def test_a_child_that_died_between_two_files_is_replaced(pool, good):
    pool.examine(good, {})
    first = pid(pool)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: not running(first))
    assert pool.examine(good, {}).width == 64


def test_children_are_replaced_after_a_number_of_files(pool, good, monkeypatch):
    monkeypatch.setattr(decoder, "FILES_BEFORE_RECYCLING", 2)
    pool.examine(good, {})
    first = pid(pool)
    pool.examine(good, {})
    assert not running(first)
    assert pool.examine(good, {}).width == 64


def test_an_idle_gallery_has_no_decoder(pool, good, monkeypatch):
    monkeypatch.setattr(decoder, "IDLE_SECONDS", 0.2)
    pool.examine(good, {})
    child, reaper = pid(pool), pool._reaper
    assert eventually(lambda: not running(child))
    assert eventually(lambda: not reaper.is_alive())
    assert pool.examine(good, {}).width == 64


def test_a_pool_of_two_reads_two_files_at_once_and_a_third_waits(good, endless):
    pool = decoder.Pool(2)
    pool.examine(good, {})
    waiting = [refused_in_background(pool, endless)[0] for _ in range(2)]
    assert eventually(lambda: len(pool.decoders) == 2)
    third = threading.Thread(target=pool.examine, args=(good, {}))
    third.start()
    third.join(0.3)
    assert third.is_alive()
    for child in list(pool.decoders):
        os.kill(child.process.pid, signal.SIGSEGV)
    for thread in (*waiting, third):
        thread.join(10)
    assert not third.is_alive()
    pool.close()


@pytest.mark.parametrize("last_act", ["os.kill(os.getpid(), 9)", "pass"])
def test_no_decoder_outlives_its_parent(good, last_act):
    program = (
        "import os, sys\nfrom photos import decoder, images\n"
        "images.examine(sys.argv[1], {})\n"
        f"print([child.process.pid for child in decoder.pool().decoders][0], flush=True)\n{last_act}"
    )
    parent = subprocess.run(
        [sys.executable, "-c", program, good],
        cwd=decoder.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    child = int(parent.stdout)
    assert eventually(lambda: not running(child))


def test_a_forked_process_starts_a_decoder_of_its_own(good):
    program = (
        "import os, sys\nfrom photos import decoder, images\n"
        "images.examine(sys.argv[1], {})\n"
        "mine = {child.process.pid for child in decoder.pool().decoders}\n"
        "if os.fork() == 0:\n"
        "    images.examine(sys.argv[1], {})\n"
        "    os._exit(not mine.isdisjoint(child.process.pid for child in decoder.pool().decoders))\n"
        "assert os.wait()[1] == 0\n"
        "images.examine(sys.argv[1], {})\n"
        "assert mine == {child.process.pid for child in decoder.pool().decoders}\n"
    )
    subprocess.run([sys.executable, "-c", program, good], cwd=decoder.PROJECT, check=True, timeout=60)


def test_the_child_knows_no_secrets(pool, good, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the gallery")
    pool.examine(good, {})
    assert b"of the gallery" not in Path(f"/proc/{pid(pool)}/environ").read_bytes()


def test_what_an_environment_prints_at_start_is_no_answer(pool, good, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('good morning')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert pool.examine(good, {}).width == 64


def test_a_target_that_cannot_be_written_is_no_fault_of_the_picture(pool, good, tmp_path):
    with pytest.raises(FileNotFoundError):
        pool.examine(good, {"h320": tmp_path / "nowhere" / "h320.webp"})
    assert pool.examine(good, {}).width == 64


def test_a_picture_that_is_not_there_is_an_ordinary_error(pool, tmp_path):
    with pytest.raises(FileNotFoundError):
        pool.examine(tmp_path / "gone.jpg", {})
