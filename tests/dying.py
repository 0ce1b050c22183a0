"""A process that kills itself at a named step: what `kill -9` or a power cut leaves behind, at each step of a walk.

    python -m tests.dying      a line of JSON in, ["original kept", "bring", 7, "/a.png"]; a line out: how it ended

Each line is done by a fork of this process, which itself opens no database: thirty deaths cost one start. STEPS is
the switch. A step that a walk never comes to kills nobody, and the answer says so.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name

import django
from django.conf import settings

# Name -> ("before" or "after", a function as its caller finds it, which of its calls).
STEPS = {
    # ingest
    "bytes spooled": ("after", "photos.storage:spool", 1),
    "picture examined": ("after", "photos.ingest:examine", 1),
    "file linked": ("after", "photos.storage.local:_link_or_copy", 1),
    "original kept": ("after", "photos.storage:keep_original", 1),
    "one thumbnail kept": ("after", "photos.storage:LocalMediaStorage.put", 1),
    "thumbnails kept": ("after", "photos.storage:keep_thumbnails", 1),
    "row inserted": ("after", "photos.ingest:insert_now", 1),
    "row committed": ("after", "photos.ingest:in_transaction", 1),
    # import: the second file
    "one file imported": ("after", "photos.importing.bringing:Bringer.bring", 1),
    "second spooled": ("after", "photos.storage:spool", 2),
    "second original kept": ("after", "photos.storage:keep_original", 2),
    "second thumbnails kept": ("after", "photos.storage:keep_thumbnails", 2),
    "second row inserted": ("after", "photos.ingest:insert_now", 2),
    "second row committed": ("after", "photos.ingest:in_transaction", 2),
    # link
    "linked row inserted": ("after", "photos.linking:insert_now", 1),
    "linked row committed": ("after", "photos.linking:in_transaction", 1),
    "thumbnails doubled": ("after", "photos.storage:double_thumbnails", 1),
    # import as sessions
    "session made": ("after", "generation.arriving:Arriving._start", 1),
    "candidate two written": ("after", "generation.arriving:Arriving.write", 2),
    "candidate two committed": ("after", "photos.ingest:in_transaction", 2),
    "many originals kept": ("after", "photos.ingest_many:_originals", 1),
    "many rows inserted": ("after", "photos.ingest_many:_insert", 1),
    "many rows committed": ("after", "photos.ingest_many:in_transaction", 1),
    # complete
    "filing asked for": ("after", "generation.finals:ask_to_file", 1),
    "marked copy written": ("after", "generation.finals:_in_the_file", 1),
    "one final filed": ("after", "generation.finals:_file_one", 1),
    "all finals filed": ("after", "generation.finals:_file_one", 2),
    # a session at work
    "session claimed": ("after", "generation.workflow:claim", 1),
    "all images made": ("before", "generation.workflow:_release", 1),
    # trash and restore
    "pictures moved": ("after", "photos.curate:_move", 1),
    "move committed": ("after", "photos.curate:in_transaction", 1),
    "session moved without its images": ("before", "photos.curate:trash_now", 1),
    "session move committed": ("after", "generation.trashing:in_transaction", 1),
    "some of many moved": ("after", "photos.curate:in_transaction", 1),
    # purge
    "deletion noted": ("after", "photos.search:forget", 1),
    "rows deleted": ("after", "photos.curate:purge_now", 1),
    "purge committed": ("before", "photos.working:_enqueue_now", 1),
    "deletion asked for": ("after", "photos.curate:in_transaction", 1),
    "one thumbnail deleted": ("after", "photos.storage:LocalMediaStorage.remove", 2),
    "files deleted": ("after", "photos.storage:remove_original", 1),
    "one note done": ("after", "photos.deletion:_delete", 1),
    "images of a session purged": ("before", "generation.trashing:_forget", 1),
}


def die_at(step: str) -> None:
    """From now on this process kills itself when it comes to that step."""
    when, target, turn = STEPS[step]
    holder_name, _, name = target.replace(":", ".").rpartition(".")
    holder = resolve_name(holder_name)
    real, turns = getattr(holder, name), iter(range(1, turn + 1))

    @wraps(real)
    def deadly(*args, **kwargs):
        last = next(turns) == turn
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(holder, name, deadly)


# --- walks --------------------------------------------------------------------------------------------


def bring(owner_id: int, path: str) -> None:
    from photos import storage
    from photos.ingest import Arrival, ingest
    from tests.factories import A_DAY

    name = Path(path).name
    ingest(Path(path), Arrival(owner_id=owner_id, place=storage.uploaded(name, A_DAY), name=name))


def import_folder(owner_id: int, folder: str) -> None:
    from photos.importing import Import

    list(Import(owner_id, [Path(folder)]).run())


def link_folder(owner_id: int, folder: str) -> None:
    from photos.importing import Import, Options

    list(Import(owner_id, [Path(folder)], Options(link=True)).run())


def move_linked(photo_id: int, path: str) -> None:
    from photos import linking
    from photos.models import Photo

    linking.moved(Photo.objects.get(pk=photo_id), Path(path))


def import_sessions(owner_id: int, folder: str, later: bool) -> None:
    from photos.importing import Import, Options, run

    run.TOGETHER = 3
    options = Options(as_sessions=True, thumbnails_later=later)
    list(Import(owner_id, [Path(folder)], options).run())


def make_images(session_id: int) -> None:
    from generation import workflow
    from generation.models import GenerationSession

    workflow.run_here(GenerationSession.objects.get(pk=session_id))


def complete(session_id: int) -> None:
    from generation import finals
    from generation.models import GenerationSession

    finals.ask_to_file(GenerationSession.objects.get(pk=session_id))
    finals.file_picks(session_id)


def trash(owner_id: int, photo_ids: list[int]) -> None:
    from photos import curate

    curate.trash(owner_id, photo_ids)


def restore(owner_id: int, photo_ids: list[int]) -> None:
    from photos import curate

    curate.restore(owner_id, photo_ids)


def purge(owner_id: int, photo_ids: list[int]) -> None:
    from photos import curate, deletion

    curate.purge(owner_id, photo_ids)
    deletion.delete_pending()


def trash_session(session_id: int) -> None:
    from generation import trashing
    from generation.models import GenerationSession

    trashing.trash_session(GenerationSession.objects.get(pk=session_id))


def work(chunk: int) -> None:
    """What a worker of the queue `library` does, `chunk` pictures of a gesture at a time."""
    from django_tasks_db.management.commands.db_worker import Worker

    from photos import bulk, working

    bulk.CHUNK = chunk
    Worker(
        queue_names=["library"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{working.holder()}:1",
        excluded_queue_names=[],
    ).run()


def purge_session(session_id: int) -> None:
    from generation import trashing
    from generation.models import GenerationSession

    trashing.delete_for_ever(GenerationSession.objects.get(pk=session_id))


WALKS = (
    bring, import_folder, import_sessions, link_folder, move_linked, make_images, complete, trash, restore, purge,
    trash_session, purge_session, work,
)  # fmt: skip


# --- the process --------------------------------------------------------------------------------------


class Mortal:
    """That process, as a test has it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.dying"],
            cwd=Path(__file__).resolve().parents[1],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def dies(self, step: str, walk: Callable, *arguments) -> bool:
        """Whether a process that went this walk was killed at that step."""
        print(json.dumps([step, walk.__name__, *arguments]), file=self._process.stdin, flush=True)
        return self._process.stdout.readline() == f"{-signal.SIGKILL}\n"

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=20)


def main() -> None:
    django.setup()
    settings.GALLERY_ENGINES = {"scripted": {"CLASS": "tests.doubles.ScriptedEngine"}}
    walks = {walk.__name__: walk for walk in WALKS}
    for line in sys.stdin:
        step, name, *arguments = json.loads(line)
        if pid := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            continue
        try:
            die_at(step)
            walks[name](*arguments)
        except BaseException:
            traceback.print_exc()
        os._exit(0)  # still alive


if __name__ == "__main__":
    main()
