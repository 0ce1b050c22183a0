"""Where each format keeps what is written in it: EXIF, XMP, IPTC, comments, C2PA. Bytes out, no meaning.

All walks are bounded, read headers and metadata only, and end quietly at the first thing that makes no
sense; what was found until then counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from photos.metadata.png import read_png_text
from photos.recipes.text import decode_loosely

MAX_BLOCK = 4_000_000  # bytes of one piece of metadata
MAX_SEGMENTS = 2_000
MAX_OFFSET = 2**40  # bytes; further no file reaches

_SEGMENTS = (0xE1, 0xEB, 0xED, 0xFE)  # APP1, APP11, APP13, COM
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the UUID of C2PA in ISO files


@dataclass
class Carried:
    """The pieces of metadata in one file, undecoded. Absent is empty."""

    exif: bytes = b""  # a TIFF structure, without a prefix
    xmp: list[bytes | str] = field(default_factory=list)  # packets, the main one first
    iptc: bytes = b""  # IPTC-IIM, or Photoshop resources that hold it
    texts: dict[str, str] = field(default_factory=dict)  # PNG text by keyword
    comment: str = ""
    provenance: bytes = b""  # JUMBF boxes of C2PA
    is_png: bool = False


def carried_by(stream: BinaryIO, format: str, info: dict) -> Carried:
    """What the open file carries. `info` is Pillow's, for formats whose plug-in has found it already.

    A TIFF is a TIFF structure itself and has nothing to add here.
    """
    if format in ("JPEG", "MPO"):
        return _in_jpeg(stream)
    if format in ("PNG", "APNG"):
        return _in_png(stream)
    if format == "WEBP":
        return _in_webp(stream)
    carried = Carried(exif=_bytes(info.get("exif")), comment=_comment(info.get("comment")))
    carried.xmp = [packet] if (packet := _bytes(info.get("xmp"))) else []
    carried.exif = carried.exif.removeprefix(_EXIF)
    if format in ("AVIF", "HEIC", "HEIF"):
        carried.provenance = _provenance_in_iso(stream)
    elif format == "GIF":
        stream.seek(0)
        carried.provenance = b"c2pa" if b"!\xff\x0bC2PA_GIF" in stream.read(MAX_BLOCK) else b""
    return carried


def _in_jpeg(stream: BinaryIO) -> Carried:
    carried = Carried()
    exif, photoshop, more_xmp, provenance = [], [], [], []
    for marker, body in _jpeg_segments(stream):
        if marker == 0xE1 and body.startswith(_EXIF):
            # Values above 64 kB run on in further segments, as with Pillow and ExifTool.
            exif.append(body[len(_EXIF) :])
        elif marker == 0xE1 and body.startswith(_XMP):
            carried.xmp.append(body[len(_XMP) :])
        elif marker == 0xE1 and body.startswith(_MORE_XMP):
            more_xmp.append(body[len(_MORE_XMP) :])
        elif marker == 0xED and body.startswith(_PHOTOSHOP):
            photoshop.append(body[len(_PHOTOSHOP) :])
        elif marker == 0xEB and body.startswith(b"JP"):
            # Box instance (2), packet number (4); from the second packet on the box header (8) is repeated.
            provenance.append(body[8:] if body[4:8] == b"\0\0\0\1" else body[16:])
        elif marker == 0xFE and not carried.comment:
            carried.comment = decode_loosely(body)
    carried.exif, carried.iptc = b"".join(exif), b"".join(photoshop)
    carried.provenance = b"".join(provenance)
    if more := _extended_xmp(more_xmp):
        carried.xmp.append(more)
    return carried


def _jpeg_segments(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Marker and body of the segments of interest before the first scan, at most MAX_BLOCK bytes in all;
    what would be more is stepped over."""
    stream.seek(0)
    budget = MAX_BLOCK
    if stream.read(2) != b"\xff\xd8":
        return
    for _ in range(MAX_SEGMENTS):
        marker = _next_marker(stream)
        if marker in (None, 0xD9, 0xDA):
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        length = int.from_bytes(stream.read(2), "big") - 2
        if length < 0:
            return
        if marker not in _SEGMENTS or length > budget:
            stream.seek(length, 1)
            continue
        budget -= length
        yield marker, stream.read(length)


