"""The XMP packet of a final: title, creator, rights, and the machine-readable mark "made by AI".

Vocabulary: IPTC Photo Metadata Standard 2025.1.
"""

from __future__ import annotations

import datetime as dt
import re
from xml.sax.saxutils import escape

from photos.recipes.text import MAX_PROMPT, clean
from photos.xmp import NAMESPACES, parse_xmp

TERM_ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MAX_TEXT = 10_000  # characters of one field, the prompt apart

_TERM = re.compile(r"[A-Za-z]{1,64}")
_PREFIXES = ("dc", "xmp", "photoshop", "Iptc4xmpExt")


def packet(
    *,
    title: str = "",
    creator: str = "",
    rights: str = "",
    caption: str = "",
    digital_source_type: str = "",
    ai_system: str = "",
    ai_system_version: str = "",
    prompt: str = "",
    prompt_writer: str = "",
    created_at: dt.datetime | str | None = None,
) -> bytes:
    """The packet in UTF-8. Empty fields are left out.

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
        _simple("photoshop:DateCreated", clean(created, 40)),
        _simple("Iptc4xmpExt:DigitalSourceType", source),
        _simple("Iptc4xmpExt:AISystemUsed", clean(ai_system, MAX_TEXT)),
        _simple("Iptc4xmpExt:AISystemVersionUsed", clean(ai_system_version, MAX_TEXT)),
        _simple("Iptc4xmpExt:AIPromptInformation", clean(prompt, MAX_PROMPT)),
        _simple("Iptc4xmpExt:AIPromptWriterName", clean(prompt_writer, MAX_TEXT)),
    ]
    return _packet("".join(properties)).encode()


def stated_term(data: bytes) -> str | None:
    """The digital source type that a packet states, "" for none; None when it is not a readable packet."""
    xmp = parse_xmp(data)
    address = xmp.text("Iptc4xmpExt:DigitalSourceType")
    if not xmp or (address and not address.startswith(TERM_ADDRESS)):
        return None
    return address.removeprefix(TERM_ADDRESS)


def _packet(properties: str) -> str:
    names = "".join(f' xmlns:{name}="{NAMESPACES[name]}"' for name in _PREFIXES)
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
