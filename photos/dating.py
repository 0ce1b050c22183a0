"""When a picture is from. One wall-clock time orders everything, and it is said how it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone

from django.utils import timezone as django_timezone

from photos.images import Facts

# 2026-11-22, 20261122, 2026_11_22, each optionally followed by a time; not part of a longer number.
_DATE = re.compile(
    r"(?<!\d)(?P<y>19[5-9]\d|20\d\d)(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])"
    r"(?:[-_ T.]*(?P<H>[01]\d|2[0-3])[-_.:h]?(?P<M>[0-5]\d)[-_.:m]?(?P<S>[0-5]\d))?(?!\d)"
)


@dataclass(frozen=True, kw_only=True)
class Dating:
    """`shown_at` is wall clock stored as if UTC; `taken_at` the true instant, None where it cannot be known."""

    shown_at: datetime
    dated_by: str  # Photo.DatedBy
    taken_at: datetime | None = None
    offset_minutes: int | None = None


def wall_clock_now() -> datetime:
    """Now on the gallery's clock, as if UTC."""
    return as_wall_clock(django_timezone.now())


def as_wall_clock(instant: datetime) -> datetime:
    """An instant as the gallery's wall clock shows it, stored as if UTC."""
    return django_timezone.localtime(instant).replace(tzinfo=UTC)


def date_picture(facts: Facts, *, name: str = "", modified_at: datetime | None = None) -> Dating:
    """The first that is known: camera, generator, a date in the folder or file name, the file's date, arrival.

    `name` is the path or file name as brought; `modified_at` an aware instant.
    """
    if camera := _parsed(facts.taken_at):
        instant, offset = None, facts.taken_offset_minutes
        if offset is not None:
            instant = camera.replace(tzinfo=timezone(timedelta(minutes=offset))).astimezone(UTC)
        return Dating(shown_at=camera, dated_by="camera", taken_at=instant, offset_minutes=offset)
    if generated := _parsed(facts.generated_at):
        return Dating(shown_at=generated, dated_by="generator")
    of_file = as_wall_clock(modified_at) if modified_at and _is_plausible(modified_at) else None
    if (named := date_in_name(name)) and not _is_the_day_of(named, of_file):
        return Dating(shown_at=named, dated_by="name")
    if of_file:
        return Dating(shown_at=of_file, dated_by="file")
    return Dating(shown_at=wall_clock_now(), dated_by="arrival")


def _is_the_day_of(named: datetime, of_file: datetime | None) -> bool:
    """Whether a name that says no more than the day agrees with the file's date, which has the time as well."""
    return of_file is not None and named.time() == time() and named.date() == of_file.date()


def date_in_name(name: str) -> datetime | None:
    """A date in the file name, else in the folders from the innermost out: `IMG_20180725_163423.jpg`."""
    for part in reversed(re.split(r"[/\\]", name)):
        for found in _DATE.finditer(part):
            year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
            clock = [int(found[unit] or 0) for unit in "HMS"]
            try:
                return datetime(year, month, day, *clock, tzinfo=UTC)
            except ValueError:
                continue
    return None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _is_plausible(instant: datetime) -> bool:
    """Not the epoch a copy tool left, and not in the future."""
    return datetime(1980, 1, 2, tzinfo=UTC) < instant < django_timezone.now() + timedelta(days=1)
