"""Pictures: list, bring, look, edit, decide, throw away and back, bytes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from ninja import File, Form, Header, Path, Query, Router, Status, UploadedFile

from photos import albums, curate, editing, lookalikes, media, storage, uploading
from photos.api.inputs import Id, MarkedPhotos, PhotoChanges, PhotoIds, UploadFields, revision_of
from photos.api.listing import PhotoWish, photo_page
from photos.api.outputs import (
    LINE_FIELDS,
    Changed,
    Lookalikes,
    PhotoFacts,
    PhotoPage,
    Uploaded,
    camera,
    finite,
    instant,
    photo_line,
    recipe,
)
from photos.api.problems import problem
from photos.dating import wall_clock_now
from photos.images import RejectedImage
from photos.ingest import Arrival, ingest
from photos.models import Album, Photo

router = Router(tags=["photos"])
NAMED = 1_000  # tags, albums of one picture in an answer
PATHS = 20  # that it was imported from

_link_finders: list[Callable[[Photo], dict[str, str]]] = []


def link_by(finder: Callable[[Photo], dict[str, str]]) -> None:
    """Add `finder(photo)` to the links of a picture's facts; registered once, at start-up."""
    if finder not in _link_finders:
        _link_finders.append(finder)


@router.get("/photos", response=PhotoPage, openapi_extra={"responses": {404: {}}})
def list_photos(request: HttpRequest, wish: Query[PhotoWish]):
    """Your pictures, a page at a time.

    Filters narrow each other. Words (`q`) find what the search box finds; such a page may have fewer items than
    asked for and still a `next`.
    """
    return photo_page(request.user, wish)


@router.post(
    "/photos",
    response={201: Uploaded, 200: Uploaded},
    openapi_extra={"responses": {404: {}, 411: {}, 503: {}, 507: {}}},
)
def upload_photo(
    request: HttpRequest, file: File[UploadedFile], fields: Form[UploadFields], response: HttpResponse
):
    """Bring one picture in.

    201: it is new. 200: you have these bytes already, and this is the picture. A file that is refused has one of
    these codes: empty, not-accepted, corrupt, truncated, too-many-pixels, too-many-frames, too-large, too-slow,
    too-big-to-decode, video.
    """
    album = get_object_or_404(Album.objects.owned_by(request.user), pk=fields.album) if fields.album else None
    if album:
        albums.check_fillable(album)
    if uploading.is_video(file.name):
        raise RejectedImage("video", "Videos are not kept yet.")
    arrival = Arrival(
        owner_id=request.user.pk,
        place=storage.uploaded(file.name, wall_clock_now().date()),
        name=file.name,
        modified_at=fields.modified_at,
    )
    done = ingest(file, arrival)
    if album:
        albums.add(album, [done.photo.pk])
    response["Location"] = f"{request.path}/{done.photo.pk}"
    outcome = "added" if done.created else "restored" if done.restored else "known"
    return Status(201 if done.created else 200, {"outcome": outcome, "photo": photo_line(done.photo)})


@router.post("/photos/decide", response=Changed, openapi_extra={"responses": {404: {}}})
def decide_photos(request: HttpRequest, marks: MarkedPhotos):
    """Pick, reject (with a reason) or clear, rate and label, up to 1,000 pictures at once."""
    ids, batch = _mine(request, marks), uuid.uuid4()
    changes = [curate.decide(request.user, ids, batch=batch, **mark) for mark in marks.gestures()]
    return changed(*changes)


@router.post("/photos/trash", response=Changed, openapi_extra={"responses": {404: {}}})
def trash_photos(request: HttpRequest, photos: PhotoIds):
    """To the trash, from where they can be restored for 30 days (or what the administrator chose)."""
    return changed(curate.trash(request.user.pk, _mine(request, photos)))


@router.post("/photos/restore", response=Changed, openapi_extra={"responses": {404: {}}})
def restore_photos(request: HttpRequest, photos: PhotoIds):
    """Back from the trash."""
    return changed(curate.restore(request.user.pk, _mine(request, photos)))


@router.get("/photos/{int:photo_id}", response=PhotoFacts)
def get_photo(request: HttpRequest, photo_id: Path[Id], response: HttpResponse):
    """All that is known of a picture of yours; ETag is its revision."""
    photo = get_object_or_404(Photo.objects.owned_by(request.user).select_related("recipe"), pk=photo_id)
    response["ETag"] = f'"{photo.revision}"'
    return facts(photo)


