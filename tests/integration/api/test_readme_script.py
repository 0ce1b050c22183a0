"""The script in the README does what it says: a session from the first word to its finals, over a real connection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from generation.models import GenerationSession
from photos.models import Photo
from tests.integration.api.conftest import token_of
from tests.pictures import draw

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.any_database]
README = (Path(__file__).resolve().parents[3] / "README.md").read_text()
SCRIPTING = re.search(r"^## Scripting\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def environment(alice, live_server) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "GALLERY_URL": live_server.url, "GALLERY_TOKEN": token_of(alice)}


def test_the_script_drives_a_session_to_its_finals(environment, worker, start_worker, tmp_path):
    start_worker("library")  # files the finals
    shown = re.search(r"^(    import json.*?)\n\n", SCRIPTING, re.MULTILINE | re.DOTALL)
    script = textwrap.dedent(shown[1])
    assert len(script.splitlines()) <= 10
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    session, finals = GenerationSession.objects.get(), Photo.objects.filter(collection="completed")
    assert (session.state, session.n_made, session.n_picked, session.n_finals) == ("ready", 4, 2, 2)
    assert all(final.file.name in done.stdout for final in finals)


def test_the_curl_lines_bring_a_picture_and_start_a_session(environment, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    (tmp_path / "harbour.jpg").write_bytes(draw("JPEG"))
    lines = re.findall(r"^    (curl .*)$", SCRIPTING, re.MULTILINE)
    answers = [
        json.loads(
            subprocess.run(["bash", "-c", line], env=environment, cwd=tmp_path, capture_output=True).stdout
        )
        for line in lines
    ]
    assert answers[0]["outcome"] == "added"
    assert [answer["state"] for answer in answers[1:]] == ["queued"]
