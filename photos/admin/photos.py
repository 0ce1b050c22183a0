"""Photos at the desk: the list with its filters and actions, the page of one, and adding files."""

from __future__ import annotations

import re

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from photos import media, search, uploading
from photos.admin import actions, filters
from photos.admin.facts import FACTS, RECIPE, PhotoFacts
from photos.admin.forms import PhotoForm, UploadForm
from photos.admin.lists import DeskAdmin
from photos.models import Photo, UploadEntry
from photos.search import everybody
from photos.text import clean
from photos.thumbnails import variant_size

LISTED = (
    "id", "owner__username", "collection", "file", "sha256", "byte_size", "width", "height", "shown_at", "title",
    "alt_text", "rating", "decision", "reason", "label", "color", "access_revision", "trashed_at", "derived",
)  # fmt: skip
WRITTEN = ("title", "caption", "alt_text", "words", "rating", "label", "decision", "reason", "revision")
FOUND_AT_MOST = 1_000  # newest hits of a search, before the filters
THUMBNAIL_PIXELS = 64
User = get_user_model()


def thumbnail(photo: Photo, pixels: int = THUMBNAIL_PIXELS, *, alt: str | None = None) -> str:
    """A small picture in a square of so many CSS pixels; the variant every picture has. `alt` None: its own words."""
    width, height = variant_size("h320", photo.width, photo.height)
    scale = min(1, pixels / max(width, height))
    return format_html(
        '<img class="thumb" src="{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async" style="--c:{}">',
        media.sign(photo, "h320", media.ADMIN),
        max(1, round(width * scale)),
        max(1, round(height * scale)),
        photo.alt_text[:200] if alt is None else alt,
        photo.color,
    )


