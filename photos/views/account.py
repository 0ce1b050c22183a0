"""Signing in by a link, and how the pages look."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from photos import accounts
from photos.views.replies import back

LOOKS = {"theme": ("auto", "light", "dark"), "density": ("s", "m", "l")}
A_YEAR = 365 * 24 * 60 * 60


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "signin.html"
    redirect_authenticated_user = True


@login_not_required
@never_cache
@require_safe
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """The link the start prints: signs its user in, once."""
    user = accounts.user_for(token)
    if user is None:
        return render(request, "signin.html", {"form": SignIn.form_class(request), "old_link": True}, status=410)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@login_not_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Light or dark, and how large pictures are in lists: kept in a cookie, so that no page flashes."""
    response = back(request)
    for name, choices in LOOKS.items():
        if request.POST.get(name) in choices:
            response.set_cookie(
                name, request.POST[name], max_age=A_YEAR, samesite="Lax", secure=request.is_secure()
            )
    return response
