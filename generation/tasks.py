"""Background work on sessions. Each task takes a key, reads the row, and may run twice."""

from django.contrib.auth import get_user_model
from django_tasks import task

from generation import finals, marks_audit, trying, workflow


@task(queue_name="engines")
def run_session(session_id: int) -> None:
    """This session in its turn, and whatever else waits; the key is for who looks at the queue."""
    workflow.run()


@task(queue_name="engines")
def try_engine(setup_id: int) -> None:
    """The test of the engines page: where sessions are run, so that a model is loaded once."""
    trying.run(setup_id)


@task(queue_name="library")
def read_marks(owner_id: int, after: int | None = None) -> None:
    """What the files of a person say of how they were made; asks for itself until all are read.

    With `after` finals are read anew from there on, whether they were read before or not.
    """
    marks_audit.read_behind(owner_id, after)


@task(queue_name="library")
def mend_finals(owner_id: int, before: int) -> None:
    """Finals whose papers are not right, newest first, from below this number (0: from the first)."""
    marks_audit.mend_behind(_person(owner_id), before)


@task(queue_name="library")
def write_titles(owner_id: int, photo_ids: list[int]) -> None:
    """Finals that were given other titles."""
    marks_audit.write_titles(_person(owner_id), photo_ids)


@task(queue_name="library")
def file_finals(session_id: int) -> None:
    """The picks of a session that have no live final."""
    finals.file_picks(session_id)


def _person(owner_id: int):
    return get_user_model().objects.get(pk=owner_id)
