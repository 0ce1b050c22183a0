"""The one EXIF tag that decides how a picture looks, alone in a structure of its own."""

from __future__ import annotations

import io
import struct

from photos.metadata.exif import read_exif

_ORIENTATION = 0x0112


def turned(exif: bytes) -> int:
    """How the picture is turned by its EXIF, as browsers read it (not by XMP): 1 to 8; odd values are 1."""
    value = read_exif(io.BytesIO(exif.removeprefix(b"Exif\0\0"))).main.number(_ORIENTATION)
    return int(value) if value in range(1, 9) else 1


def exif_of(orientation: int) -> bytes:
    """A TIFF structure that says nothing but this; b"" for an upright picture. TIFF 6.0, section 2."""
    if orientation == 1:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return b"MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + bytes(4)
