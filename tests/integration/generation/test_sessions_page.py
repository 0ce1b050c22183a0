"""The list of sessions: what waits for me, what is being made, what is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import AN_HOUR, CandidateFactory, SessionFactory

pytestmark = pytest.mark.django_db
SESSIONS = "/sessions/"


def titles(page) -> list[str]:
    return [row.session.title for _day, rows in page.context["days"] for row in rows]


def test_each_filter_shows_its_own_with_counts(alice, alice_client):
    SessionFactory(owner=alice, prompt="waiting", n_made=8, n_picked=1)
    SessionFactory(owner=alice, prompt="queued", state="queued")
    SessionFactory(owner=alice, prompt="done", n_made=2, n_picked=1, n_rejected=1)
    assert len(titles(alice_client.get(SESSIONS))) == 3
    for show, title in (("waiting", "Waiting"), ("generating", "Queued"), ("done", "Done")):
        page = alice_client.get(SESSIONS, {"show": show})
        assert titles(page) == [title]
    assert [count for _a, _l, count, _c in page.context["chips"]] == ["3", "1", "1", "1"]


def test_continue_leads_to_the_next_undecided_image(alice, alice_client):
    session = SessionFactory(owner=alice, n_made=8, n_picked=1)
    assert f"/sessions/{session.pk}/?show=undecided" in alice_client.get(SESSIONS).content.decode()


def test_older_sessions_follow_without_gap_or_overlap(alice, alice_client):
    made = [
        SessionFactory(owner=alice, shown_at=AN_HOUR - timedelta(hours=n), prompt=f"n {n}") for n in range(45)
    ]
    first = alice_client.get(SESSIONS)
    second = alice_client.get(SESSIONS, {"before": first.context["older"]})
    assert titles(first) + titles(second) == [session.title for session in made]
    assert not second.context["older"]


def test_bobs_sessions_are_his_alone(alice, bob_client):
    SessionFactory(owner=alice)
    assert titles(bob_client.get(SESSIONS)) == []


def test_the_list_asks_the_database_at_most_twelve_times(alice, alice_client, django_assert_max_num_queries):
    for n in range(40):
        session = SessionFactory(owner=alice, n_made=2, shown_at=AN_HOUR - timedelta(days=n))
        CandidateFactory(session=session, number=1)
        CandidateFactory(session=session, number=2)
    with django_assert_max_num_queries(12):
        alice_client.get(SESSIONS)


def test_a_visitor_is_asked_to_sign_in(visitor):
    for name in ("sessions", "finals", "generate"):
        assert visitor.get(reverse(name))["Location"].startswith("/accounts/login/")
