"""What a final carries on its way out: title, creator, and the machine-readable mark "made by AI".

The picture is copied chunk by chunk, so its pixels are the same bytes; what travelled in the candidate
(the recipe, dates, thumbnails) stays behind, and one XMP packet takes its place.

Vocabulary: IPTC Photo Metadata Standard 2025.1; XMP in PNG: XMP specification part 3, section 1.1.5.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from photos.metadata.png import SIGNATURE, Chunk, chunks
from photos.recipes.text import MAX_PROMPT, clean
from photos.xmp import NAMESPACES, parse_xmp

TERM_ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MAX_TEXT = 10_000  # characters of one field, the prompt apart
MAX_PACKET = 4_000_000  # bytes of a packet that is read back
BLOCK = 1 << 20

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_TERM = re.compile(r"[A-Za-z]{1,64}")

# What makes the picture look as it does. All else is text, dates, or unknown, and unknown may be a recipe.
_KEPT = {
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"),
    *(b"acTL", b"fcTL", b"fdAT"),
    *(b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi"),
    *(b"pHYs", b"bKGD", b"hIST", b"sPLT", b"oFFs", b"sCAL", b"pCAL", b"sTER"),
}
_SIGNED = {b"caBX", b"dSIG"}


class MarkError(Exception):
    """A final that cannot be written, or was not written as promised.

    `code` is "format", "signed", "damaged", "exists", "unwritable" or "unverified"; `sentence` is for people
    and names no path.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def can_mark(format: str) -> bool:
    """Whether a final of this format can carry its mark inside; of the others no final is made yet."""
    return format.upper() == "PNG"


def final_packet(
    *,
    title: str = "",
    creator: str = "",
    rights: str = "",
    caption: str = "",
    digital_source_type: str = "",
    ai_system: str = "",
    ai_system_version: str = "",
    prompt: str = "",
    created_at: dt.datetime | str | None = None,
) -> bytes:
    """The XMP packet of a final, in UTF-8. Empty fields are left out.

    `digital_source_type` is the term alone ("trainedAlgorithmicMedia") and is written as the full address
    the standard asks for; ValueError when it is no term. `prompt` only when the owner says so.
    `created_at` is a time or ISO 8601 text.
    """
    if digital_source_type and not _TERM.fullmatch(digital_source_type):
        raise ValueError(f"not a term of the digital source types: {digital_source_type!r}")
    created = created_at.isoformat() if isinstance(created_at, dt.datetime) else created_at or ""
    source = TERM_ADDRESS + digital_source_type if digital_source_type else ""
    properties = [
        _alternative("dc:title", clean(title, MAX_TEXT)),
        _list("dc:creator", clean(creator, MAX_TEXT)),
        _alternative("dc:rights", clean(rights, MAX_TEXT)),
        _alternative("dc:description", clean(caption, MAX_TEXT)),
        _simple("xmp:CreateDate", clean(created, 40)),
        _simple("Iptc4xmpExt:DigitalSourceType", source),
        _simple("Iptc4xmpExt:AISystemUsed", clean(ai_system, MAX_TEXT)),
        _simple("Iptc4xmpExt:AISystemVersionUsed", clean(ai_system_version, MAX_TEXT)),
        _simple("Iptc4xmpExt:AIPromptInformation", clean(prompt, MAX_PROMPT)),
    ]
    return _packet("".join(properties)).encode()


def _packet(properties: str) -> str:
    names = "".join(f' xmlns:{name}="{NAMESPACES[name]}"' for name in ("dc", "xmp", "Iptc4xmpExt"))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f'<rdf:RDF xmlns:rdf="{NAMESPACES["rdf"]}">\n'
        f'<rdf:Description rdf:about=""{names}>\n{properties}</rdf:Description>\n'
        '</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="r"?>'
    )


def _simple(name: str, value: str) -> str:
    return f"<{name}>{_escaped(value)}</{name}>\n" if value else ""


def _alternative(name: str, value: str) -> str:
    item = f'<rdf:li xml:lang="x-default">{_escaped(value)}</rdf:li>'
    return f"<{name}><rdf:Alt>{item}</rdf:Alt></{name}>\n" if value else ""


def _list(name: str, value: str) -> str:
    return f"<{name}><rdf:Seq><rdf:li>{_escaped(value)}</rdf:li></rdf:Seq></{name}>\n" if value else ""


