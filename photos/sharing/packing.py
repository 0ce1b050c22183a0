"""All pictures of a link as one ZIP, streamed: each without its recipe, place and telling name, its mark kept.

The link is asked again before each picture. Where it was switched off meanwhile the archive ends there, whole, and says
so: the web server ends a stream of unknown length in good order whatever goes wrong, so that an archive that broke off
would be saved as a good one that cannot be opened.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator

from django.utils.translation import gettext as _
from zipstream import ZIP_STORED, ZipStream

from photos import exporting, storage
from photos.models import Share
from photos.sharing import served, shown
from photos.sharing.links import ShareError

log = logging.getLogger(__name__)

MOST = 2_000  # pictures of one download
AT_ONCE = 2  # of one process: each holds a thread for minutes
MISSING = "_missing.txt"

_slots = threading.BoundedSemaphore(AT_ONCE)


class Busy(ShareError):
    """Others are at it; later it will go."""


class Packed:
    """The bytes of the archive, to be iterated once and closed; holds one of the few slots until then."""

    def __init__(self, share: Share) -> None:
        """Raises ShareError where there are too many pictures, none, or too many downloads at once."""
        ids = shown.ids(share, MOST + 1)
        if not ids or len(ids) > MOST:
            raise ShareError(nothing_to_pack() if not ids else too_many())
        if not _slots.acquire(blocking=False):
            raise Busy(_("Others are downloading at the moment. Try again in a few minutes."))
        self.close = weakref.finalize(self, _slots.release)  # once, whoever comes first
        self._blocks = _blocks(share, ids, share.revision)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._blocks
        finally:
            self._blocks.close()
            self.close()


def too_many() -> str:
    return _("One download holds at most %s images, and this link has more.") % f"{MOST:,}"


def nothing_to_pack() -> str:
    return _("There is nothing to download here at the moment.")


def _blocks(share: Share, ids: list[int], revision: int) -> Iterator[bytes]:
    packed, missing = ZipStream(compress_type=ZIP_STORED), []
    for number, photo in shown.each(share, ids):
        if not _is_open(share.pk, revision):
            missing.append(
                _("This link was ended during the download: image %s and those after it are missing.")
                % number
            )
            break
        if photo is None or not served.is_live(share.pk, photo.pk):
            continue  # taken out, or in the trash, since it began
        try:
            told = {"of": len(ids), "credited": share.names_its_owner}
            with exporting.share_file(photo, number, share.title, **told) as shared:
                packed.add(_read(shared.path), shared.name, size=shared.path.stat().st_size)
                yield from packed.all_files()
        except (exporting.ExportError, OSError) as problem:
            log.warning("Image %s is missing in a download of link %s: %s", photo.pk, share.pk, problem)
            missing.append(_("Image %s could not be made ready for you.") % number)
    if missing:
        packed.add("\n".join([*missing, ""]).encode(), MISSING)
    yield from packed.finalize()


def _is_open(share_id: int, revision: int) -> bool:
    now = Share.objects.select_related("owner").filter(pk=share_id, revision=revision).first()
    return now is not None and now.is_open and now.allows_download


def _read(path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(storage.CHUNK):
            yield block
