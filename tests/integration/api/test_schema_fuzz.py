"""Every operation against its own OpenAPI: whatever is sent, no 500, no answer that the document does not know."""

from __future__ import annotations

import json
import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from gallery_site.api import api
from gallery_site.wsgi import application
from generation import finals
from photos import albums, curate
from photos.api import document
from tests.factories import make_photo, make_session, pictures_of
from tests.integration.api.conftest import token_of

pytestmark = [
    pytest.mark.django_db, pytest.mark.slow,
    # Files of a form, closed only after the next test has emptied the folder they lay in.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]  # fmt: skip
EXAMPLES = int(
    os.environ.get("GALLERY_TEST_EXAMPLES", "8")
)  # of each operation; 8: half a minute, always the same
WANTED = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method",
)  # fmt: skip


@pytest.fixture
def gallery(alice, scripted) -> dict[str, int]:
    """Something of everything, so that not all answers are 404: path parameter -> its id."""
    photo = make_photo(alice, title="red lighthouse", tags=("sea", "fog"))
    curate.trash(alice.pk, [make_photo(alice).pk])
    album = albums.create(alice, title="Lighthouses", access="public")
    albums.add(album, [photo.pk, make_photo(alice).pk])
    session = make_session(alice, count=3)
    curate.decide(alice, [pictures_of(session)[0].pk], value=1)
    finals.file_picks(session.pk)
    return {"photo_id": photo.pk, "album_id": album.pk, "session_id": session.pk}


@pytest.fixture
def one_connection():
    """The application is called as a server calls it, but must not end the connection of this test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# Made here and not asked for with a token: tests are collected before there is a database.
schema = schemathesis.openapi.from_dict(json.loads(document.text(api)))
schema.app = application


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES == 8, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_answer_is_a_surprise(case, alice, gallery, one_connection):
    if case.meta.generation.mode.is_positive:  # what makes sense is asked of something that is there
        case.path_parameters |= {name: pk for name, pk in gallery.items() if name in case.path_parameters}
    response = case.call(
        headers={"Authorization": f"Bearer {token_of(alice)}", "Accept-Encoding": "identity"}
    )
    # Werkzeug leaves out empty fields of a form: what arrived was not what is reported as sent.
    lost = (
        isinstance(case.body, dict) and "" in case.body.values() and case.operation.path.endswith("/photos")
    )
    left_out = ("negative_data_rejection",) if lost else ()
    case.validate_response(response, checks=[CHECKS.get_one(name) for name in WANTED if name not in left_out])
