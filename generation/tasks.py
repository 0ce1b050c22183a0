"""Background work on sessions. Each task takes a key, reads the row, and may run twice."""

from django_tasks import task

from generation import finals, workflow


@task(queue_name="engines")
def run_session(session_id: int) -> None:
    """This session, then whatever waits; 0: whatever waits."""
    workflow.run(session_id)


@task(queue_name="library")
def file_finals(session_id: int) -> None:
    """The picks of a session that have no live final."""
    finals.file_picks(session_id)
