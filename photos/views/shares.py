"""The owner's side of share links: all of them, one being made, one that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from photos import bulk, leafing, sharing
from photos.forms_albums import photo_ids
from photos.forms_shares import LASTS, ChangeForm, ShareForm, SwitchForm
from photos.models import Album, Photo, Share
from photos.sharing import shown
from photos.sharing.proof import AT_ONCE, read_back
from photos.views import errors, shared
from photos.views.albums import count_words, own_album
from photos.views.cells import Thumb
from photos.views.replies import back, positive_int, see_other

PAGE, THUMBS = 50, 12
USUAL = {"lasts": "30", "allows_download": False}
NEW_LINK = "gallery_new_link"  # cookie: carries a new address to the one page that shows it
NEW_LINK_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a link is asked for: an album, or pictures that were ticked, or all that a list shows."""

    album: Album | None
    ids: list[int]
    fields: list[tuple[str, Any]]  # to be sent again with the form

    @property
    def count(self) -> int:
        if self.album is None:
            return len(self.ids)
        return leafing.places_of(self.album).order_by().values("pk")[: leafing.COUNT_AT_MOST + 1].count()

    def first(self) -> list[Photo]:
        if self.album is not None:
            return shown.first(Share(album=self.album, owner=self.album.owner), AT_ONCE)
        place = {pk: n for n, pk in enumerate(self.ids[:AT_ONCE])}
        return sorted(shown.chosen(Photo.objects.filter(pk__in=place)), key=lambda photo: place[photo.pk])


