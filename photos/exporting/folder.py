"""An export into a folder: what is there with the right bytes is left, what somebody else put there is never touched.

Each file is written under a hidden name, flushed, and linked to its own, which must be free: a stopped export leaves
nothing half-written under a name of a picture, and the next run goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from photos import storage
from photos.exporting import beside
from photos.exporting.faults import ExportError
from photos.exporting.names import TABLE
from photos.exporting.profiles import Job, Made, Piece
from photos.exporting.table import COLUMNS as TABLE_COLUMNS
from photos.exporting.table import Table, line

PART = ".photo-gallery-part-"


@dataclass(kw_only=True)
class Done:
    """`written` and `there` count files, what stands beside images among them."""

    table: Table = field(default_factory=Table)
    written: int = 0
    there: int = 0


def write(
    job: Job,
    folder: Path,
    *,
    stopped: Callable[[], bool] = lambda: False,
    each: Callable[[], None] = lambda: None,
) -> Done:
    """All of it into `folder`, which is made where it is not there. Raises ExportError for a folder that is none."""
    done = Done()
    _prepare(folder)
    for made in job.made():
        if stopped():
            break
        for piece in made.pieces:
            try:
                _write_one(piece, made, folder, done)
            except OSError as problem:
                made.seen.problem = f"It could not be written: {problem.strerror or 'no reason given'}."
                if problem.errno == 28:  # no room: nor for what follows
                    raise ExportError(
                        "There is no room left on that disk. Run it again to go on."
                    ) from problem
        done.table.add(made.seen)
        each()
    _write_table(folder, done.table)
    return done


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder.name} is a file; name a folder, or a file that ends in .zip.")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{PART}*"):
        left.unlink(missing_ok=True)


def _write_one(piece: Piece, made: Made, folder: Path, done: Done) -> None:
    """Under its name; beside somebody else's file of that name with the first digits of its own bytes' hash."""
    digest = _hash(piece)
    name = Path(piece.name)
    for tail in ("", f"-{digest[:8]}"):
        target = folder / name.with_name(f"{name.stem}{tail}{name.suffix}")
        if target.is_symlink() or target.exists():
            if _is_same(target, piece, digest):
                done.there += 1
                break
            if not _may_replace(target, piece):
                continue
            target.unlink()
        _copy(piece, target)
        done.written += 1
        break
    else:
        made.seen.problem = "Other files of its name are there; they were left."
        return
    if piece is made.pieces[0]:
        made.seen.name = target.name
        if piece.sha256 and digest != piece.sha256:
            made.seen.problem = "Its bytes are not those that came into the gallery."


def _may_replace(target: Path, piece: Piece) -> bool:
    """Only what an earlier run wrote beside an image, and knows better by now."""
    if piece.path is not None or target.suffix != ".json" or target.is_symlink():
        return False
    with target.open("rb") as file:
        return beside.is_ours(file.read(200))


def _is_same(target: Path, piece: Piece, digest: str) -> bool:
    if target.is_symlink() or not target.is_file() or target.stat().st_size != piece.byte_size:
        return False
    return storage.file_hash(target) == digest


def _hash(piece: Piece) -> str:
    return storage.file_hash(piece.path) if piece.path else hashlib.sha256(piece.data).hexdigest()


def _copy(piece: Piece, target: Path) -> None:
    """Raises FileExistsError where the name was taken meanwhile."""
    part = target.with_name(f"{PART}{os.getpid()}")
    try:
        with part.open("xb") as out:
            if piece.path is None:
                out.write(piece.data)
            else:
                with piece.path.open("rb") as file:
                    shutil.copyfileobj(file, out, storage.CHUNK)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(part, target)
        except (PermissionError, NotImplementedError, OSError) as problem:
            if isinstance(problem, FileExistsError):
                raise
            _copy_exclusively(part, target)  # no links on this file system
    finally:
        part.unlink(missing_ok=True)


def _copy_exclusively(part: Path, target: Path) -> None:
    with target.open("xb") as out, part.open("rb") as file:
        try:
            shutil.copyfileobj(file, out, storage.CHUNK)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _write_table(folder: Path, table: Table) -> None:
    """Over an earlier one of ours; beside a stranger's file of that name."""
    target, begins = folder / TABLE, (table.text.getvalue()[:1] + line(list(TABLE_COLUMNS))).encode()
    if target.is_symlink() or (target.exists() and not target.read_bytes().startswith(begins)):
        target = folder / "_written-2.csv"
    part = folder / f"{PART}{os.getpid()}"
    part.write_bytes(table.data())
    with contextlib.suppress(FileNotFoundError):
        os.replace(part, target)
