"""Bytes of pictures: addresses that carry their own right, and the route that serves them.

    /m/<photo id>/<content8>/<variant>?e=<expiry>&s=<signature>
    /m/x/<name>/<variant>?e=<expiry>&s=<signature>               of a share link: `photos.sharing.served`

The signature covers id, content, variant, kind of viewer, access revision and expiry. Expiry is the second
next UTC midnight, so that an address is the same for a day and a browser keeps what it has. The route asks the
database once, before it answers anything: trash and unshare count at once, and no ETag tells a stranger what
is here. Paths never appear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
import time
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.http import FileResponse, HttpResponse, HttpResponseBase

from photos import images, storage
from photos.thumbnails import VARIANTS

log = logging.getLogger(__name__)

DAY = 86_400
OWNER, TRASH, ADMIN = "o", "t", "a"  # kinds of viewer; `t` sees only what lies in the trash
GUEST, PUBLIC = "s", "p"  # signed in, or nobody: looking into an open album; derived sizes only
LINK = "x"  # whoever holds a share link
ORIGINAL = "original"
STANDING_IN = {"h160": "h320", "l2560": "l1600"}  # made on request -> made when the picture came in
CONTENT_TYPES = {
    "JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif", "GIF": "image/gif",
    "HEIC": "image/heic", "TIFF": "image/tiff",
}  # fmt: skip
_ADDRESS = re.compile(r"^/m/(\d{1,18})/([0-9a-f]{8})/([a-z0-9]{2,8})$")
_ROW = (
    "SELECT p.file, p.sha256, p.trashed_at IS NOT NULL, p.access_revision, p.root, p.format, p.title, p.color, "
    "p.collection, p.byte_size FROM photos_photo p WHERE p.id = %s"
)


def sign(photo, variant: str, kind: str = OWNER) -> str:
    """The address of one variant, or of the original, of a photo for one kind of viewer."""
    return sign_values(photo.pk, photo.sha256, photo.access_revision, variant, kind)


def sign_values(pk: int, sha256: str, access_revision: int, variant: str, kind: str = OWNER) -> str:
    """As `sign`, from plain values: a page of a hundred needs no model instances."""
    expires = expiry()
    signature = _signature(pk, sha256[:8], variant, kind, access_revision, expires)
    return f"/m/{pk}/{sha256[:8]}/{variant}?e={expires}&s={kind}{signature}"


class MediaMiddleware:
    """Answers /m/ before sessions, log-in and page policies are looked at; everything else passes."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith("/m/"):
            return self.get_response(request)
        response = serve(request)
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Referrer-Policy"] = "no-referrer"
        return response


def serve(request) -> HttpResponseBase:
    """Bytes for a signed address, 404 for everything else: absent, forbidden, expired and trashed look alike."""
    if request.path_info.startswith(f"/m/{LINK}/"):
        from photos.sharing import served  # it knows this room, and not the other way

        return served.serve(request)
    found = _ADDRESS.match(request.path_info)
    if request.method not in ("GET", "HEAD") or not found:
        return absent()
    pk, content8, variant = int(found[1]), found[2], found[3]
    expires, signed = request.GET.get("e", ""), request.GET.get("s", "")
    if variant not in (*VARIANTS, ORIGINAL):
        return absent()
    if not is_to_come(expires):
        return absent()
    with connection.cursor() as cursor:
        cursor.execute(_ROW, [pk])
        row = cursor.fetchone()
    if row is None:
        return absent()
    name, sha256, trashed, revision, root, format_, title, color, collection, byte_size = row
    kind = signed[:1]
    expected = kind + _signature(pk, content8, variant, kind, revision, int(expires))
    if not hmac.compare_digest(expected.encode(), signed.encode()) or sha256[:8] != content8:
        return absent()
    if bool(trashed) != (kind == TRASH) and kind != ADMIN:
        return absent()
    if variant == ORIGINAL and kind in (GUEST, PUBLIC):
        return absent()
    if kind in (GUEST, PUBLIC) and collection == "completed":
        title = ""  # a final is called after its prompt until somebody calls it otherwise
    if variant == ORIGINAL:
        content_type = CONTENT_TYPES.get(format_, "application/octet-stream")
        if root == storage.LINKED:
            response = _linked(name, sha256, byte_size, content_type)
        else:
            response = _file(root, name, content_type)
        saved_as = storage.download_name(title, name)
    else:
        response = thumbnail(root, name, sha256, variant, color, byte_size)
        # The file's own name is its owner's alone.
        saved_as = storage.download_name(title or f"image {pk}", "image.webp")
    if response.status_code == 200:
        keep = f"private, immutable, max-age={max(0, int(expires) - int(time.time()))}"
        response.setdefault("Cache-Control", keep)
        kept = "attachment" if variant == ORIGINAL and "save" in request.GET else "inline"
        response["Content-Disposition"] = _disposition(kept, saved_as)
    return response


