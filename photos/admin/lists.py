"""Lists that stay quick at a million rows: pages by key, no OFFSET, and no count of the library.

A page is found by the id it begins after (`?before=81234`), so that the ten-thousandth costs what the first
costs. Numbers of pages would need a count of everything; what is said instead is "1,000+".
"""

from __future__ import annotations

import re

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst

COUNTED = 1_000  # how far a list is counted
CURSORS = ("before", "after")
_NUMBER = re.compile("[1-9][0-9]{0,17}")


class KeysetChangeList(ChangeList):
    """Newest id first. `before` and `after` are ids; `older` and `newer` are links, or ""."""

    def __init__(self, request: HttpRequest, *args) -> None:
        self.cursor = {
            name: int(request.GET[name]) for name in CURSORS if _NUMBER.fullmatch(request.GET.get(name, ""))
        }
        super().__init__(request, *args)
        self.title = capfirst(self.opts.verbose_name_plural)

    def get_filters_params(self, params=None):
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in CURSORS}

    def get_query_string(self, new_params=None, remove=None):
        """Every other link of a list begins at its first page again."""
        return super().get_query_string(dict.fromkeys(CURSORS) | (new_params or {}), remove)

    def get_ordering(self, request, queryset):
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        ids, older, newer = self._page()
        by_id = self.queryset.model._default_manager.none() if not ids else self._rows(ids)
        self.result_list = [by_id[pk] for pk in ids if pk in by_id] if ids else []
        self.older = self.get_query_string({"before": ids[-1]}) if older else ""
        self.newer = self.get_query_string({"after": ids[0]}) if newer else ""
        self.newest = self.get_query_string()
        self.unsearched = self.get_query_string(remove=[SEARCH_VAR])
        self.filters_kept = [(name, v) for name, values in self.get_filters_params().items() for v in values]
        # What Django's own templates ask for. The counts are of this page: nothing can be selected beyond it.
        self.result_count = len(self.result_list)
        self.paginator = Paginator(self.result_list, max(1, self.list_per_page))
        self.full_result_count, self.show_full_result_count = None, False
        self.show_admin_actions, self.can_show_all, self.multi_page = True, False, False

    def _page(self) -> tuple[list[int], bool, bool]:
        """The ids of the page, and whether there is anything older and newer. One query."""
        ids, size = self.queryset.values_list("pk", flat=True), self.list_per_page
        self.counted = ""
        if "after" in self.cursor:
            upwards = list(ids.filter(pk__gt=self.cursor["after"]).order_by("pk")[: size + 1])
            return upwards[:size][::-1], True, len(upwards) > size
        if "before" in self.cursor:
            found = list(ids.filter(pk__lt=self.cursor["before"])[: size + 1])
            return found[:size], len(found) > size, True
        found = list(ids[: COUNTED + 1])
        self.counted = f"{COUNTED:,}+" if len(found) > COUNTED else f"{len(found):,}"
        return found[:size], len(found) > size, False

    def _rows(self, ids: list[int]) -> dict[int, Model]:
        rows = self.root_queryset.filter(pk__in=ids)
        return {row.pk: row for row in self.model_admin.rows_for_list(rows)}


class DeskAdmin(admin.ModelAdmin):
    """What every list and page of the desk shares. Nothing is added, changed or deleted unless a class says so."""

    list_per_page = 100
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    empty_value_display = ""
    view_on_site = False  # most of it is somebody else's, whose page an administrator does not see

    def get_changelist(self, request: HttpRequest, **kwargs):
        return KeysetChangeList

    def rows_for_list(self, rows: QuerySet) -> list[Model]:
        """The rows of one page with all that their columns need."""
        return list(rows)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None):
        """As Django's, but without a transaction around it: our flows open their own, and may try again."""
        return self._changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None):
        return self._delete_view(request, object_id, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None):
        """Its buttons are actions of the list, on one row; whichever list that row stands in."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist") + "?trashed=all"
        context = {"changelist_address": address, "show_save_and_add_another": False}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """A button of an object's own page leads back to that page."""
        response = super().response_action(request, queryset)
        selected = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if isinstance(response, HttpResponseRedirect) and "stay" in request.POST and len(selected) == 1:
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[selected[0]]))
        return response

    def note(
        self, request: HttpRequest, rows: QuerySet | list[Model], sentence: str, flag: int = CHANGE
    ) -> None:
        """Write into the log of the admin who did what to which rows."""
        LogEntry.objects.log_actions(request.user.pk, rows, flag, change_message=sentence)
