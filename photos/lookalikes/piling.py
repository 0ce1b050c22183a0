"""A few hundred pictures in piles of what looks alike: of one list, each compared with each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from photos.lookalikes import hashes
from photos.models import Photo

MOST = 2_000  # compared in one go: 4 million pairs, 32 MB


def piles(photo_ids: Sequence[int]) -> dict[int, int]:
    """Picture -> the first of its pile, for those that are in one; the best come first in `photo_ids`.

    Each pile has a middle, its first picture, that all others look like: nothing is chained. Pictures without a hash,
    too plain to be told apart, are in none. One query.
    """
    rows = Photo.objects.filter(pk__in=list(photo_ids)[:MOST]).values_list("pk", *hashes.PIECES)
    known = {pk: tuple(pieces) for pk, *pieces in rows if None not in pieces}
    ids = [pk for pk in photo_ids if pk in known]
    near = _near([known[pk] for pk in ids])
    free, found = np.ones(len(ids), dtype=bool), {}
    for place, pk in enumerate(ids):
        if not free[place]:
            continue
        around = np.flatnonzero(near[place] & free)
        if len(around) > 1:
            free[around] = False
            found |= {ids[other]: pk for other in around}
    return found


def _near(hashed: Iterable[tuple[int, ...]]) -> np.ndarray:
    """For each pair whether they look alike, n x n. Of plain pictures, with few bits set, fewer may differ."""
    listed = list(hashed)
    reach = np.array([hashes.reach(pieces) for pieces in listed], dtype=np.int64)
    whole = np.array(
        [sum(piece << 16 * n for n, piece in enumerate(pieces)) for pieces in listed], dtype=np.uint64
    )
    if not listed:
        return np.zeros((0, 0), dtype=bool)
    bits = np.bitwise_count(whole[:, None] ^ whole[None, :])
    return bits <= np.minimum(reach[:, None], reach[None, :])
