"""The page of one picture, the panel of the large view, and the download of the original."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import leafing, media, reasons, search, storage
from photos.forms_albums import photo_ids
from photos.models import ImportedFile, Photo, RejectReasons
from photos.thumbnails import variant_size
from photos.views import guests
from photos.views.bundles import bundle_of, left_words
from photos.views.edit import texts_of
from photos.views.facts import facts_of, settings_of
from photos.views.lineage import lineage_of
from photos.views.places import Place, in_album, in_search, place_of
from photos.views.replies import positive_int

ALBUMS = 50  # shown and offered on the page of a picture
LARGER = 100  # addresses in one answer


@require_safe
@guests.visitors_too
@vary_on_headers("HX-Request")
@cache_control(private=True, no_cache=True)
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; for the large view only what stands in its panel. Others than the owner get a page of their own."""
    shown = Photo.objects.visible_to(request.user).select_related("recipe").filter(pk=pk)
    shown = shown.annotate(imported_path=Subquery(_first_path()), reasons_listed=Subquery(_reasons())).first()
    if shown is None:
        return _in_trash(request, pk)
    if shown.owner_id != request.user.pk:
        return guests.photo_page(request, shown)
    shown.owner = request.user  # known: not to be asked for again
    here = (
        leafing.places_for(request.user, shown).filter(album=positive_int(request.GET.get("album"))).first()
    )
    place, query = in_album(shown, here) if here else place_of(shown), None
    if words := request.GET.get("q", "")[: search.MAX_CHARACTERS]:
        query = search.parse(words)
        place = in_search(shown, words, query, place)
    context = {
        "photo": shown,
        "recipe": getattr(shown, "recipe", None),
        "title": shown.title or place.title or str(shown),
        "settings": settings_of(shown, place),
        "place": place,
        "query": query,
        "section": place.section,
        "own_primary": True,
    }
    context["texts"] = texts_of(shown)
    if request.htmx:
        return render(request, "photo/_panel.html", context | {"zoom": media.sign(shown, "l2560")})
    albums = leafing.for_one(request.user, shown, limit=ALBUMS)
    width, height = shown.size_of("l1600")
    context |= {
        "large": media.sign(shown, "l1600"),
        "larger": media.sign(shown, "l2560"),
        "larger_width": shown.size_of("l2560")[0],
        "width": width,
        "height": height,
        "alt": shown.alt_text or shown.caption or shown.title,
        "facts": facts_of(shown),
        "lineage": lineage_of(shown),
        "stars": range(1, 6),
        **_choosing(shown),
        "after_trash": _after_trash(place),
        "albums": [album for album in albums if album.holds],
        "other_albums": [album for album in albums if not album.holds],
    }
    return render(request, "photo/page.html", context)


def _choosing(photo: Photo) -> dict:
    listed = reasons.as_listed(photo.reasons_listed)
    is_other = bool(photo.reason) and photo.reason not in (one.name for one in listed)
    return {"reasons": listed, "other_reason": is_other, "labels": Photo.Label.choices}


def _reasons():
    return RejectReasons.objects.filter(owner=OuterRef("owner")).values("listed")[:1]


def _first_path():
    """Where its owner imported it from; the page of anybody else has no use for it."""
    mine = ImportedFile.objects.filter(photo=OuterRef("pk"), owner=OuterRef("owner")).order_by("pk")
    return mine.values("path")[:1]


@require_safe
@cache_control(private=True, no_cache=True)
def larger(request: HttpRequest) -> HttpResponse:
    """Address and width of the large pictures of a list (`id`, up to a hundred): one's own alone."""
    ids = photo_ids(request.GET.getlist("id")[:LARGER]) or []
    mine = Photo.objects.owned_by(request.user).live().filter(pk__in=ids)
    rows = mine.values_list("pk", "sha256", "access_revision", "width", "height")
    found = {
        pk: [media.sign_values(pk, sha256, revision, "l1600"), variant_size("l1600", width, height)[0]]
        for pk, sha256, revision, width, height in rows
    }
    return JsonResponse(found)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand on to the original itself: the owner's alone."""
    mine = Photo.objects.owned_by(request.user).live()
    shown = get_object_or_404(mine.only("pk", "root", "file", "sha256", "access_revision"), pk=pk)
    if shown.is_away:
        messages.info(request, _("The file of this image is not there at the moment: %s") % shown.linked_path)
        return HttpResponseRedirect(shown.get_absolute_url())
    return HttpResponseRedirect(media.sign(shown, "original") + "&save")


@require_safe
def sidecar(request: HttpRequest, pk: int) -> HttpResponse:
    """The papers that stand beside a final: the owner's alone."""
    mine = Photo.objects.owned_by(request.user).live().exclude(sidecar_sha256="")
    shown = get_object_or_404(mine.only("pk", "title", "file"), pk=pk)
    if not (data := storage.read_sidecar(shown.file.name)):
        raise Http404
    name = storage.sidecar_name(shown.download_name)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type="application/rdf+xml", headers=headers)


def _in_trash(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own that lies there, to be brought back; for everybody else it is not there at all."""
    shown = get_object_or_404(Photo.objects.owned_by(request.user).trashed(), pk=pk)
    width, height = shown.size_of("l1600")
    context = {
        "photo": shown,
        "bundle": bundle_of(request.user, shown.trash_batch),
        "large": media.sign(shown, "l1600", media.TRASH),
        "width": width,
        "height": height,
        "alt": shown.alt_text or shown.caption or shown.title,
        "left": left_words(shown.trashed_at),
        "section": "trash",
        "own_primary": True,
    }
    return render(request, "photo/trashed.html", context)


def _after_trash(place: Place) -> str:
    """Where to go when this one is moved to the trash: on, or back, or to the list."""
    beside = place.following or place.previous
    return (
        f"{reverse('photo', args=[beside])}{place.query}" if beside else place.back_address or reverse("home")
    )
