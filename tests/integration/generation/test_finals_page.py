"""The finals: newest filed first, under the session they come from; taking one back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from generation import finals
from photos import curate
from photos.models import Photo
from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, make_session, pictures_of

pytestmark = pytest.mark.django_db
FINALS = "/finals/"


def test_finals_stand_under_their_session_newest_first(alice, alice_client):
    older, newer = SessionFactory(owner=alice, prompt="older"), SessionFactory(owner=alice, prompt="newer")
    for n, session in enumerate((older, older, newer)):
        source = CandidateFactory(session=session, number=n + 1).photo
        PhotoFactory(owner=alice, final=True, source=source, added_at=AN_HOUR + timedelta(minutes=n))
    groups = alice_client.get(FINALS).context["groups"]
    assert [(group.title, len(group.cells)) for group in groups] == [("Newer", 1), ("Older", 2)]


def test_older_finals_follow_without_gap_or_overlap(alice, alice_client):
    for n in range(130):
        PhotoFactory(owner=alice, final=True, added_at=AN_HOUR - timedelta(seconds=n // 2))
    first = alice_client.get(FINALS)
    second = alice_client.get(FINALS, {"before": first.context["older"]})
    ids = [cell.id for page in (first, second) for group in page.context["groups"] for cell in group.cells]
    assert len(ids) == len(set(ids)) == 130


def test_a_final_taken_back_leaves_and_the_candidate_stays(alice, alice_client, scripted):
    session = make_session(alice, count=1)
    candidate = pictures_of(session)[0]
    curate.decide(alice, [candidate.pk], value=1)
    finals.file_picks(session.pk)
    final = Photo.objects.get(collection="completed")
    answer = alice_client.post(reverse("uncomplete", args=[final.pk]), {"next": FINALS})
    assert (answer.status_code, answer["Location"]) == (303, FINALS)
    assert not alice_client.get(FINALS).context["groups"]
    candidate.refresh_from_db()
    assert not candidate.represented


def test_only_a_final_of_ones_own_can_be_taken_back(alice, bob_client, alice_client):
    final, upload = PhotoFactory(owner=alice, final=True), PhotoFactory(owner=alice)
    assert bob_client.post(reverse("uncomplete", args=[final.pk])).status_code == 404
    assert alice_client.post(reverse("uncomplete", args=[upload.pk])).status_code == 404
    assert alice_client.get(reverse("uncomplete", args=[final.pk])).status_code == 405


def test_without_finals_the_page_says_how_they_come_about(alice_client):
    assert "complete them" in alice_client.get(FINALS).content.decode()


def test_the_page_asks_the_database_at_most_eight_times(alice, alice_client, django_assert_max_num_queries):
    session = SessionFactory(owner=alice)
    for n in range(30):
        source = CandidateFactory(session=session, number=n + 1).photo
        PhotoFactory(owner=alice, final=True, source=source)
    with django_assert_max_num_queries(8):
        alice_client.get(FINALS)
