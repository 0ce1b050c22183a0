"""Albums: your own, and those of others that are open to you. Of the latter there are words and sizes, nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Header, Path, Query, Router, Status
from pydantic import BaseModel, Field

from photos import albums, arranging, leafing, search, titles
from photos.api.inputs import Body, Cleaned, Id, Leaf, LeftOut, PhotoIds, revision_of, with_example
from photos.api.outputs import (
    LINE_FIELDS,
    Changed,
    Counted,
    Instant,
    PhotoLine,
    instant,
    photo_line,
    shown_as,
)
from photos.api.problems import Refusal, problem
from photos.models import Album, AlbumPhoto, Photo

router = Router(tags=["albums"])
# The last two say which titles nobody typed.
GUEST_FIELDS = ("id", "title", "caption", "alt_text", "width", "height", "collection", "source_id")
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Lighthouses"]), Cleaned]
Description = Annotated[str, Field(max_length=5_000, examples=["The best of autumn."]), Cleaned]
Search = Annotated[
    str,
    Field(
        max_length=search.MAX_CHARACTERS,
        examples=[""],
        description="Of a smart album, which shows what this search finds; it is private, and nothing is put into it.",
    ),
    Cleaned,
]
Access = Literal["private", "accounts", "public"]


class AlbumWish(Leaf):
    whose: Literal["mine", "shared"] = Field("mine", description="Shared: of others, and open to you.")


class NewAlbum(Body):
    model_config = with_example(title="Lighthouses", access="private")

    title: Title
    description: Description = ""
    access: Access = "private"
    query: Search = ""


class AlbumChanges(Body):
    """What is left out stays."""

    model_config = with_example(access="accounts")

    title: Title = LeftOut
    description: Description = LeftOut
    access: Access = LeftOut
    order: Literal["manual", "date"] = LeftOut
    query: Search = LeftOut


class Move(Body):
    model_config = with_example(photo=17, before=18)

    photo: Id
    before: Id | None = Field(None, description="The picture it is to stand before; null: to the end.")


class AlbumLine(BaseModel):
    """An album. What is null of somebody else's is its owner's alone."""

    model_config = shown_as({
        "id": 3, "title": "Lighthouses", "description": "", "owner": "Anna", "is_mine": True, "count": 31,
        "query": "", "access": "private", "order": "manual", "cover": None, "created_at": "2026-11-22T13:05:00Z",
        "changed_at": "2026-11-23T08:00:00Z", "revision": 1,
    })  # fmt: skip

    id: int
    title: str
    description: str
    owner: str
    is_mine: bool
    count: int | None = Field(
        description=f"Pictures in it; {leafing.COUNT_AT_MOST} means: or more. Null of a smart album: nobody counted.",
        examples=[31],
    )
    query: str | None = Field(description="The search of a smart album; empty where a person fills it.")
    access: Access | None
    order: Literal["manual", "date"] | None
    cover: int | None = Field(description="The picture chosen as its cover.")
    created_at: Instant | None
    changed_at: Instant | None
    revision: int | None = Field(description="For If-Match.")


class AlbumPage(BaseModel):
    items: list[AlbumLine]
    next: str | None


class GuestPhoto(BaseModel):
    """A picture in somebody else's album."""

    id: int
    title: str
    caption: str
    alt_text: str
    width: int = Field(description="Pixels of its largest derived size, l2560.")
    height: int


class AlbumPhotos(BaseModel):
    """In the album's order: lines of your pictures, or what is to be known of somebody else's."""

    items: list[PhotoLine | GuestPhoto]
    next: str | None


