"""The page for programs, in a browser: readable for everybody, light and dark, and of this machine alone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import violations  # noqa: F401
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_clean(open_page, alice, live_server, violations, scheme, width):  # noqa: F811
    page = open_page(alice, width=width, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/v1/docs")
    found = violations(page)
    page.locator("article details").first.evaluate("details => { details.open = true }")
    assert found + violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert all(address.startswith(live_server.url) for address in asked)
