"""PNG as a row of chunks: what `photos.metadata` reads text from and `photos.papers` copies.

Chunk layout: PNG specification (third edition), section 5. The pixel data is never decompressed here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from photos.recipes.text import decode_loosely

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_LENGTH = 2**31 - 1  # of one chunk, by the specification

MAX_CHUNKS = 1_000  # text chunks that are read; others are only stepped over
MAX_STEPS = 200_000  # chunks of any kind that are stepped over
MAX_TEXT = 8_000_000  # bytes of one text, decompressed
MAX_ALL_TEXT = 16_000_000  # bytes of all texts of a file together
MAX_WORK = 64_000_000  # bytes that are decompressed at all, so that a hundred bombs cost little more than one
MAX_PROVENANCE = 4_000_000  # bytes of a C2PA chunk that are looked at

_TEXT = {b"tEXt", b"zTXt", b"iTXt"}


@dataclass(frozen=True)
class Chunk:
    """One chunk: its kind, the length of its data, and where the data begins in the file."""

    kind: bytes
    length: int
    start: int


@dataclass
class PngText:
    """What a PNG says about itself beside its pixels. Absent is empty."""

    texts: dict[str, str] = field(default_factory=dict)  # keyword -> text; the first of a keyword counts
    exif: bytes = b""
    provenance: bytes = b""  # the C2PA store


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """The chunks in order of the file, read from its headers alone; ends quietly where a file is cut.

    The caller may read or seek between steps. Raises nothing: a file without the signature has no chunks.
    """
    stream.seek(0)
    position = len(SIGNATURE)
    if stream.read(position) != SIGNATURE:
        return
    while True:
        stream.seek(position)
        header = stream.read(8)
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if len(header) < 8 or length > MAX_LENGTH:
            return
        yield Chunk(kind, length, position + 8)
        if kind == b"IEND":
            return
        position += 12 + length


def read_png_text(stream: BinaryIO) -> PngText:
    """Texts before and after the pixel data. A text over its limit, or damaged, is an absent text."""
    found, budget, work, texts = PngText(), MAX_ALL_TEXT, MAX_WORK, 0
    for step, chunk in enumerate(chunks(stream)):
        if step >= MAX_STEPS or texts >= MAX_CHUNKS:
            break
        if chunk.kind in _TEXT and chunk.length <= MAX_TEXT:
            texts += 1
            stream.seek(chunk.start)
            keyword, data = _text(chunk.kind, stream.read(chunk.length), max(0, min(MAX_TEXT, work)))
            work -= len(data)
            if keyword and len(data) <= min(MAX_TEXT, budget):
                budget -= len(data)
                found.texts.setdefault(keyword, decode_loosely(data))
        elif chunk.kind == b"eXIf" and chunk.length <= MAX_TEXT and not found.exif:
            stream.seek(chunk.start)
            found.exif = stream.read(chunk.length)
        elif chunk.kind == b"caBX" and not found.provenance:
            stream.seek(chunk.start)
            found.provenance = stream.read(min(chunk.length, MAX_PROVENANCE))
    return found


def _text(kind: bytes, body: bytes, limit: int) -> tuple[str, bytes]:
    """Keyword and still encoded text of a text chunk; no keyword for one that is damaged.

    Decompression stops one byte past `limit`, so a longer text is seen to be longer.
    """
    keyword, separator, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[1:]
        _language, _, tail = rest[1:].partition(b"\0")
        _translated, separator, tail = tail.partition(b"\0")
        rest = rest[:1] + tail if packed else tail
    if not separator or len(keyword) > 79:
        return "", b""
    return decode_loosely(keyword).strip(), _inflate(rest[1:], limit) if packed else rest


def _inflate(data: bytes, limit: int) -> bytes:
    """The first `limit` + 1 bytes of what `data` holds; b"" when it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, limit + 1)
    except zlib.error:
        return b""