@router.get("/albums", response=AlbumPage)
def list_albums(request: HttpRequest, wish: Query[AlbumWish]):
    """Albums, the newest first."""
    if wish.whose == "mine":
        listed = leafing.with_facts(Album.objects.owned_by(request.user))
    else:
        open_to_me = Album.objects.visible_to(request.user).exclude(owner_id=request.user.pk)
        listed = leafing.with_facts(open_to_me).filter(first_photo__isnull=False)
    if wish.cursor:
        listed = listed.filter(pk__lt=int(wish.cursor))
    found = list(listed.select_related("owner").order_by("-id")[: wish.limit + 1])
    items = [_line(album, request.user) for album in found[: wish.limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(found) > wish.limit else None}


@router.post("/albums", response={201: AlbumLine})
def create_album(request: HttpRequest, album: NewAlbum, response: HttpResponse):
    """A new album, private unless said otherwise."""
    made = albums.create(request.user, **album.model_dump())
    response["Location"] = f"{request.path}/{made.pk}"
    return Status(201, _line(_shown(request, made.pk), request.user))


@router.get("/albums/{int:album_id}", response=AlbumLine)
def get_album(request: HttpRequest, album_id: Path[Id], response: HttpResponse):
    """An album of yours, or one that is open to you."""
    shown = _shown(request, album_id)
    if shown.owner_id == request.user.pk:
        response["ETag"] = f'"{shown.revision}"'
    return _line(shown, request.user)


@router.patch("/albums/{int:album_id}", response=AlbumLine, openapi_extra={"responses": {409: {}, 412: {}}})
def edit_album(
    request: HttpRequest,
    album_id: Path[Id],
    changes: AlbumChanges,
    response: HttpResponse,
    if_match: str | None = Header(
        None, alias="If-Match", max_length=200, description="The revision you saw."
    ),
):
    """Title, description, who may see it, its order; what is left out stays. If-Match as with photos."""
    album, seen = _own(request, album_id), revision_of(if_match)
    known = {name: getattr(album, name) for name in AlbumChanges.model_fields}
    said = (
        {"revision": album.revision if seen is None else seen}
        | known
        | changes.model_dump(exclude_unset=True)
    )
    edited = albums.edit(album, **said)
    response["ETag"] = f'"{edited.revision}"'
    return _line(_shown(request, edited.pk), request.user)


@router.delete("/albums/{int:album_id}", response={204: None}, openapi_extra={"responses": {409: {}}})
def delete_album(request: HttpRequest, album_id: Path[Id]):
    """The album goes, its pictures stay."""
    albums.delete(_own(request, album_id))
    return Status(204, None)


@router.get("/albums/{int:album_id}/photos", response=AlbumPhotos)
def list_album_photos(request: HttpRequest, album_id: Path[Id], wish: Query[Leaf]):
    """What is in it, in its order; of a smart one what its search finds now.

    The cursor is a picture: where that was taken out meanwhile, begin again (422).
    """
    album = get_object_or_404(Album.objects.visible_to(request.user), pk=album_id)
    if album.is_smart:
        return _found(album, wish)
    is_mine = album.owner_id == request.user.pk
    fields = LINE_FIELDS if is_mine else GUEST_FIELDS
    places = leafing.places_of(album).select_related("photo")
    places = places.only("position", "shown_at", *(f"photo__{name}" for name in fields))
    found = list(leafing.beside(places, _edge(album, wish.cursor), album.order)[: wish.limit + 1])
    photos = [place.photo for place in found[: wish.limit]]
    return {
        "items": [photo_line(p) for p in photos]
        if is_mine
        else [_guest(p) for p in titles.for_guests(photos)],
        "next": str(photos[-1].pk) if len(found) > wish.limit else None,
    }


@router.post("/albums/{int:album_id}/photos", response=Counted, openapi_extra={"responses": {409: {}}})
def add_to_album(request: HttpRequest, album_id: Path[Id], photos: PhotoIds):
    """Append pictures of yours, in the order given; says how many were not in it yet. Not to a smart album (409)."""
    return {"count": albums.add(_own(request, album_id), photos.ids)}


@router.post("/albums/{int:album_id}/remove", response=Changed, openapi_extra={"responses": {409: {}}})
def remove_from_album(request: HttpRequest, album_id: Path[Id], photos: PhotoIds):
    """Take pictures out; nothing is deleted."""
    ids = [pk for pk, _position in albums.remove(_own(request, album_id), photos.ids).places]
    return {"count": len(ids), "ids": ids}


@router.post("/albums/{int:album_id}/move", response={204: None}, openapi_extra={"responses": {409: {}}})
def move_in_album(request: HttpRequest, album_id: Path[Id], move: Move):
    """Put one picture right before another, or at the end; the album is in manual order from then on."""
    arranging.move(_own(request, album_id), move.photo, before=move.before)
    return Status(204, None)


# --- parts --------------------------------------------------------------------------------------------


def stale(request: HttpRequest, error: albums.Stale) -> HttpResponse:
    response = problem(412, error.sentence, current=_line(_shown(request, error.current.pk), request.user))
    response["ETag"] = f'"{error.current.revision}"'
    return response


def _own(request: HttpRequest, pk: int) -> Album:
    return get_object_or_404(Album.objects.owned_by(request.user), pk=pk)


def _shown(request: HttpRequest, pk: int) -> Album:
    visible = leafing.with_facts(Album.objects.visible_to(request.user).select_related("owner"))
    return get_object_or_404(visible, pk=pk)


def _found(album: Album, wish: Leaf) -> dict[str, Any]:
    """A page of what a smart album shows: up to a hundred."""
    before = None
    if wish.cursor:
        photo = Photo.objects.owned_by(album.owner).filter(pk=int(wish.cursor)).only("shown_at").first()
        if photo is None:
            raise _cursor_gone()
        before = search.Place.of(photo)
    query = search.parse(album.query)
    found = search.find(album.owner, query, before=before, fields=LINE_FIELDS, counted=False)
    photos = found.photos[: wish.limit]
    is_more = found.older is not None or len(found.photos) > wish.limit
    return {
        "items": [photo_line(photo) for photo in photos],
        "next": str(photos[-1].pk) if is_more and photos else None,
    }


def _cursor_gone() -> Refusal:
    sentence = "That picture is not in the album any more; begin again."
    return Refusal(422, sentence, code="cursor_gone", field="cursor")


def _edge(album: Album, cursor: str | None) -> AlbumPhoto | None:
    if cursor is None:
        return None
    if edge := AlbumPhoto.objects.filter(album=album, photo=int(cursor)).first():
        return edge
    raise _cursor_gone()


def _line(album: Album, viewer) -> dict[str, Any]:
    """An AlbumLine; `album` comes from `leafing.with_facts`."""
    said = {
        "id": album.pk,
        "title": album.title,
        "description": album.description,
        "owner": album.owner.get_full_name() or album.owner.get_username(),
        "is_mine": album.owner_id == viewer.pk,
        "count": None if album.is_smart else min(album.n_shown, leafing.COUNT_AT_MOST),
    }
    owners = {
        "query": album.query,
        "access": album.access,
        "order": album.order,
        "cover": album.cover_id,
        "created_at": instant(album.created_at),
        "changed_at": instant(album.changed_at),
        "revision": album.revision,
    }
    return said | (owners if said["is_mine"] else dict.fromkeys(owners))


def _guest(photo: Photo) -> dict[str, Any]:
    width, height = photo.size_of("l2560")
    words = {name: getattr(photo, name) for name in ("id", "title", "caption", "alt_text")}
    return words | {"width": width, "height": height}
