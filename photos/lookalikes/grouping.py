"""All pictures of one person compared at once, as arrays: a million take seconds and some 200 MB.

Of two that are at most three bits apart, one of the four pieces is the same. So the rows are put in order of each
piece in turn, and each is compared with those that follow it within the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from photos.lookalikes import hashes
from photos.lookalikes.judging import COLOR_APART, has_same_ratio

WINDOW = (
    400  # neighbours each row is compared with: of a value that more share, the nearest by the whole hash
)
MOST_PAIRS = 1_000_000
MOST_MEMBERS = 50  # of a group

COLUMNS = np.dtype(
    [
        ("id", np.int64), ("hash", np.uint64), ("bytes8", np.uint64), ("width", np.int64), ("height", np.int64),
        ("color", np.int16, 3), ("made", np.bool_), ("taken", np.float64), ("plain", np.bool_),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One row a picture; `taken` is -1 where no camera says, `plain` has no hash, `bytes8` begins the SHA-256."""

    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


def table(chunks: Iterable[list[tuple]]) -> Table:
    """Of rows in the order of COLUMNS."""
    made = [np.array(chunk, dtype=COLUMNS) for chunk in chunks if chunk]
    return Table(np.concatenate(made) if made else np.empty(0, dtype=COLUMNS))


def maybe_same_bytes(found: Table) -> np.ndarray:
    """Ids of those whose hash of the bytes begins like that of another."""
    _values, place, count = np.unique(found.rows["bytes8"], return_inverse=True, return_counts=True)
    return found.rows["id"][count[place] > 1]


def same_pictures(found: Table) -> np.ndarray:
    """Pairs of ids, n x 2, that are the same picture as far as the rows can tell."""
    rows = found.rows[~found.rows["plain"]]
    pairs, room = [], MOST_PAIRS
    for piece in range(4):
        for one, other in _neighbours(rows["hash"], piece):
            kept = _is_same(rows, one, other)
            pairs.append(np.stack([one[kept], other[kept]], axis=1))
            room -= len(pairs[-1])
            if room <= 0:
                break
    both = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)
    return rows["id"][np.unique(np.sort(both, axis=1), axis=0)]


def _neighbours(values: np.ndarray, piece: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of pairs that share this piece and are at most SAME bits apart."""
    shared = (values >> np.uint64(piece * hashes.BITS_OF_A_PIECE)) & np.uint64(0xFFFF)
    order = np.lexsort((values, shared))
    shared, values = shared[order], values[order]
    end = np.searchsorted(shared, shared, side="right")
    active = np.arange(len(values))
    for step in range(1, WINDOW):
        active = active[active + step < end[active]]
        if not len(active):
            return
        bits = np.bitwise_count(values[active] ^ values[active + step])
        close = active[bits <= hashes.SAME]
        if len(close):
            yield order[close], order[close + step]


def _is_same(rows: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """As `judging.is_same`, but for seeds."""
    a, b = rows[one], rows[other]
    bits = np.minimum(np.bitwise_count(a["hash"]), np.bitwise_count(b["hash"])).astype(np.int64)
    limit = np.minimum(hashes.SAME, bits * hashes.SAME // hashes.FULL)
    colors = np.abs(a["color"] - b["color"]).max(axis=1) if len(a) else np.empty(0)
    same_bytes = a["bytes8"] == b["bytes8"]
    two = (a["made"] & b["made"]) | ((a["taken"] >= 0) & (b["taken"] >= 0) & (a["taken"] != b["taken"]))
    return same_bytes | (
        (np.bitwise_count(a["hash"] ^ b["hash"]) <= limit)
        & has_same_ratio(a["width"], a["height"], b["width"], b["height"])
        & (colors <= COLOR_APART)
        & ~two
    )


def stars(pairs: Iterable[tuple[int, int]], best_first) -> list[list[int]]:
    """Groups of one picture and those that are the same as it: never chained, at most MOST_MEMBERS each.

    `best_first` is a key: the best of all is the middle of the first group.
    """
    beside: dict[int, set[int]] = {}
    for one, other in pairs:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    taken, groups = set(), []
    for middle in sorted(beside, key=best_first):
        if middle in taken:
            continue
        around = sorted(beside[middle] - taken, key=best_first)[: MOST_MEMBERS - 1]
        if around:
            groups.append([middle, *around])
            taken.update(groups[-1])
    return groups
