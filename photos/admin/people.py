"""People at the desk. Whoever owns something is not deleted: what they own would have to go with them."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from photos.models import Album, Photo

User = get_user_model()
COUNTED = 10_000  # an exact number of a million helps nobody

Holdings = tuple[type, str, str]
_held: list[Holdings] = [(Photo, "%s photo", "%s photos"), (Album, "%s album", "%s albums")]


def register_holding(model: type, one: str, many: str) -> None:
    """Another model whose rows protect their `owner`; `one` and `many` hold a %s."""
    _held.append((model, one, many))


def holdings(user) -> str:
    """ "1,204 photos and 3 albums"; "" for who owns nothing."""
    parts = []
    for model, one, many in _held:
        n = model._default_manager.filter(owner=user).order_by()[: COUNTED + 1].count()
        if n:
            number = f"{n:,}" if n <= COUNTED else _("more than %s") % f"{COUNTED:,}"
            parts.append(ngettext(one, many, n) % number)
    return _(" and ").join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def refusal(user) -> str:
    """Why this person cannot be deleted; "" when they can."""
    owned = holdings(user)
    if not owned:
        return ""
    return _(
        "%(name)s owns %(what)s: move or delete them first, empty the trash, or make the account inactive."
    ) % {
        "name": user.get_username(),
        "what": owned,
    }


class PersonForm(UserChangeForm):
    """One right instead of the two boxes with every permission of every table: no other has a meaning here."""

    may_generate = forms.BooleanField(
        required=False,
        label=gettext_lazy("May generate"),
        help_text=gettext_lazy("Sees Sessions and Generate. Administrators always may."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["may_generate"] = self.instance.user_permissions.filter(codename="generate").exists()


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    list_display = ("username", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Who it is"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "may_generate", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    actions = ("delete_selected",)

    @admin.action(description=gettext_lazy("Delete selected people"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, chosen):
        """Django's own, with its page that asks, for those who own nothing."""
        kept = [person for person in chosen if self._refuse(request, person)]
        rest = chosen.exclude(pk__in=[person.pk for person in kept])
        return delete_selected(self, request, rest) if rest.exists() else None

    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None):
        person = self.get_object(request, object_id)
        if person and self._refuse(request, person):
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))
        return super().delete_view(request, object_id, extra_context)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "may_generate" in form.cleaned_data:
            right = Permission.objects.get(content_type__app_label="generation", codename="generate")
            held = form.instance.user_permissions
            (held.add if form.cleaned_data["may_generate"] else held.remove)(right)

    def _refuse(self, request: HttpRequest, person) -> bool:
        reason = refusal(person)
        if reason:
            self.message_user(request, reason, messages.ERROR)
        return bool(reason)
