"""Exports as a page: which images, what each profile puts into the files, and the ZIP or table itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from photos import exporting, storage
from photos.exporting import Chosen, ExportError, Job, Measured, Seen
from photos.exporting.names import numbered
from photos.forms_export import ExportForm
from photos.views import errors
from photos.views.replies import back

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A profile in plain words; `read` is the line read back from the first image."""

    name: str
    title: str
    meant_for: str
    contains: list[str]
    read: str


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """What would be taken out. A list names itself (`scope`), a selection is sent by the bar."""
    form = ExportForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest(_("Not a list of pictures."))
    chosen = form.chosen(request.user)
    if not (chosen.scope or chosen.photo_ids):
        if request.method == "POST":
            messages.error(request, _("No image was selected."))
            return back(request)
        return render(request, "export/start.html", {"section": "export"})
    try:
        measured = chosen.measure()
    except ExportError as problem:
        return errors.page(request, 404, problem.sentence)
    title = form.cleaned_data["title"] or (chosen.album.title if chosen.album else "")
    context = {
        "chosen": chosen,
        "which": _which(chosen),
        "address": _address(chosen),
        "count": _count_words(measured),
        "bytes": filesizeformat(measured.byte_size),
        "is_nothing": not measured.count,
        "is_too_much": measured.capped,
        "most": number_format(exporting.AT_MOST, force_grouping=True),
        "command": _command(request, chosen),
        "title": title,
        "example": numbered(title, 1, measured.count, "PNG"),
        "choices": _choices(chosen, title) if measured.count else [],
        "columns": exporting.facts.COLUMNS,
        "section": "export",
    }
    return render(request, "export/page.html", context)


@require_POST
def archive(request: HttpRequest) -> HttpResponse:
    """The ZIP, from its first image on."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(_("There is no such export."))
    chosen, title = form.chosen(request.user), form.cleaned_data["title"]
    try:
        if chosen.measure().capped:
            raise ExportError(
                _("At most %s images fit into one ZIP.")
                % number_format(exporting.AT_MOST, force_grouping=True)
            )
        job = Job(chosen=chosen, profile=form.cleaned_data["profile"] or exporting.SHARE, title=title)
        stream = exporting.archive.Stream(exporting.archive.blocks(job))
    except ExportError as problem:
        messages.error(request, problem.sentence)
        return back(request, otherwise=_address(chosen))
    return _streamed(stream, _file_name(title, ".zip"), "application/zip")


@require_POST
def facts(request: HttpRequest) -> HttpResponse:
    """Every fact of these images as CSV or JSON lines, however many they are."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(_("There is no such export."))
    chosen, format = form.chosen(request.user), form.cleaned_data["facts"] or "csv"
    try:
        chosen.photos()
        stream = exporting.archive.Stream(exporting.facts.stream(chosen, format))
    except ExportError as problem:
        messages.error(request, problem.sentence)
        return back(request, otherwise=reverse("export"))
    name = _file_name(form.cleaned_data["title"], f".{format}")
    return _streamed(stream, name, MEDIA_TYPES[format])


# --- parts ----------------------------------------------------------------------------------------


def _streamed(blocks: Iterable[bytes], name: str, media_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(blocks, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"  # nor does a server in front wait for the end
    return response


def _file_name(title: str, ending: str) -> str:
    return storage.download_name(title or f"images-{localtime():%Y-%m-%d}", f"images{ending}")


def _address(chosen: Chosen) -> str:
    return f"{reverse('export')}?{urlencode({'scope': chosen.scope})}" if chosen.scope else reverse("export")


def _count_words(measured: Measured) -> str:
    n = number_format(measured.count, force_grouping=True) + ("+" if measured.capped else "")
    return ngettext("%s image", "%s images", measured.count) % n


def _which(chosen: Chosen) -> str:
    """What is taken out, as a few words."""
    if chosen.album:
        return _("Album “%s”") % chosen.album.title
    if chosen.kind == "search":
        return _("Search: %s") % chosen.scope.partition(":")[2]
    names = {
        "": _("Selection"),
        "all": _("All of it"),
        "finals": _("Finals"),
        "session": _("Images of a session"),
        "timeline": _("Timeline"),
    }
    return names.get(chosen.kind, _("All of a list"))


def _command(request: HttpRequest, chosen: Chosen) -> str:
    """What does the same without a limit, to be typed on the machine."""
    rest = chosen.scope.partition(":")[2]
    which = {
        "album": f"--album {rest}",
        "session": f"--session {rest.partition(':')[0]}",
        "search": f"--search {_quoted(rest)}",
        "finals": "--finals",
    }.get(chosen.kind, "--all")
    who = _quoted(request.user.get_username())
    return f"./manage.py export {which} --owner {who} --profile archive --to FOLDER"


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _choices(chosen: Chosen, title: str) -> list[Choice]:
    read = exporting.samples(chosen, title)
    return [
        Choice(
            name=exporting.SHARE,
            title=_("Share"),
            meant_for=_("for other people"),
            contains=[
                _("The images as they are, called after a title you choose."),
                _("No prompt and no settings, no place, no camera, no date, no name of a file."),
                _("The mark “made by AI” stays, and is written into generated images that lack it."),
                _("AVIF, GIF, TIFF, HEIC and signed files are drawn anew, at most 2560 pixels wide or high."),
            ],
            read=said(read.get(exporting.SHARE)),
        ),
        Choice(
            name=exporting.FULL,
            title=_("Full"),
            meant_for=_("for yourself and other programs"),
            contains=[
                _("The originals, byte for byte, with all that is written in them."),
                _("Where prompt and settings are only in the gallery, they stand beside the image as text."),
                _("Likewise the mark “made by AI”, as XMP."),
            ],
            read=said(read.get(exporting.FULL)),
        ),
        Choice(
            name=exporting.ARCHIVE,
            title=_("Archive"),
            meant_for=_("for safe keeping"),
            contains=[
                _("The originals, byte for byte, under the names they have in the gallery."),
                _("Beside each a JSON file with every fact: prompt, marks, tags, albums, dates, origin, fingerprints."),
            ],
            read=said(read.get(exporting.ARCHIVE)),
        ),
    ]  # fmt: skip


def said(seen: Seen | None) -> str:
    """What was read back from one file: "AI mark kept, no prompt, no place"."""
    if seen is None:
        return ""
    if seen.problem:
        return seen.problem
    if seen.papers is None:
        return _("It cannot be read back.")
    papers = seen.papers
    has_prompt = exporting.has_prompt(papers)
    words = [
        _("AI mark in it") if papers.is_marked else _("no AI mark"),
        _("prompt in it") if has_prompt else _("no prompt"),
        _("place in it") if papers.has_gps else _("no place"),
        *([_("signed (C2PA), not checked")] if papers.signed else []),
    ]
    words += [_("beside it: %s") % ", ".join(seen.beside)] if seen.beside else []
    return ", ".join(words)
