"""Background work on pictures. Each task may run twice."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django_tasks import task

from photos import bulk, deletion, importing_runs, lookalikes, pending, redrawing, search, trash, working
from photos.models import Photo
from photos.thumbnails import VARIANTS


@task(queue_name="library")
def delete_files() -> None:
    deletion.delete_pending()


@task(queue_name="library")
def catch_up_search() -> None:
    """What an earlier version of the gallery left out of the search index."""
    search.catch_up(working.stopping)


@task(queue_name="library")
def redraw_thumbnails(photo_ids: list[int]) -> None:
    """Draw every size of these pictures anew; the row says where that cannot be done."""
    for photo in redrawing.in_order(Photo.objects.filter(pk__in=photo_ids)):
        redrawing.redraw(photo, tuple(VARIANTS))


@task(queue_name="library")
def draw_pending() -> None:
    """Thumbnails of some pictures that came in without; asks for itself until there are none."""
    pending.draw()


@task(queue_name="library")
def do_in_bulk(owner_id: int, scope: str, action: str, argument: str, batch: str, newest: int) -> None:
    """One thing to everything a list shows, where that is too much for a request."""
    bulk.run(_person(owner_id), scope, action, argument, uuid.UUID(batch), newest)


@task(queue_name="library")
def take_back(owner_id: int, steps: list) -> None:
    bulk.take_back(_person(owner_id), steps)


@task(queue_name="library")
def delete_batch(owner_id: int, batch: str) -> None:
    """What one gesture moved into the trash, for ever, where that is too much for a request."""
    trash.delete_batch(_person(owner_id), uuid.UUID(batch))


@task(queue_name="library")
def empty_trash(owner_id: int | None = None, before: str = "") -> None:
    """What lay in a person's trash at an instant; without a person everybody's that is ripe."""
    if owner_id is None:
        trash.empty(days=settings.GALLERY_TRASH_DAYS)
    else:
        trash.empty(_person(owner_id), before=datetime.fromisoformat(before))


@task(queue_name="library")
def find_duplicates(owner_id: int) -> None:
    """Look for duplicates among what is new of one person's."""
    lookalikes.search(owner_id)


@task(queue_name="library")
def clear_exact(owner_id: int, batch: str, newest: int) -> None:
    """All duplicates of the same bytes, where those are too many for a request."""
    lookalikes.clear_exact(_person(owner_id), batch=uuid.UUID(batch), newest=newest)


@task(queue_name="library")
def run_import(run_id: int) -> None:
    """This import, then whatever waits; 0: whatever waits. It goes on after the task: see `importing_runs`."""
    importing_runs.run_behind(run_id)


def _person(owner_id: int):
    return get_user_model().objects.get(pk=owner_id)
