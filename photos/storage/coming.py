"""Bytes coming in and going: spooled in tmp/, kept under a name of their own, deleted."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.storage import storages

from photos.images import RejectedImage
from photos.storage.names import COMPLETED, LINKED, Place, sidecar_name, thumbnail_name

CHUNK = 1024 * 1024
LEFT_BEHIND_SECONDS = 600  # between the bytes of an original and its row lie seconds; this long means it died


@dataclass(frozen=True, kw_only=True)
class Spooled:
    """Bytes lying in tmp/ under no name of their own yet."""

    path: Path
    sha256: str
    byte_size: int


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder in tmp/ that is gone afterwards. What a killed process leaves there `check_media` removes.

    It is locked for as long as its process lives: so others tell what is coming in from what was left.
    """
    Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ingest-", dir=settings.TMP_DIR))
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # where folders cannot be locked, nobody can ask for it either
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def leave_behind(spooled: Spooled) -> None:
    """Let a workspace lie as a killed process does: whoever brings the bytes again finds their original by it."""
    with contextlib.suppress(OSError):
        spooled.path.parent.rename(spooled.path.parent.with_name(f"{spooled.path.parent.name}-left"))


def spool(source: BinaryIO | bytes | Path, folder: Path) -> Spooled:
    """Copy `source` into `folder` while hashing it, flushed to disk. Raises RejectedImage("too-large" | "empty")."""
    target = folder / "original"
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out, _opened(source) as file:
        cloned = isinstance(source, Path) and _cloned(file, out)
        while block := file.read(CHUNK):
            size += len(block)
            check_size(size)
            digest.update(block)
            if not cloned:
                out.write(block)
        out.flush()
        os.fsync(out.fileno())
    check_size(size)
    return Spooled(path=target, sha256=digest.hexdigest(), byte_size=size)


def check_size(byte_size: int) -> None:
    """Raise RejectedImage for a file of no bytes, or of more than the gallery takes."""
    limit = settings.GALLERY_MAX_FILE_BYTES
    if byte_size > limit:
        raise RejectedImage(
            "too-large", f"The file is larger than {limit // 1024**2} MB, the most taken here."
        )
    if not byte_size:
        raise RejectedImage("empty", "The file is empty.")


def file_hash(path: Path) -> str:
    """SHA-256 of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_original(
    spooled: Spooled,
    place: Place,
    extension: str,
    *,
    spoken_for: Callable[[str], bool],
    flush_folder: bool = True,
) -> tuple[str, bool]:
    """Write an original once. Returns (its name, whether this call wrote it).

    `spoken_for(name)` says whether a row, or a deletion still to be done, has that name. On a collision the name
    takes the first digits of the hash, and where the same bytes lie there as well (of another owner, of a final
    taken back) a few random ones: never a counting loop. Without `flush_folder` the caller flushes many at once.
    """
    storage, digits = storages["media"], spooled.sha256[:8]
    for tail in ("", f"-{digits}", *(f"-{digits}-{secrets.token_hex(4)}" for _ in range(3))):
        name = f"{place.folder}/{place.stem}{tail}{extension}"
        if spoken_for(name):
            continue
        try:
            storage.write_once(spooled.path, name, flush_folder=flush_folder)
            return name, True
        except FileExistsError:
            if _is_left_behind(Path(storage.path(name)), spooled, adopt=place.adopt):
                return name, False
    raise FileExistsError(f"No free name in {place.folder} for {place.stem}{extension}")


def flush_folders(names: Iterable[str]) -> None:
    """Make sure that these originals are found after a power cut."""
    storage = storages["media"]
    for folder in sorted({os.path.dirname(storage.path(name)) for name in names}):
        storage.flush_folder(folder)


def _is_left_behind(path: Path, spooled: Spooled, *, adopt: bool) -> bool:
    """Whether a file without a row is the very same bytes, left by a process that died before it wrote the row.

    Where others may be at work in the folder, they must be known to be dead, or it be older than any ingest lasts.
    """
    try:
        left = adopt or _is_of_the_dead(path) or time.time() - path.stat().st_mtime > LEFT_BEHIND_SECONDS
        return left and file_hash(path) == spooled.sha256
    except FileNotFoundError:
        return False


def _is_of_the_dead(path: Path) -> bool:
    """Whether this original still hangs on a workspace of this machine that no process holds any more."""
    for folder in Path(settings.TMP_DIR).glob("ingest-*"):
        with contextlib.suppress(OSError):  # gone by now, held, or not to be locked
            if (folder / "original").samefile(path):
                handle = os.open(folder, os.O_RDONLY)
                try:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return True
                finally:
                    os.close(handle)
    return False


def keep_thumbnails(original: str, sha256: str, made: dict[str, Path]) -> None:
    for variant, path in made.items():
        storages["thumbnails"].put(path, thumbnail_name(original, sha256, variant))


def keep_sidecar(original: str, data: bytes, folder: Path) -> str:
    """Write the sidecar of a final, durably, by way of a workspace, and give back its hash.

    One that is there is replaced: a dead process left it, or it says something else by now.
    """
    path = folder / "sidecar"
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    storages["media"].put(path, sidecar_name(original))
    flush_folders([original])
    return hashlib.sha256(data).hexdigest()


def read_sidecar(original: str) -> bytes:
    """What stands beside a final, at most a megabyte; b"" where nothing does."""
    try:
        with open(storages["media"].path(sidecar_name(original)), "rb") as file:
            return file.read(CHUNK)
    except OSError:
        return b""


def sidecar_hash(original: str) -> str:
    """SHA-256 of what stands beside a final; "" where nothing does."""
    data = read_sidecar(original)
    return hashlib.sha256(data).hexdigest() if data else ""


def double_thumbnails(original: str, other: str, sha256: str, variants: Iterable[str]) -> None:
    """Let the thumbnails of one name be found under another too: their original is about to be called so."""
    for variant in variants:
        old, new = (thumbnail_name(name, sha256, variant) for name in (original, other))
        storages["thumbnails"].double(old, new)


def remove_thumbnails(original: str, sha256: str, variants: Iterable[str]) -> None:
    for variant in variants:
        storages["thumbnails"].remove(thumbnail_name(original, sha256, variant))


def remove_original(root: str, name: str, sha256: str, variants: tuple[str, ...]) -> None:
    """Delete an original and all that was derived from it; a linked one stays. Missing files are fine."""
    remove_thumbnails(name, sha256, variants)
    if root != LINKED:
        if name.startswith(f"{COMPLETED}/"):
            storages[root].remove(sidecar_name(name))
        storages[root].remove(name)


def _opened(source: BinaryIO | bytes | Path):
    if isinstance(source, Path):
        return source.open("rb")
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return contextlib.nullcontext(source)


def _cloned(source: BinaryIO, target: BinaryIO) -> bool:
    """Share the blocks of `source` where the file system can (btrfs, XFS, APFS has no ioctl: False)."""
    try:
        fcntl.ioctl(target.fileno(), 0x40049409, source.fileno())  # FICLONE
        return True
    except (ImportError, OSError):
        return False
