"""Who may come to the desk. One door for signing in: the gallery's own, which counts wrong passwords."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache


def has_permission(request: HttpRequest) -> bool:
    """The desk shows every picture of everybody: `is_staff` alone does not open it."""
    return request.user.is_active and request.user.is_superuser


@login_not_required
@never_cache
def login(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """Nobody: to the gallery's log-in and back. Somebody who may not: a sentence, no second log-in form."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("admin:index")
    if not request.user.is_authenticated:
        return HttpResponseRedirect(f"{resolve_url('login')}?{urlencode({'next': wanted})}")
    if has_permission(request):
        return HttpResponseRedirect(wanted)
    raise PermissionDenied(
        _("The admin is for superusers: it shows the images of everybody. Your account is none.")
    )


desk = admin.site
desk.has_permission = has_permission
desk.login = login
desk.logout = LogoutView.as_view()
desk.site_header = desk.site_title = _("Photo Gallery admin")
desk.index_title = _("Curation desk")
desk.site_url = "/"
desk.enable_nav_sidebar = False
