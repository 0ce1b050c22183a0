"""Filters of the photo list. Each is one comparison that an index, or the newest few thousand rows, can answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from photos.models import Photo
from photos.text import clean

OWNERS_OFFERED = 1_000


class Choice(admin.SimpleListFilter):
    """One of a few fixed values of a column."""

    column = ""
    values: list[tuple[str, str]] = []

    def lookups(self, request, model_admin):
        return self.values

    def queryset(self, request, queryset):
        value = self.value()
        return queryset.filter(**{self.column: value}) if value in dict(self.values) else queryset


class Collection(Choice):
    title, parameter_name, column = _("collection"), "collection", "collection"
    values = list(Photo.Collection.choices)


class Verdict(Choice):
    title, parameter_name, column = _("decision"), "decision", "decision"
    values = [(str(value), label) for value, label in Photo.Verdict.choices]


class Stars(Choice):
    title, parameter_name, column = _("stars"), "rating", "rating"
    values = [("5", "★★★★★"), ("4", "★★★★"), ("3", "★★★"), ("2", "★★"), ("1", "★"), ("0", _("none"))]


class Label(Choice):
    title, parameter_name, column = _("label"), "label", "label"
    values = [(str(value), label) for value, label in Photo.Label.choices]


class Trash(Choice):
    """What lies in the trash is shown when it is asked for."""

    title, parameter_name = _("trash"), "trashed"
    values = [("yes", _("In the trash")), ("all", _("Both"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": _("Not in the trash")}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.trashed() if self.value() == "yes" else queryset.live()


class Typed(admin.SimpleListFilter):
    """A value to type, with suggestions, in a small form of its own: works without a script."""

    template = "admin/filter_typed.html"
    placeholder = help = ""
    pattern = ".*"

    def lookups(self, request, model_admin):
        return [("", "")]  # so that Django shows it

    def choices(self, changelist):
        others = {
            name: values
            for name, values in changelist.get_filters_params().items()
            if name != self.parameter_name
        }
        if changelist.query:
            others["q"] = [changelist.query]
        yield {
            "name": self.parameter_name,
            "value": self.value() or "",
            "clear": changelist.get_query_string(remove=[self.parameter_name]),
            "others": [(name, value) for name, values in others.items() for value in values],
            "suggestions": self.suggestions(),
            "links": [
                {"query_string": changelist.get_query_string({self.parameter_name: value}), "display": label,
                 "selected": self.value() == value}
                for value, label in self.links()
            ],
            "placeholder": self.placeholder,
            "pattern": self.pattern,
            "help": self.help,
        }  # fmt: skip

    def suggestions(self) -> list[str]:
        return []

    def links(self) -> list[tuple[str, str]]:
        return []


class Owner(Typed):
    title, parameter_name = _("owner"), "owner"
    help = _("A user name.")

    def suggestions(self) -> list[str]:
        names = get_user_model().objects.order_by("username").values_list("username", flat=True)
        return list(names[:OWNERS_OFFERED])

    def queryset(self, request, queryset):
        """Looked up first: an id in the query lets the database see how large this owner is."""
        if not self.value():
            return queryset
        owner = (
            get_user_model().objects.filter(username=clean(self.value())).values_list("pk", flat=True).first()
        )
        return queryset.filter(owner_id=owner) if owner else queryset.none()


class Shown(Typed):
    """A month or a year of `shown_at`.

    The indexes by date begin with owner (and collection: `named`). Naming all of them lets the database go straight
    to the month in each, instead of reading the library.
    """

    named = {"collection__in": Photo.Collection.values}

    title, parameter_name = _("date"), "shown"
    placeholder, pattern = "2026-11", r"\d{4}(-\d{2})?"
    help = _("A month (2026-11) or a year (2026).")

    def links(self) -> list[tuple[str, str]]:
        today = timezone.localdate()
        last = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
        return [
            (f"{today:%Y-%m}", _("This month")),
            (f"{last[0]:04d}-{last[1]:02d}", _("Last month")),
            (f"{today:%Y}", _("This year")),
        ]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        bounds = span(self.value())
        if bounds is None:
            return queryset.none()
        if not request.GET.get("owner"):
            queryset = queryset.filter(owner__in=everybody(), **self.named)
        return queryset.filter(shown_at__gte=bounds[0], shown_at__lt=bounds[1])


def with_fingerprint(queryset, digits: str):
    """Photos whose SHA-256 begins so; by the index (owner, sha256), hence with all owners named."""
    return queryset.filter(owner__in=everybody(), sha256__gte=digits, sha256__lt=digits + "g")


def everybody() -> list[int]:
    return list(get_user_model().objects.values_list("pk", flat=True))


def span(text: str) -> tuple[datetime, datetime] | None:
    """The first moment of a month or year and of the next one; None for what is neither."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?", text, re.ASCII)
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 0)
    if not (1 <= year < 9999 and month <= 12 and (found[2] is None or month)):
        return None
    if not month:
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    after = (year, month + 1) if month < 12 else (year + 1, 1)
    return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)
