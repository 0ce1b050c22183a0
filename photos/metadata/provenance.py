"""How a picture says it came to be: the IPTC digital source type, from XMP or from inside C2PA.

Of C2PA only the stated term is taken, by looking at the bytes: the signature is not checked here, and a
term is a statement, not a proof.
"""

from __future__ import annotations

import re

from photos.recipes.text import clean_line
from photos.xmp import Xmp

MAX_AGENTS = 5
MAX_AGENT = 100  # characters

_TERM = re.compile(r"[A-Za-z]{1,64}")
_URI = re.compile(rb"https?://[a-z0-9.]{1,60}/(?:[a-z0-9]{1,40}/){0,3}digitalsourcetype/([A-Za-z]{1,64})")


# A text, or a map that begins with a name, behind the key; CBOR's heads as for `_exact`.
_AGENT = re.compile(
    rb"(?:softwareAgent|claim_generator(?:_info)?)\x81?(?:[\xa1-\xb7\xbf]dname)?([\x60-\x77]|\x78.)",
    re.DOTALL,
)


def digital_source_type(xmp: Xmp, provenance: bytes) -> str:
    """The term alone ("trainedAlgorithmicMedia"); "" when the picture says nothing."""
    stated = xmp.text("Iptc4xmpExt:DigitalSourceType").rstrip("/").rpartition("/")[2]
    if _TERM.fullmatch(stated):
        return stated
    terms = [_exact(provenance, match) for match in _URI.finditer(provenance)]
    # The manifest of the picture itself is the last of the store; those before it are of its ingredients.
    # But a later "composite" must not hide that some part of it was made by a model.
    trained = [term for term in terms if "trained" in term.lower()]
    return (trained or terms or [""])[-1]


def signature(format: str, xmp: Xmp, provenance: bytes) -> str:
    """ "c2pa" where the picture is signed, in itself or by a pointer to where its manifest lies; not checked.
    C2PA 2.2, sections 11.3 and 11.4."""
    inside = bool(provenance) and (format in ("PNG", "WEBP") or b"c2pa" in provenance)
    return "c2pa" if inside or xmp.text("dcterms:provenance") else ""


def _exact(data: bytes, match: re.Match[bytes]) -> str:
    """The term without what follows it: CBOR text says its length before, and the next text's length,
    a byte right behind, is often a letter. (RFC 8949, section 3: 0x60 + length, or 0x78 and a byte.)"""
    start, end = match.span()
    if start >= 2 and data[start - 2] == 0x78:
        end = min(end, start + data[start - 1])
    elif start >= 1 and 0x60 <= data[start - 1] <= 0x77:
        end = min(end, start + data[start - 1] - 0x60)
    return data[match.start(1) : end].decode("ascii")


def agents(provenance: bytes) -> tuple[str, ...]:
    """The programs that C2PA names, each once: who made the picture first, then who signed."""
    found: dict[str, bool] = {}
    for match in _AGENT.finditer(provenance):
        head = match[1]
        length = head[1] if len(head) == 2 else head[0] - 0x60
        name = clean_line(
            provenance[match.end() : match.end() + length].decode("utf-8", "replace"), MAX_AGENT
        )
        if name and len(found) < MAX_AGENTS:
            found[name] = found.get(name, False) or match[0].startswith(b"softwareAgent")
    return tuple(sorted(found, key=lambda name: not found[name]))
