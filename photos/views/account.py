"""Coming in and going out, and a person's own settings: password, signed-in devices, API tokens, how pages look."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import SESSION_KEY, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from photos import accounts, devices, throttle, tokens
from photos.models import SignedInDevice
from photos.views import front
from photos.views.replies import back, positive_int, see_other

LOOKS = {"theme": ("auto", "light", "dark"), "density": ("s", "m", "l")}
A_YEAR = 365 * 24 * 60 * 60
NEW_TOKEN = "gallery_new_token"  # cookie: carries a new token to the one page that shows it
NEW_TOKEN_SECONDS = 120


_sections: list[Callable[[HttpRequest], tuple[str, dict]]] = []


def register(section: Callable[[HttpRequest], tuple[str, dict]]) -> None:
    """Show a section more on the page of settings: its template and what that needs. Once, at start-up."""
    if section not in _sections:
        _sections.append(section)


# --- in and out -----------------------------------------------------------------------------------


class SignInForm(AuthenticationForm):
    """One sentence whatever was wrong: nobody learns here which names exist."""

    error_messages = dict.fromkeys(
        ("invalid_login", "inactive"), gettext_lazy("Name or password is wrong. Capital letters count.")
    )

    @property
    def sentence(self) -> str:
        """What was wrong, "" where nothing was."""
        if not self.errors:
            return ""
        if self.has_error("username", "required") or self.has_error("password", "required"):
            return _("Both name and password are needed.")
        return str(self.error_messages["invalid_login"])

    @property
    def typed_name(self) -> str:
        """The name to show again; nothing that no name can be."""
        typed = self.data.get("username", "")
        return "" if self.has_error("username") or len(typed) > self.fields["username"].max_length else typed


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "signin.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(**kwargs) | {"albums": front.open_albums()}

    def get_success_url_allowed_hosts(self) -> set[str]:
        """None: `next` is a path of ours, not an address."""
        return set()

    def get_redirect_url(self) -> str:
        """Where to go on; never to log-in itself, which would send people round in circles."""
        address = super().get_redirect_url()
        return "" if address.partition("?")[0] == self.request.path else address


def front_page(request: HttpRequest) -> HttpResponse:
    """Home, for a visitor: log-in and the public albums."""
    return render(request, "signin.html", {"form": SignInForm(request), "albums": front.open_albums()})


@login_not_required
@never_cache
@require_safe
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """The link the start prints: signs its user in, once. No wait of photos.throttle stands before it."""
    user = accounts.user_for(token)
    if user is None:
        context = {"form": SignInForm(request), "old_link": True, "albums": front.open_albums()}
        return render(request, "signin.html", context, status=410)
    login(request, user)
    return redirect("home")


# --- settings of a person -------------------------------------------------------------------------


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    text = request.get_signed_cookie(NEW_TOKEN, None, salt=_token_salt(request), max_age=NEW_TOKEN_SECONDS)
    response = _page(request, new_token=text)
    if NEW_TOKEN in request.COOKIES:
        response.delete_cookie(NEW_TOKEN, path=reverse("account"), samesite="Strict")
    return response


@sensitive_post_parameters()
@never_cache
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Another password: this device stays signed in, all others are signed out."""
    whose = request.user.get_username(), devices.address_of(request)
    throttle.begin_try(*whose)  # an unlocked laptop is no place to guess either
    form = PasswordChangeForm(request.user, request.POST)
    form.full_clean()
    if not form.has_error("old_password"):
        throttle.forget(*whose)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    user, before = form.save(), request.session.session_key
    update_session_auth_hash(request, user)
    devices.moved(before, request.session.session_key)
    n = devices.sign_out(devices.others(user, request.session.session_key))
    said = ngettext("%s other device was signed out.", "%s other devices were signed out.", n) % n
    messages.info(request, _("The password is changed.") + (f" {said}" if n else ""))
    return see_other(reverse("account"))


@require_POST
def sign_out_devices(request: HttpRequest) -> HttpResponse:
    """One device by its number, or all but this one."""
    if "others" in request.POST:
        n = devices.sign_out(devices.others(request.user, request.session.session_key))
        messages.info(request, ngettext("Signed out %s device.", "Signed out %s devices.", n) % n)
        return see_other(reverse("account") + "#devices")
    pk = positive_int(request.POST.get("device")) or 0
    device = get_object_or_404(SignedInDevice, owner=request.user, pk=pk)
    if device.session_key == request.session.session_key:
        logout(request)
        return see_other(reverse("login"))
    devices.sign_out(SignedInDevice.objects.filter(pk=device.pk))
    messages.info(request, _("Signed out: %s.") % (device.browser or _("the other device")))
    return see_other(reverse("account") + "#devices")


@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """A new API token, shown on the page that follows and nowhere else: it travels in a cookie, not in a table."""
    try:
        _row, text = tokens.make(request.user, request.POST.get("name", ""))
    except tokens.TokenError as problem:
        return _page(request, token_error=problem.sentence, status=422)
    response = see_other(reverse("account") + "#tokens")
    response.set_signed_cookie(
        NEW_TOKEN,
        text,
        salt=_token_salt(request),
        max_age=NEW_TOKEN_SECONDS,
        path=reverse("account"),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )
    return response


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(tokens.of(request.user), pk=pk)
    tokens.revoke(token)
    messages.info(request, _("Revoked: %s. It opens nothing any more.") % token.name)
    return see_other(reverse("account") + "#tokens")


def _page(
    request: HttpRequest, *, form=None, new_token: str | None = None, token_error: str = "", status: int = 200
) -> HttpResponse:
    here = request.session.session_key
    signed_in = devices.of(request.user)
    if not any(device.session_key == here for device in signed_in):  # signed in before devices were kept
        devices.remember(None, request, request.user)
        signed_in = devices.of(request.user)
    context = {
        "form": form or PasswordChangeForm(request.user),
        "devices": [(device, device.session_key == here) for device in signed_in],
        "tokens": tokens.of(request.user),
        "new_token": new_token,
        "token_error": token_error,
        "token_name": request.POST.get("name", "")[:200] if token_error else "",
        "section": "account",
        "own_primary": True,
    }
    context["sections"] = []
    for section in _sections:
        template, more = section(request)
        context["sections"].append(template)
        context |= more
    return render(request, "account/page.html", context, status=status)


def _token_salt(request: HttpRequest) -> str:
    """Another person on the same browser is not shown it."""
    return f"photos.new_token.{request.user.pk}"


# --- how pages look -------------------------------------------------------------------------------


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


class SignInFirst(LoginRequiredMiddleware):
    """Whoever is signed out signs in, and goes on where they were: what a form was sent to is no page to go to."""

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        login_url, field = self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        return redirect_to_login(_page_it_came_from(request), resolve_url(login_url), field)


def _page_it_came_from(request: HttpRequest) -> str:
    """The page a form stood on; the front where the browser does not say, or it was none of ours."""
    try:
        came = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return reverse("home")
    is_ours = came.netloc == request.get_host()
    return came._replace(scheme="", netloc="", fragment="").geturl() if is_ours else reverse("home")


def last_seen(get_response):
    """Middleware: notes now and then that a signed-in device is in use. It reads no session that nobody has read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        if session.accessed and session.session_key and SESSION_KEY in session:
            devices.seen(session.session_key)
        return response

    return middleware
