"""The page of one picture, the panel of the large view, and the download of the original."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from photos import media
from photos.models import Photo
from photos.views.facts import facts_of, settings_of
from photos.views.places import place_of


@require_safe
@vary_on_headers("HX-Request")
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; for the large view only what stands in its panel."""
    shown = get_object_or_404(Photo.objects.visible_to(request.user).select_related("recipe"), pk=pk)
    place = place_of(shown)
    context = {
        "photo": shown,
        "recipe": getattr(shown, "recipe", None),
        "settings": settings_of(shown, place),
        "place": place,
        "section": place.section,
        "own_primary": True,
    }
    if request.htmx:
        return render(request, "photo/_panel.html", context | {"zoom": media.sign(shown, "l2560")})
    width, height = shown.size_of("l1600")
    context |= {
        "large": media.sign(shown, "l1600"),
        "larger": media.sign(shown, "l2560"),
        "larger_width": shown.size_of("l2560")[0],
        "width": width,
        "height": height,
        "alt": shown.alt_text or shown.caption or shown.title,
        "facts": facts_of(shown),
        "stars": range(1, 6),
    }
    return render(request, "photo/page.html", context)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand on to the original itself: the owner's alone."""
    shown = get_object_or_404(
        Photo.objects.visible_to(request.user).only("pk", "sha256", "access_revision"), pk=pk
    )
    return HttpResponseRedirect(media.sign(shown, "original") + "&save")
