"""Files whose rows are gone: deleted after the commit, tried again until done."""

from __future__ import annotations

import logging

from django.db.models import F

from photos import storage
from photos.models import PendingFileDeletion
from photos.thumbnails import VARIANTS

log = logging.getLogger(__name__)
BATCH = 500


def delete_pending() -> int:
    """Delete the files written down, thumbnails first, then forget the note. Returns how many are done."""
    done = 0
    for pending in PendingFileDeletion.objects.order_by("attempts", "id")[:BATCH].iterator():
        try:
            storage.remove_original(pending.root, pending.name, pending.sha256, tuple(VARIANTS))
        except OSError as error:
            log.warning("Could not delete %s: %s", pending.name, error)
            PendingFileDeletion.objects.filter(pk=pending.pk).update(
                attempts=F("attempts") + 1, last_error=str(error.strerror or error)[:300]
            )
        else:
            pending.delete()
            done += 1
    return done
