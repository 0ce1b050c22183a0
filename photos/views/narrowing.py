"""The ways to narrow a search, as links with counts: years and months, models, LoRAs, samplers, stars, tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils import formats
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos import search
from photos.models import MonthCount

Address = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    count: str  # "" where nobody counted
    address: str  # "" where there is nothing
    here: bool = False
    weight: int = 0  # of a month: per cent of the strongest


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    links: list[Link]


def facets_of(owner, query: search.Query, address: Address) -> dict:
    """`years`: a Group each, of months; `groups`: of values. Empty ones are left out."""
    found = search.in_common(owner, query)
    groups = [
        Group(
            title=title,
            links=[_link(query, key, value, count, found.capped, address) for value, count in values],
        )
        for key, title in _titles().items()
        if (values := found.counts[key])
    ]
    return {
        "years": _years(owner, query, found, address),
        "groups": groups,
        "capped": number_format(found.counted, force_grouping=True) if found.capped else "",
    }


def _titles() -> dict[str, str]:
    return {
        "model": _("Model"),
        "lora": _("LoRA"),
        "sampler": _("Sampler"),
        "rating": _("Stars"),
        "label": _("Label"),
        "reason": _("Rejected for"),
        "tag": _("Tag"),
    }


def _link(query: search.Query, key: str, value: str, count: int, capped: bool, address: Address) -> Link:
    label = ngettext("%s star", "%s stars", int(value)) % value if key == "rating" else value
    exactly = "" if key in ("tag", "label", "reason") else "="  # what was counted is the whole value
    term = f"rating:{value}" if key == "rating" else f"{key}:{exactly}{search.quoted(value)}"
    is_here = term in (known.source for known in query.terms)
    return Link(
        label=label, count=_counted(count, capped), address=address(_with(query, key, term)), here=is_here
    )


def _years(owner, query: search.Query, found: search.Facets, address: Address) -> list[Group]:
    """Years of twelve months. Of a common word the last months were counted; before them every month in which there is
    anything is offered.
    """
    months = {month: _counted(count, False) for month, count in found.months.items()}
    if found.capped and months:
        last = min(months)
        months[last] = _counted(found.months[last], True)
        months |= dict.fromkeys(_months_before(owner, last), "")
    most = max(found.months.values(), default=1)
    return [
        Group(
            title=year,
            links=[
                _month_link(
                    query, month, months.get(month), found.months.get(month, 0) * 100 // most, address
                )
                for month in _halves(year, set(months))
            ],
        )
        for year in dict.fromkeys(month[:4] for month in months)
    ]


def _halves(year: str, months: set[str]) -> list[str]:
    """The months of a year, without a half in which there is nothing."""
    halves = [[f"{year}-{n:02}" for n in range(first, first + 6)] for first in (1, 7)]
    return [month for half in halves if months & set(half) for month in half]


def _month_link(query: search.Query, month: str, count: str | None, weight: int, address: Address) -> Link:
    label = formats.date_format(date(int(month[:4]), int(month[5:7]), 1), "M")
    if count is None:
        return Link(label=label, count="", address="")
    term = f"taken:{month}"
    is_here = term in (known.source for known in query.terms)
    to = address(_with(query, "taken", term))
    return Link(label=label, count=count, address=to, here=is_here, weight=weight)


def _months_before(owner, month: str) -> list[str]:
    first = date(int(month[:4]), int(month[5:7]), 1)
    rows = MonthCount.objects.filter(owner=owner, month__lt=first, count__gt=0)
    return [f"{one:%Y-%m}" for one in rows.order_by("-month").values_list("month", flat=True).distinct()]


def _with(query: search.Query, key: str, term: str) -> str:
    """The query with this term; of months and stars there is one at a time."""
    is_single = key in ("taken", "rating")
    kept = [known.source for known in query.terms if known.source != term]
    kept = [source for source in kept if not (is_single and source.startswith(f"{key}:"))]
    return " ".join([*kept, term])


def _counted(count: int, capped: bool) -> str:
    return number_format(count, force_grouping=True) + ("+" if capped else "")
