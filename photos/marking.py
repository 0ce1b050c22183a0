"""What a picture's record says of how it was made, beside what its file says: the one judgement of the marking audit.

`Photo.digital_source_type` is the record: read from the file, known from the engine, or said by the owner.
`Photo.marked_as` is what the file, or the sidecar of a final, says itself; None as long as nobody has read it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

from photos import papers, storage
from photos.models import Photo

AI = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")
WHOLLY_AI = ("trainedAlgorithmicMedia", "algorithmicMedia")
TAKEN = "digitalCapture"
STATEMENTS = {
    "trainedAlgorithmicMedia": _("Made by a trained model"),
    "compositeWithTrainedAlgorithmicMedia": _("Partly made by a trained model"),
    "algorithmicMedia": _("Made by an algorithm"),
    TAKEN: _("A photograph"),
}  # what an owner may say


class Marking(IntegerChoices):
    FINE = 0, _("in order")
    BARE_FINAL = 1, _("final without a mark")
    OTHERWISE = 2, _("final marked otherwise than the record says")
    UNMARKED = 3, _("made by AI, without a mark")
    CAMERA = 4, _("marked as AI, but made by a camera")


FINALS = (Marking.BARE_FINAL, Marking.OTHERWISE)


def judge(photo: Photo, *, made: bool) -> Marking:
    """`made`: the gallery knows a prompt and settings of it, or an engine of its own made it."""
    term, says = photo.digital_source_type, photo.marked_as or ""
    if photo.is_final:
        if not says:
            return Marking.BARE_FINAL
        return Marking.FINE if says == term or not term else Marking.OTHERWISE
    camera = isinstance(photo.exif, dict) and (photo.exif.get("make") or photo.exif.get("model"))
    if term in WHOLLY_AI and camera:
        return Marking.CAMERA
    told = term in STATEMENTS and photo.origin == Photo.Origin.BROUGHT
    return Marking.UNMARKED if made and says not in AI and not told else Marking.FINE


def is_made(photo: Photo) -> bool:
    """Of a row whose recipe is at hand."""
    return photo.origin == Photo.Origin.MADE or getattr(photo, "recipe", None) is not None


def read_back(photo: Photo) -> papers.Papers | None:
    """What its file and its sidecar say, read now; None where the file cannot be reached."""
    try:
        told = {"byte_size": photo.byte_size, "sha256": photo.sha256}
        with storage.original(photo.root, photo.file.name, **told) as path:
            said = papers.read(Path(path), photo.format)
    except (OSError, storage.NotThere):
        return None
    beside = storage.read_sidecar(photo.file.name) if photo.sidecar_sha256 else b""
    return papers.read_packet(beside, signed=said.signed) if beside else said


def look_again(photos: Iterable[Photo]) -> list[Photo]:
    """Read these back and set what follows from it on the rows, unsaved. Needs their recipes."""
    seen = []
    for photo in photos:
        said = read_back(photo)
        photo.marked_as = said.digital_source_type[:60] if said else (photo.marked_as or "")
        photo.signed = said.signed if said else photo.signed
        photo.marking = judge(photo, made=is_made(photo))
        seen.append(photo)
    return seen
