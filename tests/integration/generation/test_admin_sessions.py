"""Sessions at the desk: how they stand, their contact sheet, and what can be asked of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from generation import workflow
from generation.engines import EngineError
from generation.models import GenerationSession
from photos import curate
from photos.models import Decision, Photo
from tests.factories import PhotoFactory, SessionFactory, make_session, pictures_of

pytestmark = pytest.mark.django_db
LIST = "/admin/generation/generationsession/"
HOSTILE = """"><script>alert(1)</script><img src=x onerror=alert(2)>"""


@pytest.fixture
def root(django_user_model):
    return django_user_model.objects.create_superuser("root", "root@example.com", "root-password")


@pytest.fixture
def desk(root) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def act(desk):
    """`act("cancel", *sessions)`: choose an action of the list; returns what was said."""

    def run(action: str, *rows, where: str = LIST + "?trashed=all") -> list[str]:
        data = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0"}
        return [str(message) for message in desk.post(where, data, follow=True).context["messages"]]

    return run


def state(session) -> str:
    return GenerationSession.objects.get(pk=session.pk).state


def test_the_list_says_how_each_session_stands(desk, alice, bob, scripted):
    for _ in range(4):
        make_session(bob, count=3)
    session = make_session(alice, count=4)
    curate.decide(alice, [pictures_of(session)[0].pk], value=Photo.Verdict.PICKED)
    SessionFactory(owner=bob, state="failed", error="The engine broke.", n_made=0)
    SessionFactory.create_batch(5, owner=bob)
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(LIST).content.decode()
    assert len(asked) <= 12 and not any("OFFSET" in one["sql"] for one in asked)
    assert "Choosing, 1 of 4" in page and "4 of 4, 1 picked, 0 final" in page and "Failed" in page
    assert page.count('class="thumb"') == 15 and "alice" in page and "Scripted" in page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("?state=failed", "broken"), ("?choosing=open", "open"), ("?owner=bob", "bob's"), ("?trashed=yes", "gone"),
     ("?shown=2020-02", "old"), ("?q=open", "open")],
)  # fmt: skip
def test_each_filter_finds_what_it_says(desk, alice, bob, query, wanted):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    SessionFactory(owner=alice, title="done")
    SessionFactory(owner=alice, title="broken", state="failed")
    SessionFactory(owner=alice, title="open", n_made=3)
    SessionFactory(owner=bob, title="bob's")
    SessionFactory(owner=alice, title="gone", trashed_at=now, trash_batch="0" * 32)
    SessionFactory(owner=alice, title="old", shown_at=datetime(2020, 2, 29, tzinfo=UTC))
    assert [session.title for session in desk.get(LIST + query).context["cl"].result_list] == [wanted]


def test_the_page_shows_the_numbered_sheet_with_its_decisions(desk, alice, scripted):
    session = make_session(alice, count=3)
    photos = pictures_of(session)
    curate.decide(alice, [photos[1].pk], value=Photo.Verdict.REJECTED)
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(f"{LIST}{session.pk}/change/").content.decode()
    assert len(asked) <= 12 and page.count('class="frame') == 3
    assert (
        'class="frame rejected"' in page and "Image 02 rejected" in page and "red lighthouse in fog" in page
    )
    assert 'value="trash"' in page and 'value="cancel"' not in page and 'name="_save"' not in page


def test_a_sheet_of_five_hundred_takes_no_more_queries(desk, alice):
    from generation.models import Candidate

    session = SessionFactory(owner=alice, count=500)
    photos = PhotoFactory.create_batch(60, owner=alice, collection="session", origin="made")
    Candidate.objects.bulk_create(
        Candidate(session=session, number=n + 1, photo=p) for n, p in enumerate(photos)
    )
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(f"{LIST}{session.pk}/change/").content.decode().count('class="thumb"') == 60
    assert len(asked) <= 12


def test_cancel_and_go_on(act, alice, scripted):
    session = workflow.start(alice, prompt="fog", engine="scripted", width=64, height=64, count=2)
    assert act("cancel", session) == ["“Fog”: stopped."] and state(session) == "cancelled"
    assert act("cancel", session) == ["1 session was left as it is: that makes no sense there now."]
    assert act("go_on", session) == ["“Fog”: queued again."] and state(session) == "queued"


def test_complete_picks_asks_the_worker(act, alice, scripted):
    with_picks, without = make_session(alice), make_session(alice)
    curate.decide(alice, [pictures_of(with_picks)[0].pk], value=Photo.Verdict.PICKED)
    said = act("complete", with_picks, without)
    assert len(said) == 2 and "being completed" in said[0]
    assert GenerationSession.objects.get(filing_since__isnull=False) == with_picks


def test_trash_takes_the_images_along_and_restore_brings_them_back(act, alice, scripted):
    session = make_session(alice)
    assert act("trash", session) == [
        "“Red lighthouse in fog”: moved to the trash with its images; finals stay."
    ]
    assert not Photo.objects.live().exists()
    act("restore", session)
    assert Photo.objects.live().count() == 3 and GenerationSession.objects.live().exists()


def test_there_is_no_deleting_or_changing(desk, act, alice):
    session = SessionFactory(owner=alice)
    assert desk.post(f"{LIST}{session.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.post(f"{LIST}{session.pk}/change/", {"title": "x"}).status_code == 403
    assert desk.get(f"{LIST}add/").status_code == 403
    act("delete_selected", session)
    assert GenerationSession.objects.filter(pk=session.pk).exists()


def test_completing_candidates_from_the_photo_list_picks_them_first(act, root, alice, scripted):
    session, upload = make_session(alice), PhotoFactory(owner=alice)
    photo = pictures_of(session)[2]
    said = act("complete_candidates", photo, upload, where="/admin/photos/photo/")
    assert said[0].startswith("1 candidate is picked") and said[0].endswith("1 was left as it is.")
    session.refresh_from_db()
    assert session.n_picked == 1 and session.filing_since and Decision.objects.get().actor == root


def test_a_photo_says_which_session_it_is_of(desk, alice, scripted):
    session = make_session(alice)
    page = desk.get(f"/admin/photos/photo/{pictures_of(session)[1].pk}/change/").content.decode()
    assert "image 2 of session" in page and f"{LIST}{session.pk}/change/" in page


def test_who_owns_sessions_is_not_deleted(desk, alice):
    SessionFactory(owner=alice)
    page = desk.get(f"/admin/auth/user/{alice.pk}/delete/", follow=True).content.decode()
    assert "alice owns 1 session: move or delete" in page


def test_hostile_words_come_out_as_words(desk, alice, scripted):
    scripted.answers[:] = [EngineError(HOSTILE, permanent=True)]
    session = make_session(alice, prompt=HOSTILE, negative_prompt=HOSTILE, title=HOSTILE)
    GenerationSession.objects.filter(pk=session.pk).update(options={"style": HOSTILE})
    for address in (
        LIST,
        f"{LIST}?q={HOSTILE}",
        f"{LIST}{session.pk}/change/",
        f"{LIST}{session.pk}/history/",
    ):
        page = desk.get(address).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in page or "&lt;script&gt;" in desk.get(LIST).content.decode()
