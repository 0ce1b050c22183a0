"""Reading XMP packets (RDF in XML) from strangers' files, safely, and asking them simple things.

A packet is refused whole, as if it were absent, when it is larger than MAX_BYTES, has more than
MAX_TAGS tags, or declares a document type or an entity: no honest writer does, and every XML bomb must.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from xml.etree import ElementTree

MAX_BYTES = 4_000_000
MAX_TAGS = 100_000  # an element takes about 200 bytes of memory

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BOMS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Xmp:
    """One or more parsed packets. Names are written "dc:title", with the prefixes of NAMESPACES.

    A property that is absent, or has a form nobody expects, is "" or an empty list; nothing raises.
    """

    def __init__(self, *roots: ElementTree.Element) -> None:
        self._nodes = [node for root in roots for node in _descriptions(root)]

    def __bool__(self) -> bool:
        return bool(self._nodes)

    def text(self, name: str) -> str:
        """The value of a simple property, the default language of an alternative, or the first item."""
        values = self.texts(name)
        return values[0] if values else ""

    def texts(self, name: str) -> list[str]:
        """All values of a property, in order; of language alternatives the default comes first."""
        tag = _tag(name)
        for node in self._nodes:
            if (simple := node.get(tag)) is not None and simple.strip():
                return [simple.strip()]
            for child in node.findall(tag):
                if values := _values(child):
                    return values
        return []

    def in_any_namespace(self, name: str) -> str:
        """The value of the first property of that local name, whose-ever it is; "" where there is none."""
        for node in self._nodes:
            for tag, value in node.items():
                if tag.endswith(f"}}{name}") and value.strip():
                    return value.strip()
            for child in node:
                if child.tag.endswith(f"}}{name}") and (values := _values(child)):
                    return values[0]
        return ""


def parse_xmp(*packets: bytes | str) -> Xmp:
    """The readable packets among `packets` as one; earlier ones are asked first."""
    roots = (_parse(packet) for packet in packets)
    return Xmp(*(root for root in roots if root is not None))


def _parse(packet: bytes | str) -> ElementTree.Element | None:
    """The root element, or None for what is no XML, too large, or wants to define something."""
    if not packet or len(packet) > MAX_BYTES:
        return None
    text = _NOT_XML.sub("", _as_text(packet)).strip()
    upper = text.upper()
    if text.count("<") > MAX_TAGS or "<!DOCTYPE" in upper or "<!ENTITY" in upper:
        return None
    try:
        # Text, not bytes: the encoding that the declaration names is then not looked at.
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _as_text(packet: bytes | str) -> str:
    if isinstance(packet, str):
        return packet.lstrip("\ufeff")
    for bom, encoding in _BOMS:
        if packet.startswith(bom):
            return packet[len(bom) :].decode(encoding, "replace")
    return packet.decode("utf-8-sig", "replace")


def _descriptions(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The top-level rdf:Description nodes; nested ones speak of other things (history, parents)."""
    rdf = _tag("rdf:RDF")
    outer = root if root.tag == rdf else root.find(rdf)
    if outer is not None:
        yield from outer.findall(_tag("rdf:Description"))


def _values(element: ElementTree.Element) -> list[str]:
    items = [item for box in element for item in box if item.tag == _tag("rdf:li")]
    if items:
        items.sort(key=lambda item: item.get(_XML_LANG, "").lower() != "x-default")
        return [value for item in items if (value := _own_text(item))]
    own = _own_text(element)
    return [own] if own else []


def _own_text(element: ElementTree.Element) -> str:
    """Text of an element, of its rdf:value when it has qualifiers, or the address it points to."""
    inner = element.find(f".//{_tag('rdf:value')}") if len(element) else None
    source = element if inner is None else inner
    return (source.text or "").strip() or element.get(_tag("rdf:resource"), "").strip()


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
