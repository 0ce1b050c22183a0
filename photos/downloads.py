"""Downloads of many: ZIP archives of originals, streamed, with a known length, in flat memory, holding no transaction.

Images do not get smaller by compression, so they are stored as they are; that is what makes the length known. The
length is a promise: where a file changes or goes while the archive is on its way, the stream breaks off, and whoever
saves it sees a failed download instead of an archive that lies. The next one lists that file as missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import QuerySet
from zipstream import ZIP_STORED, ZipStream

from photos import storage
from photos.models import AlbumPhoto, Photo

log = logging.getLogger(__name__)

AT_MOST = 20_000  # images in one archive
FIELDS = ("id", "root", "file", "title", "sha256", "byte_size", "sidecar_sha256")
MISSING = "missing.txt"


class DownloadError(Exception):
    """Why there is no archive of these pictures; `sentence` is for the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Archive:
    """An archive that is ready to be sent: iterate over `stream`, once; `byte_size` is its exact length."""

    stream: Iterator[bytes]
    byte_size: int
    count: int
    missing: int


def of(photos: QuerySet[Photo]) -> Iterator[Photo]:
    """Only what an archive needs of these pictures, one by one. Raises DownloadError where they are too many."""
    _look_if_they_fit(photos)
    yield from photos.only(*FIELDS)[: AT_MOST + 1].iterator()


def of_places(places: QuerySet[AlbumPhoto]) -> Iterator[Photo]:
    """The pictures of these places of an album, in their order. Raises DownloadError where they are too many."""
    _look_if_they_fit(places)
    found = places.select_related("photo").only(*(f"photo__{name}" for name in FIELDS))
    yield from (place.photo for place in found[: AT_MOST + 1].iterator())


def archive(photos: Iterable[Photo]) -> Archive:
    """A ZIP of the originals of these pictures, named after their titles. Raises DownloadError.

    A file that is missing on disk is left out and counted; `missing.txt` in the archive names it.
    """
    packed, taken, count, missing = (
        ZipStream(sized=True, compress_type=ZIP_STORED),
        {storage.fold(MISSING)},
        0,
        [],
    )
    for photo in photos:
        if count + len(missing) >= AT_MOST:
            raise _too_many()
        name = _free_name(photo, taken)
        try:
            if photo.root == storage.LINKED:
                packed.add(storage.read_linked(photo.file.name, photo.sha256), name, size=_size_of(photo))
            else:
                path = storage.local_path(photo.root, photo.file.name)
                packed.add_path(str(path), name, recurse=False)
                if photo.sidecar_sha256:
                    _add_sidecar(packed, photo, name, taken)
            count += 1
        except (FileNotFoundError, PermissionError):
            missing.append(name)
    if missing:
        packed.add("These files could not be found:\n" + "\n".join(missing) + "\n", MISSING)
    if not packed:
        raise DownloadError("There is nothing to download here.")
    return Archive(stream=_whole(packed), byte_size=len(packed), count=count, missing=len(missing))


def _add_sidecar(packed: ZipStream, photo: Photo, name: str, taken: set[str]) -> None:
    """Its papers beside a final that cannot carry them, as they lie beside it here."""
    if data := storage.read_sidecar(photo.file.name):
        beside = storage.sidecar_name(name)
        taken.add(storage.fold(beside))
        packed.add(data, beside)


def _size_of(photo: Photo) -> int:
    """Of a linked file, which must be the one that was linked; its bytes are compared while they are sent."""
    lying = storage.look(photo.root, photo.file.name)
    if lying is None or lying.byte_size != photo.byte_size:
        raise storage.NotThere(storage.CHANGED if lying else storage.AWAY)
    return photo.byte_size


def _look_if_they_fit(rows: QuerySet) -> None:
    """Before anything is named and measured: whether there is one more than fits."""
    if rows.order_by().values_list("pk", flat=True)[AT_MOST : AT_MOST + 1]:
        raise _too_many()


def _too_many() -> DownloadError:
    return DownloadError(
        f"At most {AT_MOST:,} images fit into one archive, and these are more; take them in parts."
    )


def _whole(packed: ZipStream) -> Iterator[bytes]:
    """The archive, or an error that ends the connection before the promised length is reached."""
    try:
        yield from packed
    except (OSError, RuntimeError) as problem:
        log.warning("A ZIP download broke off: %s", problem)
        raise


def _free_name(photo: Photo, taken: set[str]) -> str:
    """Unique within the archive, also on file systems that fold case: the hash's first digits settle it, or the id."""
    name = PurePosixPath(photo.download_name)
    tails = ("", f"-{photo.sha256[:8]}", f"-{photo.sha256[:8]}-{photo.pk}")
    names = [str(name.with_stem(name.stem + tail)) for tail in tails]
    free = next((one for one in names if storage.fold(one) not in taken), names[-1])
    taken.add(storage.fold(free))
    return free
