"""When a picture was taken, from what its file says: wall clock and, where known, the zone.

Sources in order: EXIF DateTimeOriginal, EXIF DateTimeDigitized and xmp:CreateDate, photoshop:DateCreated,
IPTC, EXIF DateTime. An empty or zeroed date is no statement and the next source is asked; a complete date
that cannot be true (before photography, or in the future) is one, and then the date is unknown: the day
it was scanned or edited would be a wrong answer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from photos.images import RecipeFacts
from photos.metadata.exif import Exif
from photos.metadata.iptc import Iptc
from photos.xmp import Xmp

FIRST_YEAR = 1826  # the oldest photograph known
MAX_OFFSET = 14 * 60  # minutes east; the widest zone there is
MIN_OFFSET = -12 * 60
STALE = dt.timedelta(minutes=5)  # a satellite time further from a possible zone is an old fix

# Minutes past the hour that zones have: whole, half, and quarter hours of a few places (Nepal, Chatham...)
_ODD_OFFSETS = {-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825}

_DATE = re.compile(
    r"\s*(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})"
    r"(?:[T ]\s{0,3}(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,12}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?[\s\0]*"
)
_OFFSET = re.compile(r"\s*([+-])(\d{1,2}):?(\d{2})\s*")
_IPTC_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})([+-]\d{4})?")
_CREATED = re.compile(r"Created Date: ?\"?(\d{4}-\d\d-\d\d[T ][\d:.]{5,15})")


@dataclass(frozen=True)
class Stamp:
    """A date as written: wall clock without a zone, and minutes east of UTC where it says so."""

    wall: dt.datetime
    offset: int | None = None
    utc: bool = False  # said "Z", which many programs write who know no zone


def taken(exif: Exif, xmp: Xmp, iptc: Iptc, now: dt.datetime) -> tuple[str, int | None]:
    """(`taken_at`, `taken_offset_minutes`) as in Facts; `now` in UTC, without a zone."""
    stamp = next(_stamps(exif, xmp, iptc), None)
    if stamp is None or not _possible(stamp.wall, now):
        return "", None
    return stamp.wall.isoformat(), _offset(stamp, exif, xmp)


def generated(texts: Mapping[str, str], recipe: RecipeFacts | None, now: dt.datetime) -> str:
    """`generated_at` as in Facts: the generator's own clock, as far as it wrote one."""
    written = _CREATED.search(recipe.raw[:20_000] + recipe.raw[-20_000:]) if recipe else None
    stamp = parse(written[1]) if written else None
    stamp = stamp or parse(texts.get("Creation Time", "")) or _mail_date(texts.get("Creation Time", ""))
    return stamp.wall.isoformat() if stamp and _possible(stamp.wall, now) else ""


def parse(text: str, fraction: str = "") -> Stamp | None:
    """A date of EXIF ("2024:04:13 20:35:31") or XMP (ISO 8601); None when there is none, or it is zeroed.

    A day without a time is its midnight; a year or month alone is no date. `fraction` is SubSecTime.
    """
    match = _DATE.fullmatch(text[:100])
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    digits = (match[7] or fraction.strip())[:6]
    micro = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    try:
        wall = dt.datetime(year, month, day, hour, minute, min(second, 59), micro)
    except ValueError:
        return None
    zone = match[8] or ""
    return Stamp(wall, 0 if zone == "Z" else parse_offset(zone), zone == "Z")


def parse_offset(text: str) -> int | None:
    """Minutes east of UTC from "+05:45"; None for anything else."""
    match = _OFFSET.fullmatch(text.strip("\0"))
    if match is None or int(match[3]) > 59:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    minutes = -minutes if match[1] == "-" else minutes
    return minutes if MIN_OFFSET <= minutes <= MAX_OFFSET else None


def _stamps(exif: Exif, xmp: Xmp, iptc: Iptc) -> Iterator[Stamp]:
    """What each source says, best first."""
    candidates = (
        parse(exif.text(0x9003), exif.text(0x9291)),
        parse(xmp.text("exif:DateTimeOriginal")),
        parse(exif.text(0x9004), exif.text(0x9292)),
        parse(xmp.text("xmp:CreateDate")),
        parse(xmp.text("exif:DateTimeDigitized")),
        parse(xmp.text("photoshop:DateCreated")),
        _iptc_stamp(iptc),
        parse(exif.main.text(0x0132), exif.text(0x9290)),
    )
    yield from (stamp for stamp in candidates if stamp)


def _iptc_stamp(iptc: Iptc) -> Stamp | None:
    date, clock = iptc.date.strip(), _IPTC_TIME.match(iptc.time.strip())
    if not re.fullmatch(r"\d{8}", date):
        return None
    time = f" {clock[1]}:{clock[2]}:{clock[3]}{clock[4] or ''}" if clock else ""
    return parse(f"{date[:4]}-{date[4:6]}-{date[6:]}{time}")


def _mail_date(text: str) -> Stamp | None:
    """PNG's "Creation Time" in the form the specification suggests, that of e-mail."""
    try:
        return Stamp(parsedate_to_datetime(text[:100]).replace(tzinfo=None))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _possible(wall: dt.datetime, now: dt.datetime) -> bool:
    """Within photography, and at most a day ahead of UTC: 14 hours of zone and a clock a little fast."""
    return wall.year >= FIRST_YEAR and wall <= now + dt.timedelta(days=1)


def _offset(stamp: Stamp, exif: Exif, xmp: Xmp) -> int | None:
    """Zone of the camera's clock: EXIF's own tags, else the date's own, else from the satellite time."""
    for tag in (0x9011, 0x9012, 0x9010):
        if (offset := parse_offset(exif.text(tag))) is not None:
            return offset
    if stamp.offset is not None and not stamp.utc:
        return stamp.offset
    for name in ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"):
        other = parse(xmp.text(name))
        if other and not other.utc and other.offset is not None and _same_second(other, stamp):
            return other.offset
    derived = _offset_by_satellite(stamp.wall, exif)
    return stamp.offset if derived is None else derived


def _same_second(one: Stamp, other: Stamp) -> bool:
    return one.wall.replace(microsecond=0) == other.wall.replace(microsecond=0)


def _offset_by_satellite(wall: dt.datetime, exif: Exif) -> int | None:
    """The zone in which the camera's clock agrees with GPSDateStamp and GPSTimeStamp, which are UTC."""
    day, clock = parse(exif.gps.text(0x001D)), exif.gps.numbers(0x0007)
    if day is None or len(clock) < 3 or not all(0 <= part < 61 for part in clock[:3]) or clock[0] >= 24:
        return None
    utc = day.wall + dt.timedelta(hours=clock[0], minutes=clock[1], seconds=clock[2])
    minutes = round((wall - utc) / dt.timedelta(minutes=15)) * 15
    exists = minutes % 60 == 0 or minutes in _ODD_OFFSETS
    if not exists or not MIN_OFFSET <= minutes <= MAX_OFFSET:
        return None
    return minutes if abs(wall - utc - dt.timedelta(minutes=minutes)) <= STALE else None
