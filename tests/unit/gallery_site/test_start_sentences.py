"""What the start says before anything is running."""

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gallery_site import start
from gallery_site.prepare import new_password

CODE = Path(__file__).resolve().parents[3]


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_one_that_is_free(taken_port):
    with pytest.raises(
        start.CannotStart, match=rf"^Port {taken_port} is taken. Try --port \d+\.$"
    ) as refused:
        start.check_port("127.0.0.1", taken_port)
    assert start.port_problem("127.0.0.1", int(str(refused.value).split()[-1].rstrip("."))) is None


def test_a_port_taken_on_one_address_is_taken_for_all(taken_port):
    with pytest.raises(start.CannotStart, match="is taken"):
        start.check_port("0.0.0.0", taken_port)


def test_an_address_of_another_machine_cannot_be_listened_on():
    with pytest.raises(start.CannotStart, match="cannot listen on 192.0.2.7"):
        start.check_port("192.0.2.7", 8000)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EROFS, "Nothing can be written to"),
        (errno.EACCES, "Nothing can be written to"),
        (errno.ENOTDIR, "is a file where a folder is needed"),
    ],
)
def test_a_folder_that_cannot_be_used_gets_a_sentence(number, words, tmp_path):
    assert words in start.folder_sentence(tmp_path, OSError(number, "reason"))


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "media").write_text("not a folder")
    with pytest.raises(start.CannotStart, match="is a file where a folder is needed"):
        start.make_folders(tmp_path)


def test_a_nearly_full_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(start.CannotStart, match="The disk is nearly full"):
        start.make_folders(tmp_path)


def test_a_second_start_on_the_folder_says_where_the_first_one_is(tmp_path):
    start.make_folders(tmp_path)
    second = start.only_start_on(tmp_path, "http://127.0.0.1:8124/")
    with (
        start.only_start_on(tmp_path, "http://127.0.0.1:8123/"),
        pytest.raises(start.CannotStart, match="already running: http://127.0.0.1:8123/"),
    ):
        second.__enter__()
    with start.only_start_on(tmp_path, "http://127.0.0.1:8124/"):
        pass


def test_beyond_loopback_the_machines_own_names_are_allowed():
    names = start.names_of_this_machine("0.0.0.0")
    assert socket.gethostname().lower() in names
    assert start.lan_address() in names


def test_the_link_is_printed_only_where_no_network_can_overhear_it():
    facts = {"name": "admin", "password": "", "made": False, "link": "/sign-in/x/"}
    for host, shown in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("192.168.1.4", False)):
        options = start.read_options(["--host", host])
        text = start.announcement(options, facts, CODE, start.web_address(host, 8000), "")
        assert ("/sign-in/x/" in text) is shown
        assert text.splitlines()[-1].startswith("  Password   (as before; lost? ./manage.py changepassword")


def test_help_needs_nothing_installed():
    """With Debian's bare Python, say: no site packages at all."""
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", f"import sys; sys.path.insert(0, {str(CODE)!r})\n"
         "from gallery_site import start; start.main(['--help'])"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--demo" in done.stdout


def test_a_generated_password_can_be_read_aloud():
    password = new_password()
    assert len(password) == 19 and password.count("-") == 3
    assert not set(password) & set("0O1lIio")
    assert new_password() != password
