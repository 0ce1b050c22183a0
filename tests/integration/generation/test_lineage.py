"""Where an image came from and what came of it, both ways, on its page."""

from __future__ import annotations

import pytest

from generation.models import Candidate, GenerationSession, Variation
from generation.views.lineage import SHOWN, lineage_of
from photos.models import Photo
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(alice) -> GenerationSession:
    session = SessionFactory(owner=alice, n_made=30)
    for number in range(1, 31):
        CandidateFactory(session=session, number=number)
    return session


def photo(session, number) -> Photo:
    return session.candidates.get(number=number).photo


def page(client, photo) -> str:
    return client.get(photo.get_absolute_url()).content.decode()


def test_a_candidate_shows_its_nearest_siblings_and_a_way_to_all(alice_client, session):
    told = page(alice_client, photo(session, 10))
    assert [n for n in range(1, 31) if f'aria-label="Frame {n:02d}"' in told] == [7, 8, 9, 11, 12, 13]
    assert "30 images made together" in told and f'href="{session.get_absolute_url()}"' in told


def test_a_final_and_its_candidate_know_each_other(alice, alice_client, session):
    candidate = photo(session, 1)
    final = PhotoFactory(owner=alice, final=True, source=candidate)
    assert "Its final" in page(alice_client, candidate) and final.get_absolute_url() in page(
        alice_client, candidate
    )
    assert "As it was generated" in page(alice_client, final)


def test_a_variation_and_its_parent_know_each_other(alice_client, session):
    Variation.objects.create(session=session, number=30, seed="9", parent=photo(session, 2))
    assert "Varied: the same recipe, another seed" in page(alice_client, photo(session, 2))
    child = page(alice_client, photo(session, 30))
    assert "Varied from this image" in child
    assert f"/compare/?ids={photo(session, 2).pk},{photo(session, 30).pk}" in child


def test_what_started_from_it_is_told_with_its_verb(alice, alice_client):
    upload = PhotoFactory(owner=alice)
    SessionFactory(owner=alice, source=upload, n_made=3, options={"denoise": 0.5}, prompt="in oil")
    SessionFactory(owner=alice, source=upload, n_made=1, options={"upscale": "2"}, prompt="larger")
    told = page(alice_client, upload)
    assert "Image to image: 3 images" in told and "Enlarged: 1 image" in told
    assert "What came of it: 4 images in 2 sessions" in told


def test_nothing_trashed_and_nothing_of_others_is_told(alice, alice_client, bob):
    gone = PhotoFactory(owner=alice, trashed=True, title="basilisk")
    upload = PhotoFactory(owner=alice, source=gone)
    SessionFactory(owner=bob, source=upload, n_made=2, title="griffin")
    PhotoFactory(owner=alice, final=True, source=upload, trashed=True, title="kraken")
    assert "Lineage" not in page(alice_client, upload)


def test_a_thousand_children_cost_four_queries(alice, session, django_assert_max_num_queries):
    shown = photo(session, 3)
    base = SessionFactory(owner=alice, source=shown, n_made=1)
    fields = {f.attname: getattr(base, f.attname) for f in base._meta.concrete_fields if not f.generated}
    fields.pop("id")
    GenerationSession.objects.bulk_create([GenerationSession(**fields) for _ in range(1_000)], batch_size=500)
    Variation.objects.bulk_create(
        [Variation(session=session, number=n, seed="1", parent=shown) for n in range(31, 600)]
    )
    shown.made_as = Candidate.objects.select_related("session").get(photo=shown)
    with django_assert_max_num_queries(4):
        found = lineage_of(shown)
    assert len(found.came) == SHOWN and "1,001 sessions" in found.heading
