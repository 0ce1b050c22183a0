"""Where a person was on a list: kept quietly, so that the list opens there again, on whatever device."""

from __future__ import annotations

from django.http import QueryDict
from django.utils import timezone

from photos import bulk
from photos.db import in_transaction
from photos.models import KeptPlace

MAX_SCOPE, MAX_QUERY = 60, 200
AT_MOST = 500  # lists of a person: each search is one
KEPT = ("show", "sort", "stacks")  # of an address: what a list shows, not how far one has leafed


def keep(owner, scope: str, photo_id: int, query: str = "") -> bool:
    """Note that this person looks at this picture of that list; False where it is not one of theirs.

    `query` is the address of the list behind its "?"; what is not known of it is left out.
    """
    if len(scope) > MAX_SCOPE:
        return False
    try:
        is_there = bulk.photos_in(owner, scope).filter(pk=photo_id).exists()
    except (bulk.BulkError, ValueError, OverflowError):
        return False
    if is_there:
        place = {"photo_id": photo_id, "query": _known(query), "kept_at": timezone.now()}
        in_transaction(lambda: _keep(owner, scope, place))
    return is_there


def _keep(owner, scope: str, place: dict) -> None:
    """Inside a transaction. For a new one above the limit those kept longest ago go."""
    if KeptPlace.objects.update_or_create(owner=owner, scope=scope, defaults=place)[1]:
        old = KeptPlace.objects.filter(owner=owner).order_by("-kept_at", "-pk").values_list("pk", flat=True)
        KeptPlace.objects.filter(pk__in=list(old[AT_MOST : AT_MOST + 100])).delete()


def forget(owner, scope: str) -> None:
    KeptPlace.objects.filter(owner=owner, scope=scope).delete()


def places_of(owner, scopes: list[str]):
    """The kept places of these lists, as a queryset."""
    return KeptPlace.objects.filter(owner=owner, scope__in=scopes, photo__trashed_at__isnull=True)


def _known(query: str) -> str:
    asked, kept = QueryDict(query[:1_000]), QueryDict(mutable=True)
    for name in KEPT:
        if name in asked:
            kept[name] = asked[name]
    said = kept.urlencode()
    return said if len(said) <= MAX_QUERY else ""
