"""What can be wrong with one file, as a sentence in place of a picture; only what ends the whole run is raised."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db import DatabaseError

from photos import archives
from photos.images import RejectedImage
from photos.importing.found import Found
from photos.importing.words import Became, ImportProblem, Outcome
from photos.text import clean

log = logging.getLogger(__name__)
Result = TypeVar("Result")

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
# Refused for what the machine, the settings or the wish are now: the next run tries again, and need not link.
PASSING = {"too-large", "too-slow", "too-big-to-decode", "unreadable", "not-nameable"}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a file; `noted`: that it is remembered already."""

    found: Found
    outcome: Outcome
    noted: bool = False


def told(
    found: Found, became: Became, *, photo_id: int | None = None, recipe: str = "", noted: bool = False
) -> Told:
    outcome = Outcome(
        label=found.label, path=clean(found.key), became=became, photo_id=photo_id, recipe=recipe
    )
    return Told(found, outcome, noted)


def calmly(found: Found, work: Callable[[], Result]) -> Result | Told:
    """What `work` says of this file, or why it was refused. Raises ImportProblem, and errors of the database."""
    try:
        return work()
    except RejectedImage as rejected:
        return _refused(found, rejected.sentence, passing=rejected.code in PASSING)
    except archives.DAMAGED:
        return _refused(found, "It is damaged inside its archive; bring the archive again.")
    except OSError as error:
        if error.errno in DISK_FULL:
            raise ImportProblem(f"Nothing more can be stored: {error.strerror}.") from error
        return _refused(found, f"It could not be read or kept: {error.strerror or error}.", passing=True)
    except (DatabaseError, ImportProblem):
        raise
    except Exception as error:  # one odd file must not keep ten thousand others out
        if found.path is None and isinstance(error, archives.UNREADABLE):
            return _refused(
                found, "It is packed in a way that cannot be read here; unpack the archive first."
            )
        log.exception("%s could not be imported", found.label)
        return _refused(found, "Something unexpected went wrong with it; the log says what.", passing=True)


def _refused(found: Found, reason: str, *, passing: bool = False) -> Told:
    if passing:  # remembered without its time it is never "as it was"
        found = replace(found, modified_ns=None)
    outcome = Outcome(label=found.label, path=clean(found.key), became=Became.REJECTED, reason=reason)
    return Told(found, outcome)
