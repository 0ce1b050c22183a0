"""Bringing in many pictures at once: folders, files and ZIP archives.

    look through all of it -> is there room? -> each file walks through `ingest` -> what became of each

Files are copied, never moved or changed. A run that was ended goes on when it is started again: bytes that are
there already are an answer, found by their size and hash alone.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import os
import shutil
import stat
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError

from photos import archives, images, storage
from photos.dating import wall_clock_now
from photos.db import is_database_file
from photos.images import RejectedImage, detect_format
from photos.ingest import Arrival, ingest, known, recall
from photos.models import Photo
from photos.parallel import in_threads
from photos.text import clean

log = logging.getLogger(__name__)

THUMBNAIL_SHARE = 0.08  # of the originals' bytes, measured over camera photos and generated images
ROOM_TO_LEAVE_BYTES = 256 * 1024**2  # for the database and for work in hand; a full disk stops everything
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
HEAD_BYTES = 4096
JUNK = {
    "__macosx",
    "thumbs.db",
    "desktop.ini",
    "@eadir",
}  # what systems leave beside pictures; so is ".anything"

# Files that are surely no pictures, by extension; of all others the bytes decide.
_KINDS = {
    "video": "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts ogv ts vob webm wmv",
    "archive": "zip",
    "other": "7z aac aae bak bat bz2 ckpt conf css csv db dll doc docx exe flac gguf gz htm html ini iso jar js "
    "json jsonl lnk log m3u m4a md mid mp3 msi npy npz odp ods odt ogg onnx opus otf pdf pickle pkl plist ppt pptx "
    "pt pth py pyc rar rtf safetensors sh sqlite sqlite3 srt tar tgz toml torrent tsv ttf txt url vcf vtt wav wma "
    "woff woff2 xls xlsx xml xmp xz yaml yml",
}  # fmt: skip
_KIND_OF = {f".{extension}": kind for kind, extensions in _KINDS.items() for extension in extensions.split()}


class ImportProblem(Exception):
    """Why nothing, or nothing more, can be brought in; `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Became(StrEnum):
    """What became of a file, in the words of the table at the end."""

    ADDED = "added"
    ALREADY = "already there"
    RESTORED = "restored from trash"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file that may be a picture. `label` names it to a person, `name` is the path whose dates may count."""

    label: str
    name: str
    byte_size: int
    open: Callable[[], BinaryIO]
    modified_at: datetime | None = None
    path: Path | None = None  # None for a member of an archive
    refused: RejectedImage | None = None  # known without reading it


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    label: str
    became: Became
    reason: str = ""  # a sentence, when it was rejected


@dataclass(kw_only=True)
class Survey:
    """What lies in the given places. `new_bytes` are those of files whose size no picture here has."""

    files: int = 0
    byte_size: int = 0
    new_bytes: int = 0
    left_out: Counter = field(default_factory=Counter)  # "video", "archive", "link", or an extension

    @property
    def needed_bytes(self) -> int:
        return round(self.new_bytes * (1 + THUMBNAIL_SHARE))

    @property
    def free_bytes(self) -> int:
        return _free_bytes()

    @property
    def fits(self) -> bool:
        return self.needed_bytes + ROOM_TO_LEAVE_BYTES <= self.free_bytes


@dataclass(kw_only=True)
class Tally:
    """What became of all. `rejected` has the labels by their reason."""

    counts: Counter = field(default_factory=Counter)
    rejected: dict[str, list[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.became] += 1
        if outcome.became == Became.REJECTED:
            self.rejected.setdefault(outcome.reason, []).append(outcome.label)

    @property
    def nothing_worked(self) -> bool:
        return not any(self.counts[became] for became in Became if became != Became.REJECTED)


class Import:
    """One run: these places, for this owner. Raises ImportProblem for a place that cannot be read from."""

    def __init__(self, owner_id: int, paths: Iterable[Path], *, dry_run: bool = False) -> None:
        self.owner_id = owner_id
        self.dry_run = dry_run
        self._places = [_place(Path(path)) for path in paths]
        self._sizes = set(
            Photo.objects.filter(owner_id=owner_id).values_list("byte_size", flat=True).iterator()
        )
        self._seen: set[bytes] = set()  # hashes of what a dry run would have added

    def survey(self) -> Survey:
        """Look through everything once, without opening a picture."""
        survey = Survey()
        with ExitStack() as stack:
            for found in _files(self._places, survey.left_out, stack):
                survey.files += 1
                survey.byte_size += found.byte_size
                survey.new_bytes += 0 if found.refused or found.byte_size in self._sizes else found.byte_size
        return survey

    def run(self, *, threads: int = 1, stop: threading.Event | None = None) -> Iterator[Outcome]:
        """Bring the pictures in, in order; ends early when `stop` is set. Raises ImportProblem when no more fits."""
        with ExitStack() as stack:
            files = _files(self._places, Counter(), stack)
            yield from in_threads(self._bring, files, threads=threads, stop=stop)

    def _bring(self, found: Found) -> Outcome:
        """One file, whatever is wrong with it; only what ends the whole run is raised."""
        try:
            return Outcome(label=found.label, became=self._look_up(found) or self._take(found))
        except RejectedImage as rejected:
            return _rejected(found, rejected.sentence)
        except archives.DAMAGED:
            return _rejected(found, "It is damaged inside its archive; bring the archive again.")
        except OSError as error:
            if error.errno in DISK_FULL:
                raise ImportProblem(f"Nothing more can be stored: {error.strerror}.") from error
            return _rejected(found, f"It could not be read or kept: {error.strerror or error}.")
        except (DatabaseError, ImportProblem):
            raise
        except Exception as error:  # one odd file must not keep ten thousand others out
            if found.path is None and isinstance(error, archives.UNREADABLE):
                return _rejected(
                    found, "It is packed in a way that cannot be read here; unpack the archive first."
                )
            log.exception("%s could not be imported", found.label)
            return _rejected(found, "Something unexpected went wrong with it; the log says what.")

    def _look_up(self, found: Found) -> Became | None:
        """What can be said before anything is copied: refused by its head, or here already. None: to be taken."""
        if found.refused:
            raise found.refused
        if found.byte_size > settings.GALLERY_MAX_FILE_BYTES:
            limit = settings.GALLERY_MAX_FILE_BYTES // 1024**2
            raise RejectedImage("too-large", f"The file is larger than {limit} MB, the most accepted here.")
        with found.open() as file:
            detect_format(file.read(HEAD_BYTES))
        if found.byte_size not in self._sizes and not self.dry_run:
            return None  # no picture here has that many bytes: nothing to compare with, read it only once
        sha256 = _hash(found)
        if self.dry_run:
            return self._would_become(sha256)
        if answer := recall(self.owner_id, sha256):
            return Became.RESTORED if answer.restored else Became.ALREADY
        return None

    def _take(self, found: Found) -> Became:
        if self.dry_run:
            _examine(found)
            return Became.ADDED
        if found.byte_size * (1 + THUMBNAIL_SHARE) + ROOM_TO_LEAVE_BYTES > _free_bytes():
            raise ImportProblem("The disk is nearly full, so nothing more was brought in.")
        arrival = Arrival(
            owner_id=self.owner_id,
            place=storage.uploaded(found.name, wall_clock_now().date()),
            name=found.name,
            modified_at=found.modified_at,
        )
        if found.path:
            done = ingest(found.path, arrival)
        else:
            with found.open() as file:
                done = ingest(file, arrival)
        if done.created:
            return Became.ADDED
        return Became.RESTORED if done.restored else Became.ALREADY

    def _would_become(self, sha256: str) -> Became | None:
        if photo := known(self.owner_id, sha256):
            return Became.RESTORED if photo.trashed_at else Became.ALREADY
        digest = bytes.fromhex(sha256)
        if digest in self._seen:
            return Became.ALREADY
        self._seen.add(digest)
        return None


# --- where the files come from --------------------------------------------------------------------


def _place(path: Path) -> Path:
    """A place a person named, as an absolute path; one that is a link stands for what it leads to."""
    try:
        resolved = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError):
        raise ImportProblem(f"There is nothing at {shown(str(path))}.") from None
    if any(_is_own(parent) for parent in (resolved, *resolved.parents)):
        raise ImportProblem(
            f"{shown(str(path))} lies in the gallery's own folder: what is there has come in already. See check_media."
        )
    if is_database_file(resolved):
        raise ImportProblem(f"{shown(str(path))} is the gallery's own database.")
    if not (resolved.is_dir() or resolved.is_file()):
        raise ImportProblem(f"{shown(str(path))} is neither a file nor a folder.")
    return resolved


def _is_own(folder: Path) -> bool:
    """Whether this is the media or temporary folder, under whatever name it is reached."""
    for own in (Path(settings.MEDIA_ROOT), Path(settings.TMP_DIR)):
        try:
            if folder.samefile(own):
                return True
        except OSError:
            continue
    return False


def _files(places: list[Path], left_out: Counter, stack: ExitStack) -> Iterator[Found]:
    """Every file that may be a picture, sorted within its folder. Archives stay open until `stack` ends."""
    for place in places:
        if place.is_dir():
            yield from _in_folder(place, place.name, left_out)
        elif place.suffix.lower() == ".zip":
            archive = stack.enter_context(archives.open_archive(place))
            yield from _in_archive(archive, place.name, left_out)
        elif not _left_out(place.name, left_out):
            yield _local(place, place.name, place.stat())


def _in_folder(folder: Path, label: str, left_out: Counter) -> Iterator[Found]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield _unread(label, f"This folder cannot be read: {error.strerror}.")
        return
    for entry in listed:
        name = f"{label}/{entry.name}"
        if _is_junk(entry.name):
            continue
        if entry.is_symlink():
            left_out["link"] += 1
        elif entry.is_dir(follow_symlinks=False):
            if _is_own(Path(entry.path)):
                left_out["own"] += 1
            else:
                yield from _in_folder(Path(entry.path), name, left_out)
        elif is_database_file(Path(entry.path)):
            left_out[".sqlite3"] += 1
        elif not _left_out(entry.name, left_out):
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield _unread(name, f"It cannot be read: {error.strerror}.")
                continue
            if stat.S_ISREG(status.st_mode):
                yield _local(Path(entry.path), name, status)


def _in_archive(archive: zipfile.ZipFile, label: str, left_out: Counter) -> Iterator[Found]:
    for member in archive.infolist():
        parts = member.filename.replace("\\", "/").split("/")
        refused = archives.refusal(member)
        if member.is_dir() or any(_is_junk(part) for part in parts if part not in ("", ".", "..")):
            continue
        if refused or not _left_out(parts[-1], left_out):
            yield Found(
                label=f"{label}: {member.filename}",
                name=member.filename,
                byte_size=member.file_size,
                modified_at=archives.modified_at(member),
                open=lambda member=member: archive.open(member),
                refused=refused,
            )


def _local(path: Path, name: str, status: os.stat_result) -> Found:
    return Found(
        label=name,
        name=name,
        byte_size=status.st_size,
        modified_at=_instant(status.st_mtime),
        open=lambda: path.open("rb"),
        path=path,
    )


def _unread(label: str, sentence: str) -> Found:
    return Found(
        label=label, name=label, byte_size=0, open=io.BytesIO, refused=RejectedImage("unreadable", sentence)
    )


def _instant(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.casefold() in JUNK


def _left_out(name: str, left_out: Counter) -> bool:
    """Whether the extension says that this is no picture; then it is counted."""
    extension = os.path.splitext(name)[1].lower()
    kind = _KIND_OF.get(extension)
    if kind:
        left_out[extension if kind == "other" else kind] += 1
    return kind is not None


# --- one file -------------------------------------------------------------------------------------


def _hash(found: Found) -> str:
    with found.open() as file:
        digest = hashlib.sha256()
        while block := file.read(storage.CHUNK):
            digest.update(block)
        return digest.hexdigest()


def _examine(found: Found) -> None:
    """Decode for a dry run. A member of an archive has to be written somewhere for that, and is gone after; so has
    a file whose name the imaging library cannot be told."""
    if found.path and images.can_be_named(found.path):
        images.examine(found.path, {})
        return
    with storage.workspace() as folder, found.open() as file:
        images.examine(storage.spool(file, folder).path, {})


def _rejected(found: Found, reason: str) -> Outcome:
    return Outcome(label=found.label, became=Became.REJECTED, reason=reason)


def _free_bytes() -> int:
    """Free bytes on the disk of the media folder, which may not be there yet."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def shown(name: str) -> str:
    """A name as it may be printed: what would steer a terminal is made visible."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in clean(name))
