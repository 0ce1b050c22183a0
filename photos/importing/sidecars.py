"""What stands beside a picture in a file of its own: prompts, captions, keywords, dates.

    harbour.png   harbour.txt  harbour.json  harbour.swarm.json  harbour.xmp        the generator's or a person's
    IMG_1.jpg     IMG_1.jpg.json  IMG_1.jpg.supplemental-metadata.json  IMG_1.jpg.xmp    Google Takeout, photo programs

Sidecars are strangers' text: bounded, read in plain Python, and a fault in one costs its words, never the picture.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.utils.timezone import localtime

from photos.dating import as_wall_clock
from photos.images import Beside
from photos.importing import archived, kinds
from photos.recipes.text import clean, decode_loosely
from photos.recipes.twins import read_twin
from photos.recipes.values import as_decimal, as_text, as_whole, parse_object
from photos.xmp import MAX_BYTES as MAX_XMP

log = logging.getLogger(__name__)

ENDS = {".txt", ".json", ".xmp"}
SUREST = (".xmp", ".txt", ".swarm.json", ".json")
MAX_BYTES = {".txt": 1_000_000, ".json": 2_000_000, ".swarm.json": 2_000_000, ".xmp": MAX_XMP}
MAX_CAPTION, MAX_LINES = 1_000, 6  # of a .txt that is no recipe; more is a note, or anything
MAX_TAKEOUT_CAPTION = 10_000
TAKEOUT = "supplemental-metadata"  # cut where the whole name would be too long


class Names:
    """The names in one folder, or of one archive: whose sidecar each is. `beside` are those of some picture."""

    def __init__(self, names: Iterable[str]) -> None:
        split = [(name, *os.path.splitext(name)) for name in names]
        pictures = {
            name for name, _, end in split if end.lower() not in ENDS and not kinds.is_no_picture(end)
        }
        self._of: dict[str, list[tuple[str, str]]] = {}
        self.beside: set[str] = set()
        if not any(end.lower() in ENDS for _, _, end in split):
            return
        by_stem: dict[str, list[str]] = {}
        for name in pictures:
            by_stem.setdefault(os.path.splitext(name)[0], []).append(name)
        for name, stem, end in sorted(split):
            if end.lower() in ENDS:
                for picture, what in _owners(stem, end.lower(), pictures, by_stem):
                    self._of.setdefault(picture, []).append((what, name))
                    self.beside.add(name)

    def of(self, picture: str) -> list[tuple[str, str]]:
        """(".txt", "harbour.txt"), ... of a picture."""
        return self._of.get(picture, [])


def _owners(stem: str, end: str, pictures: set[str], by_stem: dict) -> Iterator[tuple[str, str]]:
    """The pictures that "<stem><end>" belongs to, and what it is."""
    if stem in pictures:  # harbour.png.xmp, IMG_1.jpg.json
        yield stem, end
        return
    if stem in by_stem:
        yield from ((picture, end) for picture in by_stem[stem])
        return
    base, _, tail = stem.rpartition(".")
    if end == ".json" and tail == "swarm":
        yield from ((picture, ".swarm.json") for picture in by_stem.get(base, ()))
    elif end == ".json" and tail:
        word, _, copy = tail.partition("(")  # IMG_1.jpg.supplemental-metadata(2).json belongs to IMG_1(2).jpg
        first, dot, last = base.rpartition(".")
        picture = f"{first}({copy}{dot}{last}" if copy else base
        if TAKEOUT.startswith(word) and picture in pictures:
            yield picture, end


def opened(path: Path) -> BinaryIO:
    """A sidecar of a folder, if it is a plain file: a link or a pipe of that name is none."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    return os.fdopen(handle, "rb")


def read(beside: Iterable[tuple[str, Callable[[], BinaryIO]]]) -> Beside | None:
    """What the sidecars of one picture say together, the surest first; None where they say nothing. Never raises."""
    together: Beside | None = None
    for end, open_one in sorted(beside, key=lambda one: SUREST.index(one[0])):
        try:
            said = _READERS[end](_bytes(open_one, MAX_BYTES[end]))
        except Exception:  # a stranger's text: it costs its own words, never the picture
            log.warning("A %s file beside a picture could not be read", end, exc_info=True)
            continue
        if said:
            together = together.with_less_sure(said) if together else said
    return together


def _bytes(open_one: Callable[[], BinaryIO], most: int) -> bytes:
    with open_one() as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return data


def _text(data: bytes) -> Beside | None:
    """A recipe; else a caption, if it is a short plain one, as people write for training."""
    text = decode_loosely(data)
    if recipe := read_twin(text):
        return Beside(recipe=recipe)
    text = text.strip("\ufeff \t\r\n")
    plain = (
        len(text) <= MAX_CAPTION and text.count("\n") < MAX_LINES and text.replace("\n", "").replace("\r", "")
    )
    if not plain or not plain.isprintable() or "\N{REPLACEMENT CHARACTER}" in plain or text[0] in "{[<":
        return None
    return Beside(caption=text)


def _json(data: bytes) -> Beside | None:
    text = decode_loosely(data)
    said = parse_object(text)
    if "photoTakenTime" in said:
        return _takeout(said)
    if archived.is_archived(said):
        return archived.read(said)
    recipe = read_twin(text)
    return Beside(recipe=recipe) if recipe else None


def _takeout(said: dict) -> Beside:
    """Google Takeout. Its "title" is the file's name, its time an instant: shown on the gallery's clock."""
    stamp = said["photoTakenTime"].get("timestamp") if isinstance(said["photoTakenTime"], dict) else None
    taken = as_wall_clock(datetime.fromtimestamp(seconds, UTC)) if (seconds := as_whole(stamp)) else None
    offset = (
        int(localtime(datetime.fromtimestamp(seconds, UTC)).utcoffset().total_seconds()) // 60
        if taken
        else None
    )
    places = [said.get(name) for name in ("geoDataExif", "geoData")]
    degrees = [
        (as_decimal(one.get("latitude")), as_decimal(one.get("longitude")))
        for one in places
        if isinstance(one, dict)
    ]
    lat, lon = next(
        ((lat, lon) for lat, lon in degrees if lat and lon and abs(lat) <= 90 and abs(lon) <= 180),
        (None, None),
    )
    return Beside(
        caption=clean(as_text(said.get("description")), MAX_TAKEOUT_CAPTION),
        taken_at=taken.replace(tzinfo=None).isoformat() if taken else "",
        taken_offset_minutes=offset,
        lat=lat,
        lon=lon,
    )


def _xmp(data: bytes) -> Beside | None:
    from photos.metadata.beside import read_xmp_beside  # brings Pillow's tables of tags with it

    said = read_xmp_beside(data)
    return Beside(**said) if any(value not in ("", None, ()) for value in said.values()) else None


_READERS = {".txt": _text, ".json": _json, ".swarm.json": _json, ".xmp": _xmp}
