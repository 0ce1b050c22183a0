"""Times as people write them in a query: 2026, 2026-03, 2026-03..2026-05, spring-2026, today, <7d, >=2026-03."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # of the north; their first month
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7), "m": timedelta(days=30),
         "y": timedelta(days=365)}  # fmt: skip
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_SEASON = re.compile(rf"({'|'.join(SEASONS)})-([0-9]{{4}})|([0-9]{{4}})-({'|'.join(SEASONS)})")
_AGE = re.compile(r"([<>]?)=?([0-9]{1,4})([hdwmy])")
_SIGN = re.compile(r"(<=|>=|<|>|=|)(.+)", re.DOTALL)


class Span(NamedTuple):
    """From `begin` on, and before `end`; None is no end. On the wall clock, without a zone."""

    begin: datetime | None
    end: datetime | None


def read(text: str, now: datetime) -> Span | None:
    """None for what is no time."""
    try:
        return _read(text.lower(), now.replace(tzinfo=None))
    except (ValueError, OverflowError):
        return None


def _read(text: str, now: datetime) -> Span | None:
    if age := _AGE.fullmatch(text):
        back = now - int(age[2]) * UNITS[age[3]]
        return Span(None, back) if age[1] == ">" else Span(back, None)
    if ".." in text:
        return _between(*text.split("..", 1), now)
    signed = _SIGN.fullmatch(text)
    sign, rest = signed.groups() if signed else ("", "")
    span = _one(rest, now)
    if span is None:
        return None
    return {
        ">": Span(span.end, None), ">=": Span(span.begin, None),
        "<": Span(None, span.begin), "<=": Span(None, span.end),
    }.get(sign, span)  # fmt: skip


def _between(first: str, last: str, now: datetime) -> Span | None:
    begin, end = _one(first, now), _one(last, now)
    if (first and begin is None) or (last and end is None) or not (first or last):
        return None
    if begin and end and end.end <= begin.begin:
        begin, end = end, begin
    return Span(begin.begin if begin else None, end.end if end else None)


def _one(text: str, now: datetime) -> Span | None:
    if text in ("today", "yesterday"):
        begin = datetime(now.year, now.month, now.day) - timedelta(days=text == "yesterday")
        return Span(begin, begin + timedelta(days=1))
    if season := _SEASON.fullmatch(text):
        first = datetime(int(season[2] or season[3]), SEASONS[season[1] or season[4]], 1)
        return Span(first, _months_on(first, 3))
    if not (day := _DAY.fullmatch(text)):
        return None
    year, month, of_month = (int(part) if part else None for part in day.groups())
    if of_month:
        begin = datetime(year, month, of_month)
        return Span(begin, begin + timedelta(days=1))
    begin = datetime(year, month or 1, 1)
    return Span(begin, _months_on(begin, 1 if month else 12))


def _months_on(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, 12)
    if first.year + years > 9999:
        return datetime.max
    return datetime(first.year + years, month + 1, 1)
