"""What an owner does to albums: each a form that works without script, answered by 303, or by JSON for a script."""

from __future__ import annotations

import json
from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from photos import albums, arranging, leafing
from photos.forms_albums import LAST, MOST_PHOTOS, NEW, AccessForm, AlbumForm, CreateForm, MoveForm, photo_ids
from photos.models import Album
from photos.models.albums import AlbumQuerySet
from photos.views import errors
from photos.views.albums import REMOVED, access_label, count_words, own_album, shelf_page
from photos.views.replies import back, positive_int, see_other, wants_json

RECENT = 50  # albums offered to choose from


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    form = CreateForm(request.POST)
    if form.is_valid():
        try:
            made = albums.create(request.user, **form.cleaned_data)
            return see_other(made.get_absolute_url())
        except albums.AlbumError as problem:
            form.add_error(problem.field or None, problem.sentence)
    return shelf_page(request, form=form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Title, description, order; and the button that deletes the album."""
    shown = own_album(request, pk)
    typed = {name: getattr(shown, name) for name in ("title", "description", "order", "revision")}
    form = AlbumForm(request.POST or None, initial=typed)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                shown = albums.edit(shown, access=shown.access, **form.cleaned_data)
                return see_other(shown.get_absolute_url())
            except albums.Stale as stale:
                shown, status = stale.current, 409
                form.data = form.data.copy()
                form.data["revision"] = shown.revision
                form.add_error(None, stale.sentence)
            except albums.AlbumError as problem:
                form.add_error(problem.field or None, problem.sentence)
    context = {
        "album": shown,
        "form": form,
        "is_stale": status == 409,
        "section": "albums",
        "own_primary": True,
    }
    return render(request, "albums/edit.html", context, status=status)


@require_POST
def access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may see it. The rest stays as it is."""
    shown = own_album(request, pk)
    form = AccessForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400, _("Choose who may see this album."))
    rest = {"title": shown.title, "description": shown.description, "order": shown.order}
    try:
        shown = albums.edit(shown, **form.cleaned_data, **rest)
    except albums.AlbumError as problem:
        messages.error(request, problem.sentence)
    else:
        messages.info(request, _("Who can see this album: %s.") % access_label(shown))
    return see_other(shown.get_absolute_url())


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    shown = own_album(request, pk)
    with suppress(albums.AlbumError):  # somebody else was faster; it is gone
        albums.delete(shown)
    messages.info(request, _("Deleted the album “%s”. Its images stay in your gallery.") % shown.title)
    return see_other(reverse("albums"))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put pictures into an album, an existing one (`album`) or a new one (`title`); asks which where neither is said.

    `photo` names the pictures, once for each, and `album` one by its number, or "last": the one used last.
    From a script {"photo": [...], "album": 12} will do.
    """
    sent = _sent(request)
    if sent is None or (ids := photo_ids(sent["photo"])) is None:
        return errors.page(request, 400, _("Not a list of pictures."))
    wanted, title = sent["album"], sent["title"].strip()
    if not ids:
        return _answer(request, _("No image was selected."), status=422)
    if wanted == LAST and (last := _by_hand(request).first()):
        chosen = last
    elif wanted not in ("", NEW, LAST):
        chosen = get_object_or_404(Album.objects.owned_by(request.user), pk=positive_int(wanted) or 0)
    elif title:
        try:
            chosen = albums.create(request.user, title=title)
        except albums.AlbumError as problem:
            return _answer(request, problem.sentence, status=422)
    else:
        return _ask_which(request, ids)
    try:
        n = albums.add(chosen, ids)
    except albums.AlbumError as problem:
        return _answer(request, problem.sentence, status=409)
    known = {
        "album": {"id": chosen.pk, "title": chosen.title, "address": chosen.get_absolute_url()},
        "added": n,
    }
    return _answer(request, _added(n, len(ids), chosen), **known)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take pictures out, or (`whole`) all of them; the page that follows offers to put them back."""
    shown = own_album(request, pk)
    ids = photo_ids(request.POST.getlist("photo"))
    if "whole" in request.POST:
        ids = list(leafing.places_of(shown).values_list("photo_id", flat=True))
    if not ids:
        return back(request, otherwise=shown.get_absolute_url())
    try:
        removed = albums.remove(shown, ids)
    except albums.AlbumError as problem:
        return _answer(request, problem.sentence, status=409)
    n = len(removed.places)
    if n <= MOST_PHOTOS:  # what is kept is read with every request
        request.session[REMOVED] = {"album": shown.pk, "places": removed.places, "cover": removed.cover}
    said = ngettext("Removed %s image from the album.", "Removed %s images from the album.", n) % n
    if wants_json(request):
        return JsonResponse({"sentence": said, "removed": n})
    if "photo_page" in request.POST:
        messages.info(request, _("Removed from “%s”. The image stays in your gallery.") % shown.title)
        return back(request, otherwise=shown.get_absolute_url())
    if n > MOST_PHOTOS:
        messages.info(request, said)
    return see_other(f"{shown.get_absolute_url()}?removed")


