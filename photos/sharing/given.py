"""The very bytes the receiver of a link gets: sizes drawn here, without anything that was written in the original.

A web-size picture of what was made says so inside, also where its original does not: it goes out alone, and its mark
with it. The small ones of a grid keep the mark where the original has it; the page says it in words beside each.
"""

from __future__ import annotations

import io
from functools import lru_cache

from django.core.files.storage import storages
from django.utils.translation import gettext as _

from photos import marking, papers, storage
from photos.models import Photo
from photos.papers import webp
from photos.papers.parts import pour

WEB = "l1600"  # the size of a picture by itself
SIZES = ("h320", "h640", WEB)  # no others: what is drawn on request is not drawn for strangers

TRAINED = "trainedAlgorithmicMedia"
MADE = {TRAINED, "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia"}


def mark_of(photo: Photo) -> str:
    """The IPTC term for how it came about, "" for what nobody says was made. `photo` is of `sharing.shown`."""
    return term_of(photo.digital_source_type, photo.collection, photo.has_recipe)


def term_of(stated: str, collection: str, has_recipe: bool) -> str:
    if stated in MADE:
        return stated
    if stated == marking.TAKEN and collection not in ("session", "completed"):
        return ""  # its owner, or its file, says that it is a photograph: as in a download of it
    return TRAINED if has_recipe or collection in ("session", "completed") else ""


def disclosure(term: str) -> str:
    """What the page says beside a picture with this mark."""
    if not term:
        return ""
    words = {
        "compositeWithTrainedAlgorithmicMedia": _("Partly made with AI"),
        "compositeSynthetic": _("Partly made by a computer"),
        "algorithmicMedia": _("Made by an algorithm"),
    }
    return words.get(term, _("Made with AI"))


def web_bytes(name: str, sha256: str, term: str) -> bytes:
    """The web-size file of a picture as a link hands it out. FileNotFoundError where it is not drawn yet."""
    with storages["thumbnails"].open(storage.thumbnail_name(name, sha256, WEB), "rb") as file:
        return marked(file.read(), term)


def marked(data: bytes, term: str) -> bytes:
    """A WebP of ours with its mark; as it is where it has one, or there is none to write."""
    if not term:
        return data
    source, target = io.BytesIO(data), io.BytesIO()
    try:
        found = webp.layout(source)
        if found.packets:
            return data
        pour(webp.compose(found, _packet(term), b""), source, target)
    except papers.MarkError:  # not one of ours: whatever lies there is shown as it is
        return data
    return target.getvalue()


@lru_cache(maxsize=8)
def _packet(term: str) -> bytes:
    return papers.packet(digital_source_type=term)
