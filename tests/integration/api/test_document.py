"""The OpenAPI document and its page: for those who may call, made once, and complete."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings

from gallery_site.api import api
from photos.api import document
from tests.integration.api.conftest import operations

pytestmark = pytest.mark.django_db


def test_the_document_is_for_those_who_may_call(as_alice, alice_client, visitor):
    for got in (as_alice("GET", "/openapi.json"), alice_client.get("/api/v1/openapi.json")):
        assert got.status_code == 200 and got.json()["openapi"].startswith("3.1")
    assert visitor.get("/api/v1/openapi.json").status_code == 401
    page = visitor.get("/api/v1/docs")
    assert page.status_code == 302 and page["Location"].startswith("/accounts/login/")


def test_it_is_made_once_however_often_it_is_asked_for(as_alice, monkeypatch):
    first = as_alice("GET", "/openapi.json").content
    monkeypatch.setattr(document, "complete", None)  # would be called to make another
    assert as_alice("GET", "/openapi.json").content == first


def test_every_body_and_answer_has_an_example_and_names_are_unique(schema):
    names = [operation["operationId"] for _method, _path, operation in operations(schema)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(schema):
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for answer in operation["responses"].values()]
        for content in (one for found in contents for one in found.values()):
            assert "example" in content, (method, path)
        assert operation["description"] and operation["tags"]


def test_every_input_is_bounded(schema):
    def check(part: dict, where: str) -> None:
        if "$ref" in part:
            part = document.resolved(part, schema)
        for one in part.get("anyOf", ()):
            check(one, where)
        for name, one in part.get("properties", {}).items():
            check(one, f"{where}.{name}")
        kind = part.get("type")
        if kind == "object" and "properties" in part and "binary" not in str(part):
            assert part.get("additionalProperties") is False, where
        elif kind == "object":
            assert "maxProperties" in part or "binary" in str(part), where
        if kind == "array":
            assert "maxItems" in part, where
            check(part["items"], where)
        if kind == "string" and "enum" not in part and part.get("format") != "binary":
            assert "maxLength" in part or "pattern" in part or "const" in part, where
        if kind == "integer":
            assert "maximum" in part, where

    for method, path, operation in operations(schema):
        for parameter in operation["parameters"]:
            check(parameter["schema"], f"{method} {path} {parameter['name']}")
        for content in operation.get("requestBody", {}).get("content", {}).values():
            check(content["schema"], f"{method} {path}")


def test_the_page_names_every_operation_and_nothing_of_another_machine(alice_client, schema):
    page = alice_client.get("/api/v1/docs").content.decode()
    for method, path, operation in operations(schema):
        assert f'id="{operation["operationId"]}"' in page and f"{method} {path}" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "curl" in page and "GALLERY_TOKEN" in page


def test_the_document_is_plain_json_without_anything_of_this_machine(schema):
    text = json.dumps(schema)
    assert (
        str(settings.BASE_DIR) not in text and str(settings.DATA_DIR) not in text and "localhost" not in text
    )
    assert document.text(api).decode() == json.dumps(schema, indent=1, ensure_ascii=False)
