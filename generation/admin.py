"""Sessions at the desk: the list, the contact sheet of one, and what can be asked of it.

What photos say of sessions in the admin is registered here too: pictures know no sessions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generation import finals, registry, timeline, trashing, workflow
from generation.models import Candidate, GenerationSession
from photos import curate
from photos.admin import actions, filters, people
from photos.admin.facts import register_lineage
from photos.admin.lists import DeskAdmin
from photos.admin.photos import PhotoAdmin, thumbnail
from photos.models import Photo

State = GenerationSession.State
COVERS = 3
FRAME_PIXELS = 96
FRAME_FIELDS = (
    "photo__sha256", "photo__access_revision", "photo__width", "photo__height", "photo__color", "photo__alt_text",
    "photo__decision", "photo__represented", "photo__trashed_at",
)  # fmt: skip


class Progress(filters.Choice):
    title, parameter_name, column = gettext_lazy("state"), "state", "state"
    values = State.choices


class Choosing(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("choosing"), "choosing"

    def lookups(self, request, model_admin):
        return [("open", _("Something to decide")), ("done", _("All decided"))]

    def queryset(self, request, queryset):
        return {"open": queryset.waiting, "done": queryset.done}.get(self.value(), queryset.all)()


class Shown(filters.Shown):
    named = {}


class SessionTrash(filters.Trash):
    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(trashed_at__isnull=self.value() != "yes")


# --- actions --------------------------------------------------------------------------------------


@admin.action(description=gettext_lazy("Cancel"))
def cancel(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _each(desk, request, chosen, workflow.cancel, lambda session: session.is_generating, _("stopped"))


@admin.action(description=gettext_lazy("Go on"))
def go_on(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _each(desk, request, chosen, workflow.go_on, lambda session: session.can_go_on, _("queued again"))


@admin.action(description=gettext_lazy("Complete picks"))
def complete(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _each(desk, request, chosen, finals.ask_to_file, lambda session: session.n_picked, _("being completed"))


@admin.action(description=gettext_lazy("Move to trash"))
def trash(desk, request: HttpRequest, chosen: QuerySet) -> None:
    said = _("moved to the trash with its images; finals stay")
    _each(desk, request, chosen, trashing.trash_session, lambda session: not session.trashed_at, said)


@admin.action(description=gettext_lazy("Restore from trash"))
def restore(desk, request: HttpRequest, chosen: QuerySet) -> None:
    _each(desk, request, chosen, trashing.restore_session, lambda session: session.trashed_at, _("restored"))


def _each(desk, request: HttpRequest, chosen: QuerySet, do: Callable, fits: Callable, said: str) -> None:
    """Do it to each session it makes sense for, and say what was done and what was left."""
    sessions = list(chosen)
    done = [session for session in sessions if fits(session)]
    for session in done:
        do(session)
    if len(done) == 1:
        desk.message_user(request, f"“{done[0]}”: {said}.", messages.SUCCESS)
    elif done:
        words = ngettext("%d session", "%d sessions", len(done)) % len(done)
        desk.message_user(request, f"{words}: {said}.", messages.SUCCESS)
    if left := len(sessions) - len(done):
        sentence = ngettext(
            "%d session was left as it is: that makes no sense there now.",
            "%d sessions were left as they are: that makes no sense there now.",
            left,
        )
        desk.message_user(request, sentence % left, messages.WARNING)
    desk.note(request, done, said.capitalize() + ".")


@admin.action(description=gettext_lazy("Complete (pick, and file as finals)"))
def complete_candidates(desk, request: HttpRequest, chosen: QuerySet) -> None:
    """Filing is the session's: its other picks are filed with these."""
    candidates = chosen.live().filter(collection=Photo.Collection.SESSION, candidate__isnull=False)
    ids = list(candidates.values_list("pk", flat=True))
    for owner, photo_ids in actions.by_owner(candidates):
        curate.decide(owner, photo_ids, value=Photo.Verdict.PICKED, actor=request.user)
    for session in GenerationSession.objects.filter(candidates__photo__in=ids).distinct():
        finals.ask_to_file(session)
    sentence = ngettext(
        "%d candidate is picked; the picks of its session are filed in the background.",
        "%d candidates are picked; the picks of their sessions are filed in the background.",
        len(ids),
    )
    actions.tell(desk, request, chosen, ids, sentence)


