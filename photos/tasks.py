"""Background work on pictures. Each task may run twice."""

from django_tasks import task

from photos import deletion


@task(queue_name="library")
def delete_files() -> None:
    deletion.delete_pending()
