"""At the gate: who may send a body, and how large a one, decided from its headers before a byte of it is read.

Stands right after log-in is known. It looks while the request goes in; CSRF, which may read the form, is checked by
Django only when every middleware has seen the request, just before the view. What is refused here is answered at
once, and the server closes the connection: nothing of a 10 GB body ever reaches memory or disk.
"""

from __future__ import annotations

import threading
from pathlib import Path

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from photos import uploading
from photos.api import problems
from photos.views import errors
from photos.views.replies import wants_json

UPLOAD, FILE, ADMIN = "/upload/", "/upload/file/", "/admin/"
API, API_FILE = "/api/", "/api/v1/photos"
API_BODY = 1024 * 1024  # a thousand ids, or two long prompts with every letter escaped
AROUND_IT = 64 * 1024  # fields and boundaries beside the file
FILES_OF_A_FORM = 20  # a form without script may be as large as so many of the largest files
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
BUSY_SECONDS = 2


def gate(get_response):
    """Middleware: 401 or log-in, 411, 413 and 503, each with a sentence."""
    # Threads that read files stay below all threads, so that pages are answered while slow telephones upload.
    slots = threading.BoundedSemaphore(max(1, settings.SERVER_THREADS - 3))

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return get_response(request)
        if refusal := _refusal(request):
            return refusal
        if _brings_a_file(request):
            return _one_of_a_few(request, get_response, slots)
        if request.path_info == UPLOAD and (refusal := _unreadable_form(request)):
            return refusal
        return get_response(request)

    return middleware


def most_bytes(request: HttpRequest) -> int:
    """How large a body may be that goes to this address. An edge that takes files has to be named here."""
    path = request.path_info
    if _brings_a_file(request):
        return settings.GALLERY_MAX_FILE_BYTES + AROUND_IT
    if path.startswith(API):
        return API_BODY
    if path.startswith(UPLOAD) or (path.startswith(ADMIN) and request.user.is_staff):
        return FILES_OF_A_FORM * settings.GALLERY_MAX_FILE_BYTES + AROUND_IT
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + AROUND_IT


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if request.path_info.startswith(API):
        return _refusal_of_a_program(request)
    is_upload = request.path_info.startswith(UPLOAD)
    if is_upload and not request.user.is_authenticated:
        return _sign_in_first(request)
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if is_upload and ("Transfer-Encoding" in request.headers or not announced.isdecimal()):
        return _refuse(request, 411, "length_required", _("The size is missing"), _(
            "An upload has to say how large it is before it begins, and this one does not."
        ))  # fmt: skip
    size, most = int(announced) if announced.isdecimal() else 0, most_bytes(request)
    if size > most:
        return errors.page(request, 413, _too_large(request.path_info, size, most))
    if request.path_info == FILE and request.content_type in FORM_TYPES:
        return errors.page(request, 400, _("Here the body is the file itself, not a form."))
    return None


def _refusal_of_a_program(request: HttpRequest) -> HttpResponse | None:
    """As above, said as a problem. Who it is, the API asks itself, and before it reads the body."""
    announced, brings_a_file = request.META.get("CONTENT_LENGTH") or "0", _brings_a_file(request)
    if brings_a_file and ("Transfer-Encoding" in request.headers or not announced.isdecimal()):
        return problems.problem(411)
    if announced.isdecimal() and int(announced) > most_bytes(request):
        return problems.problem(413, uploading.too_large_sentence() if brings_a_file else "")
    if brings_a_file:
        Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)  # where the form's file will be spooled
    return None


def _brings_a_file(request: HttpRequest) -> bool:
    return request.path_info == FILE or (request.path_info == API_FILE and request.method == "POST")


def _too_large(path: str, size: int, most: int) -> str:
    if path == FILE:
        return uploading.too_large_sentence()
    values = {"most": filesizeformat(most - AROUND_IT), "size": filesizeformat(size)}
    if path.startswith(UPLOAD):
        return (
            _(
                "All files of one form may have %(most)s together, and these have %(size)s. Nothing was kept: "
                "choose fewer at a time."
            )
            % values
        )
    return _("A form may hold %(most)s at most, and this one holds %(size)s.") % values


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return _refuse(
            request, 401, "signed_out", _("Signed out"), _("You are signed out. Sign in, and go on.")
        )
    return redirect_to_login(reverse("upload"))


def _one_of_a_few(request: HttpRequest, get_response, slots: threading.BoundedSemaphore) -> HttpResponse:
    if not slots.acquire(blocking=False):
        response = _refuse(
            request, 503, "busy", _("Busy"), _("Many files are coming in. This one has to wait a moment.")
        )
        response["Retry-After"] = str(BUSY_SECONDS)
        return response
    try:
        return get_response(request)
    finally:
        slots.release()


def _unreadable_form(request: HttpRequest) -> HttpResponse | None:
    """Read the form here, where what goes wrong with its files can still be said."""
    try:
        Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)
        request.POST  # noqa: B018  reading it is what parses it
    except TooManyFilesSent:
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return errors.page(request, 413, title=_("Too many files"), sentence=_(
            "A form takes %s files at a time, and nothing of these was kept. With JavaScript switched on there is no "
            "such limit."
        ) % most)  # fmt: skip
    except UnreadablePostError:
        return errors.page(request, 400)  # broke off; nobody is listening
    except OSError as error:
        if not (why := uploading.why_nothing_is_kept(error)):
            raise
        return _refuse(request, 507, why[0], _("Nothing can be kept"), why[1])
    return None


def _refuse(request: HttpRequest, status: int, code: str, title: str, sentence: str) -> HttpResponse:
    if request.path_info.startswith(API):
        return problems.problem(status, sentence, code=code)
    response = errors.page(request, 400, sentence, code=code, title=title)
    response.status_code = status
    return response
