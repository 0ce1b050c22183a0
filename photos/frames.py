"""How many frames a file holds, read from its block headers.

No frame is decoded, counting ends just above the limit, and a loop of offsets ends it too: the answer
costs milliseconds for a file that claims anything. Decoder process only.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from photos.images import MAX_FRAMES, RejectedImage

# Baseline TIFF 6.0 and DNG tags.
NEW_SUBFILE_TYPE, DNG_VERSION = 254, 50706


def count_frames(path: Path, format: str) -> int | None:
    """Frames of the file, at most one above MAX_FRAMES; None where its library answers cheaply.

    Raises RejectedImage where the blocks themselves are cut or go in circles.
    """
    walks = {"GIF": _gif, "PNG": _png, "WEBP": _webp, "TIFF": _tiff, "AVIF": _boxes, "HEIC": _boxes}
    walk = walks.get(format, lambda data: 1)  # a JPEG with more pictures in it (MPO) is its first
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return walk(data)
        except (IndexError, ValueError):
            raise RejectedImage("truncated", "The end of the file is missing. Bring it again.") from None


def _u(data: mmap.mmap, at: int, size: int, order: str = "little") -> int:
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]


def _gif(data: mmap.mmap) -> int:
    """GIF89a: blocks of colour tables, extensions and images, whose data come in chains of sub-blocks."""
    at, frames = 13 + _color_table(data[10]), 0
    # A file that ends between blocks only lacks its trailer: common, and nothing is lost.
    while at < len(data) and frames <= MAX_FRAMES:
        if data[at] == 0x2C:
            frames += 1
            at = _after_sub_blocks(data, at + 11 + _color_table(data[at + 9]))
        elif data[at] == 0x21:
            at = _after_sub_blocks(data, at + 2)
        else:
            break
    return max(1, frames)


def _color_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(data: mmap.mmap, at: int) -> int:
    while size := data[at]:
        at += size + 1
    return at + 1


def _png(data: mmap.mmap) -> int:
    """APNG: an `acTL` before the first `IDAT` makes it one, each `fcTL` is a frame."""
    at, frames, animated = 8, 0, False
    while at < len(data) and frames <= MAX_FRAMES:
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if name == b"IEND" or (name == b"IDAT" and not animated):
            break
        animated = animated or name == b"acTL"
        frames += name == b"fcTL"
        at += size + 12
    if animated and at > len(data):
        raise IndexError(at)
    return max(1, frames)


def _webp(data: mmap.mmap) -> int:
    """RIFF chunks: each `ANMF` is a frame."""
    end, at, frames = _u(data, 4, 4) + 8, 12, 0
    if end > len(data):
        raise IndexError(end)
    while at + 8 <= end and frames <= MAX_FRAMES:
        frames += data[at : at + 4] == b"ANMF"
        size = _u(data, at + 4, 4)
        at += 8 + size + size % 2
    return max(1, frames)


def _boxes(data: mmap.mmap) -> None:
    """ISO base media (ISO 14496-12) boxes: none may end behind the file. HEVC decoders paint over what is
    missing. Unknown boxes may be rubbish that some phones append."""
    at = 0
    while at + 8 <= len(data):
        size, name = _u(data, at, 4, "big"), data[at + 4 : at + 8]
        if size == 1:
            size = _u(data, at + 8, 8, "big")
        if size < 8:  # 0: up to the end
            return
        at += size
        if at > len(data) and name in (b"meta", b"mdat", b"moov"):
            raise IndexError(at)


def _tiff(data: mmap.mmap) -> int:
    """Pages: the chain of directories, classic (4-byte offsets) or BigTIFF (8-byte)."""
    order = "little" if data[:2] == b"II" else "big"
    big = _u(data, 2, 2, order) == 43
    word, count_size, entry_size = (8, 8, 20) if big else (4, 2, 12)
    at, seen = _u(data, 8 if big else 4, word, order), set[int]()
    _refuse_raw(data, at, order, big)
    while at and len(seen) <= MAX_FRAMES:
        if at in seen:
            raise RejectedImage("corrupt", "The pages of this TIFF go in circles. Save it as a new file.")
        seen.add(at)
        at = _u(data, at + count_size + entry_size * _u(data, at, count_size, order), word, order)
    return max(1, len(seen))


def _refuse_raw(data: mmap.mmap, at: int, order: str, big: bool) -> None:
    """Camera raws are TIFFs whose first page is a preview: shown as the picture it would be a lie."""
    if big or not at:
        return
    for entry in range(at + 2, at + 2 + 12 * _u(data, at, 2, order), 12):
        tag = _u(data, entry, 2, order)
        if tag == DNG_VERSION or (tag == NEW_SUBFILE_TYPE and _u(data, entry + 8, 4, order) & 1):
            raise RejectedImage(
                "not-accepted", "This is a camera raw file, which is not accepted; export it as JPEG or TIFF."
            )
