"""Locks between the processes of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

LOCKS = "locks"  # the one folder in tmp/ that stays


@contextlib.contextmanager
def only_one(key: str) -> Iterator[bool]:
    """Whether this is the only one on this machine at work on `key`; the lock goes with the process that has it."""

    folder = Path(settings.TMP_DIR) / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(key.encode()).hexdigest()[:2]  # 256 files at most, never removed
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextlib.contextmanager
def folders_to_oneself(key: str, folders: Iterable[Path]) -> Iterator[bool]:
    """Whether nobody else on this machine has any of these folders for `key`, nor one above or below them.

    Folders above are held together with others, the folders themselves alone: who comes for `/a/b` while another has
    `/a` meets him at `/a`, whichever of them was first. Nobody waits; who gets no yes holds nothing.
    """
    own = set(folders)
    alone = {folder for folder in own if not own & set(folder.parents)}
    above = {parent for folder in alone for parent in folder.parents}
    kept = Path(settings.TMP_DIR) / LOCKS
    kept.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        for folder, kind in [*((f, fcntl.LOCK_EX) for f in alone), *((f, fcntl.LOCK_SH) for f in above)]:
            name = hashlib.sha256(f"{key}:{folder}".encode(errors="surrogateescape")).hexdigest()[:24]
            file = held.enter_context((kept / f"folder-{name}").open("ab"))
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except OSError:
                held.close()
                yield False
                return
        yield True
