"""The thumbs on a session's tile: picks first, rejects last, and one query for all tiles."""

from __future__ import annotations

import pytest

from generation.models import GenerationSession
from generation.timeline import continue_sessions, covers
from photos.models import Photo
from tests.factories import AN_HOUR, CandidateFactory, SessionFactory

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values


def drawn(owner, *verdicts: int, **fields) -> GenerationSession:
    session = SessionFactory(owner=owner, count=8, n_made=len(verdicts), **fields)
    for number, verdict in enumerate(verdicts, 1):
        CandidateFactory(session=session, number=number, photo__decision=verdict)
    return session


def numbers(session: GenerationSession, n: int = 6) -> list[int]:
    return [photo.candidate.number for photo in covers([session], n).get(session.pk, [])]


def test_picks_come_first_then_what_is_undecided_then_rejects_each_by_number(alice):
    session = drawn(alice, REJECTED, UNDECIDED, PICKED, UNDECIDED, REJECTED, PICKED)
    assert numbers(session) == [3, 6, 2, 4, 1, 5]
    assert numbers(session, 3) == [3, 6, 2]


def test_what_is_trashed_or_purged_is_no_cover(alice):
    session = drawn(alice, PICKED, UNDECIDED, UNDECIDED)
    one, two, three = session.candidates.select_related("photo")
    Photo.objects.filter(pk=one.photo_id).update(trashed_at=AN_HOUR, trash_batch="0" * 32)
    two.photo.delete()
    assert numbers(session) == [3] and three.photo.pk


def test_a_session_without_images_has_no_cover_and_no_session_asks_nothing_wrong(alice):
    assert covers([SessionFactory(owner=alice)]) == {} and covers([]) == {}


def test_fifty_tiles_cost_two_queries(alice, django_assert_max_num_queries):
    sessions = [drawn(alice, *[UNDECIDED] * 8) for _ in range(50)]
    with django_assert_max_num_queries(2):
        found = covers(sessions)
    assert all(len(found[session.pk]) == 6 for session in sessions)


def test_continue_offers_the_newest_that_wait_or_draw(alice, bob):
    done = drawn(alice, PICKED, n_picked=1)
    waiting = drawn(alice, UNDECIDED)
    drawing = SessionFactory(owner=alice, state="queued")
    drawn(bob, UNDECIDED)
    SessionFactory(owner=alice, state="queued", trashed_at=AN_HOUR)
    offered = continue_sessions(alice)
    assert [tile.session.pk for tile in offered.tiles] == [drawing.pk, waiting.pk]
    assert (offered.n_sessions, offered.n_undecided) == (2, 1)
    assert done.pk not in [tile.session.pk for tile in offered.tiles]
