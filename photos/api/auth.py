"""Who asks: the owner of a token, or whoever is signed in on this browser. Looked at before the body is read."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from photos import throttle, tokens
from photos.api.problems import Refusal
from photos.devices import address_of

SAFE = ("GET", "HEAD", "OPTIONS")
AS_NAME = "\0 API token"  # for the counter of failures: no account can have it


class Token(HttpBearer):
    """`Authorization: Bearer pg_...`. Another scheme is somebody else's (a proxy's), and passed over."""

    def __call__(self, request: HttpRequest):
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, text.strip()) if scheme.lower() == "bearer" else None

    def authenticate(self, request: HttpRequest, token: str):
        owner = tokens.owner_of(token)
        if (
            owner is None
        ):  # a right token is never made to wait, however many wrong ones come from its address
            _count_failure(request)
            raise Refusal(401, "This token opens nothing: it is unknown, or was revoked.", code="wrong_token")
        request.user = owner
        return owner


class Session(APIKeyCookie):
    """The log-in session of a browser; what changes something needs the page's CSRF token in X-CSRFToken."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=True)

    def __call__(self, request: HttpRequest):
        if not request.user.is_authenticated:
            return None
        if request.method not in SAFE and not _is_from_a_page_of_ours(request):
            raise Refusal(403, "A signed-in browser has to send its CSRF token in X-CSRFToken.", code="csrf")
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None):
        return request.user


def _is_from_a_page_of_ours(request: HttpRequest) -> bool:
    """Django's own check. Without the header it would read the form, and with it the file: that is not waited for."""
    unchecked = getattr(request, "_dont_enforce_csrf_checks", False)
    return unchecked or (settings.CSRF_HEADER_NAME in request.META and check_csrf(request) is None)


def _count_failure(request: HttpRequest) -> None:
    throttle.begin_try(AS_NAME, address_of(request))