def _next_marker(stream: BinaryIO) -> int | None:
    """The next marker, stepping over fill bytes; None at the end or where there is something else."""
    if stream.read(1) != b"\xff":
        return None
    for _ in range(1_000):
        byte = stream.read(1)
        if byte not in (b"\xff", b""):
            return byte[0]
    return None


def _extended_xmp(pieces: list[bytes]) -> bytes:
    """The second packet of a JPEG, put together. XMP specification part 3, section 1.1.3.1.

    A piece is: GUID (32), full length (4), offset (4), data. Pieces of another GUID are not ours.
    """
    pieces = [piece for piece in pieces if len(piece) > 40 and piece[:32] == pieces[0][:32]]
    if not pieces:
        return b""
    pieces.sort(key=lambda piece: piece[36:40])
    return b"".join(piece[40:] for piece in pieces)


def _in_png(stream: BinaryIO) -> Carried:
    found = read_png_text(stream)
    carried = Carried(
        exif=found.exif.removeprefix(_EXIF), provenance=found.provenance, texts=found.texts, is_png=True
    )
    if packet := found.texts.pop("XML:com.adobe.xmp", ""):
        carried.xmp.append(packet)
    for keyword in [keyword for keyword in found.texts if keyword.startswith("Raw profile type ")]:
        _add_raw_profile(carried, keyword.removeprefix("Raw profile type ").lower(), found.texts.pop(keyword))
    return carried


def _add_raw_profile(carried: Carried, kind: str, text: str) -> None:
    """ImageMagick's way of putting EXIF, IPTC and XMP into PNG text: name, length, then hexadecimal.

    Some writers let rubbish follow, so the stated length counts.
    """
    lines = text.strip().split("\n", 2)
    try:
        length = int(lines[1][:12])
        data = bytes.fromhex("".join(lines[2].split())[: 2 * length])
    except (IndexError, ValueError):
        return
    if data.startswith(_XMP) or kind == "xmp":
        carried.xmp.append(data.removeprefix(_XMP))
    elif kind in ("exif", "app1") and not carried.exif:
        carried.exif = data.removeprefix(_EXIF)
    elif kind in ("iptc", "8bim") and not carried.iptc:
        carried.iptc = data


def _in_webp(stream: BinaryIO) -> Carried:
    carried = Carried()
    for kind, body in _riff_chunks(stream):
        if kind == b"EXIF" and not carried.exif:
            carried.exif = body.removeprefix(_EXIF)
        elif kind == b"XMP " and not carried.xmp:
            carried.xmp.append(body)
        elif kind == b"C2PA":
            carried.provenance = body
    return carried


def _riff_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of the metadata chunks of a WebP; pictures and frames are stepped over."""
    stream.seek(0)
    header = stream.read(12)
    if header[:4] != b"RIFF" or header[8:] != b"WEBP":
        return
    for _ in range(MAX_SEGMENTS * 10):
        kind, size = stream.read(4), stream.read(4)
        if len(size) < 4:
            return
        length = int.from_bytes(size, "little")
        following = stream.tell() + length + length % 2
        if kind in (b"EXIF", b"XMP ", b"C2PA") and length <= MAX_BLOCK * 2:
            yield kind, stream.read(length)
        stream.seek(following)


def _provenance_in_iso(stream: BinaryIO) -> bytes:
    """The C2PA box of an AVIF or HEIC file, one of its outermost boxes (ISO 14496-12, 4.2)."""
    position = 0
    for _ in range(MAX_SEGMENTS):
        stream.seek(position)
        header = stream.read(32)
        if len(header) < 8:
            return b""
        size, start = struct.unpack(">I", header[:4])[0], 8
        if size == 1 and len(header) >= 16:
            size, start = struct.unpack(">Q", header[8:16])[0], 16
        if header[4:8] == b"uuid" and header[start : start + 16] == _C2PA_BOX:
            stream.seek(position + start + 16)
            return stream.read(min(size or MAX_BLOCK, MAX_BLOCK))
        position += size
        if size < 8 or position > MAX_OFFSET:
            return b""
    return b""


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) and len(value) <= MAX_BLOCK * 2 else b""


def _comment(value: object) -> str:
    return decode_loosely(value) if isinstance(value, bytes) else value if isinstance(value, str) else ""