def is_to_come(expires: str) -> bool:
    is_number = expires.isascii() and expires.isdecimal() and len(expires) <= 12
    return is_number and int(expires) >= time.time()


def thumbnail(
    root: str, name: str, sha256: str, variant: str, color: str, byte_size: int
) -> HttpResponseBase:
    derived = storage.thumbnail_name(name, sha256, variant)
    response = _file("thumbnails", derived, "image/webp")
    if response.status_code != 404:
        return response
    if not _make(root, name, sha256, variant, byte_size):
        return _later(color)
    response = _file("thumbnails", derived, "image/webp")  # absent where the original is, or cannot be drawn
    if response.status_code == 404 and root == storage.LINKED and variant in STANDING_IN:  # its disk is away
        derived = storage.thumbnail_name(name, sha256, STANDING_IN[variant])
        response = _file("thumbnails", derived, "image/webp")
        response["Cache-Control"] = "no-store"
    return response


def _make(root: str, name: str, sha256: str, variant: str, byte_size: int) -> bool:
    """Draw a missing variant, once however many ask. False: another is at it, come back later."""
    with storage.only_one(f"{sha256}.{variant}") as ours:
        if not ours:
            return False
        try:
            with storage.workspace() as folder:
                target = folder / f"{variant}.webp"
                with storage.original(root, name, byte_size=byte_size, sha256=sha256) as path:
                    images.render(path, variant, target)
                storage.keep_thumbnails(name, sha256, {variant: target})
        except (images.RejectedImage, FileNotFoundError) as problem:
            log.warning("No %s of %s could be made: %s", variant, name, problem)
        except OSError as problem:
            if root != storage.LINKED:
                raise
            log.warning("No %s could be made, the disk of %s fails: %s", variant, name, problem)
        return True


def _file(root: str, name: str, content_type: str) -> HttpResponseBase:
    if settings.GALLERY_ACCEL and storages[root].location == str(settings.MEDIA_ROOT):
        return _handed_to_nginx(root, name, content_type)
    try:
        file = storages[root].open(name, "rb")
    except FileNotFoundError:
        return absent()
    return FileResponse(file, content_type=content_type)


def _linked(name: str, sha256: str, byte_size: int, content_type: str) -> HttpResponseBase:
    """A linked original: these very bytes or none. It is read once more for that, about a millisecond a megabyte."""
    try:
        file = storages[storage.LINKED].open(name)
    except OSError:
        return absent(storage.AWAY)
    try:
        storage.check(file, byte_size=byte_size, sha256=sha256)
    except OSError as problem:
        file.close()
        return absent(getattr(problem, "sentence", storage.AWAY))
    return FileResponse(file, content_type=content_type)


def _handed_to_nginx(root: str, name: str, content_type: str) -> HttpResponseBase:
    """A header instead of bytes. The path in it never leaves nginx, which takes it decoded."""
    if not storages[root].exists(name):
        return absent()
    response = HttpResponse(content_type=content_type)
    response["X-Accel-Redirect"] = f"{settings.GALLERY_ACCEL.rstrip('/')}/{quote(name)}"
    return response


def _disposition(kept: str, name: str) -> str:
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "").strip() or "image"
    return f"{kept}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _later(color: str) -> HttpResponse:
    """The placeholder's colour as a picture, and a word when to ask again."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="{color}" d="M0 0h1v1H0z"/></svg>'
    response = HttpResponse(svg, status=503, content_type="image/svg+xml")
    response["Retry-After"] = "2"
    response["Cache-Control"] = "no-store"
    return response


def absent(sentence: str = "Not found.") -> HttpResponse:
    response = HttpResponse(f"{sentence}\n", status=404, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def expiry() -> int:
    """The second next UTC midnight, in seconds since the epoch."""
    return (int(time.time()) // DAY + 2) * DAY


def _signature(pk: int, content8: str, variant: str, kind: str, revision: int, expires: int) -> str:
    """16 bytes of HMAC-SHA-256 in URL-safe base64, 22 characters."""
    return signed_text(f"{pk}/{content8}/{variant}/{kind}/{revision}/{expires}")


def signed_text(text: str) -> str:
    digest = hmac.digest(_key(settings.SECRET_KEY), text.encode(), hashlib.sha256)[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    """A key for this purpose alone."""
    return hashlib.sha256(b"photos.media/1:" + secret.encode()).digest()
