"""What a start does with Django, once, in a process of its own that then ends and gives its memory back.

Copies the library before its tables change, changes them, collects static files when they changed, makes the
first account, draws the demo, runs the system checks. The answer is one JSON object on the file descriptor
named by `--answer`: `threads, hosts, name, password, made, link`, or `problem`, a sentence.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import secrets
import sys
import time
import tomllib
import traceback
from pathlib import Path
from typing import Any

from gallery_site.library import data_folder, ensure_secret_key

CODE = Path(__file__).resolve().parent.parent
KEPT_COPIES = 5
# No 0/O, 1/l/i: the password is read off one screen and typed on another. 4 x 4 of these are 78 bits.
PLAIN_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class CannotPrepare(Exception):
    """The message is a sentence for the person who started the gallery."""


def main() -> int:
    """Prepare, answer, end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--answer", type=int, default=1)
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    try:
        answer = prepare(demo=options.demo)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        answer = {"problem": problem_sentence(error)}
    with os.fdopen(options.answer, "w") as file:
        json.dump(answer, file)
    return 1 if "problem" in answer else 0


def prepare(*, demo: bool) -> dict[str, Any]:
    """Everything between a folder and a gallery that can be served."""
    import django

    ensure_secret_key(data_folder(CODE))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery_site.settings")
    django.setup()
    from django.conf import settings

    update_tables()
    collect_static()
    check_system()
    user, password, made = admin_account()
    if demo:
        make_demo()

    from photos.accounts import sign_in_link

    return {
        "threads": settings.SERVER_THREADS,
        "hosts": list(settings.ALLOWED_HOSTS),
        "name": user.get_username(),
        "password": password,
        "made": made,
        "link": sign_in_link(user),
    }


# --- the tables -----------------------------------------------------------------------------------


def update_tables() -> None:
    """Apply the migrations that are missing; a library with photos is copied before."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    refuse_newer_library(executor)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if connection.vendor == "sqlite" and count_photos(connection):
        say(f"Copying the library before its tables change: {copy_library(connection)}")
    say(f"Preparing the tables ({len(plan)} steps) ...")
    call_command("migrate", interactive=False, verbosity=0)


def refuse_newer_library(executor: Any) -> None:
    """Refuse a library whose tables a newer version has changed: writing to it could lose what that one added."""
    ours = {"photos", "generation"}
    unknown = [
        m
        for m in executor.loader.applied_migrations
        if m[0] in ours and m not in executor.loader.disk_migrations
    ]
    if unknown:
        raise CannotPrepare(
            f"This library was last used by a newer Photo Gallery (it knows {'.'.join(sorted(unknown)[-1])}). "
            "Update this one first, or start it on a copy in backups/."
        )


def count_photos(connection: Any) -> int:
    """Photos in the library, 0 when the table is not there yet. In SQL: the model may be ahead of the table."""
    if "photos_photo" not in connection.introspection.table_names():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM photos_photo")
        return cursor.fetchone()[0]


def copy_library(connection: Any) -> Path:
    """Write a whole, compact copy of the SQLite file to backups/; keep the newest of these copies."""
    from django.conf import settings

    folder = Path(settings.DATA_DIR) / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"gallery-{time.strftime('%Y%m%d-%H%M%S')}-before-{version()}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    for old in sorted(folder.glob("gallery-*-before-*.sqlite3"))[:-KEPT_COPIES]:
        old.unlink()
    return copy


# --- static files ---------------------------------------------------------------------------------


def collect_static() -> None:
    """Collect static files when any of them, or the version, is not what the last collection saw."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.DATA_DIR) / "run" / "static"
    seen = static_fingerprint()
    if stamp.is_file() and stamp.read_text() == seen and Path(settings.STATIC_ROOT).is_dir():
        return
    say("Collecting static files ...")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(seen)


def static_fingerprint() -> str:
    """Changes with the version and with every static file of ours and of the packages: name, size, time."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256(version().encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = os.stat(storage.path(name))
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def version() -> str:
    """The version in pyproject.toml: the project is run from its folder, not installed."""
    with open(CODE / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["version"]


# --- people, demo, checks -------------------------------------------------------------------------


def admin_account() -> tuple[Any, str, bool]:
    """(the administrator, the generated password or "", whether the account was made just now)."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    name = os.environ.get("GALLERY_ADMIN_NAME", "").strip() or "admin"
    admins = users.filter(is_superuser=True, is_active=True)
    if user := admins.filter(username=name).first() or admins.order_by("pk").first():
        return user, "", False
    if users.filter(username=name).exists():
        raise CannotPrepare(
            f'There is no administrator, and "{name}" is an ordinary account: name another one in '
            "GALLERY_ADMIN_NAME, or make one with ./manage.py createsuperuser."
        )
    chosen = os.environ.get("GALLERY_ADMIN_PASSWORD", "")
    password = chosen or new_password()
    return users.create_superuser(name, "", password), "" if chosen else password, True


def new_password() -> str:
    """A password to read aloud: four groups of four."""
    return "-".join("".join(secrets.choice(PLAIN_CHARACTERS) for _ in range(4)) for _ in range(4))


def make_demo() -> None:
    """Draw the demo; a gallery that is not empty goes on without one."""
    from django.core.management import CommandError, call_command

    say("Drawing the demo ...")
    try:
        call_command("demo")
    except CommandError as error:
        say(f"No demo: {error}")


def check_system() -> None:
    """Django's checks and ours: errors end the start, warnings are shown."""
    from django.core import checks

    found = checks.run_checks(databases=["default"])
    errors = [check_sentence(m) for m in found if m.is_serious() and not m.is_silenced()]
    if errors:
        raise CannotPrepare("\n".join(errors))
    for message in found:
        if message.level >= checks.WARNING and not message.is_silenced():
            say(f"Note: {check_sentence(message)}")


def check_sentence(message: Any) -> str:
    """One check message as one line."""
    words = " ".join(f"{message.msg} {message.hint or ''}".split())
    return f"{words} ({message.id})" if message.id else words


def problem_sentence(error: Exception) -> str:
    """What went wrong, for a person; the traceback of what nobody expected is printed before."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    if isinstance(error, CannotPrepare):
        return str(error)
    if sentence := getattr(error, "sentence", None):
        return str(sentence)
    if isinstance(error, ImproperlyConfigured):
        return f"A setting is wrong: {error}"
    if getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error):
        return "The disk is full. Free some space and start again; nothing was lost."
    if isinstance(error, OperationalError):
        return f"The database cannot be used: {error}"
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{error.filename or 'A file'} cannot be written: {error.strerror}."
    traceback.print_exc()
    return f"The library could not be prepared: {error}"


def say(words: str) -> None:
    """One line of progress."""
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
