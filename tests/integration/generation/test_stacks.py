"""A sheet in stacks of what looks alike: one stands for all, the rest on demand."""

from __future__ import annotations

import pytest

from photos import curate
from photos.lookalikes.piling import piles
from photos.models import Photo
from tests.factories import CandidateFactory, SessionFactory

pytestmark = pytest.mark.django_db
HARBOUR = {"phash0": 0xFFFE, "phash1": 0xFF, "phash2": 0xF0F, "phash3": 0xAAAA}
FOREST = {"phash0": 0x5A5A, "phash1": 0x3C3C, "phash2": 0x9999, "phash3": 0x1F1F}


@pytest.fixture
def session(alice):
    """Frames 1 to 4 look alike but for a bit or two, frame 5 like nothing else, frame 6 has no hash."""
    session = SessionFactory(owner=alice, n_made=6)
    for number in range(1, 5):
        looks = HARBOUR | {"phash3": 0xAAAA ^ 1 << number}
        Photo.objects.filter(pk=CandidateFactory(session=session, number=number).photo_id).update(**looks)
    Photo.objects.filter(pk=CandidateFactory(session=session, number=5).photo_id).update(**FOREST)
    CandidateFactory(session=session, number=6)
    return session


def frames(answer) -> list[str]:
    return [frame.number for frame in answer.context["sheet"].frames]


def photo(session, number) -> Photo:
    return session.candidates.get(number=number).photo


def test_one_stands_for_those_that_look_alike_and_opens_on_demand(alice_client, session):
    address = f"/sessions/{session.pk}/?stacks=look"
    closed = alice_client.get(address)
    assert frames(closed) == ["01", "05", "06"]
    assert "Open the stack: 4 that look alike" in closed.content.decode()
    assert 'data-name="01, the top of 4"' in closed.content.decode()
    assert frames(alice_client.get(f"{address}&open=1")) == ["01", "02", "03", "04", "05", "06"]


def test_the_best_marked_is_on_top(alice, alice_client, session):
    address = f"/sessions/{session.pk}/?stacks=look"
    curate.decide(alice, [photo(session, 3).pk], axis="rating", value=4)
    assert frames(alice_client.get(address)) == ["03", "05", "06"]
    curate.decide(alice, [photo(session, 2).pk], value=1)
    assert frames(alice_client.get(address)) == ["02", "05", "06"]


def test_the_rest_of_an_open_stack_is_rejected_in_one_gesture(alice, alice_client, session):
    curate.decide(alice, [photo(session, 2).pk], value=1)
    page = alice_client.get(f"/sessions/{session.pk}/?stacks=look&open=2")
    stack = page.context["sheet"].open_stack
    assert "Keep 02, reject the other 3" in page.content.decode()
    alice_client.post("/bulk/", {"do": "reject", "photo": stack.rest, "next": stack.close_address})
    assert [photo(session, n).decision for n in range(1, 7)] == [2, 1, 2, 2, 0, 0]


def test_piles_are_not_chained_and_plain_pictures_are_in_none(alice):
    session = SessionFactory(owner=alice)
    listed = []
    for number, bits in ((1, 0), (2, 0x00FF), (3, 0xFFFF)):  # 8 bits from one to the next, 16 from end to end
        listed.append(CandidateFactory(session=session, number=number).photo)
        Photo.objects.filter(pk=listed[-1].pk).update(**HARBOUR | {"phash1": HARBOUR["phash1"] ^ bits})
    plain = CandidateFactory(session=session, number=4).photo
    one, two, three = (photo.pk for photo in listed)
    assert piles([one, two, three, plain.pk]) == {one: one, two: one}