@admin.register(Photo)
class PhotoAdmin(PhotoFacts, DeskAdmin):
    list_display = (
        "picture",
        "name",
        "owner_name",
        "kind",
        "verdict",
        "stars",
        "shown_on",
        "size",
        "in_trash",
    )
    list_display_links = ("name",)
    list_filter = (
        filters.Collection, filters.Verdict, filters.Stars, filters.Label, filters.Shown, filters.Owner, filters.Trash,
    )  # fmt: skip
    search_fields = ("title",)  # shows the box; what it finds is said below
    search_help_text = gettext_lazy(
        "Words (the newest 1,000 hits), a number (id), the beginning of a fingerprint."
    )
    actions = actions.ALL
    form = PhotoForm
    readonly_fields = (*FACTS, *RECIPE, "exif_facts", "lineage")
    change_form_template = "admin/photos/photo/change_form.html"

    # --- the list ---------------------------------------------------------------------------------

    def rows_for_list(self, rows: QuerySet) -> list[Photo]:
        return list(rows.select_related("owner").only(*LISTED))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        words = search_term.strip()
        if not words:
            return queryset, False
        if re.fullmatch(r"#?\d{1,18}", words, re.ASCII):
            return queryset.filter(pk=int(words.lstrip("#"))), False
        if re.fullmatch(r"[0-9a-f]{8,64}", words.lower(), re.ASCII):
            return filters.with_fingerprint(queryset, words.lower()), False
        whose = clean(request.GET.get("owner", ""))
        people = User.objects.filter(username=whose) if whose else User.objects.all()
        found = everybody.find_among(people.values_list("pk", flat=True), search.parse(words), FOUND_AT_MOST)
        return queryset.filter(pk__in=found), False

    def get_actions(self, request: HttpRequest) -> dict:
        """Deleting for good is offered where the trash is looked at, and nowhere else."""
        found = super().get_actions(request)
        if request.GET.get("trashed") not in ("yes", "all"):
            found.pop("purge", None)
        return found

    @admin.display(description=gettext_lazy("Picture"))
    def picture(self, photo: Photo) -> str:
        return thumbnail(photo)

    @admin.display(description=gettext_lazy("Name"))
    def name(self, photo: Photo) -> str:
        return photo.title or photo.file.name.rpartition("/")[2]

    @admin.display(description=gettext_lazy("Owner"))
    def owner_name(self, photo: Photo) -> str:
        return photo.owner.get_username()

    @admin.display(description=gettext_lazy("Collection"))
    def kind(self, photo: Photo) -> str:
        return photo.get_collection_display()

    @admin.display(description=gettext_lazy("Decision"))
    def verdict(self, photo: Photo) -> str:
        word = {Photo.Verdict.PICKED: "picked", Photo.Verdict.REJECTED: "rejected"}.get(
            photo.decision, "undecided"
        )
        said = photo.get_decision_display() + (f": {photo.reason}" if photo.reason else "")
        return format_html('<span class="verdict {}">{}</span>', word, said)

    @admin.display(description=gettext_lazy("Stars, label"))
    def stars(self, photo: Photo) -> str:
        label = photo.get_label_display() if photo.label else ""
        if not photo.rating:
            return label
        words = _("%(n)s of 5 stars") % {"n": photo.rating}
        return format_html(
            '<span class="stars" role="img" aria-label="{}">{}</span> {}', words, "★" * photo.rating, label
        )

    @admin.display(description=gettext_lazy("Date"))
    def shown_on(self, photo: Photo) -> str:
        day = photo.shown_at.replace(tzinfo=None)
        return format_html(
            '<time datetime="{}">{}</time>', f"{day:%Y-%m-%d}", formats.date_format(day, "j M Y")
        )

    @admin.display(description=gettext_lazy("Size"))
    def size(self, photo: Photo) -> str:
        return format_html(
            "{} × {}<br><span class=quiet>{}</span>",
            photo.width,
            photo.height,
            filesizeformat(photo.byte_size),
        )

    @admin.display(description=gettext_lazy("Trash"))
    def in_trash(self, photo: Photo) -> str:
        if photo.trashed_at is None:
            return ""
        return _("since %s") % formats.date_format(photo.trashed_at, "j M Y")

    # --- the page of one --------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Photo | None = None):
        written = WRITTEN if obj and self.has_change_permission(request, obj) else WRITTEN[:-1]
        shown = [
            (None, {"fields": written}),
            (_("File and facts"), {"fields": (*FACTS, "lineage")}),
        ]
        if obj and hasattr(obj, "recipe"):
            shown.append((_("Prompt and settings"), {"fields": RECIPE}))
        if obj and obj.exif:
            shown.append((_("Read from the file"), {"fields": ("exif_facts",), "classes": ("collapse",)}))
        return shown

    def get_form(self, request: HttpRequest, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("PhotoForm", (form,), {"actor": request.user})

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """What lies in the trash is looked at, and restored first."""
        return super().has_change_permission(request, obj) and (obj is None or obj.trashed_at is None)

    def get_object(self, request: HttpRequest, object_id: str, from_field=None) -> Photo | None:
        if not re.fullmatch(r"\d{1,18}", object_id, re.ASCII):
            return None
        return Photo.objects.select_related("owner", "recipe", "source").filter(pk=int(object_id)).first()

    def save_model(self, request: HttpRequest, obj: Photo, form: PhotoForm, change: bool) -> None:
        """Written by the form, through `photos.editing`."""

    def save_related(self, request: HttpRequest, form: PhotoForm, formsets, change: bool) -> None:
        """Likewise."""

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None):
        offered = {name: label for name, (_function, name, label) in self.get_actions(request).items()}
        photo = self.get_object(request, object_id)
        if photo and photo.trashed_at:
            wanted = ("restore", "purge")
            offered["purge"] = actions.purge.short_description
        else:
            wanted = tuple(
                name for name in offered if name not in ("restore", "purge") and not name.startswith("label_")
            )
        context = {"desk_actions": [(name, offered[name]) for name in wanted if name in offered]}
        if photo:
            context["original_address"] = media.sign(photo, media.ORIGINAL, media.ADMIN) + "&save"
            context["is_own"] = photo.owner_id == request.user.pk and photo.trashed_at is None
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # --- adding -----------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context=None) -> HttpResponse:
        """Files come in by the door all pictures come in by; each refusal is a message with its reason."""
        form = UploadForm(request.POST or None, request.FILES or None, initial={"owner": request.user.pk})
        if request.method == "POST" and form.is_valid():
            batch = uploading.begin(form.cleaned_data["owner"])
            for file in form.cleaned_data["files"]:
                self._say(request, uploading.receive(batch, file, name=file.name))
            return HttpResponseRedirect(reverse("admin:photos_photo_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add photos"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/photos/photo/add_form.html", context)

    def _say(self, request: HttpRequest, entry: UploadEntry) -> None:
        if entry.outcome == UploadEntry.Outcome.REFUSED:
            self.message_user(request, f"{entry.name}: {entry.sentence}", messages.ERROR)
            return
        level = messages.SUCCESS if entry.outcome == UploadEntry.Outcome.ADDED else messages.INFO
        self.message_user(request, f"{entry.name}: {entry.get_outcome_display()}.", level)
        if entry.outcome == UploadEntry.Outcome.ADDED:
            self.note(request, [entry.photo], "Added.", ADDITION)
