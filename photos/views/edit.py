"""What a person writes on the page of a picture; of two who write at once the slower one sees both texts."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from photos import editing
from photos.models import Photo
from photos.views.replies import positive_int, see_other, wants_json

LABELS = {
    "title": gettext_lazy("Title"), "caption": gettext_lazy("Caption"), "alt_text": gettext_lazy("Alt text"),
    "tags": gettext_lazy("Tags"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One field that both have written."""

    name: str
    label: str
    mine: str
    theirs: str


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Some of title, caption, alt_text and tags, each with what the editor saw of it (`seen_title`, ...).

    Only what was really changed is written. Where it was changed elsewhere too, nothing is written and both are
    shown: who keeps theirs sends it again having seen the other; `keep=theirs` leaves out the fields in `both`.
    """
    photo = get_object_or_404(Photo.objects.owned_by(request.user).live(), pk=pk)
    current = texts_of(photo)
    wanted = {name: _plain(request.POST[name]) for name in LABELS if name in request.POST}
    seen = {name: _plain(request.POST.get(f"seen_{name}", current[name])) for name in wanted}
    changed = {name: text for name, text in wanted.items() if not _same(name, text, seen[name])}
    if request.POST.get("keep") == "theirs":
        changed = {name: text for name, text in changed.items() if name not in request.POST.getlist("both")}
    is_stale = positive_int(request.POST.get("revision")) != photo.revision
    conflicts = [
        Conflict(name=name, label=str(LABELS[name]), mine=text, theirs=current[name])
        for name, text in changed.items()
        if is_stale and not _same(name, current[name], seen[name]) and not _same(name, text, current[name])
    ]
    if conflicts:
        return _ask(request, photo, conflicts, changed, current)
    try:
        photo = editing.edit(request.user, photo.pk, revision=photo.revision, **_as_changes(changed))
    except editing.Stale as stale:  # between our look and our write
        return _ask(request, stale.current, conflicts, changed, texts_of(stale.current))
    except editing.EditError as problem:
        return _refused(request, photo, problem)
    if wants_json(request):
        return JsonResponse(_stands(photo))
    messages.info(request, _("Saved.") if changed else _("Nothing was changed."))
    return see_other(photo.get_absolute_url())


def texts_of(photo: Photo) -> dict[str, str]:
    """What stands in the form, field by field."""
    names = sorted(photo.tags.values_list("name", flat=True), key=str.casefold)
    texts = {name: _plain(getattr(photo, name)) for name in editing.TEXT_LIMITS}
    return texts | {"tags": ", ".join(names)}


# --- answers --------------------------------------------------------------------------------------


def _stands(photo: Photo) -> dict:
    return {"revision": photo.revision, "name": str(photo), **texts_of(photo)}


def _ask(request: HttpRequest, photo: Photo, conflicts, changed: dict, current: dict) -> HttpResponse:
    """409: both texts, and the choice."""
    sentence = _("This was changed elsewhere meanwhile.")
    if wants_json(request):
        return JsonResponse({"sentence": sentence, "current": _stands(photo)}, status=409)
    rest = {name: text for name, text in changed.items() if name not in {one.name for one in conflicts}}
    context = {
        "photo": photo,
        "conflicts": conflicts,
        "rest": [(name, text, current[name]) for name, text in rest.items()],
        "own_primary": True,
    }
    return render(request, "photo/conflict.html", context, status=409)


def _refused(request: HttpRequest, photo: Photo, problem: editing.EditError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"sentence": problem.sentence, "field": problem.field}, status=422)
    messages.error(request, problem.sentence)
    return see_other(photo.get_absolute_url())


# --- parts ----------------------------------------------------------------------------------------


def _as_changes(texts: dict[str, str]) -> dict:
    return {name: editing.split_words(text) if name == "tags" else text for name, text in texts.items()}


def _plain(text: str) -> str:
    """As it is stored: browsers send line ends of their own."""
    return text.replace("\r\n", "\n").strip()


def _same(name: str, one: str, other: str) -> bool:
    if name == "tags":
        return set(editing.split_words(one)) == set(editing.split_words(other))
    return one == other
