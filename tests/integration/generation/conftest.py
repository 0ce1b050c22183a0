"""What every test of sessions may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generation import registry
from photos import working
from tests.doubles import ScriptedEngine


@pytest.fixture
def scripted(settings) -> Iterator[ScriptedEngine]:
    """The only engine there is, under the alias `scripted`; give it `answers`, and look at its `requests`."""
    settings.GALLERY_ENGINES = {"scripted": {"CLASS": "tests.doubles.ScriptedEngine"}}
    registry.forget()
    yield registry.get("scripted").engine
    registry.forget()


@pytest.fixture(autouse=True)
def _nothing_is_remembered_of_engines() -> Iterator[None]:
    """A row of another test may have had the same number."""
    registry.forget()
    yield
    registry.forget()


@pytest.fixture(autouse=True)
def _no_heartbeat_from_outside(settings) -> None:
    """A heartbeat has a connection of its own, to which what a test did not commit is not there: a lost lease.

    So no beat is due while a test runs, unless the test says when.
    """
    settings.LEASE_SECONDS = 3_600


@pytest.fixture(autouse=True)
def nobody_is_stopping() -> Iterator[None]:
    """`working.stopping` belongs to the process: a test that sets it must not end the next one's work."""
    yield
    working.stopping.clear()