@require_safe
@never_cache
def shares(request: HttpRequest) -> HttpResponse:
    """All links of the viewer's, the newest first."""
    listed = Share.objects.owned_by(request.user).select_related("album", "owner").order_by("-id")
    if before := positive_int(request.GET.get("before")):
        listed = listed.filter(pk__lt=before)
    found = list(listed[: PAGE + 1])
    context = {
        "shares": found[:PAGE],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "is_first": not before,
        "section": "shares",
    }
    return render(request, "shares/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Ask how, and show what the receiver will get; or, with `make`, make it.

    `album` names an album; else `photo` the ticked boxes of a list, or `whole` and `scope` all of it.
    """
    wanted = _wanted(request)
    if isinstance(wanted, HttpResponse):
        return wanted
    form = ShareForm(request.POST) if "make" in request.POST else None
    if form is not None and form.is_valid():
        try:
            share, token = sharing.make(
                request.user, album=wanted.album, photo_ids=wanted.ids, **form.cleaned_data
            )
            return _told(request, share, token)
        except sharing.ShareError as problem:
            form.add_error(problem.field or None, problem.sentence)
    return _ask(request, wanted, form)


@require_safe
@never_cache
def share(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _own(request, pk))


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    mine, form = _own(request, pk), ChangeForm(request.POST)
    if form.is_valid():
        try:
            sharing.edit(mine, **form.cleaned_data)
            messages.info(request, _("Saved."))
            return see_other(mine.get_absolute_url())
        except sharing.ShareError as problem:
            form.add_error(problem.field or None, problem.sentence)
    return _page(request, _own(request, pk), form=form, status=422)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Off, at once, or on again."""
    mine, form = _own(request, pk), SwitchForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400)
    sharing.switch(mine, on=form.cleaned_data["on"])
    messages.info(request, _switched(mine) % mine.title)
    return back(request, otherwise=mine.get_absolute_url())


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Another address, shown on the page that follows; the old one ends."""
    mine = _own(request, pk)
    return _told(request, mine, sharing.renew(mine))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    mine = _own(request, pk)
    title = mine.title
    sharing.delete(mine)
    messages.info(request, _("Deleted the link “%s”. Its images stay in your gallery.") % title)
    return see_other(reverse("shares"))


@require_safe
@never_cache
def preview(request: HttpRequest, pk: int, name: str = "") -> HttpResponse:
    """The pages as the receiver sees them; of a link that is off the page that says no more."""
    mine = _own(request, pk)
    address, answer = reverse("share_preview", args=[mine.pk]), None
    if mine.is_open and name == "download":
        answer = shared.download(request, mine, address)
    elif mine.is_open:
        answer = shared.picture(request, mine, address, name) if name else shared.grid(request, mine, address)
    return answer or render(request, "shared/closed.html", status=404)


# --- parts --------------------------------------------------------------------------------------------


def _own(request: HttpRequest, pk: int) -> Share:
    return get_object_or_404(Share.objects.owned_by(request.user).select_related("owner", "album"), pk=pk)


def _wanted(request: HttpRequest) -> Wanted | HttpResponse:
    said = request.POST if request.method == "POST" else request.GET
    if "album" in said and "photo" not in said and "whole" not in said:
        album = own_album(request, positive_int(said.get("album")) or 0)
        return Wanted(album=album, ids=[], fields=[("album", album.pk)])
    ids, fields = photo_ids(said.getlist("photo")), []
    if ids is None:
        return errors.page(request, 400, _("Not a list of pictures."))
    if "whole" in said:
        try:
            listed = bulk.photos_in(request.user, said.get("scope", "")).live().newest_first()
            ids = list(listed.values_list("pk", flat=True)[: sharing.MOST_CHOSEN + 1])
        except (bulk.BulkError, Http404, ValueError):
            ids = []
        fields = [("whole", "1"), ("scope", said.get("scope", ""))]
    else:
        live = set(
            Photo.objects.owned_by(request.user).live().filter(pk__in=ids).values_list("pk", flat=True)
        )
        ids = [pk for pk in ids if pk in live]
    if not ids or len(ids) > sharing.MOST_CHOSEN:
        messages.error(request, _too_many() if ids else _("Select some images first; then share them."))
        return back(request, otherwise=reverse("shares"))
    return Wanted(album=None, ids=ids, fields=fields or [("photo", pk) for pk in ids])


def _too_many() -> str:
    return _("A link holds at most %s chosen images. Put more into an album, and share that.") % (
        f"{sharing.MOST_CHOSEN:,}"
    )


def _ask(request: HttpRequest, wanted: Wanted, form: ShareForm | None) -> HttpResponse:
    typed = form.data if form else USUAL | {"title": wanted.album.title if wanted.album else ""}
    photos = wanted.first()
    others = (
        Share.objects.owned_by(request.user).filter(album=wanted.album)
        if wanted.album
        else Share.objects.none()
    )
    context = {
        "album": wanted.album,
        "fields": wanted.fields,
        "others": others.select_related("owner").order_by("-id")[:5],
        "next": request.POST.get("next", ""),
    }
    context |= _form(typed, form) | _proved(photos, wanted.count, typed.get("title") or "", downloads=False)
    return render(request, "shares/new.html", context, status=422 if form else 200)


def _page(
    request: HttpRequest, mine: Share, *, form: ChangeForm | None = None, status: int = 200
) -> HttpResponse:
    salt = _salt(request, mine)
    token = request.get_signed_cookie(NEW_LINK, None, salt=salt, max_age=NEW_LINK_SECONDS)
    typed = (
        form.data
        if form
        else {name: getattr(mine, name) for name in ("title", "signed_by", "allows_download")}
    )
    context = {
        "share": mine,
        "address": request.build_absolute_uri(reverse("shared", args=[token])) if token else "",
    }
    context |= _form(typed, form)
    context |= _proved(
        shown.first(mine, AT_ONCE), shown.count(mine), mine.title,
        downloads=mine.allows_download, credited=mine.names_its_owner,
    )  # fmt: skip
    response = render(request, "shares/page.html", context, status=status)
    if NEW_LINK in request.COOKIES:
        response.delete_cookie(NEW_LINK, path=reverse("shares"), samesite="Strict")
    return response


def _switched(mine: Share) -> str:
    if not mine.is_on:
        return _("“%s” is switched off. Nobody can open it any more.")
    if mine.has_expired:
        return _("“%s” is on, but its time is over: choose below how long it lasts from now.")
    return _("“%s” works again.")


def _form(typed: Any, form: ShareForm | None) -> dict:
    return {
        "typed": {name: typed.get(name) or "" for name in ("title", "signed_by", "lasts", "allows_download")},
        "errors": {name: " ".join(found) for name, found in form.errors.items()} if form else {},
        "error": " ".join(form.non_field_errors()) if form else "",
        "lasts": LASTS,
        "section": "shares",
        "own_primary": True,
    }


def _proved(photos: list[Photo], count: int, title: str, *, downloads: bool, credited: bool = False) -> dict:
    return {
        "proof": read_back(photos, title=title, downloads=downloads, credited=credited),
        "count": count_words(count),
        "is_more": count > len(photos),
        "thumbs": [Thumb(photo) for photo in photos[:THUMBS]],
    }


def _told(request: HttpRequest, mine: Share, token: str) -> HttpResponse:
    """To the page of the link, which shows its address this once: it travels in a cookie, not in a table."""
    response = see_other(mine.get_absolute_url())
    response.set_signed_cookie(
        NEW_LINK, token, salt=_salt(request, mine), max_age=NEW_LINK_SECONDS, path=reverse("shares"),
        httponly=True, samesite="Strict", secure=request.is_secure(),
    )  # fmt: skip
    return response


def _salt(request: HttpRequest, mine: Share) -> str:
    """Another person on the same browser is not shown it, and no other link's page."""
    return f"photos.new_link.{request.user.pk}.{mine.pk}.{mine.revision}"
