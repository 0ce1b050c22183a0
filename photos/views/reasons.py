"""A person's own list of what is rejected for, and its keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from photos import reasons
from photos.views.replies import see_other


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reject_reasons(request: HttpRequest) -> HttpResponse:
    """The list as nine lines of a name and a key; what was typed stays where it cannot be kept."""
    if request.method != "POST":
        return _page(request, [(one.name, one.key) for one in reasons.reasons_of(request.user)])
    most = len(reasons.KEYS)
    rows = list(zip(request.POST.getlist("name")[:most], request.POST.getlist("key")[:most], strict=False))
    if request.POST.get("do") == "usual":
        rows = list(reasons.USUAL)
    try:
        reasons.write(request.user, rows)
    except reasons.ReasonError as problem:
        return _page(request, rows, sentence=problem.sentence)
    messages.info(request, _("Kept."))
    return see_other(reverse("reject_reasons"))


def _page(request: HttpRequest, rows: list[tuple[str, str]], *, sentence: str = "") -> HttpResponse:
    empty = [("", "")] * (len(reasons.KEYS) - len(rows))
    context = {"rows": [*rows, *empty], "keys": reasons.KEYS, "sentence": sentence, "section": "account"}
    return render(request, "account/reasons.html", context, status=422 if sentence else 200)
