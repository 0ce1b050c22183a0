"""What is said when something cannot be: a page in the site's look, or one line of JSON for a script.

The pages ask no database and no static file: their style is in them, and the policy of the answer names its hash.
Whoever translates a refusal into an answer (an upload that is too large, say) calls `page`.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from functools import cache

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from photos.throttle import TooManyFailures
from photos.views.replies import wants_json

log = logging.getLogger(__name__)

PAGES = {  # status -> code for a script, heading and usual words for a person
    400: ("bad_request", _("That request made no sense"), _(
        "Something in the address or the form was not understood. Going back and trying again usually helps."
    )),
    403: ("forbidden", _("Not allowed"), _("This needs a right that you do not have here.")),
    404: ("not_found", _("Nothing here"), _(
        "There is no such page, or it is not yours to see. It may have been moved to the trash."
    )),
    413: ("too_large", _("Too large"), _("What was sent is larger than what is taken here. Nothing of it was kept.")),
    429: ("too_many", _("Too many tries"), _("Wait a little, and try again.")),
    500: ("broken", _("Something broke"), _(
        "This is a fault of the gallery, not yours. It was written to the log; nothing of your pictures is lost."
    )),
}  # fmt: skip
# Forms that may be sent again by one button: nothing is deleted by them and no right is given away.
SENT_AGAIN = {"generate", "decide", "decide_many", "bulk", "edit", "album_create", "album_edit", "look"}
NEVER_ECHOED = ("password", "token", "secret")
MOST_FIELDS, MOST_CHARACTERS = 2_000, 400_000


def page(
    request: HttpRequest, status: int, sentence: str = "", *, code: str = "", title: str = "", **more
) -> HttpResponse:
    """The answer for `status`; what is given replaces the usual words. `more` goes to the template."""
    usual_code, usual_title, usual_words = PAGES[status]
    code, title, sentence = code or usual_code, title or usual_title, sentence or usual_words
    if _is_for_script(request):
        response = JsonResponse({"code": code, "sentence": str(sentence)}, status=status)
    else:
        style, digest = _style()
        known = {"status": status, "title": title, "sentence": sentence, "style": style, **_look(request)}
        response = HttpResponse(render_to_string("error.html", known | more), status=status)
        response["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
    add_never_cache_headers(response)
    return response


# --- for Django: gallery_site/urls.py and the settings name these ------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where a form was larger than forms may be."""
    if isinstance(exception, RequestDataTooBig):
        most = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return page(request, 413, _now("A form may hold %s at most, and this one holds more.") % most)
    return page(request, 400, str(exception) if isinstance(exception, BadRequest) else "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The traceback is logged by Django right after; the number connects it with what the person saw."""
    number = secrets.token_hex(4)
    log.error("Error %s: %s %r", number, request.method, request.path[:200])
    try:
        return page(request, 500, number=number)
    except Exception:  # whatever broke may well break the page that says so
        log.exception("The page of error %s could not be drawn", number)
        text = (
            f"Something broke. This is a fault of the gallery; it was written to the log as error {number}.\n"
        )
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """ "This page was open too long": for known forms with what was typed, and a button to send it again."""
    words = {"code": "page_too_old", "title": _now("This page was open too long")}
    if not (fields := _fields_to_keep(request)):
        return page(request, 403, _now(
            "For safety a form is only good for a while. Go back, reload the page, and send it again."
        ), **words)  # fmt: skip
    sentence = _now(
        "For safety a form is only good for a while. Nothing was done yet; what you typed is kept."
    )
    form = {"fields": fields, "token": get_token(request), "address": request.get_full_path()}
    return page(request, 403, sentence, **words, **form)


def refusals(get_response):
    """Middleware: a refusal that any log-in form may raise becomes its page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyFailures):
            return None
        response = page(request, 429, exception.sentence, code=exception.code)
        response["Retry-After"] = str(exception.retry_after_seconds)
        return response

    middleware.process_exception = process_exception
    return middleware


# --- parts --------------------------------------------------------------------------------------------


def _fields_to_keep(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form of ours had in it; empty where it may not, or cannot, be sent again by one button.

    Another site could have had this request sent: only what the browser itself calls our own is shown again.
    """
    known = request.resolver_match and request.resolver_match.url_name in SENT_AGAIN
    if not known or not _is_from_here(request) or request.FILES:
        return []
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and not any(word in name.lower() for word in NEVER_ECHOED)
    ]
    too_much = sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS
    return [] if too_much or len(fields) > MOST_FIELDS else fields


def _is_from_here(request: HttpRequest) -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _is_for_script(request: HttpRequest) -> bool:
    """Whether a script asked, which shows a line, and not a person, who reads a page."""
    asked_by_fetch = request.headers.get("Sec-Fetch-Dest") == "empty" or "HX-Request" in request.headers
    return asked_by_fetch or wants_json(request)


def _look(request: HttpRequest) -> dict:
    """Theme, ways on. Whether somebody is signed in is only guessed, by the cookie: the database is not asked."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    theme = request.COOKIES.get("theme")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "signed_in": signed_in,
        "search_address": _address("search") if signed_in else "",
    }


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@cache
def _style() -> tuple[str, str]:
    """The style sheet of these pages, and its hash as the policy wants it."""
    text = render_to_string("error.css").strip()
    return mark_safe(text), base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
