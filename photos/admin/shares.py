"""Share links at the desk: whose they are, what they show, how long; never an address. They can be switched off."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from photos import sharing
from photos.admin import filters
from photos.admin.lists import DeskAdmin
from photos.models import Share


class Open(filters.Choice):
    title, parameter_name, column = gettext_lazy("state"), "open", "is_on"
    values = (("1", gettext_lazy("open")), ("0", gettext_lazy("off or ended")))

    def queryset(self, request: HttpRequest, queryset):
        is_open = Q(is_on=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
        wanted = {"1": is_open, "0": ~is_open}.get(self.value())
        return queryset if wanted is None else queryset.filter(wanted)


@admin.action(description=gettext_lazy("Switch off"))
def switch_off(desk, request: HttpRequest, chosen) -> None:
    found = list(chosen.filter(is_on=True))
    for share in found:
        sharing.switch(share, on=False)
    desk.note(request, found, "Switched off.")
    said = ngettext("%d link is switched off.", "%d links are switched off.", len(found))
    desk.message_user(request, said % len(found))


@admin.register(Share)
class ShareAdmin(DeskAdmin):
    list_display = (
        "title", "owner_name", "shows", "state", "created_at", "expires_at", "opened_on", "n_opened", "allows_download",
    )  # fmt: skip
    list_filter = (Open, filters.Owner)
    search_fields = ("title",)
    list_per_page = 50
    actions = (switch_off,)
    fields = (
        "title", "owner_name", "signed_by", "shows", "state", "allows_download", "created_at", "expires_at",
        "opened_on", "n_opened",
    )  # fmt: skip
    readonly_fields = fields

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def rows_for_list(self, rows) -> list[Share]:
        return list(rows.select_related("owner", "album"))

    @admin.display(description=gettext_lazy("Owner"))
    def owner_name(self, share: Share) -> str:
        return share.owner.get_username()

    @admin.display(description=gettext_lazy("Shows"))
    def shows(self, share: Share) -> str:
        if share.album_id:
            return _("Album “%s”") % share.album.title
        return ngettext("%s chosen image", "%s chosen images", share.n_chosen) % share.n_chosen

    @admin.display(description=gettext_lazy("State"))
    def state(self, share: Share) -> str:
        if not share.is_on:
            return _("off")
        if not share.owner.is_active:
            return _("its owner's account is closed")
        return _("ended") if share.has_expired else _("on")
