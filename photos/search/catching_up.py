"""Pictures that are not written down yet: a library of an earlier version, carried on by this one.

No migration does this. It would run the index of today on the tables of then; the worker does it when all tables
stand, newest pictures first, while people search already.
"""

from __future__ import annotations

import threading
from functools import partial

from photos import working
from photos.db import in_transaction
from photos.models import Photo
from photos.search.keeping import index

CHUNK = 500  # photos in one transaction: others can write in between


def is_behind() -> bool:
    """Whether any picture is missing in the index."""
    return _missing().exists()


def ask_to_catch_up() -> None:
    """Ask for the task, where there is anything to do; once a day."""
    if is_behind():
        working.enqueue_once("catch_up_search")


def catch_up(stopping: threading.Event) -> int:
    """Write down what is missing, until `stopping` is set; what is left then is done next time. Returns how many."""
    written, last = 0, None
    while not stopping.is_set():
        missing = _missing() if last is None else _missing().filter(pk__lt=last)
        ids = list(missing.order_by("-pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            break
        written += in_transaction(partial(index, ids))
        last = ids[-1]
    return written


def _missing():
    return Photo.objects.filter(facts__isnull=True)
