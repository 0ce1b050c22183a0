"""Every fact of an image as a row. `COLUMNS` says what each is; whoever knows more registers columns of theirs.

CSV begins with a byte order mark, without which Excel takes UTF-8 for something else; every other program steps over
it. Text that a spreadsheet would take for a formula gets a ' in front. JSON lines are the facts as they are, in plain
UTF-8: lists are lists, what is unknown is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from photos.exporting.chosen import Chosen, rows_of
from photos.exporting.table import BOM, line
from photos.models import Album, Photo

CHUNK = 200
FORMATS = ("csv", "jsonl")


@dataclass(frozen=True)
class Column:
    name: str
    about: str
    value: Callable[[Photo, dict], Any]  # an image, and what others told of it


def _of(name: str) -> Callable[[Photo, dict], Any]:
    return lambda photo, told: getattr(photo, name)


def _recipe(name: str) -> Callable[[Photo, dict], Any]:
    return lambda photo, told: getattr(getattr(photo, "recipe", None), name, None)


def _camera(name: str) -> Callable[[Photo, dict], Any]:
    return lambda photo, told: (photo.exif if isinstance(photo.exif, dict) else {}).get(name) or None


def _told(name: str) -> Callable[[Photo, dict], Any]:
    return lambda photo, told: told.get(name)


def _wall_clock(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


COLUMNS: list[Column] = [
    Column("id", _("its number in the gallery"), _of("pk")),
    Column("file", _("its original, below the media folder"), lambda photo, told: photo.file.name),
    Column(
        "collection", _("uploaded, session (generated), completed (a final) or linked"), _of("collection")
    ),
    Column("title", _("as typed or read from the file"), _of("title")),
    Column("caption", _("likewise"), _of("caption")),
    Column("alt_text", _("what it shows, for those who cannot see it"), _of("alt_text")),
    Column(
        "tags", _("in alphabetical order"), lambda photo, told: sorted(tag.name for tag in photo.tags.all())
    ),
    Column(
        "albums",
        _("titles of the albums it is in"),
        lambda photo, told: [album.title for album in photo.albums.all()],
    ),
    Column("stars", _("0 to 5"), _of("rating")),
    Column(
        "decision",
        _("undecided, picked or rejected"),
        lambda photo, told: Photo.Verdict(photo.decision).name.lower(),
    ),
    Column("reason", _("what it was rejected for"), _of("reason")),
    Column("label", _("its colour"), lambda photo, told: Photo.Label(photo.label).name.lower()),
    Column(
        "date", _("wall clock of the image, without a zone"), lambda photo, told: _wall_clock(photo.shown_at)
    ),
    Column("dated_by", _("where that date is from: camera, generator, name, file, arrival"), _of("dated_by")),
    Column(
        "taken_at",
        _("the true moment in UTC, where known"),
        lambda photo, told: photo.taken_at and photo.taken_at.isoformat(),
    ),
    Column("taken_offset_minutes", _("the zone it was taken in, east of UTC"), _of("taken_offset_minutes")),
    Column("added_at", _("when it came into the gallery"), lambda photo, told: photo.added_at.isoformat()),
    Column("format", _("JPEG, PNG, WEBP, AVIF, GIF, HEIC or TIFF"), _of("format")),
    Column("width", _("pixels, as displayed"), _of("width")),
    Column("height", _("likewise"), _of("height")),
    Column("frames", _("more than 1 of animations"), _of("frames")),
    Column("bytes", _("of the original"), _of("byte_size")),
    Column("sha256", _("fingerprint of the original's bytes"), _of("sha256")),
    Column("ai_mark", _("how it came to be: a digital source type of the IPTC"), _of("digital_source_type")),
    Column("signed", _("c2pa where a signature is in the file; it is not checked"), _of("signed")),
    Column("generator", _("the program that made it"), _recipe("generator")),
    Column("prompt", _("what was asked for"), _recipe("prompt")),
    Column("negative_prompt", _("what was to be left out"), _recipe("negative_prompt")),
    Column("model", _("its name"), _recipe("model")),
    Column("model_hash", _("its fingerprint, as the generator wrote it"), _recipe("model_hash")),
    Column("sampler", _("setting of the generator"), _recipe("sampler")),
    Column("scheduler", _("likewise"), _recipe("scheduler")),
    Column("steps", _("likewise"), _recipe("steps")),
    Column("cfg", _("guidance; likewise"), _recipe("cfg")),
    Column("seed", _("as text: some are longer than numbers may be"), _recipe("seed")),
    Column("loras", _("name and weight of each"), _recipe("loras")),
    Column("latitude", _("degrees, north is positive"), _of("latitude")),
    Column("longitude", _("degrees, east is positive"), _of("longitude")),
    Column("camera_make", _("as the camera wrote it"), _camera("make")),
    Column("camera_model", _("likewise"), _camera("model")),
    Column("lens", _("likewise"), _camera("lens")),
    Column("iso", _("likewise"), _camera("iso")),
    Column("exposure", _("time, aperture, focal length"), _camera("exposure")),
    Column("made_from", _("number of the image it was made from"), _of("source_id")),
    Column("made_from_sha256", _("fingerprint of that image"), _of("source_sha256")),
]
# Says of some images what photos know nothing of: image's number -> column -> value.
Teller = Callable[[Sequence[Photo]], dict[int, dict[str, Any]]]
_tellers: list[Teller] = []


def register_columns(columns: dict[str, str], teller: Teller) -> None:
    """More columns, with what each is; `teller` says their values for some images at once."""
    known = {column.name for column in COLUMNS}
    COLUMNS.extend(Column(name, about, _told(name)) for name, about in columns.items() if name not in known)
    if teller not in _tellers:
        _tellers.append(teller)


def tell(photos: Sequence[Photo]) -> dict[int, dict[str, Any]]:
    """What others know of these images."""
    told: dict[int, dict[str, Any]] = {photo.pk: {} for photo in photos}
    for teller in _tellers:
        for pk, said in teller(photos).items():
            told.setdefault(pk, {}).update(said)
    return told


def related() -> tuple:
    """What has to be fetched with an image for its row."""
    return ("tags", Prefetch("albums", Album.objects.order_by("pk").only("pk", "title")))


def row(photo: Photo, told: dict) -> dict[str, Any]:
    """Plain values; what is unknown is None, also numbers that are none."""
    said = {column.name: column.value(photo, told) for column in COLUMNS}
    return {name: None if value == "" else _finite(value) for name, value in said.items()}


def whole(photo: Photo, told: dict) -> dict[str, Any]:
    """The row, and what fits no row: the recipe as found, all that the file says of itself, decisions."""
    recipe, said = getattr(photo, "recipe", None), row(photo, told)
    if recipe:
        names = (field.name for field in recipe._meta.fields if field.name not in ("photo", "stack"))
        said["recipe"] = {name: _finite(getattr(recipe, name)) for name in names}
    said["albums"] = [{"id": album.pk, "title": album.title} for album in photo.albums.all()]
    said["exif"] = photo.exif
    said["decisions"] = [
        {"what": one.axis, "from": one.old, "to": one.new, "at": one.at.isoformat()}
        for one in photo.decisions.order_by("pk")[:1_000]
    ]
    return said


def stream(chosen: Chosen, format: str) -> Iterator[bytes]:
    """CSV or JSON lines, a few hundred images at a time; the first line at once."""
    write = _csv if format == "csv" else _json
    if format == "csv":
        yield (BOM + line([column.name for column in COLUMNS])).encode()
    held: list[Photo] = []
    for _place, _pk, photo in rows_of(chosen.owner, chosen.ids(), *related(), chunk=CHUNK):
        if photo is not None:
            held.append(photo)
        if len(held) >= CHUNK:
            yield _lines(held, write)
            held = []
    yield _lines(held, write)


def _lines(photos: list[Photo], write: Callable[[dict], str]) -> bytes:
    told = tell(photos)
    return "".join(write(row(photo, told[photo.pk])) for photo in photos).encode()


def _csv(said: dict[str, Any]) -> str:
    return line([_cell(value) for value in said.values()])


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, allow_nan=False, default=str) + "\n"


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(map(_words, value))
    return value if isinstance(value, int | float) else str(value)


def _words(one: Any) -> str:
    if isinstance(one, dict):  # a LoRA
        return " ".join(str(one[name]) for name in ("name", "weight") if one.get(name) not in (None, ""))
    return str(one)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