@router.patch("/photos/{int:photo_id}", response=PhotoFacts, openapi_extra={"responses": {412: {}}})
def edit_photo(
    request: HttpRequest,
    photo_id: Path[Id],
    changes: PhotoChanges,
    response: HttpResponse,
    if_match: str | None = Header(
        None, alias="If-Match", max_length=200, description="The revision you saw."
    ),
):
    """Write title, caption, alt text, tags, stars, label, decision; what is left out stays.

    With If-Match only if nobody was faster: else 412, with the picture as it is in `current`.
    """
    photo = editing.edit(request.user, photo_id, revision=revision_of(if_match), **changes.said())
    response["ETag"] = f'"{photo.revision}"'
    return facts(photo)


@router.get("/photos/{int:photo_id}/lookalikes", response=Lookalikes)
def list_lookalikes(request: HttpRequest, photo_id: Path[Id]):
    """Up to a hundred pictures of yours that look like this one, the nearest first.

    `bits` is how far they are apart: 0 to 64, no more than 10 here. `likeness` says what that means: same-file,
    smaller, larger and saved-anew are one and the same picture; nearly is nearly the same; alike is a look-alike.
    """
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live(), pk=photo_id)
    found = lookalikes.near(photo)
    whole = Photo.objects.only(*LINE_FIELDS).in_bulk([one.photo.pk for one in found])
    return {
        "items": [
            {"photo": photo_line(whole[one.photo.pk]), "bits": one.apart, "likeness": one.likeness.value}
            for one in found
        ]
    }


@router.get("/photos/{int:photo_id}/bytes/{variant}", response={302: None})
def get_photo_bytes(
    request: HttpRequest,
    photo_id: Path[Id],
    variant: Path[Literal["h160", "h320", "h640", "l1600", "l2560", "original"]],
):
    """Leads to the bytes: an address that needs no token, for a day or two.

    h320: 320 pixels high; l1600: 1,600 on the long edge; WebP, upright, without metadata. The original is its owner's
    alone; of pictures in albums that are open to you there are the other sizes.
    """
    mine = Photo.objects.owned_by(request.user).filter(pk=photo_id).first()
    photo = mine or get_object_or_404(Photo.objects.visible_to(request.user), pk=photo_id)
    if mine is None and variant == media.ORIGINAL:
        raise Http404
    kind = media.GUEST if mine is None else media.TRASH if mine.trashed_at else media.OWNER
    return HttpResponseRedirect(media.sign(photo, variant, kind))


# --- parts --------------------------------------------------------------------------------------------


def facts(photo: Photo) -> dict:
    """A PhotoFacts of one's own picture."""
    found = photo_line(photo) | {
        name: getattr(photo, name)
        for name in ("caption", "origin", "derived", "taken_offset_minutes", "digital_source_type")
    }
    links = {"page": photo.get_absolute_url()}
    for finder in _link_finders:
        links |= finder(photo)
    containing = Album.objects.owned_by(photo.owner).filter(places__photo=photo).order_by("title", "pk")
    return found | {
        "file": photo.file.name,
        "taken_at": instant(photo.taken_at),
        "latitude": finite(photo.latitude),
        "longitude": finite(photo.longitude),
        "camera": camera(photo),
        "recipe": recipe(getattr(photo, "recipe", None)),
        "tags": list(photo.tags.order_by("folded").values_list("name", flat=True)[:NAMED]),
        "albums": list(containing.values("id", "title")[:NAMED]),
        "imported_from": list(
            photo.imported_from.filter(owner=photo.owner_id)
            .order_by("pk")
            .values_list("path", flat=True)[:PATHS]
        ),
        "links": links,
    }


def stale(request: HttpRequest, error: editing.Stale) -> HttpResponse:
    response = problem(412, error.sentence, current=facts(error.current))
    response["ETag"] = f'"{error.current.revision}"'
    return response


def _mine(request: HttpRequest, photos: PhotoIds) -> list[int]:
    """The ids, if any of them is a picture of one's own; what else is among them the domain leaves alone."""
    if not Photo.objects.owned_by(request.user).filter(pk__in=photos.ids).exists():
        raise Http404
    return photos.ids


def changed(*changes: curate.Change) -> dict:
    ids = sorted({pk for change in changes for pk in change.photo_ids})
    return {"count": len(ids), "ids": ids}
