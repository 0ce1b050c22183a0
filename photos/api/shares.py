"""Your share links: made, listed, switched off. The address of one is said once, when it is made."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Path, Query, Router, Status
from pydantic import BaseModel, Field, model_validator

from photos import sharing
from photos.api.inputs import MAX_IDS, Body, Cleaned, Id, Leaf, LeftOut, with_example
from photos.api.outputs import Instant, instant, shown_as
from photos.models import Album, Share

router = Router(tags=["share links"])
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Harbour walk"]), Cleaned]
SignedBy = Annotated[
    str, Field(max_length=80, description="How the receiver reads who shares; may be empty."), Cleaned
]
Lasts = Literal["1", "7", "30", "90", "365", "never"]
LINE = {
    "id": 4, "title": "Harbour walk", "signed_by": "", "album": 3, "n_chosen": 0, "is_on": True, "is_open": True,
    "allows_download": False, "created_at": "2026-11-23T13:05:00Z", "expires_at": "2026-12-23T13:05:00Z",
    "opened_on": None, "n_opened": 0,
}  # fmt: skip


class NewShare(Body):
    """A link to an album of yours, or to pictures of yours: one of both."""

    model_config = with_example(title="Harbour walk", album=3)

    title: Title
    signed_by: SignedBy = ""
    lasts: Lasts = Field("30", description="Days from now.")
    allows_download: bool = Field(
        False, description="Also a ZIP of the full pictures, without recipes and places."
    )
    album: Id | None = Field(None, description="The link follows it.")
    ids: list[Id] = Field([], max_length=MAX_IDS, description="Pictures, in this order.")

    @model_validator(mode="after")
    def _one_of_both(self) -> NewShare:
        if bool(self.album) == bool(self.ids):
            raise ValueError("say an album or pictures, and not both")
        return self


class ShareChanges(Body):
    """What is left out stays."""

    model_config = with_example(is_on=False)

    is_on: bool = LeftOut


class ShareLine(BaseModel):
    """A link of yours. Its address is not kept, so it is not here."""

    model_config = shown_as(LINE)

    id: int
    title: str
    signed_by: str
    album: int | None
    n_chosen: int = Field(description="Pictures it was made of; 0 of an album.")
    is_on: bool
    is_open: bool = Field(description="On, and not ended.")
    allows_download: bool
    created_at: Instant
    expires_at: Instant | None
    opened_on: str | None = Field(description="The last day it was opened.", examples=["2026-11-24"])
    n_opened: int


class MadeShare(ShareLine):
    model_config = shown_as(LINE | {"address": "https://gallery.example/x/4T0k…/"})

    address: str = Field(description="Said this once.")


class SharePage(BaseModel):
    items: list[ShareLine]
    next: str | None


@router.get("/shares", response=SharePage)
def list_shares(request: HttpRequest, wish: Query[Leaf]):
    """Share links, the newest first."""
    listed = Share.objects.owned_by(request.user).select_related("owner").order_by("-id")
    if wish.cursor:
        listed = listed.filter(pk__lt=int(wish.cursor))
    found = list(listed[: wish.limit + 1])
    items = [_line(share) for share in found[: wish.limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(found) > wish.limit else None}


@router.post("/shares", response={201: MadeShare}, openapi_extra={"responses": {404: {}}})
def create_share(request: HttpRequest, share: NewShare):
    """A new link, for whoever has its address, without an account."""
    said = share.model_dump()
    album_id, ids = said.pop("album"), said.pop("ids")
    album = get_object_or_404(Album.objects.owned_by(request.user), pk=album_id) if album_id else None
    made, token = sharing.make(request.user, album=album, photo_ids=ids, **said)
    made.refresh_from_db()
    return Status(201, _line(made) | {"address": request.build_absolute_uri(reverse("shared", args=[token]))})


@router.patch("/shares/{int:share_id}", response=ShareLine)
def switch_share(request: HttpRequest, share_id: Path[Id], changes: ShareChanges):
    """Switch a link off, at once, or on again."""
    share = _own(request, share_id)
    if changes.is_on is not None:
        sharing.switch(share, on=changes.is_on)
    return _line(share)


@router.delete("/shares/{int:share_id}", response={204: None})
def delete_share(request: HttpRequest, share_id: Path[Id]) -> HttpResponse | Status:
    """The link goes, its pictures stay."""
    sharing.delete(_own(request, share_id))
    return Status(204, None)


def _own(request: HttpRequest, share_id: int) -> Share:
    return get_object_or_404(Share.objects.owned_by(request.user).select_related("owner"), pk=share_id)


def _line(share: Share) -> dict:
    plain = ("title", "signed_by", "n_chosen", "is_on", "is_open", "allows_download", "n_opened")
    return {name: getattr(share, name) for name in plain} | {
        "id": share.pk,
        "album": share.album_id,
        "created_at": instant(share.created_at),
        "expires_at": instant(share.expires_at) if share.expires_at else None,
        "opened_on": share.opened_on.isoformat() if share.opened_on else None,
    }
