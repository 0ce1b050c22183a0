"""JPEG: segments behind markers, and between them the scans; XMP is an APP1 segment of a name of its own.

ITU T.81, annex B; JFIF 1.02; XMP specification part 3, section 1.1.3. What hangs behind the end of the image
(previews, gain maps, films, archives) is not of it and stays behind.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from photos.papers.faults import MarkError, damaged
from photos.papers.parts import BLOCK, Layout, Part

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_JFIF = b"JFIF\0"
_LONGEST = 65_533  # bytes of a segment's body

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}
_WRITTEN = {*range(0xE0, 0xFF)}  # applications, extensions, comments
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def layout(stream: BinaryIO) -> Layout:
    """MarkError where a marker breaks a rule, or there is no frame, no scan or no end."""
    found, position, seen = Layout(), 2, set()
    stream.seek(0)
    if stream.read(2) != b"\xff\xd8":
        raise damaged("its header is not in order")
    while True:
        marker, start = _marker(stream, position)
        seen.add(marker)
        if marker == _END:
            break
        stream.seek(start + 1)
        length = int.from_bytes(stream.read(2), "big")
        head = stream.read(min(40, max(0, length - 2)))
        position = start + 1 + length
        if length < 2 or len(head) < min(40, length - 2):
            raise damaged("a part of it has no valid length")
        if marker == _SCAN:
            position = _end_of_scan(stream, position)
        _sort(found, marker, Part(bytes((marker,)), start - 1, position - start + 1), head)
    if not seen & _FRAMES or _SCAN not in seen:
        raise damaged("it ends too early")
    found.end = start + 1
    return found


def compose(found: Layout, packet: bytes, exif: bytes) -> list[Part]:
    """JFIF first, as it demands, then our own, then the rest."""
    if len(_XMP + packet) > _LONGEST:
        raise MarkError(
            "too-long", "Its prompt, title and caption are too long for a JPEG file (64 kB together)."
        )
    first = 1 if found.picture[0].kind == _JFIF else 0
    jfif, rest = found.picture[:first], found.picture[first:]
    ours = [Part(b"xmp", before=_segment(0xE1, _XMP + packet))]
    if exif:
        ours.insert(0, Part(b"exif", before=_segment(0xE1, _EXIF + exif)))
    return [Part(b"", before=b"\xff\xd8"), *jfif, *ours, *rest, Part(b"", before=b"\xff\xd9")]


def _marker(stream: BinaryIO, position: int) -> tuple[int, int]:
    """The marker at `position` and where its byte stands; fill bytes before it are stepped over."""
    stream.seek(position)
    head = stream.read(1_000)
    filled = len(head) - len(head.lstrip(b"\xff"))
    if not filled or filled == len(head):
        raise damaged("it ends too early" if filled == len(head) else "a part of it has no valid name")
    marker = head[filled]
    if marker not in _FRAMES | _TABLES | _WRITTEN | {_SCAN, _END}:
        raise damaged("a part of it has no valid name")
    return marker, position + filled


def _end_of_scan(stream: BinaryIO, position: int) -> int:
    """Where the next marker stands that is no restart; MarkError where there is none."""
    stream.seek(position)
    tail = b""
    while block := stream.read(BLOCK):
        data = tail + block
        if match := _MARKER_IN_SCAN.search(data):
            return position - len(tail) + match.start()
        position += len(block)
        tail = data[-1:] if data.endswith(b"\xff") else b""
    raise damaged("it ends too early")


def _sort(found: Layout, marker: int, whole: Part, head: bytes) -> None:
    data = whole.start + 4
    if marker not in _WRITTEN or (marker == 0xEE and head.startswith(b"Adobe") and len(head) >= 12):
        found.add(found.picture, whole)
    elif marker == 0xE0 and head.startswith(_JFIF) and len(head) >= 14:
        # Version and density; the thumbnail behind them is another picture.
        found.add(found.picture, Part(_JFIF, before=_segment(0xE0, head[:12] + b"\0\0")))
    elif marker == 0xE2 and head.startswith(b"ICC_PROFILE\0"):
        found.add(found.picture, whole)
    elif marker == 0xE1 and head.startswith(_XMP):
        found.add(found.packets, Part(b"xmp", data + len(_XMP), whole.length - 4 - len(_XMP)))
    elif marker == 0xE1 and head.startswith(_EXIF):
        found.add(found.exif, Part(b"exif", data + len(_EXIF), whole.length - 4 - len(_EXIF)))
    else:
        # JUMBF boxes begin with their instance (2), number (4), length (4) and type: C2PA, as far as is known.
        found.signed |= marker == 0xEB and head.startswith(b"JP") and head[12:16] == b"jumb"
        found.add(found.others, whole)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
