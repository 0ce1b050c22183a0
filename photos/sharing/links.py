"""A link's life: made, changed, off and on, a new address, deleted."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from photos.db import in_transaction
from photos.models import Album, Photo, Share, SharedPhoto
from photos.text import clean

TOKEN_BYTES = 32  # 256 bits from the operating system; 43 characters
MOST_CHOSEN = 2_000  # pictures of a link to a selection; an album's link has no limit
DAYS = {"1": 1, "7": 7, "30": 30, "90": 90, "365": 365, "never": None}  # how long a link lasts
CHUNK = 500


class ShareError(Exception):
    """Why there can be no such link; `field` names the input it is about ("" none)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


def make(
    owner,
    *,
    title: str,
    lasts: str,
    signed_by: str = "",
    allows_download: bool = False,
    album: Album | None = None,
    photo_ids: Sequence[int] = (),
) -> tuple[Share, str]:
    """A new link, and, this once, its token. Raises ShareError.

    To an album of the owner's, which the link follows, or to pictures: a list made now, of the owner's own live ones.
    `lasts` is a key of DAYS.
    """
    if album is not None and (album.owner_id != owner.pk or album.is_smart):
        raise ShareError(
            _("A smart album shows whatever its search finds tomorrow. Select images in it and share those.")
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    share = Share(owner=owner, album=album, allows_download=allows_download, digest=digest_of(token))
    _say(share, title, signed_by)
    share.expires_at = _end_of(lasts)
    chosen = [] if album else _own(owner, photo_ids)
    if not (album or chosen):
        raise ShareError(_("None of these images can be shared: they are in the trash, or not yours."))
    share.n_chosen = len(chosen)

    def work() -> Share:
        share.pk = None
        share.save(force_insert=True)
        places = (SharedPhoto(share=share, photo_id=pk, position=n) for n, pk in enumerate(chosen))
        SharedPhoto.objects.bulk_create(places, batch_size=CHUNK)
        return share

    return in_transaction(work), token


def edit(share: Share, *, title: str, signed_by: str, allows_download: bool, lasts: str = "") -> None:
    """What it says and allows; where `lasts` is a key of DAYS, how long it lasts from now. Raises ShareError."""
    _say(share, title, signed_by)
    share.allows_download = allows_download
    if lasts:
        share.expires_at = _end_of(lasts)
    fields = ("title", "signed_by", "allows_download", "expires_at")
    in_transaction(lambda: share.save(update_fields=fields))


def switch(share: Share, *, on: bool) -> None:
    """Off: from now on it shows nothing. On again: the same address works, as long as the link lasts."""
    share.is_on = on
    in_transaction(lambda: share.save(update_fields=["is_on"]))


def renew(share: Share) -> str:
    """A new token, shown this once; the old address and all media addresses made by it end now."""
    token = secrets.token_urlsafe(TOKEN_BYTES)

    def work() -> None:
        Share.objects.filter(pk=share.pk).update(digest=digest_of(token), revision=F("revision") + 1)
        share.refresh_from_db()

    in_transaction(work)
    return token


def delete(share: Share) -> None:
    """The link goes, its pictures stay."""
    in_transaction(share.delete)


def open_for(token: str) -> Share | None:
    """The link of this token while it is open. Unknown, off, ended, or of a closed account: None, all alike.

    Looked up by its hash, always in the same one query: the time it takes tells nothing.
    """
    found = Share.objects.select_related("owner", "album").filter(digest=digest_of(token)).first()
    return found if found is not None and found.is_open else None


def note_opening(share: Share) -> None:
    """Count that it was opened, and on which day; by whom is kept nowhere."""
    opened = {"n_opened": F("n_opened") + 1, "opened_on": timezone.localdate()}
    in_transaction(lambda: Share.objects.filter(pk=share.pk).update(**opened))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


# --- parts ------------------------------------------------------------------------------------------


def _say(share: Share, title: str, signed_by: str) -> None:
    share.title = " ".join(clean(title).split())
    share.signed_by = " ".join(clean(signed_by).split())
    if not share.title:
        raise ShareError(_("A link needs a name; the receiver reads it as the title."), field="title")
    for name in ("title", "signed_by"):
        most = Share._meta.get_field(name).max_length
        if len(getattr(share, name)) > most:
            raise ShareError(_("At most %s characters, please.") % most, field=name)


def _end_of(lasts: str) -> datetime | None:
    if lasts not in DAYS:
        raise ShareError(_("Choose how long the link lasts."), field="lasts")
    days = DAYS[lasts]
    return timezone.now() + timedelta(days=days) if days else None


def _own(owner, photo_ids: Sequence[int]) -> list[int]:
    """Those of these that are the owner's and live, in the order given."""
    ids = list(dict.fromkeys(photo_ids))
    if len(ids) > MOST_CHOSEN:
        raise ShareError(
            _("A link holds at most %s chosen images. Put more into an album, and share that.")
            % f"{MOST_CHOSEN:,}"
        )
    mine: set[int] = set()
    for n in range(0, len(ids), CHUNK):
        rows = Photo.objects.owned_by(owner).live().filter(pk__in=ids[n : n + CHUNK])
        mine.update(rows.values_list("pk", flat=True))
    return [pk for pk in ids if pk in mine]
