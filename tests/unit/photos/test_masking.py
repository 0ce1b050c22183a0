"""An error page of DEBUG tells no key: of the settings, the environment, the form or the variables of a frame."""

from __future__ import annotations

import sys

import pytest
from django.test import RequestFactory
from django.views.debug import technical_500_response


def secret(place: str) -> str:
    """Never written out: an error page quotes the lines of the code, too."""
    return f"hidden-{place[::-1]}"


def fail(headers: str, given: dict[str, str]) -> None:
    raise ValueError(len(headers) + len(given))


@pytest.mark.any_database
def test_an_error_page_keeps_what_is_told_to_generators(settings):
    settings.DEBUG = True
    settings.GALLERY_ENGINES = {"a": {"OPTIONS": {"url": secret("engines")}}}
    request = RequestFactory().post("/engines/add/", {"url": secret("form")})
    request.sensitive_post_parameters = "__ALL__"
    request.META |= {"DATABASE_URL": secret("database"), "GALLERY_ENGINES": secret("environment")}
    try:
        fail(secret("headers"), {"api_key": secret("given")})
    except ValueError:
        shown = technical_500_response(request, *sys.exc_info()).content.decode()
    assert "GALLERY_ENGINES" in shown
    places = ("engines", "form", "database", "environment", "headers", "given")
    assert not [place for place in places if secret(place) in shown]
