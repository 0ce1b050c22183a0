"""Look-alikes: pictures of one person that look the same, nearly the same, or alike.

hashes.py    64 bits of a picture in four pieces: how far two are apart, and which pieces to ask for
judging.py   whether two are the same picture, and the words for how alike they are
finding.py   what looks like one picture:  lookalikes.near(photo)
grouping.py  all of one person's at once, as arrays: bounded in time and memory
searching.py duplicates found, only what is new, and written down:  lookalikes.search(owner_id)
proposing.py which of a group to keep, and why
clearing.py  one is kept and given what the others had, the others go to the trash; and the way back
"""

from photos.lookalikes.clearing import (
    COUNTED,
    Cleared,
    DuplicateError,
    clear,
    clear_exact,
    exact_plan,
    forget_merges,
    keep_all,
    shared_among,
)
from photos.lookalikes.finding import Alike, apart, near
from photos.lookalikes.judging import Likeness, likeness
from photos.lookalikes.proposing import MEMBER_FIELDS, Reason, members, proposed
from photos.lookalikes.searching import ask_all, follow, groups, search, state, sweep

__all__ = [
    "COUNTED",
    "MEMBER_FIELDS",
    "Alike",
    "Cleared",
    "DuplicateError",
    "Likeness",
    "Reason",
    "apart",
    "ask_all",
    "clear",
    "clear_exact",
    "exact_plan",
    "follow",
    "forget_merges",
    "groups",
    "keep_all",
    "likeness",
    "members",
    "near",
    "proposed",
    "search",
    "shared_among",
    "state",
    "sweep",
]
