"""The contact sheet as a page: frames and wells, marks by form, completing, and how it gets on."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from generation import finals
from generation.models import GenerationSession
from photos.models import Photo
from tests.factories import CandidateFactory, SessionFactory, make_session, pictures_of
from tests.rights import let_generate

pytestmark = pytest.mark.django_db
State = GenerationSession.State
CHANGES = ("session_cancel", "session_go_on", "session_complete", "session_rejects", "session_trash")


@pytest.fixture(autouse=True)
def alice_may_generate(alice) -> None:
    let_generate(alice)


def sheet(session) -> str:
    return reverse("session", args=[session.pk])


def drawn(owner, *, made: int = 2, **fields) -> GenerationSession:
    """A session with `made` of its images, as rows."""
    session = SessionFactory(owner=owner, n_made=made, **fields)
    for number in range(1, made + 1):
        CandidateFactory(session=session, number=number)
    return session


def running(owner, **fields) -> GenerationSession:
    from uuid import uuid4

    return drawn(owner, state=State.RUNNING, lease_token=uuid4(), progress=0.64, **fields)


def test_every_image_and_every_missing_one_has_its_place(alice, alice_client):
    session = running(alice, made=2, count=5)
    page = alice_client.get(sheet(session)).content.decode()
    assert page.count("data-photo=") == 2
    assert [f'id="f0{n}"' in page for n in range(1, 6)] == [True] * 5
    assert "Drawing, 64 %" in page
    assert page.count("Queued") == 2
    assert "<title>(2) 5 Red lighthouse in fog" in page


def test_the_size_on_the_page_is_the_one_of_the_pictures(alice, alice_client):
    """Some workflows know better than they were asked, and what is enlarged grows."""
    session = drawn(alice, made=2, count=2, state=State.CANCELLED, width=1280, height=832)
    Photo.objects.update(width=2048, height=1024)
    printed = reverse("session_print", args=[session.pk])
    assert all("2048 × 1024" in alice_client.get(page).content.decode() for page in (sheet(session), printed))
    Photo.objects.filter(candidate__number=2).update(width=1024)
    assert "1280 × 832" in alice_client.get(sheet(session)).content.decode()


def test_a_stopped_session_keeps_what_is_there_and_can_go_on(alice, alice_client):
    session = drawn(alice, made=2, count=5, state=State.CANCELLED)
    page = alice_client.get(sheet(session)).content.decode()
    assert "Stopped after 2 of 5" in page
    assert "Go on: 3 more" in page
    assert "Queued" not in page


def test_a_failure_says_why(alice, alice_client):
    session = drawn(alice, count=5, state=State.FAILED, error="The generator at studio does not answer.")
    page = alice_client.get(sheet(session)).content.decode()
    assert "The generator at studio does not answer." in page
    assert 'role="alert"' in page


def test_a_filter_shows_only_its_own(alice, alice_client):
    session = drawn(alice, made=3)
    Photo.objects.filter(candidate__session=session, candidate__number=2).update(decision=1)
    page = alice_client.get(sheet(session), {"show": "picks"}).content.decode()
    assert page.count("data-photo=") == 1
    assert 'id="f02"' in page


def test_progress_tells_only_what_is_new(alice, alice_client):
    session = running(alice, made=3, count=5)
    page = alice_client.get(reverse("session_progress", args=[session.pk]), {"have": 2}).content.decode()
    assert page.count("data-photo=") == 1
    assert 'id="f03"' in page
    assert "have=3" in page
    assert "Drawing, 64 %" in page


def test_what_is_drawn_no_more_says_so_while_it_pauses(alice, alice_client):
    session = drawn(
        alice, made=2, count=5, state=State.QUEUED, error="It is away.", not_before=timezone.now()
    )
    page = alice_client.get(reverse("session_progress", args=[session.pk]), {"have": 2}).content.decode()
    assert 'id="f03" hx-swap-oob="true"' in page and "Queued" in page and "Drawing" not in page


@pytest.mark.any_database
@pytest.mark.parametrize(("count", "words"), [(7, "about 40 s left"), (302, "about 50 min left")])
def test_what_is_left_is_said_in_seconds_or_minutes(alice, alice_client, count, words):
    session = running(alice, made=3, count=count, seconds_made=30)
    assert words in alice_client.get(sheet(session)).content.decode()


def test_progress_asks_no_more_once_it_is_done(alice, alice_client):
    session = drawn(alice, made=3, count=3)
    page = alice_client.get(reverse("session_progress", args=[session.pk]), {"have": 3}).content.decode()
    assert "hx-get" not in page


@pytest.mark.parametrize("have", ["", "-1", "x", "9" * 40])
def test_progress_takes_any_nonsense_for_the_beginning(alice, alice_client, have):
    session = running(alice, made=2, count=5)
    page = alice_client.get(reverse("session_progress", args=[session.pk]), {"have": have})
    assert page.content.decode().count("data-photo=") == 2


def test_ticked_images_are_picked_by_a_plain_form(alice, alice_client, scripted):
    session = make_session(alice, count=3)
    first, _second, third = pictures_of(session)
    answer = alice_client.post(reverse("bulk"), {"photo": [first.pk, third.pk], "do": "pick"})
    assert answer.status_code == 303
    session.refresh_from_db()
    assert session.n_picked == 2


def test_completing_files_the_picks_in_the_background(alice, alice_client, scripted):
    session = make_session(alice, count=2)
    Photo.objects.filter(candidate__session=session, candidate__number=1).update(decision=1)
    GenerationSession.objects.filter(pk=session.pk).update(n_picked=1)
    assert "Complete 1 pick" in alice_client.get(sheet(session)).content.decode()
    said = {"creator": "Alice", "rights": ""}
    assert alice_client.post(reverse("session_complete", args=[session.pk]), said).status_code == 303
    assert "Filing 0 of 1" in alice_client.get(sheet(session)).content.decode()
    finals.file_picks(session.pk)
    page = alice_client.get(reverse("session_progress", args=[session.pk]), {"have": 2, "filing": 1})
    assert "1 final filed." in page.content.decode()
    assert "See the finals" in page.content.decode()


def test_stop_and_go_on(alice, alice_client):
    session = running(alice, made=1, count=5)
    alice_client.post(reverse("session_cancel", args=[session.pk]))
    session.refresh_from_db()
    assert session.state == State.CANCELLED
    alice_client.post(reverse("session_go_on", args=[session.pk]))
    session.refresh_from_db()
    assert session.state == State.QUEUED


def test_an_address_that_is_followed_changes_nothing(alice, alice_client):
    session = running(alice)
    for name in CHANGES:
        allowed = 200 if name == "session_complete" else 405  # its question
        assert alice_client.get(reverse(name, args=[session.pk])).status_code == allowed


def test_bob_finds_none_of_alices_sessions(alice, bob, bob_client):
    let_generate(bob)
    session = running(alice)
    assert bob_client.get(sheet(session)).status_code == 404
    assert bob_client.get(reverse("session_progress", args=[session.pk])).status_code == 404
    for name in CHANGES:
        assert bob_client.post(reverse(name, args=[session.pk]), {"do": "pick"}).status_code == 404
    assert bob_client.get(reverse("generate"), {"remix": session.pk}).status_code == 404
    assert bob_client.get(reverse("generate"), {"from": pictures_of(session)[0].pk}).status_code == 404


def test_a_visitor_is_asked_to_sign_in(alice, visitor):
    session = running(alice)
    for name in ("session", "session_progress", *CHANGES):
        address = reverse(name, args=[session.pk])
        assert visitor.post(address)["Location"].startswith("/accounts/login/")


def test_a_sheet_of_many_asks_the_database_at_most_twelve_times(
    alice, alice_client, django_assert_max_num_queries
):
    session = drawn(alice, made=60, count=60)
    alice_client.get(sheet(session))  # what its engine is called is known for a while
    with django_assert_max_num_queries(12):
        alice_client.get(sheet(session))
    with django_assert_max_num_queries(8):
        alice_client.get(reverse("session_progress", args=[session.pk]), {"have": 50})