# --- the list and the page ------------------------------------------------------------------------


@admin.register(GenerationSession)
class SessionAdmin(DeskAdmin):
    list_display = (
        "covers",
        "title",
        "owner_name",
        "engine_title",
        "state_words",
        "counts",
        "shown_on",
        "in_trash",
    )
    list_display_links = ("title",)
    list_filter = (Progress, Choosing, Shown, filters.Owner, SessionTrash)
    search_fields = ("title", "prompt")
    search_help_text = gettext_lazy("Words of the title, or a number (id).")
    list_per_page = 50
    actions = (cancel, go_on, complete, trash, restore)
    fields = (
        "state_words", "trouble", "whose", "prompt_words", "negative_words", "wish", "seeds", "counts",
        "made_by", "times", "folder_name", "options_words",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/generation/generationsession/change_form.html"

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        words = search_term.strip()
        if re.fullmatch(r"#?\d{1,18}", words, re.ASCII):
            return queryset.filter(pk=int(words.lstrip("#"))), False
        return (queryset.filter(title__icontains=words), False) if words else (queryset, False)

    def rows_for_list(self, rows: QuerySet) -> list[GenerationSession]:
        found = list(rows.select_related("owner").defer("prompt", "negative_prompt", "options"))
        pictures = timeline.covers(found, COVERS)
        for session in found:
            session.shown_covers = pictures.get(session.pk, [])
        return found

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None):
        context, session = {}, self.get_object(request, object_id)
        if session:
            context = {
                "desk_actions": list(_buttons(session)),
                "frames": list(_frames(session)),
                "is_own": session.owner_id == request.user.pk and not session.trashed_at,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=gettext_lazy("Cover"))
    def covers(self, session: GenerationSession) -> str:
        images = format_html_join(
            "", "{}", ((thumbnail(photo, 48, alt=""),) for photo in session.shown_covers)
        )
        return format_html('<div class="trio">{}</div>', images)

    @admin.display(description=gettext_lazy("Owner"))
    def owner_name(self, session: GenerationSession) -> str:
        return session.owner.get_username()

    @admin.display(description=gettext_lazy("Engine"))
    def engine_title(self, session: GenerationSession) -> str:
        return registry.title_of(session.engine)

    @admin.display(description=gettext_lazy("State"))
    def state_words(self, session: GenerationSession) -> str:
        if not session.is_generating:
            return session.state_line
        bar = '{}<br><progress max="{}" value="{}" aria-label="{}"></progress>'
        return format_html(
            bar, session.state_line, session.count, session.n_made + session.progress, _("Progress")
        )

    @admin.display(description=gettext_lazy("Images"))
    def counts(self, session: GenerationSession) -> str:
        said = {
            "made": session.n_made,
            "count": session.count,
            "picks": session.n_picked,
            "finals": session.n_finals,
        }
        return _("%(made)s of %(count)s, %(picks)s picked, %(finals)s final") % said

    @admin.display(description=gettext_lazy("Date"))
    def shown_on(self, session: GenerationSession) -> str:
        return formats.date_format(session.shown_at.replace(tzinfo=None), "j M Y, H:i")

    @admin.display(description=gettext_lazy("Trash"))
    def in_trash(self, session: GenerationSession) -> str:
        return _("since %s") % formats.date_format(session.trashed_at, "j M Y") if session.trashed_at else ""

    @admin.display(description=gettext_lazy("Error"))
    def trouble(self, session: GenerationSession) -> str:
        return session.error or "-"

    @admin.display(description=gettext_lazy("Owner"))
    def whose(self, session: GenerationSession) -> str:
        address = reverse("admin:auth_user_change", args=[session.owner_id])
        return format_html('<a href="{}">{}</a>', address, session.owner.get_username())

    @admin.display(description=gettext_lazy("Prompt"))
    def prompt_words(self, session: GenerationSession) -> str:
        return format_html('<p class="prose">{}</p>', session.prompt or "-")

    @admin.display(description=gettext_lazy("Not"))
    def negative_words(self, session: GenerationSession) -> str:
        return format_html('<p class="prose">{}</p>', session.negative_prompt or "-")

    @admin.display(description=gettext_lazy("Size"))
    def wish(self, session: GenerationSession) -> str:
        return f"{session.width} × {session.height}"

    @admin.display(description=gettext_lazy("Seeds"))
    def seeds(self, session: GenerationSession) -> str:
        if session.engine == registry.IMPORTED:
            return _("those of its images")
        return f"{session.first_seed} … {session.seed_of(session.count)}"

    @admin.display(description=gettext_lazy("Engine"))
    def made_by(self, session: GenerationSession) -> str:
        return f"{registry.title_of(session.engine)} ({session.engine})"

    @admin.display(description=gettext_lazy("Times"))
    def times(self, session: GenerationSession) -> str:
        asked = formats.date_format(session.shown_at.replace(tzinfo=None), "j F Y, H:i")
        seconds = formats.number_format(session.seconds_made, 1)
        return _("Asked for on %(asked)s; %(seconds)s s of work so far.") % {
            "asked": asked,
            "seconds": seconds,
        }

    @admin.display(description=gettext_lazy("Folder"))
    def folder_name(self, session: GenerationSession) -> str:
        return format_html("<code>{}</code>", session.folder)

    @admin.display(description=gettext_lazy("Settings"))
    def options_words(self, session: GenerationSession) -> str:
        text = json.dumps(session.options, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text) if session.options else "-"


