"""Background work on pictures. Each task may run twice."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django_tasks import task

from photos import bulk, deletion, redrawing, trash
from photos.models import Photo
from photos.thumbnails import VARIANTS


@task(queue_name="library")
def delete_files() -> None:
    deletion.delete_pending()


@task(queue_name="library")
def redraw_thumbnails(photo_ids: list[int]) -> None:
    """Draw every size of these pictures anew; the row says where that cannot be done."""
    for photo in redrawing.in_order(Photo.objects.filter(pk__in=photo_ids)):
        redrawing.redraw(photo, tuple(VARIANTS))


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


def _person(owner_id: int):
    return get_user_model().objects.get(pk=owner_id)
