"""A library made by the first version is carried on by this one: nothing is lost, and its pictures are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow

AS_THE_FIRST_VERSION = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

then = [("photos", "0001_initial"), ("generation", "0001_initial")]
for app in ("contenttypes", "auth"):
    call_command("migrate", app, verbosity=0)
executor = MigrationExecutor(connection)
executor.migrate(then)
apps = MigrationExecutor(connection).loader.project_state(then).apps
ann = apps.get_model("auth", "User").objects.create(username="ann")
Photo, Recipe = apps.get_model("photos", "Photo"), apps.get_model("photos", "Recipe")
Session, Candidate = apps.get_model("generation", "GenerationSession"), apps.get_model("generation", "Candidate")
session = Session.objects.create(
    owner=ann, title="Harbour", state="ready", engine="procedural", prompt="harbour", width=64, height=64, count=1,
    first_seed="41", shown_at=timezone.now(), folder="2026-01-01-harbour-1", n_made=1,
)
for number, (collection, prompt) in enumerate([("session", "quiet harbour"), ("uploaded", "")]):
    photo = Photo.objects.create(
        owner=ann, collection=collection, origin="made" if prompt else "brought", file=f"{collection}/{number}.png",
        name_folded=f"{collection}/{number}.png", sha256=f"{number:064}", byte_size=9, format="PNG", width=64,
        height=48, shown_at=timezone.now(), title="" if prompt else "Old lighthouse", rating=4,
    )
    if prompt:
        Recipe.objects.create(photo=photo, generator="Built-in patterns", prompt=prompt, seed="41")
        Candidate.objects.create(session=session, number=1, seed="41", photo=photo)
"""

AS_THIS_ONE = """
import json, threading
import django; django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from generation.models import GenerationSession
from photos import search
from photos.models import Photo

call_command("migrate", verbosity=0)
ann = User.objects.get()
caught_up = search.catch_up(threading.Event())
texts = ("harbour", "lighthouse rating:4", "seed:41")
found = {text: [photo.pk for photo in search.find(ann, search.parse(text)).photos] for text in texts}
print(json.dumps({
    "caught_up": caught_up, "found": found,
    "rows": list(Photo.objects.order_by("pk").values_list("collection", "title", "rating")),
    "session": list(GenerationSession.objects.values_list("title", "n_made", "candidates__seed")),
    "again": search.catch_up(threading.Event()),
}))
"""


@pytest.fixture
def empty_database(db, tmp_path) -> Iterator[str]:
    """The URL of a database without a table, of the kind this run tests on."""
    server = os.environ.get("GALLERY_TEST_DATABASE")
    if not server:
        yield f"sqlite:///{tmp_path / 'first.sqlite3'}"
        return
    name = f"upgraded_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(script: str, database: str, folder: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GALLERY", "DJANGO"))
    }
    environment |= {
        "GALLERY_DATA": str(folder),
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "gallery_site.settings",
        "SECRET_KEY": "for this test alone " * 3,
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_library_of_the_first_version_is_carried_on(empty_database, tmp_path):
    run(AS_THE_FIRST_VERSION, empty_database, tmp_path)
    now = json.loads(run(AS_THIS_ONE, empty_database, tmp_path).splitlines()[-1])
    assert now["rows"] == [["session", "", 4], ["uploaded", "Old lighthouse", 4]]
    assert now["session"] == [["Harbour", 1, "41"]]
    assert (now["caught_up"], now["again"]) == (2, 0)
    assert {text: len(ids) for text, ids in now["found"].items()} == {
        "harbour": 1,
        "lighthouse rating:4": 1,
        "seed:41": 1,
    }
