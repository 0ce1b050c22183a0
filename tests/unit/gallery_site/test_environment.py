"""The shell part of the start: which Python, and a .venv that is filled only when it has to be."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CODE = Path(__file__).resolve().parents[3]
BASH = shutil.which("bash")


@pytest.fixture
def house(tmp_path):
    """A folder with the scripts, a pyproject without dependencies, and a PATH of its own."""
    folder = tmp_path / "house"
    (folder / "gallery_site").mkdir(parents=True)
    shutil.copy(CODE / "gallery_site" / "environment.sh", folder / "gallery_site")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndependencies = []\n[project.optional-dependencies]\ntest = []\n'
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "cksum", "dirname", "grep", "mkdir", "rm", "tail", "tee", "sh", "uname", "env"):
        if path := shutil.which(name):
            (programs / name).symlink_to(path)
    return folder


def python(house, name, *, version="3.12.1", works=True):
    """Put a stand-in for a Python on the PATH; it only knows its version."""
    path = house.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{f'echo {version} /usr' if works else 'echo not installed >&2; exit 127'}\n")
    path.chmod(0o755)


def bash(house, words, **environment):
    return subprocess.run(
        [BASH, "-c", f"set -euo pipefail; . gallery_site/environment.sh; {words}"],
        cwd=house,
        env={"PATH": str(house.parent / "bin"), "HOME": str(house), **environment},
        capture_output=True,
        text=True,
    )


def test_python3_is_taken_where_it_is_new_enough(house):
    python(house, "python3", version="3.11.2")
    python(house, "python3.13", version="3.13.0")
    assert bash(house, 'find_python; echo "$PYTHON $PYTHON_IS"').stdout == "python3 3.11.2 /usr\n"


def test_a_newer_one_is_found_where_python3_is_too_old(house):
    python(house, "python3", version="3.9.18")
    python(house, "python3.12")
    assert bash(house, 'find_python; echo "$PYTHON"').stdout == "python3.12\n"


def test_a_python_that_is_there_but_does_not_run_is_passed_over(house):
    python(house, "python3", works=False)
    python(house, "python3.13", works=False)
    python(house, "python3.11", version="3.11.9")
    assert bash(house, 'find_python; echo "$PYTHON"').stdout == "python3.11\n"


def test_a_python_that_is_too_old_is_said_to_be(house):
    python(house, "python3", version="3.9.18")
    done = bash(house, "find_python")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; python3 is Python 3.9.18." in done.stderr


def test_no_python_at_all_gets_the_line_to_type(house):
    assert "sudo apt install python3 python3-venv" in bash(house, "find_python").stderr


def test_the_python_that_was_named_is_the_one_or_none(house):
    python(house, "python3")
    done = bash(house, "find_python", PYTHON="/nowhere/python")
    assert done.returncode == 1
    assert "PYTHON is set to /nowhere/python, and that does not run." in done.stderr


def test_a_missing_venv_module_gets_the_line_to_type(house):
    path = house.parent / "bin" / "python3"
    path.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\necho 3.12.1 /usr\n')
    path.chmod(0o755)
    done = bash(house, "find_python; fill_venv ''")
    assert done.returncode == 1
    assert "Debian and Ubuntu: sudo apt install python3-venv" in done.stderr


@pytest.mark.slow
def test_the_venv_is_filled_once_and_again_when_pyproject_changes(house):
    environment = {"PATH": os.environ["PATH"]}
    first = bash(house, "find_python; fill_venv ''", **environment)
    assert "Installed." in first.stdout, first.stderr
    assert bash(house, "find_python; fill_venv ''", **environment).stdout == ""
    (house / "pyproject.toml").write_text((house / "pyproject.toml").read_text() + "# changed\n")
    assert "Installed." in bash(house, "find_python; fill_venv ''", **environment).stdout


@pytest.mark.slow
def test_a_package_that_cannot_be_had_is_named_and_tried_again_the_next_time(house):
    text = (
        (house / "pyproject.toml")
        .read_text()
        .replace("dependencies = []\n[", 'dependencies = ["./no-such-file.whl"]\n[')
    )
    (house / "pyproject.toml").write_text(text)
    done = bash(house, "find_python; fill_venv ''", PATH=os.environ["PATH"])
    assert done.returncode == 1
    assert "no-such-file" in done.stderr and "could not be installed" in done.stderr
    assert not (house / ".venv" / ".filled-run").exists()
