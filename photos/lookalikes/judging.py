"""How alike two pictures are: one rule for pairs here, and the same for arrays in `grouping`.

The same picture in another size, format or compression: at most SAME bits apart, of one ratio and one mean colour, and
nothing says that they are two. Two that an engine made are two, whatever they look like; so are pictures with two
seeds, and two shots of a camera.
"""

from __future__ import annotations

from enum import StrEnum

from photos.lookalikes import hashes

COLOR_APART = (
    4  # of 255, in each part: copies are up to 3 apart, the same picture without colour 8 on average
)
PIXELS_APART = 1.5  # of a side, beside what the ratio says it should be: sizes are rounded
# What is compared beside the hash; `seed` is an annotation.
FIELDS = (*hashes.PIECES, "sha256", "width", "height", "color", "origin", "dated_by", "taken_at")


class Likeness(StrEnum):
    """How the second of two stands to the first."""

    SAME_FILE = "same-file"
    SMALLER = "smaller"
    LARGER = "larger"
    SAVED_ANEW = "saved-anew"
    NEARLY = "nearly"
    ALIKE = "alike"


def likeness(one, other, apart: int) -> Likeness:
    """`one` and `other` have FIELDS and `seed`; `apart` is how many bits lie between them."""
    if one.sha256 == other.sha256:
        return Likeness.SAME_FILE
    if is_same(one, other, apart):
        return _same(one.width * one.height, other.width * other.height)
    return Likeness.NEARLY if apart <= hashes.PROMISED else Likeness.ALIKE


def is_same(one, other, apart: int) -> bool:
    """Whether the second is the first in another size, format or compression."""
    limit = min(hashes.reach(hashes.pieces_of(photo) or (), hashes.SAME) for photo in (one, other))
    return (
        apart <= limit
        and has_same_ratio(one.width, one.height, other.width, other.height)
        and _colors_apart(one.color, other.color) <= COLOR_APART
        and not _are_two(one, other)
    )


def has_same_ratio(width, height, other_width, other_height):
    """Of numbers or of arrays: one is the other scaled, within a rounding of its sides."""
    cross = abs(width * other_height - other_width * height) / PIXELS_APART
    return (cross <= width) | (cross <= height) | (cross <= other_width) | (cross <= other_height)


def camera_moment(photo) -> float | None:
    """When a camera took it; what has another date may be a copy of anything."""
    return photo.taken_at.timestamp() if photo.dated_by == "camera" and photo.taken_at else None


def _are_two(one, other) -> bool:
    moments = camera_moment(one), camera_moment(other)
    seeds = getattr(one, "seed", None), getattr(other, "seed", None)
    return (
        one.origin == other.origin == "made"
        or (None not in moments and moments[0] != moments[1])
        or (all(seeds) and seeds[0] != seeds[1])
    )


def _same(pixels: int, other: int) -> Likeness:
    if pixels == other:
        return Likeness.SAVED_ANEW
    return Likeness.SMALLER if other < pixels else Likeness.LARGER


def rgb(code: str) -> tuple[int, int, int]:
    try:
        return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
    except ValueError:
        return 128, 128, 128


def _colors_apart(one: str, other: str) -> int:
    return max(abs(a - b) for a, b in zip(rgb(one), rgb(other), strict=True))
