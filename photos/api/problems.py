"""What a program is told when something cannot be: problem details after RFC 9457, with a code of ours.

Pages say the same sentences (photos.views.errors). Which error becomes which status stands in `gallery_site.api`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
WORDS = {  # status -> code and sentence where nobody knows better ones
    400: ("bad_request", "The body is not what was announced: JSON in UTF-8, or a form."),
    401: ("no_token", "Send a token: “Authorization: Bearer pg_…”. One is made on the page Settings."),
    403: ("forbidden", "Your account may not do this."),
    404: ("not_found", "There is nothing here, or it is not yours to see."),
    405: ("method_not_allowed", "This address knows other methods; the header Allow names them."),
    409: ("conflict", "This cannot be done as things stand."),
    411: ("length_required", "An upload has to say how large it is before it begins."),
    412: ("changed_meanwhile", "It was changed elsewhere meanwhile; `current` is how it is now."),
    413: ("too_large", "What was sent is larger than what is taken here. Nothing of it was kept."),
    422: ("invalid", "Some of what was sent makes no sense here; `errors` says what."),
    429: ("too_many_failures", "Too many wrong tokens came from your address. Wait, and send a right one."),
    500: ("broken", "This is a fault of the gallery, not yours. It was written to the log."),
    503: ("busy", "Many files are coming in. Try again in a moment."),
    507: ("disk-full", "The gallery's disk is full. Nothing of this file was kept."),
}


def problem(
    status: int, detail: str = "", *, code: str = "", errors: Sequence[dict[str, str]] = (), **more
) -> JsonResponse:
    """The answer for `status`. `errors` are {"field", "detail"}; `more` are members beside the usual ones."""
    usual_code, usual_detail = WORDS.get(status, ("refused", HTTPStatus(status).phrase))
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code or usual_code,
        "detail": str(detail or usual_detail),
    }
    if errors:
        said["errors"] = list(errors)
    response = JsonResponse(said | more, status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Photo Gallery"'
    return response


class Refusal(Exception):
    """A refusal the API itself knows of; everything else is raised by the domain."""

    def __init__(self, status: int, detail: str = "", *, code: str = "", field: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.code, self.field = status, detail, code, field


def refusal(request: HttpRequest, refused: Refusal) -> HttpResponse:
    errors = [{"field": refused.field, "detail": refused.detail}] if refused.field else ()
    return problem(refused.status, refused.detail, code=refused.code, errors=errors)


def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A bug: the traceback goes to the log, the number in both connects them."""
    number = secrets.token_hex(4)
    log.error("Error %s: %s %r", number, request.method, request.path[:200], exc_info=error)
    return problem(500, number=number)


def not_found(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """For every address below /api/ that is none, and for what is not there: absent and forbidden alike."""
    return problem(404)
