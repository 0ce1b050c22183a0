"""What every command of ours does before its own work: names the library, finds the owner, says errors plainly."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError

from photos.management.library import LibraryCommand, library_line
from tests.factories import PhotoFactory

CODE = Path(__file__).resolve().parents[2]


class Refused(Exception):
    sentence = "The folder is empty: there is nothing to import."


def run(handle, **options):
    """Run a command with that `handle`; what it wrote to stderr."""

    class Command(LibraryCommand):
        def handle(self, *args, **options):
            return handle(self, options)

    stderr = io.StringIO()
    Command().execute(stdout=io.StringIO(), stderr=stderr, **{**DEFAULTS, **options})
    return stderr.getvalue()


DEFAULTS = {"force_color": False, "no_color": True, "skip_checks": True, "owner": None}


@pytest.fixture
def library(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "big" / "gallery"


def test_a_command_names_the_library_first(library, alice):
    PhotoFactory.create_batch(3, owner=alice)
    assert run(lambda command, options: None) == "Library big/gallery, 3 photos, owner alice\n"


def test_the_owner_is_left_out_where_it_is_not_clear(library, alice, bob):
    assert library_line() == "Library big/gallery, 0 photos"
    assert library_line("bob") == "Library big/gallery, 0 photos, owner bob"


def test_a_count_is_capped(library, alice, monkeypatch):
    monkeypatch.setattr("photos.management.library.COUNT_AT_MOST", 2)
    PhotoFactory.create_batch(3, owner=alice)
    assert "2+ photos" in library_line()


def test_a_command_that_only_looks_says_nothing(alice):
    class Command(LibraryCommand):
        writes = False

        def handle(self, *args, **options):
            pass

    stderr = io.StringIO()
    Command().execute(stdout=io.StringIO(), stderr=stderr, **DEFAULTS)
    assert stderr.getvalue() == ""


def test_the_only_user_is_meant(alice):
    owners = []
    run(lambda command, options: owners.append(command.owner_from(options)))
    assert owners == [alice]


def test_among_several_the_only_administrator_is_meant(alice, bob, django_user_model):
    admin = django_user_model.objects.create_superuser("anna", "", "secret")
    owners = []
    run(lambda command, options: owners.append(command.owner_from(options)))
    run(lambda command, options: owners.append(command.owner_from(options)), owner="bob")
    assert owners == [admin, bob]


@pytest.mark.parametrize(
    ("owner", "words"), [(None, "Say --owner NAME. Users: alice, bob."), ("eve", 'no user "eve" here')]
)
def test_an_unclear_owner_is_asked_for_by_name(alice, bob, owner, words):
    with pytest.raises(CommandError, match=words):
        run(lambda command, options: command.owner_from(options), owner=owner)


def test_an_error_of_ours_becomes_one_line(alice):
    def refuse(command, options):
        raise Refused

    with pytest.raises(CommandError, match="^The folder is empty: there is nothing to import.$"):
        run(refuse)


def test_progress_off_a_terminal_is_plain_lines(alice):
    def work(command, options):
        with command.progress("Importing", total=20, unit="files") as advance:
            for _ in range(20):
                advance()

    last = run(work).splitlines()[-1]
    assert last.startswith("Importing: 20 of 20 files, ") and last.endswith("/s")


def test_manage_py_goes_on_inside_the_venv():
    done = subprocess.run(
        [sys.executable, "-S", "-E", CODE / "manage.py", "version"], capture_output=True, text=True, cwd="/"
    )
    if not (CODE / ".venv" / "bin" / "python").exists():
        pytest.skip("this checkout has no .venv of its own")
    assert done.returncode == 0, done.stderr


def test_manage_py_without_anything_installed_says_what_to_run(tmp_path):
    (tmp_path / "manage.py").write_text((CODE / "manage.py").read_text())
    done = subprocess.run(
        [sys.executable, "-S", "-E", tmp_path / "manage.py", "check"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Nothing is installed here yet: run ./run_gallery.sh")
