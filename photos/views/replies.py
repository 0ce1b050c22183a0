"""Small things every view of ours answers with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def see_other(address: str) -> HttpResponseRedirect:
    """303: the change was made, look there. Never re-sent on reload."""
    return HttpResponseRedirect(address, status=303)


def back(request: HttpRequest, *, otherwise: str = "") -> HttpResponseRedirect:
    """303 to the `next` of the form where that is an address of ours."""
    address = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        address = otherwise or reverse("home")
    return see_other(address)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def positive_int(text: str | None, *, most: int = 2**62) -> int | None:
    """The number a query or form names; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= most:
        return int(text)
    return None
