"""What is said when something cannot be: problems, with a code, and never more than the caller may know."""

from __future__ import annotations

import errno
import logging

import pytest

from photos import editing, ingest
from tests.factories import make_photo
from tests.integration.api.conftest import operations
from tests.integration.api.test_photos import bring
from tests.pictures import draw

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/photos/", "/photos/abc", "/../admin/", "/photos/7/bytes/", "/a%0Ab"]
)
def test_an_address_that_is_none_is_a_problem_not_a_page(as_alice, path):
    for method in ("GET", "POST"):
        answer = as_alice(method, path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), method
        assert answer.json()["code"] == "not_found"


def test_a_wrong_method_is_told_which_are_right(as_alice):
    answer = as_alice("PUT", "/photos")
    assert answer.status_code == 405 and set(answer["Allow"].split(", ")) == {"GET", "POST"}
    assert answer.json()["code"] == "method_not_allowed"


def test_a_fault_of_ours_is_logged_and_says_nothing_of_itself(as_alice, alice, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(editing, "edit", broken)
    photo = make_photo(alice)
    with caplog.at_level(logging.ERROR):
        answer = as_alice("PATCH", f"/photos/{photo.pk}", {"title": "x"})
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    said = answer.json()
    assert said["code"] == "broken" and "secret" not in answer.content.decode()
    assert said["number"] in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_full_disk_is_said_and_nothing_is_kept(as_alice, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ingest.storage, "keep_original", full)
    answer = bring(as_alice, draw("PNG"))
    assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")


def test_answers_are_kept_by_no_cache(as_alice, schema):
    for address in ("/photos", "/albums", "/tags", "/sessions", "/nothing"):
        assert "no-store" in as_alice("GET", address)["Cache-Control"], address


def test_every_refusal_of_an_operation_is_declared_as_a_problem(schema):
    for method, path, operation in operations(schema):
        declared = operation["responses"]
        assert {"401", "429"} <= set(declared), (method, path)
        assert method == "GET" or {"403", "413"} <= set(declared), (method, path)
        for status, answer in declared.items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
