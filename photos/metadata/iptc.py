"""IPTC-IIM, the older of the two IPTC ways to write a caption. Layout: IIM 4.2, chapters 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from photos.recipes.text import decode_loosely

MAX_RECORDS = 2_000
_UTF8 = b"\x1b%G"  # ISO 2022 announcement of UTF-8

_RESOURCE = b"8BIM"
_IPTC_RESOURCE = 0x0404


@dataclass(frozen=True)
class Iptc:
    """What is read of it. Absent is empty. Dates as written: "20091014", "150020+0000"."""

    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    date: str = ""
    time: str = ""
    creator: str = ""
    rights: str = ""


def read_iptc(data: bytes) -> Iptc:
    """From bare IIM records or from Photoshop resources that hold them; never raises."""
    records = list(_records(_unwrapped(data)))
    utf8 = any(place == (1, 90) and value == _UTF8 for place, value in records)

    def values(number: int) -> list[str]:
        found = (value for place, value in records if place == (2, number))
        return [value.decode("utf-8", "replace") if utf8 else decode_loosely(value) for value in found]

    def first(number: int) -> str:
        return next(iter(values(number)), "")

    return Iptc(first(5), first(120), tuple(values(25)), first(55), first(60), first(80), first(116))


def _unwrapped(data: bytes) -> bytes:
    """The IPTC resources among Photoshop's, one after the other; `data` itself when there are none."""
    if not data.startswith(_RESOURCE):
        return data
    found, position = b"", 0
    while data[position : position + 4] == _RESOURCE:
        number = int.from_bytes(data[position + 4 : position + 6], "big")
        name = data[position + 6] if position + 6 < len(data) else 0
        start = position + 6 + _even(name + 1)
        length = int.from_bytes(data[start : start + 4], "big")
        if number == _IPTC_RESOURCE:
            found += data[start + 4 : start + 4 + length]
        position = start + 4 + _even(length)
    return found


def _records(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """((record, dataset), value) for each; ends where the marker byte is missing."""
    position = 0
    for _ in range(MAX_RECORDS):
        head = data[position : position + 5]
        if len(head) < 5 or head[0] != 0x1C:
            return
        length, start = int.from_bytes(head[3:5], "big"), position + 5
        if length & 0x8000:  # an extended dataset: these bits say how many bytes hold the length
            size = length & 0x7FFF
            length, start = int.from_bytes(data[start : start + min(size, 8)], "big"), start + size
        yield (head[1], head[2]), data[start : start + length]
        position = start + length


def _even(length: int) -> int:
    return length + length % 2
