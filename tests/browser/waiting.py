"""Waiting for what a page comes to."""

from __future__ import annotations

import time


def until(page, expression: str, wanted: object = True, *, seconds: float = 5.0) -> None:
    """Until `expression`, as JavaScript, is `wanted`. AssertionError with what it was last.

    The browser driver's own waiting evaluates text inside the page, which the site's content policy forbids.
    """
    end = time.monotonic() + seconds
    while (found := page.evaluate(expression)) != wanted:
        assert time.monotonic() < end, f"{expression} is {found!r}, not {wanted!r}"
        page.wait_for_timeout(20)
