"""What the page of a photo says beside the form: facts, prompt and settings, where it comes from. Nothing to write."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from photos.admin.forms import tag_line
from photos.models import Photo

FACTS = ("whose", "state", "pixels", "shown", "taken", "added", "where", "fingerprint", "mark", "position")
RECIPE = ("generator", "prompt", "settings", "raw")
SETTINGS = (
    "model", "model_hash", "sampler", "scheduler", "steps", "cfg", "seed", "width", "height", "loras", "reader",
)  # fmt: skip

Lineage = Callable[[Photo], list[tuple[str, str, str]]]  # (what it is, its name, its address in the admin)
_lineages: list[Lineage] = []


def register_lineage(lineage: Lineage) -> None:
    """Who knows more of where a picture comes from adds lines to its page."""
    _lineages.append(lineage)


class PhotoFacts:
    """Lines of the page; each takes the photo."""

    @admin.display(description=gettext_lazy("Tags"))
    def words(self, photo: Photo) -> str:
        return tag_line(photo)

    @admin.display(description=gettext_lazy("Owner"))
    def whose(self, photo: Photo) -> str:
        address = reverse("admin:auth_user_change", args=[photo.owner_id])
        return format_html('<a href="{}">{}</a>', address, photo.owner.get_username())

    @admin.display(description=gettext_lazy("Collection"))
    def state(self, photo: Photo) -> str:
        parts = [photo.get_collection_display(), photo.get_origin_display()]
        if photo.trashed_at:
            parts.append(_("in the trash since %s") % formats.date_format(photo.trashed_at, "j F Y, H:i"))
        if photo.derived != Photo.Derived.READY:
            parts.append(f"{_('thumbnails')}: {photo.get_derived_display()} {photo.derived_reason}".strip())
        return ", ".join(map(str, parts))

    @admin.display(description=gettext_lazy("Pixels"))
    def pixels(self, photo: Photo) -> str:
        frames = _(", %s frames") % photo.frames if photo.frames > 1 else ""
        return f"{photo.width} × {photo.height}{frames}, {photo.format}, {filesizeformat(photo.byte_size)}"

    @admin.display(description=gettext_lazy("Date"))
    def shown(self, photo: Photo) -> str:
        day = formats.date_format(photo.shown_at.replace(tzinfo=None), "j F Y, H:i")
        return _("%(day)s, dated by %(by)s") % {"day": day, "by": photo.get_dated_by_display()}

    @admin.display(description=gettext_lazy("Taken (UTC)"))
    def taken(self, photo: Photo) -> str:
        return formats.date_format(photo.taken_at, "j F Y, H:i") if photo.taken_at else "-"

    @admin.display(description=gettext_lazy("Added"))
    def added(self, photo: Photo) -> str:
        return formats.date_format(localtime(photo.added_at), "j F Y, H:i")

    @admin.display(description=gettext_lazy("Original"))
    def where(self, photo: Photo) -> str:
        return format_html("<code>{}/{}</code>", photo.root, photo.file.name)

    @admin.display(description="SHA-256")
    def fingerprint(self, photo: Photo) -> str:
        return format_html("<code>{}</code>", photo.sha256)

    @admin.display(description=gettext_lazy("AI mark in the file"))
    def mark(self, photo: Photo) -> str:
        return photo.digital_source_type or "-"

    @admin.display(description=gettext_lazy("Place"))
    def position(self, photo: Photo) -> str:
        if photo.latitude is None or photo.longitude is None:
            return "-"
        return f"{photo.latitude:.5f}, {photo.longitude:.5f}"

    @admin.display(description=gettext_lazy("Comes from, became"))
    def lineage(self, photo: Photo) -> str:
        lines = [line for find in _lineages for line in find(photo)]
        if photo.source_id:
            lines.append((_("made from"), str(photo.source), _address(photo.source_id)))
        became = photo.derivatives.order_by("pk").only("title", "file", "trashed_at")[:20]
        lines += [
            (_("final, in the trash") if one.trashed_at else _("became"), str(one), _address(one.pk))
            for one in became
        ]
        if not lines:
            return "-"
        rows = ((what, address, name) for what, name, address in lines)
        return format_html("<ul>{}</ul>", format_html_join("", '<li>{} <a href="{}">{}</a></li>', rows))

    @admin.display(description=gettext_lazy("Generator"))
    def generator(self, photo: Photo) -> str:
        return photo.recipe.generator

    @admin.display(description=gettext_lazy("Prompt"))
    def prompt(self, photo: Photo) -> str:
        recipe = photo.recipe
        negative = format_html('<p class="quiet">{} {}</p>', _("Not:"), recipe.negative_prompt)
        return format_html(
            '<p class="prose">{}</p>{}', recipe.prompt, negative if recipe.negative_prompt else ""
        )

    @admin.display(description=gettext_lazy("Settings"))
    def settings(self, photo: Photo) -> str:
        values = {name: getattr(photo.recipe, name) for name in SETTINGS}
        return _pretty({name: value for name, value in values.items() if value not in ("", None, [])})

    @admin.display(description=gettext_lazy("As found in the file"))
    def raw(self, photo: Photo) -> str:
        """Indented where it is JSON (ComfyUI's workflows), as it is otherwise."""
        text = photo.recipe.raw
        try:
            return (
                _pretty(json.loads(text))
                if text[:1] in "{[" and text
                else format_html("<pre>{}</pre>", text or "-")
            )
        except (ValueError, RecursionError):
            return format_html("<pre>{}</pre>", text)

    @admin.display(description="EXIF")
    def exif_facts(self, photo: Photo) -> str:
        return _pretty(photo.exif)


def _address(pk: int) -> str:
    return reverse("admin:photos_photo_change", args=[pk])


def _pretty(value) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False))
