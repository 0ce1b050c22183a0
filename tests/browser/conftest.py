"""A session to choose from, and what every browser test asks of a page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import close_old_connections

from generation.models import GenerationSession
from photos.models import Photo
from tests.factories import make_photo, make_session
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.rights import let_generate

pytestmark = pytest.mark.browser


@pytest.fixture
def sheet(alice, live_server, scripted) -> GenerationSession:  # noqa: F811
    """A session of Alice's with twelve images, all undecided."""
    let_generate(alice)
    return make_session(alice, count=12, width=96, height=64)


@pytest.fixture
def uploads(alice, live_server) -> list[Photo]:
    """Six uploads of one day."""
    return [make_photo(alice, size=(96, 64 if n % 2 else 96)) for n in range(6)]


@pytest.fixture
def violations():
    """`violations(page)`: what axe finds wrong, as lines; an empty list is what we want."""

    def found(page) -> list[str]:
        listed = Axe().run(page).response["violations"]
        return [f"{page.url}: {one['id']}: {node['html'][:120]}" for one in listed for node in one["nodes"]]

    return found


@pytest.fixture
def stands():
    """`stands(session)`: number -> (decision, stars) of what is marked, read from the database."""

    def read(session) -> dict[int, tuple[int, int]]:
        close_old_connections()
        rows = session.candidates.values_list("number", "photo__decision", "photo__rating")
        return {number: (decision, rating) for number, decision, rating in rows if decision or rating}

    return read
