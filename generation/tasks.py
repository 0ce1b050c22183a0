"""Background work on sessions. Each task takes a key, reads the row, and may run twice."""

from django_tasks import task

from generation import finals, trying, workflow


@task(queue_name="engines")
def run_session(session_id: int) -> None:
    """This session in its turn, and whatever else waits; the key is for who looks at the queue."""
    workflow.run()


@task(queue_name="engines")
def try_engine(setup_id: int) -> None:
    """The test of the engines page: where sessions are run, so that a model is loaded once."""
    trying.run(setup_id)


@task(queue_name="library")
def file_finals(session_id: int) -> None:
    """The picks of a session that have no live final."""
    finals.file_picks(session_id)
