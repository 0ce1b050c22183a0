"""Albums at the desk: whose they are, who may look, what is in them. Arranging is done on the pages."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from photos import albums
from photos.admin import filters
from photos.admin.lists import DeskAdmin
from photos.admin.photos import LISTED, thumbnail
from photos.models import Album, AlbumPhoto, Photo

SHOWN = 60
THUMBNAIL_FIELDS = tuple(name for name in LISTED if name != "owner__username")


class Access(filters.Choice):
    title, parameter_name, column = gettext_lazy("access"), "access", "access"
    values = Album.Access.choices


@admin.register(Album)
class AlbumAdmin(DeskAdmin):
    list_display = ("cover_picture", "title", "owner_name", "n_photos", "access_words", "changed_at")
    list_display_links = ("title",)
    list_filter = (Access, filters.Owner)
    search_fields = ("title",)
    list_per_page = 50
    fields = ("title", "owner_name", "access_words", "description", "order", "changed_at", "pictures")
    readonly_fields = fields
    delete_confirmation_template = "admin/photos/album/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/photos/album/delete_selected_confirmation.html"

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def rows_for_list(self, rows) -> list[Album]:
        """With owner, number of pictures, and a cover: the one chosen, else the first live picture in its order."""
        first = (
            AlbumPhoto.objects.filter(album=OuterRef("pk")).order_by("position", "id").values("photo_id")[:1]
        )
        found = list(rows.select_related("owner").annotate(first_id=Subquery(first)))
        ids = [album.pk for album in found]
        numbers = dict(
            AlbumPhoto.objects.filter(album__in=ids).values_list("album").annotate(n=Count("pk")).order_by()
        )
        covers = Photo.objects.only(*THUMBNAIL_FIELDS).in_bulk(
            {pk for album in found if (pk := album.cover_id or album.first_id)}
        )
        for album in found:
            album.number, album.shown_cover = (
                numbers.get(album.pk, 0),
                covers.get(album.cover_id or album.first_id),
            )
        return found

    @admin.display(description=gettext_lazy("Cover"))
    def cover_picture(self, album: Album) -> str:
        return thumbnail(album.shown_cover) if album.shown_cover else ""

    @admin.display(description=gettext_lazy("Owner"))
    def owner_name(self, album: Album) -> str:
        return album.owner.get_username()

    @admin.display(description=gettext_lazy("Images"))
    def n_photos(self, album: Album) -> str:
        return f"{album.number:,}"

    @admin.display(description=gettext_lazy("Who may look"))
    def access_words(self, album: Album) -> str:
        return album.get_access_display()

    @admin.display(description=gettext_lazy("First images"))
    def pictures(self, album: Album) -> str:
        """The first 60: an album may hold a hundred thousand."""
        order = ("shown_at", "id") if album.order == Album.Order.DATE else ("position", "id")
        places = AlbumPhoto.objects.filter(album=album).order_by(*order).values_list("photo_id", flat=True)
        ids = list(places[: SHOWN + 1])
        photos = Photo.objects.only(*THUMBNAIL_FIELDS).in_bulk(ids[:SHOWN])
        cells = (
            (reverse("admin:photos_photo_change", args=[pk]), str(photos[pk]), thumbnail(photos[pk], 96))
            for pk in ids[:SHOWN]
            if pk in photos
        )
        shown = format_html_join("", '<li><a href="{}" title="{}">{}</a></li>', cells)
        more = format_html(
            '<p class="quiet">{}</p>', _("And more: only the first %d are shown here.") % SHOWN
        )
        return format_html('<ul class="wall">{}</ul>{}', shown, more if len(ids) > SHOWN else "")

    # --- deleting: the album goes, its pictures stay ------------------------------------------------

    def get_deleted_objects(self, objs, request: HttpRequest):
        """Not Django's collector, which would read every place of every album."""
        names = [str(album) for album in objs]
        return names, {ngettext("album", "albums", len(names)): len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Album) -> None:
        albums.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset) -> None:
        for album in queryset:
            albums.delete(album)
