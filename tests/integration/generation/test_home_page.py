"""Home: three doors into an empty gallery, what waits, what came in last, all of a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, with_true_counts
from tests.rights import let_generate

pytestmark = pytest.mark.django_db


def page(client, address: str = "/") -> str:
    return client.get(address).content.decode()


def test_an_empty_gallery_has_three_doors_and_the_exact_command(alice, alice_client, settings):
    let_generate(alice)
    alice.user_permissions.add(Permission.objects.get(codename="import_from_server"))
    shown = page(alice_client)
    assert 'href="/generate/?first"' in shown and 'href="/upload/"' in shown and 'href="/import/"' in shown
    assert f"{settings.BASE_DIR / 'manage.py'} import_photos --owner alice" in shown


def test_without_rights_there_is_one(bob_client, settings):
    shown = page(bob_client)
    assert "/upload/" in shown and "/generate/" not in shown and "/import/" not in shown
    assert str(settings.BASE_DIR) not in shown


def test_continue_says_how_many_wait_and_how_much_there_is_to_decide(alice, alice_client):
    for made, picked in ((200, 12), (8, 0), (240, 24)):
        SessionFactory(owner=alice, n_made=made, n_picked=picked)
    shown = " ".join(page(alice_client).split())
    assert "3 sessions waiting, 412 to decide" in shown


def test_recently_added_puts_old_photos_that_came_today_on_top(alice, alice_client):
    old = PhotoFactory(owner=alice, shown_at=datetime(1999, 5, 1, tzinfo=UTC), added_at=AN_HOUR)
    new = PhotoFactory(owner=alice, shown_at=AN_HOUR, added_at=AN_HOUR - timedelta(days=3))
    shown = page(alice_client, "/?order=added")
    assert shown.index(f'id="p{old.pk}"') < shown.index(f'id="p{new.pk}"')
    by_date = page(alice_client)
    assert by_date.index(f'id="p{old.pk}"') > by_date.index(f'id="p{new.pk}"')
    assert "<h1>Recently added</h1>" in shown and 'href="/?order=added" aria-current="true"' in shown


def test_recently_added_goes_on_without_gap_or_overlap(alice, alice_client):
    for n in range(130):
        PhotoFactory(owner=alice, added_at=AN_HOUR - timedelta(minutes=n // 3))
    first = alice_client.get("/?order=added")
    second = alice_client.get(first.context["older_address"])
    ids = [
        cell.id
        for one in (first, second)
        for group in one.context["groups"]
        for day in group
        for cell in day.items
    ]
    assert len(ids) == len(set(ids)) == 130 and second.context["newest_address"] == "/?order=added"


@pytest.mark.parametrize(("show", "n"), [("uploads", 1), ("finals", 1), ("everything", 3)])
def test_recently_added_keeps_to_the_filter(alice, alice_client, show, n):
    PhotoFactory(owner=alice)
    PhotoFactory(owner=alice, final=True)
    CandidateFactory(session=SessionFactory(owner=alice), number=1)
    assert page(alice_client, f"/?order=added&show={show}").count("data-photo=") == n


def test_the_bar_offers_all_of_the_list_or_of_the_month(alice, alice_client):
    for month in (5, 5, 11):
        PhotoFactory(owner=alice, shown_at=AN_HOUR.replace(month=month))
    with_true_counts(alice)
    assert 'data-count="3"' in page(alice_client)
    assert 'data-count="2"' in page(alice_client, "/timeline/2026/5/")
    assert "Select all 2" in page(alice_client, "/timeline/2026/5/") and "of May 2026" in page(
        alice_client, "/timeline/2026/5/"
    )


def full(alice) -> None:
    let_generate(alice)
    for n in range(97):
        PhotoFactory(owner=alice, shown_at=AN_HOUR - timedelta(hours=n), title=f"Picture number {n}")
    for n in range(4):
        session = SessionFactory(owner=alice, n_made=6, shown_at=AN_HOUR - timedelta(hours=n))
        for number in range(1, 7):
            CandidateFactory(session=session, number=number)
    with_true_counts(alice)


def test_a_full_page_asks_the_database_at_most_twelve_times(
    alice, alice_client, django_assert_max_num_queries
):
    full(alice)
    with django_assert_max_num_queries(12):
        page(alice_client)


def test_a_full_page_is_sent_in_fifteen_kilobytes(alice, alice_client):
    full(alice)
    answer = alice_client.get("/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer["Vary"]
    assert len(answer.content) <= 15 * 1024, len(answer.content)


def test_a_candidate_is_called_after_its_session_and_frame(alice, alice_client):
    candidate = CandidateFactory(session=SessionFactory(owner=alice, title="Harbour at night"), number=7)
    assert ">Harbour at night, frame 07</h1>" in page(alice_client, f"/photos/{candidate.photo_id}/")
