"""Headers for a server that asks who calls, as an administrator writes them."""

from __future__ import annotations

from collections.abc import Mapping

from generation.engines.base import EngineError


def read_headers(given: str | Mapping[str, str]) -> dict[str, str]:
    """From lines "Name: value". Raises EngineError, which does not repeat them."""
    if isinstance(given, str):
        lines = [line.partition(":") for line in given.splitlines() if line.strip()]
        given = {name.strip(): value.strip() for name, _, value in lines}
    for name, value in given.items():
        token = name.replace("-", "").replace("_", "")
        if (
            not (token.isascii() and token.isalnum())
            or not value.isprintable()
            or not value.isascii()
            or not value
        ):
            raise EngineError(
                "Headers are lines like “Authorization: Bearer …”.", permanent=True, field="headers"
            )
    return dict(given)
