"""What can be done with a selection of photos. Each goes through the flow the pages use, for each owner in turn."""

from __future__ import annotations

import uuid

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.models import DELETION
from django.contrib.auth import get_user_model
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from photos import curate, media, storage, working
from photos import trash as photos_trash
from photos.models import Photo
from photos.thumbnails import variant_size

SHOWN_BEFORE_PURGE = 12


@admin.action(description=gettext_lazy("Pick"))
def pick(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _decide(desk, request, chosen, Photo.Verdict.PICKED)


@admin.action(description=gettext_lazy("Reject"))
def reject(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _decide(desk, request, chosen, Photo.Verdict.REJECTED)


@admin.action(description=gettext_lazy("Clear the decision"))
def clear(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _decide(desk, request, chosen, Photo.Verdict.UNDECIDED)


def _labels(value: int, name: str):
    @admin.action(description=name)
    def give(desk, request: HttpRequest, chosen: QuerySet) -> None:
        _label(desk, request, chosen, value)

    give.__name__ = f"label_{value}"
    return give


LABELS = [
    _labels(1, gettext_lazy("Label red")),
    _labels(2, gettext_lazy("Label yellow")),
    _labels(3, gettext_lazy("Label green")),
    _labels(4, gettext_lazy("Label blue")),
    _labels(5, gettext_lazy("Label purple")),
    _labels(0, gettext_lazy("Take the label away")),
]


@admin.action(description=gettext_lazy("Move to trash"))
def trash(desk, request: HttpRequest, chosen: QuerySet) -> None:
    batch, moved = uuid.uuid4(), []
    for owner, photo_ids in by_owner(chosen):
        moved += curate.trash(owner.pk, photo_ids, batch=batch).photo_ids
    sentence = ngettext("%d image moved to the trash.", "%d images moved to the trash.", len(moved))
    tell(desk, request, chosen, moved, sentence)


@admin.action(description=gettext_lazy("Restore from trash"))
def restore(desk, request: HttpRequest, chosen: QuerySet) -> None:
    back = []
    for owner, photo_ids in by_owner(chosen):
        back += curate.restore(owner.pk, photo_ids).photo_ids
    tell(desk, request, chosen, back, ngettext("%d image restored.", "%d images restored.", len(back)))


@admin.action(description=gettext_lazy("Make thumbnails again"))
def redraw(desk, request: HttpRequest, chosen: QuerySet) -> None:
    photo_ids = list(chosen.values_list("pk", flat=True))
    working.enqueue("redraw_thumbnails", photo_ids)
    sentence = ngettext(
        "Thumbnails of %d image are made again in the background.",
        "Thumbnails of %d images are made again in the background.",
        len(photo_ids),
    )
    tell(desk, request, chosen, photo_ids, sentence)


@admin.action(description=gettext_lazy("Delete for good …"))
def purge(desk, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
    """Only what lies in the trash, and only after a page that says what will be gone."""
    doomed = chosen.trashed()
    if not doomed.exists():
        desk.message_user(request, _("Only images in the trash can be deleted for good."), messages.WARNING)
        return None
    if "confirmed" not in request.POST:
        return TemplateResponse(request, "admin/photos/photo/purge.html", _purge_page(desk, request, doomed))
    desk.note(request, doomed, "Deleted for good.", DELETION)
    gone = sum(photos_trash.delete_for_ever(owner, photo_ids) for owner, photo_ids in by_owner(doomed))
    sentence = ngettext("%d image is deleted for good.", "%d images are deleted for good.", gone) % gone
    desk.message_user(request, sentence, messages.SUCCESS)
    return None


ALL = [pick, reject, clear, *LABELS, trash, restore, redraw, purge]


def by_owner(chosen: QuerySet) -> list[tuple[object, list[int]]]:
    """(owner, ids of the chosen photos that are theirs), by owner."""
    ids: dict[int, list[int]] = {}
    for pk, owner_id in chosen.order_by("pk").values_list("pk", "owner_id"):
        ids.setdefault(owner_id, []).append(pk)
    owners = get_user_model().objects.in_bulk(ids)
    return [(owners[owner_id], ids[owner_id]) for owner_id in sorted(ids)]


def tell(desk, request: HttpRequest, chosen: QuerySet, changed: list[int], sentence: str) -> None:
    """Say how many were changed and how many were left, and keep it in the log. `sentence` has one %d."""
    left = len(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)) - len(changed)
    said = sentence % len(changed)
    if left > 0:
        said += " " + ngettext("%d was left as it is.", "%d were left as they are.", left) % left
    desk.message_user(request, said, messages.SUCCESS if changed else messages.WARNING)
    desk.note(request, Photo.objects.filter(pk__in=changed), sentence.replace("%d ", ""))


def _decide(desk, request: HttpRequest, chosen: QuerySet, value: int) -> None:
    changed = _set(request, chosen, axis="decision", value=value)
    n = len(changed)
    sentence = {
        Photo.Verdict.PICKED: ngettext("%d image picked.", "%d images picked.", n),
        Photo.Verdict.REJECTED: ngettext("%d image rejected.", "%d images rejected.", n),
        Photo.Verdict.UNDECIDED: ngettext(
            "%d image is undecided again.", "%d images are undecided again.", n
        ),
    }[value]
    tell(desk, request, chosen, changed, sentence)


def _label(desk, request: HttpRequest, chosen: QuerySet, value: int) -> None:
    changed = _set(request, chosen, axis="label", value=value)
    n = len(changed)
    given = ngettext("%d image labelled.", "%d images labelled.", n)
    taken = ngettext("%d image without its label.", "%d images without their label.", n)
    tell(desk, request, chosen, changed, given if value else taken)


def _set(request: HttpRequest, chosen: QuerySet, **mark) -> list[int]:
    """One gesture of the administrator's, for each owner; the ids that changed."""
    changed, batch = [], uuid.uuid4()
    for owner, photo_ids in by_owner(chosen):
        changed += curate.decide(owner, photo_ids, actor=request.user, batch=batch, **mark).photo_ids
    return changed


def _purge_page(desk, request: HttpRequest, doomed: QuerySet) -> dict:
    shown = doomed.order_by("-pk")[:SHOWN_BEFORE_PURGE]
    ids = list(doomed.values_list("pk", flat=True))
    return {
        **desk.admin_site.each_context(request),
        "title": _("Delete for good?"),
        "opts": desk.opts,
        "ids": ids,
        "byte_size": doomed.exclude(root=storage.LINKED).aggregate(sum=Sum("byte_size"))["sum"] or 0,
        "linked": doomed.filter(root=storage.LINKED).exists(),
        "shown": [
            (
                media.sign(photo, "h320", media.ADMIN),
                *variant_size("h320", photo.width, photo.height),
                str(photo),
            )
            for photo in shown
        ],
        "hidden": len(ids) - min(len(ids), SHOWN_BEFORE_PURGE),
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