def _buttons(session: GenerationSession):
    """Only what makes sense for this session now."""
    offered = {
        "cancel": (cancel, session.is_generating),
        "go_on": (go_on, session.can_go_on),
        "complete": (complete, session.n_picked and not session.trashed_at),
        "trash": (trash, not session.trashed_at),
        "restore": (restore, session.trashed_at),
    }
    return ((name, action.short_description) for name, (action, fits) in offered.items() if fits)


def _frames(session: GenerationSession):
    """The contact sheet: at most 500 images, one query, numbered, with their decisions."""
    rows = (
        Candidate.objects.filter(session=session)
        .select_related("photo")
        .only("number", "seed", "session_id", *FRAME_FIELDS)
        .order_by("number")
    )
    for candidate in rows:
        photo = candidate.photo
        yield {
            "number": f"{candidate.number:02d}",
            "seed": candidate.seed,
            "photo_id": photo.pk if photo else None,
            "picture": thumbnail(photo, FRAME_PIXELS) if photo else "",
            "verdict": {1: "picked", 2: "rejected"}.get(photo.decision, "") if photo else "gone",
            "mark": _mark(photo),
        }


def _mark(photo: Photo | None) -> str:
    if photo is None:
        return _("deleted")
    if photo.trashed_at:
        return _("trash")
    if photo.represented:
        return _("final")
    return photo.get_decision_display() if photo.decision else ""


# --- what photos say of sessions ------------------------------------------------------------------


def _of_session(photo: Photo) -> list[tuple[str, str, str]]:
    candidate = Candidate.objects.filter(photo=photo.pk).select_related("session").first()
    if candidate is None:
        return []
    address = reverse("admin:generation_generationsession_change", args=[candidate.session_id])
    return [
        (_("image %(number)s of session") % {"number": candidate.number}, candidate.session.title, address)
    ]


register_lineage(_of_session)
people.register_holding(GenerationSession, "%s session", "%s sessions")
PhotoAdmin.actions = [*actions.ALL[:3], complete_candidates, *actions.ALL[3:]]
