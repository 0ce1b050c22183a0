"""Who may generate, and what those see who may not. Alice may, Bob may not."""

import pytest

from generation.rights import may_generate
from tests.factories import SessionFactory

pytestmark = pytest.mark.django_db

SENTENCE = "Your account may not generate images. The administrator of this gallery can allow it."


def navigation(client):
    """Where the navigation at the top leads."""
    page = client.get("/finals/").content.decode()
    return {
        address
        for address in ("/sessions/", "/generate/")
        if f'href="{address}"' in page.partition("<main")[0]
    }


def test_superusers_always_may_and_disabled_accounts_never(alice, bob):
    assert may_generate(alice) and not may_generate(bob)
    bob.is_superuser = True
    assert may_generate(bob)
    bob.is_active = False
    assert not may_generate(bob)


def test_bob_is_offered_neither_sessions_nor_generate(bob_client):
    assert navigation(bob_client) == set()
    for address in ("/", "/finals/", "/sessions/"):
        assert "/generate/" not in bob_client.get(address).content.decode()


def test_alice_is_offered_both(alice_client):
    assert navigation(alice_client) == {"/sessions/", "/generate/"}


def test_bob_is_told_so_in_a_sentence(bob_client):
    for answer in (bob_client.get("/generate/"), bob_client.post("/generate/", {"prompt": "a fox"})):
        assert answer.status_code == 403
        assert SENTENCE in answer.content.decode()


def test_bob_keeps_the_sessions_he_made_and_chooses_from_them(bob, bob_client):
    session = SessionFactory(owner=bob, state="cancelled")
    assert navigation(bob_client) == {"/sessions/"}
    page = bob_client.get(f"/sessions/{session.pk}/")
    assert page.status_code == 200
    assert "/generate/" not in page.content.decode() and "/go-on/" not in page.content.decode()
    assert bob_client.post(f"/sessions/{session.pk}/complete/").status_code == 303


def test_bob_cannot_have_an_old_session_go_on(bob, bob_client):
    session = SessionFactory(owner=bob, state="cancelled")
    assert bob_client.post(f"/sessions/{session.pk}/go-on/").status_code == 403
    session.refresh_from_db()
    assert session.state == "cancelled"


def test_a_visitor_is_asked_to_sign_in_first(visitor):
    assert visitor.get("/generate/")["Location"] == "/accounts/login/?next=/generate/"


def test_the_frame_asks_for_rights_once(bob_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(50) as seen:
        bob_client.get("/account/")
    asked = [query for query in seen.captured_queries if "auth_permission" in query["sql"]]
    assert len(asked) <= 2  # his own, and those of his groups
