"""What tells a few pictures apart: the settings that differ, and the words of their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.differing import Difference, difference
from photos.models import Photo
from photos.views.facts import facts_of, settings_of
from photos.views.known import NOTHING, Known
from photos.views.places import Place

SHOWN_SAME = 2_000  # characters of words that all have in common


@dataclass(frozen=True, kw_only=True)
class Words:
    """The prompts, or what was to be left out: of the first as it is, of each other what differs from the first."""

    heading: str
    first: str = ""
    others: tuple[tuple[int, str, Difference | None], ...] = ()  # place, a line, None where it is the same
    are_same: bool = False


@dataclass(frozen=True, kw_only=True)
class Sides:
    """`rows` are those settings that differ, one value for each picture; `same` names the others."""

    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    same: str = ""
    words: tuple[Words, ...] = ()


def sides_of(photos: Sequence[Photo], known: dict[int, Known]) -> Sides:
    if len(photos) < 2:
        return Sides()
    settings = [_settings(photo, known.get(photo.pk, NOTHING)) for photo in photos]
    labels = list(dict.fromkeys(label for one in settings for label in one))
    rows = [(label, tuple(one.get(label, "") for one in settings)) for label in labels]
    prompts = [getattr(getattr(photo, "recipe", None), "prompt", "") for photo in photos]
    left_out = [getattr(getattr(photo, "recipe", None), "negative_prompt", "") for photo in photos]
    return Sides(
        rows=tuple(row for row in rows if len(set(row[1])) > 1),
        same=", ".join(label for label, values in rows if len(set(values)) == 1),
        words=tuple(filter(None, [_words(_("Prompt"), prompts), _words(_("Leave out"), left_out)])),
    )


def _settings(photo: Photo, known: Known) -> dict[str, str]:
    found = {label: value for label, value, _mono in settings_of(photo, Place(facts=known.facts)) if value}
    camera = {_("Camera"), _("Lens"), _("Exposure")}
    found |= {label: value for label, value, _mono in facts_of(photo) if label in camera}
    size = f"{photo.width} × {photo.height}"
    return found if found.setdefault(_("Size"), size) == size else found | {_("Image"): size}


def _words(heading: str, texts: list[str]) -> Words | None:
    """None where nobody said anything."""
    if not any(texts):
        return None
    found = [difference(texts[0], text) for text in texts[1:]]
    others = [(place, _line(one), None if one.is_same else one) for place, one in enumerate(found, start=2)]
    return Words(
        heading=heading,
        first=texts[0][:SHOWN_SAME] + ("…" if len(texts[0]) > SHOWN_SAME else ""),
        others=tuple(others),
        are_same=all(one.is_same for one in found),
    )


def _line(found: Difference) -> str:
    """ "2 words more, 1 word less than in 1": said in words, since colour alone says nothing to many."""
    if found.is_same:
        return _("the same as in 1")
    added = ngettext("%s word added", "%s words added", found.added) % found.added
    removed = ngettext("%s word removed", "%s words removed", found.removed) % found.removed
    return ", ".join(([added] if found.added else []) + ([removed] if found.removed else []))
