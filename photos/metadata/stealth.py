"""Text hidden in the lowest bits of a PNG's pixels: "stealth" data of NovelAI, Forge, SwarmUI and others.

One bit of each pixel's alpha ("stealth_pnginfo", packed "stealth_pngcomp"), or of its red, green and blue in turn
("stealth_rgbinfo", "stealth_rgbcomp"); pixels column by column, most significant bit first: 15 bytes of signature,
32 bits that say how many bits follow, then UTF-8 text, packed by gzip. There is no official description; this is
what the programs agree on.

Nearly every picture is told from its first few rows: in the first column of a PNG a pixel depends on the one above
alone (PNG specification, section 9), and an opaque one differs from the signature in its very first bit.
"""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from photos.metadata.png import SIGNATURE, chunks
from photos.recipes.text import decode_loosely
from photos.recipes.values import parse_object

MAX_PIXELS = 50_000_000  # of a picture that is decoded for its bits
MAX_HIDDEN = 4_000_000  # bytes of text, packed or not

_RGB, _RGBA = 2, 6  # color types
_SIGNATURE_BITS, _LENGTH_BITS = 120, 32
_KINDS = {"A": (b"stealth_pnginfo", b"stealth_pngcomp"), "RGB": (b"stealth_rgbinfo", b"stealth_rgbcomp")}
_LOWEST_BIT = bytes(ord("0") + (byte & 1) for byte in range(256))
_ROWS_TO_BE_SURE = 32  # the sign is read from the first column; a bit or three of it are chance
_KEYS = {"Comment", "Software", "parameters", "prompt", "workflow"}


def hidden_texts(stream: BinaryIO) -> dict[str, str]:
    """PNG texts by keyword, as if they stood in the file; empty where nothing is hidden."""
    bands = _bands(stream)
    data = _payload(stream, bands) if bands else b""
    if not data:
        return {}
    text = decode_loosely(data)
    said = parse_object(text)
    if not _KEYS & said.keys():
        return {"parameters": text}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items()}


def hides_text(stream: BinaryIO) -> bool:
    """Whether the sign of hidden text stands in the first rows; decodes no more than those."""
    try:
        found = bool(_bands(stream))
        stream.seek(len(SIGNATURE) + 12)
        return found and int.from_bytes(stream.read(4), "big") >= _ROWS_TO_BE_SURE
    except (ValueError, zlib.error):
        return False


def _bands(stream: BinaryIO) -> str:
    """In which bands the signature begins: "A", "RGB" or ""; reads only as many rows as that takes."""
    possible = {bands: _as_bits(signatures[0][:11]) for bands, signatures in _KINDS.items()}
    at = dict.fromkeys(possible, 0)
    for pixel in itertools.islice(_first_column(stream), _SIGNATURE_BITS):
        bits = {"A": pixel[3:].translate(_LOWEST_BIT), "RGB": pixel[:3].translate(_LOWEST_BIT)}
        for bands in list(possible):
            wanted = possible[bands][at[bands] : at[bands] + len(bits[bands])]
            if not bits[bands].startswith(wanted) or not bits[bands]:
                del possible[bands]
            at[bands] += len(bits[bands])
        if not possible:
            return ""
    return next(iter(possible), "") if any(at.values()) else ""


def _as_bits(data: bytes) -> bytes:
    return "".join(f"{byte:08b}" for byte in data).encode()


def _first_column(stream: BinaryIO) -> Iterator[bytes]:
    """The first pixel of each row, of a PNG with 8 bits a band and no interlacing."""
    stream.seek(len(SIGNATURE) + 8)
    header = stream.read(13)
    width, kind = int.from_bytes(header[:4]), header[8:]
    if kind[:2] not in (bytes((8, _RGB)), bytes((8, _RGBA))) or kind[4:] != b"\0" or not 0 < width < 2**20:
        return
    size = 4 if kind[1] == _RGBA else 3
    above = bytes(size)
    for row in _rows(stream, 1 + width * size):
        left = row[1 : 1 + size]
        if row[0] in (2, 4):  # up; Paeth, which is "up" where nothing stands to the left
            left = bytes(a + b & 255 for a, b in zip(left, above, strict=True))
        elif row[0] == 3:
            left = bytes(a + b // 2 & 255 for a, b in zip(left, above, strict=True))
        above = left
        yield left


def _rows(stream: BinaryIO, length: int) -> Iterator[bytes]:
    """Filter byte and samples of each row, unpacked no further than is asked for."""
    unpacker, row = zlib.decompressobj(), b""
    for chunk in chunks(stream):
        stream.seek(chunk.start)
        left = chunk.length if chunk.kind == b"IDAT" else 0
        while left > 0:
            packed = stream.read(min(left, 16_384))
            left -= len(packed) or left
            while packed:
                try:
                    row += unpacker.decompress(packed, length - len(row))
                except zlib.error:
                    return
                packed = unpacker.unconsumed_tail
                if len(row) == length:
                    yield row
                    row = b""
                elif not packed:
                    break
            stream.seek(chunk.start + chunk.length - left)


def _payload(stream: BinaryIO, bands: str) -> bytes:
    """The hidden bytes, unpacked; b"" where the signature turns out to be none, or the picture too large."""
    stream.seek(0)
    with Image.open(stream) as image:
        if image.width * image.height > MAX_PIXELS or image.mode not in ("RGB", "RGBA"):
            return b""
        wanted = image.getchannel("A") if bands == "A" else image.convert("RGB")
        samples = wanted.transpose(Image.Transpose.TRANSPOSE).tobytes()
    head = _SIGNATURE_BITS + _LENGTH_BITS
    plain, packed = _KINDS[bands]
    signature = _bytes_of(samples[:_SIGNATURE_BITS])
    if signature not in (plain, packed) or len(samples) < head:
        return b""
    length = int.from_bytes(_bytes_of(samples[_SIGNATURE_BITS:head]))
    if length % 8 or length > len(samples) - head or length > MAX_HIDDEN * 8:
        return b""
    data = _bytes_of(samples[head : head + length])
    try:
        return data if signature == plain else zlib.decompressobj(31).decompress(data, MAX_HIDDEN)
    except zlib.error:
        return b""


def _bytes_of(samples: bytes) -> bytes:
    """The lowest bits of `samples`, eight to a byte."""
    return int(samples.translate(_LOWEST_BIT) or b"0", 2).to_bytes(len(samples) // 8)
