"""Rows of the photo page: a label and a value, already in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from django.template.defaultfilters import filesizeformat
from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from photos.marking import STATEMENTS
from photos.models import Photo, Recipe
from photos.views.places import Place

Row = tuple[str, str, bool]  # label, value, whether the value is set in the machine's letters


def settings_of(photo: Photo, place: Place) -> list[Row]:
    """Prompt and settings but for the prompt itself."""
    recipe: Recipe | None = getattr(photo, "recipe", None)
    if recipe is None:
        return [(label, value, False) for label, value in place.facts]
    size = f"{recipe.width} × {recipe.height}" if recipe.width and recipe.height else ""
    rows = [
        (_("Generator"), recipe.generator, False),
        (_("Model"), recipe.model, False),
        (_("Model hash"), recipe.model_hash, True),
        (_("Sampler"), " ".join(filter(None, [recipe.sampler, recipe.scheduler])), False),
        (_("Steps"), _plain(recipe.steps), True),
        (_("Guidance"), _plain(recipe.cfg), True),
        (_("Seed"), recipe.seed, True),
        (_("Size"), size, True),
        (_("LoRAs"), ", ".join(_lora(one) for one in recipe.loras if isinstance(one, dict)), False),
        (_("Note"), recipe.note, False),
        *((label, value, False) for label, value in place.facts),
    ]
    return [row for row in rows if row[1]]


def facts_of(photo: Photo) -> list[Row]:
    """The camera, the dates, the file."""
    exif = photo.exif if isinstance(photo.exif, dict) else {}
    rows = [
        (_("Date"), _dated(photo), False),
        (_("Camera"), " ".join(filter(None, [str(exif.get("make", "")), str(exif.get("model", ""))])), False),
        (_("Lens"), str(exif.get("lens", "")), False),
        (_("Exposure"), _exposure(exif), False),
        (_("Place"), _place(photo), True),
        (_("Size"), _size(photo), False),
        (_("File"), f"{photo.format}, {filesizeformat(photo.byte_size)}", False),
        (_("Frames"), str(photo.frames) if photo.frames > 1 else "", False),
        (_("Name"), photo.file.name.rpartition("/")[2], True),
        (_("Linked from") if photo.linked_path else _("Folder"), _folder(photo), True),
        (_("Imported from"), _imported_from(photo), True),
        (_("AI mark"), _mark(photo), False),
        (_("Signature"), _("Signed (C2PA), not checked") if photo.signed else "", False),
        (_("Added"), formats.date_format(localtime(photo.added_at), "j F Y, H:i"), False),
        (_("Fingerprint"), f"{photo.sha256[:8]}…{photo.sha256[-4:]}", True),
    ]  # fmt: skip
    return [row for row in rows if row[1]]


def _size(photo: Photo) -> str:
    """With its megapixels, where one would count them: "0.0 MP" says nothing."""
    size = f"{photo.width} × {photo.height}"
    millions = photo.width * photo.height / 1e6
    return size if millions < 0.1 else _("%s, %s MP") % (size, formats.number_format(millions, 1))


def _folder(photo: Photo) -> str:
    return (photo.linked_path or photo.file.name).rpartition("/")[0]


def _imported_from(photo: Photo) -> str:
    """The path it was found at first; a linked one is said already."""
    path = getattr(photo, "imported_path", None) or ""
    return "" if path == photo.linked_path else path


def _dated(photo: Photo) -> str:
    day = formats.date_format(photo.shown_at.replace(tzinfo=None), "j F Y, H:i")
    zone = ""
    if photo.taken_offset_minutes is not None:
        offset = timezone(timedelta(minutes=photo.taken_offset_minutes))
        zone = " " + datetime(2000, 1, 1, tzinfo=UTC).astimezone(offset).strftime("%z")
    return _("%(day)s%(zone)s, dated by %(by)s") % {
        "day": day,
        "zone": zone,
        "by": photo.get_dated_by_display(),
    }


def _exposure(exif: dict) -> str:
    """ "1/250 s, f/2.8, 35 mm, ISO 200": the line of `photos.metadata.camera`, and the ISO behind it."""
    line, iso = exif.get("exposure"), exif.get("iso")
    return ", ".join(filter(None, [line if isinstance(line, str) else "", f"ISO {iso}" if iso else ""]))


def _place(photo: Photo) -> str:
    if photo.latitude is None or photo.longitude is None:
        return ""
    return f"{photo.latitude:.5f}, {photo.longitude:.5f}"


def _mark(photo: Photo) -> str:
    """Where it stands, and what it says: an owner may say what the file does not."""
    if not photo.digital_source_type:
        return ""
    words = STATEMENTS.get(photo.digital_source_type, photo.digital_source_type)
    if photo.marked_as == photo.digital_source_type or photo.marked_as is None:
        return (
            _("In the file beside it (.xmp): %s") if photo.sidecar_sha256 else _("In the file: %s")
        ) % words
    if photo.origin == Photo.Origin.BROUGHT:
        return (
            _("You say: %s. The file says nothing of it.") % words
            if not photo.marked_as
            else _("You say: %s. The file says otherwise.") % words
        )
    return _("Known here, not in the file: %s") % words


def _lora(one: dict) -> str:
    weight = one.get("weight")
    return f"{one.get('name', '')} {weight}" if weight is not None else str(one.get("name", ""))


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
