"""Bytes of pictures for whoever holds a link.

    /m/x/<name>/<variant>?e=<expiry>&s=<signature>

Signed for one link, and asked live in one query: is it open, and is this picture in it now? Browsers keep what they
have, and ask before they show it again, so that switched off means off. The tag they ask with tells nothing of the
bytes.
"""

from __future__ import annotations

import hmac
import re
from contextlib import suppress

from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import timezone

from photos import media
from photos.sharing import given, names

_ADDRESS = re.compile(rf"^/m/{media.LINK}/({names.PATTERN})/([a-z0-9]{{2,8}})$")
# One row while the link is open and the picture in it and live; every part is found by its key.
_ROW = """
    SELECT p.file, p.sha256, p.access_revision, p.root, p.color, p.byte_size, p.collection, p.digital_source_type,
           s.revision, EXISTS (SELECT 1 FROM photos_recipe r WHERE r.photo_id = p.id)
    FROM photos_photo p, photos_share s, {people} u
    WHERE p.id = %s AND s.id = %s AND u.id = s.owner_id AND p.owner_id = s.owner_id AND p.trashed_at IS NULL
      AND u.is_active AND s.is_on AND (s.expires_at IS NULL OR s.expires_at > %s)
      AND (EXISTS (SELECT 1 FROM photos_albumphoto a WHERE a.album_id = s.album_id AND a.photo_id = p.id)
           OR s.album_id IS NULL
           AND EXISTS (SELECT 1 FROM photos_sharedphoto c WHERE c.share_id = s.id AND c.photo_id = p.id))
"""


def sign(photo, variant: str, share) -> str:
    """The address of a derived size of a photo for whoever holds this link."""
    expires, name = media.expiry(), names.name_of(share.pk, photo.pk)
    signature = _signature(name, variant, photo.sha256, photo.access_revision, share.revision, expires)
    return f"/m/{media.LINK}/{name}/{variant}?e={expires}&s={signature}"


def serve(request: HttpRequest) -> HttpResponseBase:
    """A derived size for a signed address, 404 for everything else."""
    found, expires = _ADDRESS.match(request.path_info), request.GET.get("e", "")
    named = names.named(found[1]) if found else None
    if request.method not in ("GET", "HEAD") or not named or found[2] not in given.SIZES:
        return media.absent()
    if not media.is_to_come(expires) or (row := _live(*named)) is None:
        return media.absent()
    name, sha256, revision, root, color, byte_size, collection, stated, of_link, has_recipe = row
    known = (found[1], found[2], sha256, revision, of_link)
    expected, signed = _signature(*known, int(expires)), request.GET.get("s", "")
    if not hmac.compare_digest(expected.encode(), signed.encode(errors="replace")):
        return media.absent()
    term = given.term_of(stated, collection, bool(has_recipe)) if found[2] == given.WEB else ""
    tag = f'"{_signature(*known, term)}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        response = _bytes(term, root, name, sha256, found[2], color, byte_size)
    if response.status_code in (200, 304):
        response.setdefault("Cache-Control", "private, no-cache")
        response["ETag"] = tag
        response["Content-Disposition"] = 'inline; filename="image.webp"'
    return response


def is_live(share_id: int, photo_id: int) -> bool:
    """Whether this link shows this picture at this moment."""
    return _live(share_id, photo_id) is not None


def _live(share_id: int, photo_id: int) -> tuple | None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    people = connection.ops.quote_name(get_user_model()._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(_ROW.format(people=people), [photo_id, share_id, now])
        return cursor.fetchone()


def _bytes(term: str, root: str, name: str, sha256: str, variant: str, *rest) -> HttpResponseBase:
    """The size as it lies there; of what was made the web size with its mark, drawn first where it is missing."""
    if not term:
        return media.thumbnail(root, name, sha256, variant, *rest)
    for _try in range(2):
        with suppress(FileNotFoundError):
            return HttpResponse(given.web_bytes(name, sha256, term), content_type="image/webp")
        response = media.thumbnail(root, name, sha256, variant, *rest)
        if response.status_code != 200:
            return response
        response.close()
    return media.absent()


def _signature(name: str, variant: str, sha256: str, revision: int, of_link: int, end: int | str) -> str:
    text = f"{media.LINK}/{name}/{variant}/{sha256[:8]}/{revision}/{of_link}/{end}"
    return media.LINK + media.signed_text(text)