def _escaped(value: str) -> str:
    """As XML text; the two code points XML forbids beyond what `clean` removes become U+FFFD."""
    return escape(value.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


def write_png_final(source: Path, target: Path, packet: bytes) -> None:
    """Write `target`, a new file: the picture of `source` byte for byte, and `packet` as its only text.

    Every checksum is verified on the way. The file is on disk when this returns; on any fault there is no
    `target`. MarkError: "signed" (a C2PA signature would no longer be true), "damaged", "exists",
    "unwritable". Memory: 2 MB.
    """
    try:
        with source.open("rb") as original, target.open("xb") as final:
            try:
                _write(original, final, packet)
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


def _write(original: BinaryIO, final: BinaryIO, packet: bytes) -> None:
    final.write(SIGNATURE)
    for chunk in _checked(original):
        if chunk.kind not in _KEPT:
            _copy(original, chunk, None)
            continue
        _copy(original, chunk, final)
        if chunk.kind == b"IHDR":
            # First of all, where readers of a few kilobytes find it; before PLTE and IDAT as any iTXt may be.
            final.write(_text_chunk(packet))


def _checked(stream: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a sound, unsigned PNG, in order; MarkError before the first that breaks a rule."""
    kinds: list[bytes] = []
    for chunk in chunks(stream):
        if chunk.kind in _SIGNED:
            raise MarkError("signed", "This image is signed. A marked copy would break the signature.")
        _check_order(chunk, kinds)
        if kinds[-1:] != [chunk.kind]:
            kinds.append(chunk.kind)
        yield chunk
    if kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise _damaged("it ends too early")


def _check_order(chunk: Chunk, before: list[bytes]) -> None:
    """PNG specification, section 5.6. `before` has each run of equal kinds once."""
    if not chunk.kind.isalpha() or not chunk.kind.isascii():
        raise _damaged("a part of it has no valid name")
    if (chunk.kind == b"IHDR") != (not before) or (chunk.kind == b"IHDR" and chunk.length != 13):
        raise _damaged("its header is not in order")
    if chunk.kind == b"IDAT" and b"IDAT" in before[:-1]:
        raise _damaged("its pixel data is not in one piece")
    if chunk.kind == b"PLTE" and b"IDAT" in before:
        raise _damaged("its palette comes after its pixels")
    if chunk.kind[:1].isupper() and chunk.kind not in _KEPT:
        raise _damaged("it needs a feature that is not known here")


def _copy(original: BinaryIO, chunk: Chunk, final: BinaryIO | None) -> None:
    """Copy a chunk as it is, or only check it where `final` is None."""
    if final:
        final.write(chunk.length.to_bytes(4, "big") + chunk.kind)
    for block in _sound_blocks(original, chunk):
        if final:
            final.write(block)
    if final:
        final.write(_read_checksum(original, chunk))


def _sound_blocks(stream: BinaryIO, chunk: Chunk) -> Iterator[bytes]:
    """The data of a chunk, at most BLOCK bytes at a time; MarkError where it ends early or is damaged."""
    stream.seek(chunk.start)
    left, checksum = chunk.length, zlib.crc32(chunk.kind)
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            raise _damaged("it ends too early")
        left -= len(block)
        checksum = zlib.crc32(block, checksum)
        yield block
    if _read_checksum(stream, chunk) != checksum.to_bytes(4, "big"):
        raise _damaged("a checksum in it is wrong")


def _read_checksum(stream: BinaryIO, chunk: Chunk) -> bytes:
    stream.seek(chunk.start + chunk.length)
    return stream.read(4)


def _text_chunk(packet: bytes) -> bytes:
    """An iTXt chunk, not compressed as the XMP specification demands; without language and translation."""
    body = b"iTXt" + _XMP_KEYWORD + b"\0\0\0\0\0" + packet
    return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def verify_png_final(source: Path, target: Path, packet_term: str) -> None:
    """Read `target` back and compare: every chunk that makes the picture is the same in the same order,
    nothing else came along but one packet, and the packet states `packet_term` ("" for none).

    MarkError "unverified" (or "damaged", when `target` is no sound PNG) with what is wrong.
    """
    try:
        with source.open("rb") as original, target.open("rb") as final:
            before, _ = _fingerprint(original)
            after, others = _fingerprint(final)
            packets = [_beginning(final, chunk) for chunk in others[:2]]
    except OSError as error:
        raise MarkError(
            "unverified", f"The final could not be read back: {error.strerror or 'no reason given'}."
        ) from error
    if before != after:
        raise MarkError("unverified", "The final does not hold the same picture as the original.")
    if len(packets) != 1:
        raise MarkError("unverified", "The final holds other text than what was meant for it.")
    if _stated_term(packets[0]) != packet_term:
        raise MarkError("unverified", "The final does not say how it was made.")


def _fingerprint(stream: BinaryIO) -> tuple[list[tuple[bytes, int, bytes]], list[Chunk]]:
    """(kind, length, SHA-256) of each chunk that is kept, and the chunks that are there besides."""
    kept, others = [], []
    for chunk in _checked(stream):
        digest = hashlib.sha256()
        for block in _sound_blocks(stream, chunk):
            digest.update(block)
        if chunk.kind in _KEPT:
            kept.append((chunk.kind, chunk.length, digest.digest()))
        else:
            others.append(chunk)
    return kept, others


def _beginning(stream: BinaryIO, chunk: Chunk) -> bytes:
    stream.seek(chunk.start)
    return stream.read(min(chunk.length, MAX_PACKET))


def _stated_term(body: bytes) -> str | None:
    """The digital source type in the XMP of a text chunk; None when it is not a readable packet."""
    xmp = parse_xmp(body.removeprefix(_XMP_KEYWORD + b"\0\0\0\0\0"))
    address = xmp.text("Iptc4xmpExt:DigitalSourceType")
    if not xmp or (address and not address.startswith(TERM_ADDRESS)):
        return None
    return address.removeprefix(TERM_ADDRESS)


def _damaged(what: str) -> MarkError:
    return MarkError("damaged", f"The image file is damaged: {what}. No final was written.")
