"""Your tags, with how many pictures have each."""

from __future__ import annotations

import base64
import binascii

from django.db.models import OuterRef
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from photos.api.inputs import PAGE, Limit, Params
from photos.api.problems import Refusal
from photos.leafing import CappedCount
from photos.models import Photo, Tag
from photos.text import clean

router = Router(tags=["tags"])
COUNT_AT_MOST = 1_000


class TagWish(Params):
    cursor: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{1,1100}$", description="`next` of the page before."
    )
    limit: Limit = PAGE


class TagCount(BaseModel):
    id: int
    name: str
    count: int = Field(
        description=f"Pictures outside the trash; {COUNT_AT_MOST} means: or more.", examples=[41]
    )


class TagPage(BaseModel):
    items: list[TagCount]
    next: str | None


@router.get("/tags", response=TagPage)
def list_tags(request: HttpRequest, wish: Query[TagWish]):
    """Your tags by name, a page at a time."""
    having = Photo.objects.owned_by(request.user).live().filter(tags=OuterRef("pk")).order_by()
    counted = Tag.objects.filter(owner=request.user).annotate(
        count=CappedCount(having.values("pk")[:COUNT_AT_MOST])
    )
    if wish.cursor:
        counted = counted.filter(folded__gt=_name_in(wish.cursor))
    found = list(counted.order_by("folded")[: wish.limit + 1])
    last = found[wish.limit - 1] if len(found) > wish.limit else None
    items = [{"id": tag.pk, "name": tag.name, "count": tag.count} for tag in found[: wish.limit]]
    return {"items": items, "next": _cursor_of(last.folded) if last else None}


def _cursor_of(folded: str) -> str:
    return base64.urlsafe_b64encode(folded.encode()).rstrip(b"=").decode()


def _name_in(cursor: str) -> str:
    try:
        return clean(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal(422, "That is no cursor of ours.", code="bad_cursor", field="cursor") from None
