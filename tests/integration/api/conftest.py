"""Programs that call: with Alice's token, with Bob's, with none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from gallery_site.api import api
from photos import tokens
from photos.api import document
from tests.integration.generation.conftest import _no_heartbeat_from_outside, scripted  # noqa: F401

ROOT = "/api/v1"


def caller(token: str | None) -> Callable:
    """`call("PATCH", "/photos/7", {"title": "x"}, if_match='"1"')` -> the response of Django's own client."""
    client = Client(raise_request_exception=False)
    known = {"Authorization": f"Bearer {token}"} if token else {}

    def call(method: str, path: str, body=None, *, form: dict | None = None, **headers):
        headers = known | {name.replace("_", "-"): value for name, value in headers.items()}
        if form is not None:
            return client.post(ROOT + path, form, headers=headers)
        text = body if isinstance(body, (str, bytes)) else json.dumps(body) if body is not None else ""
        return client.generic(method, ROOT + path, text, "application/json", headers=headers)

    return call


def token_of(user) -> str:
    return tokens.make(user, "a test")[1]


@pytest.fixture
def as_alice(alice) -> Callable:
    return caller(token_of(alice))


@pytest.fixture
def as_bob(bob) -> Callable:
    return caller(token_of(bob))


@pytest.fixture
def as_nobody(db) -> Callable:
    return caller(None)


@pytest.fixture
def schema(db) -> dict:
    """The OpenAPI document as it is served."""
    return json.loads(document.text(api))


def operations(schema: dict):
    """(method, path, operation) of everything there is."""
    for path, found in schema["paths"].items():
        for method, operation in found.items():
            yield method.upper(), path, operation
