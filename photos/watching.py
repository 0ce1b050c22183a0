"""Folders whose new pictures come in by themselves.

    Watch           one folder: look, bring in what is complete, say what came; the command `watch_folder` is just that
    add, switch ... the rows of the import page, which the workers watch: photos.watchers

Nothing is ever taken away: a folder that is empty or not there brings nothing, and says so.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from photos import server_folders
from photos.db import in_transaction
from photos.importing import Became, Import, ImportProblem, Options, shown
from photos.importing.memory import path_key
from photos.importing.places import is_own
from photos.looking import Looker
from photos.models import WatchedFolder
from photos.text import clean

AT_ONCE = 100  # files brought in before the next folder has its turn
FEW = 4  # so many are brought in without threads


@dataclass(kw_only=True)
class Came:
    """What one turn brought. `refused`: label -> why."""

    counts: Counter = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def n_new(self) -> int:
        return self.counts[Became.ADDED]


class Watch:
    """One folder, watched by whoever calls `turn` again and again, after `pause` seconds."""

    def __init__(self, owner_id: int, folder: Path, options: Options, *, since: datetime | None) -> None:
        """`since`: what came later is brought in; None: whatever is there. Raises ImportProblem."""
        self.owner_id, self.folder, self.options = owner_id, folder, options
        Import(owner_id, [folder], options)  # refuses what is the gallery's own
        self._looker = Looker(folder, since=since.timestamp() if since else None, own=is_own)
        self.refused: dict[str, str] = {}  # path -> "cut.png: why", as long as it is so

    @property
    def pause(self) -> float:
        return self._looker.pause

    @property
    def has_more(self) -> bool:
        return bool(self._looker.waiting)

    def turn(self, stop: threading.Event) -> Came:
        """Look, and bring in what is complete. Raises ImportProblem, OSError when the folder is away."""
        came, paths = Came(), {clean(path): path for path in self._looker.look(AT_ONCE)}
        self.refused = {path: words for path, words in self.refused.items() if os.path.exists(path)}
        if not paths:
            return came
        task = Import(self.owner_id, [self.folder], self.options, only=list(paths))
        for outcome in task.run(threads=1 if len(paths) < FEW else (os.cpu_count() or 1) + 1, stop=stop):
            self._settle(paths.get(outcome.path, outcome.path), outcome)
            came.counts[outcome.became] += 1
            if outcome.became == Became.REJECTED:
                came.refused[outcome.label] = outcome.reason
        return came

    def _settle(self, path: str, outcome) -> None:
        refused = outcome.became == Became.REJECTED
        self._looker.settled(path, refused=refused)
        self.refused.pop(path, None)
        if refused:
            self.refused[path] = f"{shown(os.path.basename(path))}: {outcome.reason}"
            while len(self.refused) > AT_ONCE:
                del self.refused[next(iter(self.refused))]


# --- rows -----------------------------------------------------------------------------------------

MOST = 20  # folders of one person


def of(owner) -> QuerySet[WatchedFolder]:
    return WatchedFolder.objects.filter(owner_id=getattr(owner, "pk", None) or 0)


def add(owner, place: str, options: Options, *, existing: bool) -> WatchedFolder:
    """Watch an allowed folder from now on; `existing` is only written down. Raises ImportProblem."""
    path = server_folders.within(place)
    Import(owner.pk, [path], options)
    mine = [Path(one) for one in of(owner).values_list("path", flat=True)]
    if len(mine) >= MOST:
        raise ImportProblem(_("At most %s folders can be watched. Remove one first.") % MOST)
    if any(path == one or path in one.parents or one in path.parents for one in mine):
        raise ImportProblem(_("This folder, or one above or below it, is watched already."))
    saved = {"as_sessions": options.as_sessions, "link": options.link, "existing": existing}

    def work() -> WatchedFolder:
        return WatchedFolder.objects.create(
            owner=owner, path=str(path), path_key=path_key(str(path)), options=saved
        )

    try:
        return in_transaction(work)
    except IntegrityError:
        raise ImportProblem(_("This folder, or one above or below it, is watched already.")) from None


def switch(row: WatchedFolder, *, on: bool) -> None:
    """On again, it goes on from where it was: what came meanwhile is brought in."""
    WatchedFolder.objects.filter(pk=row.pk).update(is_on=on, note="", lease_token=None, lease_until=None)


def remove(row: WatchedFolder) -> None:
    """What came in stays."""
    WatchedFolder.objects.filter(pk=row.pk).delete()
