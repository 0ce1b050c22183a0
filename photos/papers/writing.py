"""A new file with the same picture and one packet, and the proof that it is that."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from photos.papers import jpeg, png, webp
from photos.papers.faults import MarkError, signed
from photos.papers.orientation import exif_of, turned
from photos.papers.packet import stated_term
from photos.papers.parts import Layout, body, fingerprint, pour
from photos.xmp import parse_xmp

_WRITERS: dict[str, ModuleType] = {"PNG": png, "JPEG": jpeg, "WEBP": webp}


def can_write(format: str) -> bool:
    """Whether a file of this format can carry a packet without a change of its picture or its structure."""
    return format.upper() in _WRITERS


def write(source: Path, target: Path, *, format: str, packet: bytes) -> None:
    """Write `target`, a new file: the picture of `source` byte for byte, and `packet` as its only text.

    What makes the picture look as it does stays: colour profile, resolution, how it is turned. The file is on disk
    when this returns; on any fault there is no `target`. MarkError: "format", "signed" (a C2PA signature would no
    longer be true), "damaged", "exists", "too-long", "unwritable". Text hidden in the pixels themselves stays there.
    """
    writer = _writer(format)
    try:
        with source.open("rb") as original, target.open("xb") as final:
            try:
                _write(writer, original, final, packet)
                final.flush()
                os.fsync(final.fileno())
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise MarkError("exists", "There is already a final of that name. Try again.") from error
    except OSError as error:
        raise MarkError(
            "unwritable", f"The final could not be written: {error.strerror or 'no reason given'}."
        ) from error


def verify(source: Path, target: Path, format: str, term: str) -> None:
    """Read `target` back and compare: every part that makes the picture is the same in the same order, nothing
    else came along but one packet, and the packet states `term` ("" for none).

    MarkError "unverified" (or "damaged", when `target` is no sound file) with what is wrong.
    """
    writer = _writer(format)
    try:
        with source.open("rb") as original, target.open("rb") as final:
            _compare(writer, original, final, term)
    except OSError as error:
        raise MarkError(
            "unverified", f"The final could not be read back: {error.strerror or 'no reason given'}."
        ) from error


def _writer(format: str) -> ModuleType:
    try:
        return _WRITERS[format.upper()]
    except KeyError:
        raise MarkError("format", f"{format} files cannot carry their mark inside.") from None


def _write(writer: ModuleType, original: BinaryIO, final: BinaryIO, packet: bytes) -> None:
    found = writer.layout(original)
    if found.signed or parse_xmp(*(body(original, part) for part in found.packets)).text(
        "dcterms:provenance"
    ):
        raise signed()
    pour(writer.compose(found, packet, exif_of(_orientation(original, found))), original, final)


def _compare(writer: ModuleType, original: BinaryIO, final: BinaryIO, term: str) -> None:
    before, after = writer.layout(original), writer.layout(final)
    if before.canvas != after.canvas or fingerprint(original, before.picture) != fingerprint(
        final, after.picture
    ):
        raise MarkError("unverified", "The final does not hold the same picture as the original.")
    meant = exif_of(_orientation(original, before))
    if _more_than_meant(final, after, meant):
        raise MarkError("unverified", "The final holds other text than what was meant for it.")
    if stated_term(body(final, after.packets[0])) != term:
        raise MarkError("unverified", "The final does not say how it was made.")


def _more_than_meant(final: BinaryIO, found: Layout, exif: bytes) -> bool:
    return bool(
        found.others
        or len(found.packets) != 1
        or [body(final, part) for part in found.exif] != ([exif] if exif else [])
        or final.seek(0, os.SEEK_END) != found.end
    )


def _orientation(stream: BinaryIO, found: Layout) -> int:
    return turned(body(stream, found.exif[0])) if found.exif else 1
