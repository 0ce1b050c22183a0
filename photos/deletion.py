"""Files whose rows are gone: deleted after the commit, tried again until done."""

from __future__ import annotations

import logging
from functools import partial

from django.db.models import F

from photos import storage
from photos.db import in_transaction
from photos.models import PendingFileDeletion
from photos.thumbnails import VARIANTS

log = logging.getLogger(__name__)
BATCH = 500


def delete_pending() -> int:
    """Delete the files written down, thumbnails first, then forget the note. Returns how many are done."""
    waiting = PendingFileDeletion.objects.order_by("attempts", "id").values_list("pk", flat=True)[:BATCH]
    return sum(in_transaction(partial(_delete, pk)) for pk in list(waiting))


def settle(root: str, name_folded: str) -> None:
    """Delete now what is noted under this name: something is to be called so again."""
    for pk in PendingFileDeletion.objects.filter(root=root, name_folded=name_folded).values_list(
        "pk", flat=True
    ):
        in_transaction(partial(_delete, pk))


def _delete(pk: int) -> bool:
    """Delete one file while its note is locked; of a linked one only the thumbnails, the file is not ours.

    Without the lock two workers would do the same list, and the slower one delete what came in meanwhile under a
    name that the faster one had made free.
    """
    pending = PendingFileDeletion.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if pending is None:
        return False
    try:
        storage.remove_original(pending.root, pending.name, pending.sha256, tuple(VARIANTS))
    except OSError as error:
        log.warning("Could not delete %s: %s", pending.name, error)
        PendingFileDeletion.objects.filter(pk=pk).update(
            attempts=F("attempts") + 1, last_error=str(error.strerror or error)[:300]
        )
        return False
    pending.delete()
    return True
