"""The timeline as a page: days, tiles, filters, the way to older pictures, an empty gallery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from generation.models import GenerationSession
from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, with_true_counts
from tests.rights import let_generate

pytestmark = pytest.mark.django_db
HOME = "/"


@pytest.fixture(autouse=True)
def alice_may_generate(alice) -> None:
    let_generate(alice)


def cells(response) -> int:
    return response.content.decode().count("data-photo=")


def test_a_day_shows_its_pictures_and_a_tile_for_each_session(alice, alice_client):
    PhotoFactory.create_batch(2, owner=alice)
    session = SessionFactory(owner=alice, n_made=1)
    CandidateFactory(session=session, number=1)
    page = alice_client.get(HOME)
    assert cells(page) == 2
    assert b"2 images, 1 session" in page.content
    assert f'href="/sessions/{session.pk}/"'.encode() in page.content


def test_everything_shows_candidates_one_by_one(alice, alice_client):
    CandidateFactory(session=SessionFactory(owner=alice, n_made=1), number=1)
    assert cells(alice_client.get(HOME)) == 0
    assert cells(alice_client.get(HOME, {"show": "everything"})) == 1


def test_nothing_of_bob_is_on_alices_timeline(alice, bob, alice_client):
    PhotoFactory(owner=alice, title="mine")
    PhotoFactory(owner=bob, title="not hers")
    page = alice_client.get(HOME)
    assert cells(page) == 1
    assert b"not hers" not in page.content


def test_a_visitor_sees_the_door_and_no_picture(alice, visitor):
    PhotoFactory(owner=alice)
    page = visitor.get(HOME)
    assert b"Password" in page.content
    assert cells(page) == 0
    assert visitor.get("/timeline/2026/11/")["Location"] == "/accounts/login/?next=/timeline/2026/11/"


def test_older_pictures_follow_by_a_link_without_gap_or_overlap(alice, alice_client):
    for n in range(150):
        PhotoFactory(owner=alice, shown_at=AN_HOUR - timedelta(hours=n))
    first = alice_client.get(HOME)
    second = alice_client.get(first.context["older_address"])
    assert cells(first) + cells(second) == 150
    assert second.context["newer_address"]
    assert not second.context["older_address"]


def test_a_script_that_appends_gets_the_days_alone(alice, alice_client):
    PhotoFactory(owner=alice)
    page = alice_client.get(HOME, headers={"HX-Request": "true"})
    assert cells(page) == 1
    assert b"<html" not in page.content
    assert "HX-Request" in page["Vary"]


def test_a_month_begins_at_its_newest_day(alice, alice_client):
    PhotoFactory(owner=alice, shown_at=datetime(2026, 11, 2, tzinfo=UTC))
    PhotoFactory(owner=alice, shown_at=datetime(2026, 9, 30, tzinfo=UTC))
    with_true_counts(alice)
    page = alice_client.get(reverse("month", args=[2026, 10]))
    assert cells(page) == 1
    assert b"September 2026" in page.content
    assert page.context["newer_address"]


@pytest.mark.parametrize("address", ["/timeline/2026/13/", "/timeline/0/1/"])
def test_a_month_that_is_none_is_not_found(alice_client, address):
    assert alice_client.get(address).status_code == 404


@pytest.mark.parametrize("query", [{"before": "x"}, {"after": "9" * 50}, {"show": "<b>"}])
def test_a_query_nobody_understands_shows_the_newest(alice, alice_client, query):
    PhotoFactory(owner=alice)
    assert cells(alice_client.get(HOME, query)) == 1


def test_an_empty_gallery_shows_its_doors(alice_client):
    page = alice_client.get(HOME)
    assert b"Nothing here yet" in page.content
    assert b"/upload/" in page.content and b"/generate/?first" in page.content
    assert b"import_photos" not in page.content  # a path of the server is for those who may import from it


def test_a_title_is_text_and_never_markup(alice, alice_client):
    PhotoFactory(owner=alice, title='<script>alert("x")</script> 100 % done')
    assert b"<script>alert" not in alice_client.get(HOME).content


def test_sessions_that_wait_are_offered_first(alice, alice_client):
    session = SessionFactory(owner=alice, n_made=8, n_picked=2, prompt="a harbour at night")
    page = alice_client.get(HOME)
    assert f"/sessions/{session.pk}/?show=undecided".encode() in page.content
    assert b"Choosing, 2 of 8" in page.content


def test_the_demo_can_be_removed(alice, alice_client):
    session = SessionFactory(owner=alice, demo=True, n_made=1, finished_at=AN_HOUR)
    assert b"Demo content" in alice_client.get(HOME).content
    assert alice_client.post("/demo/remove/").status_code == 303
    assert not GenerationSession.objects.filter(pk=session.pk).exists()
    assert b"Demo content" not in alice_client.get(HOME).content


def test_a_full_page_asks_the_database_at_most_twelve_times_and_once_for_rights(
    alice, alice_client, django_assert_max_num_queries
):
    for n in range(120):
        PhotoFactory(owner=alice, shown_at=AN_HOUR - timedelta(hours=n))
    for n in range(4):
        session = SessionFactory(owner=alice, n_made=6, shown_at=AN_HOUR - timedelta(hours=n))
        for number in range(1, 7):
            CandidateFactory(session=session, number=number)
    with django_assert_max_num_queries(13):
        alice_client.get(HOME)