@require_POST
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the last removal from this album."""
    shown = own_album(request, pk)
    kept = request.session.pop(REMOVED, None) or {}
    if kept.get("album") == shown.pk:
        places = [tuple(place) for place in kept["places"]]
        albums.put_back(shown, albums.Removed(places=places, cover=kept["cover"]))
        messages.info(request, _("Put back where it was."))
    return see_other(shown.get_absolute_url())


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """The buttons of the arrange page, and what a script drags."""
    shown = own_album(request, pk)
    if request.POST.get("move") == "by_date":
        arranging.arrange_by_date(shown)
        return back(request, otherwise=f"{shown.get_absolute_url()}?arrange=1")
    form = MoveForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400, _("There is no such move."))
    asked = form.asked()
    if asked is None:
        return _answer(request, _("Type the number of the place first."), status=422)
    verb, photo_id, where = asked
    try:
        _move(shown, verb, photo_id, where)
    except albums.AlbumError as problem:
        return _answer(request, problem.sentence, status=409)
    said = _("It is the cover now.") if verb == "cover" else _("Moved.")
    return _answer(request, said, anchor=f"#p{photo_id}")


def _move(shown: Album, verb: str, photo_id: int, where: int | None) -> None:
    if verb == "cover":
        albums.set_cover(shown, photo_id)
    elif verb == "before":
        arranging.move(shown, photo_id, before=where)
    elif verb == "to":
        arranging.move_to(shown, photo_id, where or 1)
    else:
        arranging.step(shown, photo_id, -1 if verb == "up" else 1)


# --- answers ------------------------------------------------------------------------------------------


def _sent(request: HttpRequest) -> dict | None:
    """`photo`, `album` and `title` of a form or of a script; None where it is neither."""
    if request.content_type != "application/json":
        said = {name: request.POST.get(name, "") for name in ("album", "title")}
        return said | {"photo": request.POST.getlist("photo")}
    try:
        body = json.loads(request.body)
        return {"photo": body["photo"], **{name: str(body.get(name) or "") for name in ("album", "title")}}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _by_hand(request: HttpRequest) -> AlbumQuerySet:
    return Album.objects.owned_by(request.user).by_hand().recent_first()


def _ask_which(request: HttpRequest, ids: list[int]) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"sentence": _("Say which album.")}, status=422)
    recent = _by_hand(request)[:RECENT]
    context = {
        "ids": ids,
        "count": count_words(len(ids)),
        "albums": recent,
        "next": request.POST.get("next", ""),
        "section": "albums",
        "own_primary": True,
    }
    return render(request, "albums/add.html", context)


def _added(n: int, asked: int, album: Album) -> str:
    if not n:
        return _("Nothing new for “%s”: it was there already.") % album.title
    said = ngettext("Added %(n)s image to “%(title)s”.", "Added %(n)s images to “%(title)s”.", n)
    rest = _(" The others were in it already.") if n < asked else ""
    return said % {"n": n, "title": album.title} + rest


def _answer(
    request: HttpRequest, sentence: str, *, status: int = 200, anchor: str = "", **known
) -> HttpResponse:
    """A line on the page one came from, or JSON. `status` is for scripts: a page is always a 303."""
    if wants_json(request):
        return JsonResponse({"sentence": sentence, **known}, status=status)
    (messages.error if status >= 400 else messages.info)(request, sentence)
    answer = back(request, otherwise=reverse("albums"))
    answer["Location"] += anchor
    return answer
