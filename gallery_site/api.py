"""/api/v1/: which operations there are, and which error becomes which status. Wiring alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation

from generation import api as generation_api
from generation.engines import EngineError
from generation.registry import UnknownEngine
from generation.workflow import WorkflowError
from photos import uploading
from photos.albums import AlbumError
from photos.albums import Stale as StaleAlbum
from photos.api import albums, document, photos, problems, shares, tags
from photos.api.auth import Session, Token
from photos.bulk import BulkError
from photos.curate import CurationError
from photos.editing import EditError
from photos.editing import Stale as StalePhoto
from photos.images import RejectedImage
from photos.sharing import ShareError
from photos.throttle import TooManyFailures

ABOUT = """\
Everything the pages do with pictures, albums, tags and sessions, for programs: by the same functions, with the same \
rights and the same refusals.

A token is made on the page Settings, or by “./manage.py create_api_token NAME”, and sent as “Authorization: Bearer \
pg_…”; it may do what its owner may. A page of this site may use its log-in session instead, and sends X-CSRFToken.

A list is {items, next}: `next` is the `cursor` of the page that follows, null at the end. Instants are UTC; \
`shown_at` is the picture's own clock. What is refused is said as problem details (RFC 9457) with a `code`. What is \
not there and what is not yours are the same 404.
"""
WRAPPERS = ("wish", "fields")  # what our functions call a query or form as a whole: no field of it


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


# --- refusals -----------------------------------------------------------------------------------------


def _of_the_domain(request: HttpRequest, error: Exception, status: int, code: str) -> HttpResponse:
    """An error of ours: its sentence, its own code where it has one, the input it is about."""
    if field := getattr(error, "field", ""):
        said = {"errors": [{"field": field, "detail": str(error.sentence)}]}
    else:
        said = {}
    return problems.problem(status, error.sentence, code=getattr(error, "code", "") or code, **said)


def _of_a_file(request: HttpRequest, error: RejectedImage) -> HttpResponse:
    return problems.problem(413 if error.code == "too-large" else 422, error.sentence, code=error.code)


def _of_an_album(request: HttpRequest, error: AlbumError) -> HttpResponse:
    return _of_the_domain(request, error, 422 if error.field else 409, "album")


def _of_an_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Ninja's list of what does not fit, without what was sent."""
    errors = [{"field": _field(one["loc"]), "detail": str(one["msg"])[:300]} for one in error.errors[:20]]
    return problems.problem(422, errors=errors)


def _field(loc: tuple) -> str:
    """("body", "changes", "tags", 0) -> "tags.0"."""
    parts = loc[2:] if loc[0] == "body" else [part for part in loc[1:] if part not in WRAPPERS]
    return ".".join(str(part)[:60] for part in parts)


def _with_status(request: HttpRequest, error: Exception, status: int) -> HttpResponse:
    return problems.problem(status)


def _not_allowed(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problems.problem(403, str(error))


def _too_many(request: HttpRequest, error: TooManyFailures) -> HttpResponse:
    response = problems.problem(429, code=error.code)
    response["Retry-After"] = str(error.retry_after_seconds)
    return response


def _of_the_machine(request: HttpRequest, error: Exception) -> HttpResponse:
    """A full disk can be said; whatever else went wrong is a bug."""
    if why := uploading.why_nothing_is_kept(error):
        return problems.problem(507, why[1], code=why[0])
    return problems.broken(request, error)


def _of_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.problem(error.status_code)


REFUSALS: dict[type[Exception], Callable[..., HttpResponse]] = {
    RejectedImage: _of_a_file,
    StalePhoto: photos.stale,
    StaleAlbum: albums.stale,
    EditError: partial(_of_the_domain, status=422, code="edit"),
    AlbumError: _of_an_album,
    BulkError: partial(_of_the_domain, status=422, code="bulk"),
    ShareError: partial(_of_the_domain, status=422, code="share"),
    CurationError: partial(_of_the_domain, status=422, code="curation"),
    WorkflowError: partial(_of_the_domain, status=422, code="workflow"),
    UnknownEngine: partial(_of_the_domain, status=422, code="unknown_engine"),
    EngineError: partial(_of_the_domain, status=422, code="engine"),
    TooManyFailures: _too_many,
    problems.Refusal: problems.refusal,
    AuthenticationError: partial(_with_status, status=401),
    PermissionDenied: _not_allowed,
    Http404: problems.not_found,
    ObjectDoesNotExist: problems.not_found,
    ValidationError: _of_an_input,
    RequestDataTooBig: partial(_with_status, status=413),
    TooManyFieldsSent: partial(_with_status, status=413),
    TooManyFilesSent: partial(_with_status, status=413),
    MultiPartParserError: partial(_with_status, status=400),
    UnreadablePostError: partial(_with_status, status=400),
    SuspiciousOperation: partial(_with_status, status=400),
    HttpError: _of_http,
    OSError: _of_the_machine,
    DatabaseError: _of_the_machine,
    Exception: problems.broken,
}

api = Api(
    title="Photo Gallery", version="1", description=ABOUT, urls_namespace="api", auth=[Token(), Session()],
    openapi_url=None, docs_url=None,
)  # fmt: skip
for _error, _answer in REFUSALS.items():
    api.add_exception_handler(_error, _answer)
for _router in (photos.router, albums.router, shares.router, tags.router, generation_api.router):
    api.add_router("", _router)


# --- addresses ----------------------------------------------------------------------------------------


def _for_programs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """No log-in page, no cache, and a problem where the method is wrong."""

    @wraps(view)
    def answered(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        refused = problems.problem(405)
        refused["Allow"] = response["Allow"]
        return refused

    return csrf_exempt(
        login_not_required(never_cache(answered))
    )  # of whoever comes by cookie, Session asks it


def _urls() -> tuple[list, str, str]:
    patterns, app, namespace = api.urls
    patterns = [pattern for pattern in patterns if pattern.name != "api-root"]
    for pattern in patterns:
        pattern.callback = _for_programs(pattern.callback)
    own = [
        path("openapi.json", document.openapi, {"api": api}, name="openapi"),
        path("docs", document.page, {"api": api}, name="docs"),
        # The root gives the operations their prefix; like every other address here it is nothing itself.
        path("", _for_programs(problems.not_found), name="api-root"),
        re_path("", _for_programs(problems.not_found)),
    ]
    return [*patterns, *own], app, namespace


urls = _urls()
