"""A session to the trash and back from its page, and what becomes of the rejects."""

from __future__ import annotations

import re

import pytest

from generation import trashing
from generation.models import GenerationSession
from photos import curate, tasks, trash
from photos.models import Photo
from photos.views import trash as trash_page
from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, make_session, pictures_of
from tests.rights import let_generate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def alice_may_generate(alice) -> None:
    let_generate(alice)


def drawn(owner, *decisions: int, **fields) -> GenerationSession:
    session = SessionFactory(owner=owner, n_made=len(decisions), count=len(decisions), **fields)
    for number, _ in enumerate(decisions, start=1):
        CandidateFactory(session=session, number=number)
    for photo, decision in zip(pictures_of(session), decisions, strict=True):
        curate.decide(owner, [photo.pk], value=decision)
    return session


def page(client, session) -> str:
    return client.get(f"/sessions/{session.pk}/").content.decode()


def way_back(client, address: str) -> str:
    return client.get(address).content.decode().partition('name="way_back" value="')[2].partition('"')[0]


def test_a_session_goes_as_one_says_what_stays_and_undo_brings_it_back(alice, alice_client, scripted):
    session = make_session(alice, count=3)
    answer = alice_client.post(f"/sessions/{session.pk}/trash/")
    assert answer["Location"] == "/sessions/" and not Photo.objects.live().exists()
    assert alice_client.get(f"/sessions/{session.pk}/").status_code == 404
    alice_client.post("/take-back/", {"way_back": way_back(alice_client, "/sessions/")})
    assert (
        Photo.objects.live().count() == 3 and alice_client.get(f"/sessions/{session.pk}/").status_code == 200
    )


def test_in_the_trash_it_is_one_entry_and_one_restore(alice, alice_client):
    session = drawn(alice, 0, 0, 0)
    trashing.trash_session(session)
    shown = alice_client.get("/trash/").content.decode()
    assert "Session Red lighthouse in fog, 3 images" in shown and "data-photo=" not in shown
    alice_client.post(f"/sessions/{session.pk}/restore/", {"next": "/trash/"})
    assert Photo.objects.live().count() == 3
    assert "The trash is empty" in alice_client.get("/trash/").content.decode()


def test_deleting_it_for_ever_leaves_its_finals(alice, alice_client):
    session = drawn(alice, 1, 0)
    final = PhotoFactory(owner=alice, final=True, source=pictures_of(session)[0])
    trashing.trash_session(session)
    alice_client.post(f"/sessions/{session.pk}/delete/")
    assert list(Photo.objects.all()) == [final] and not GenerationSession.objects.exists()


def test_emptying_the_trash_forgets_the_session_of_this_person_alone(alice, bob, alice_client):
    for owner in (alice, bob):
        trashing.trash_session(drawn(owner, 0))
    alice_client.post("/trash/empty/", {"word": "delete"})
    assert [session.owner for session in GenerationSession.objects.all()] == [bob]
    assert trash.photos(bob).count() == 1


def test_a_session_whose_image_was_restored_alone_is_not_forgotten(alice):
    session = drawn(alice, 0, 0)
    trashing.trash_session(session)
    curate.restore(alice.pk, [pictures_of(session)[0].pk])
    trash.empty(alice)
    assert GenerationSession.objects.exists() and Photo.objects.count() == 1


def test_bob_can_do_nothing_to_alices_session(alice, bob_client):
    session = drawn(alice, 2)
    for verb in ("trash", "rejects", "restore", "delete"):
        assert bob_client.post(f"/sessions/{session.pk}/{verb}/", {"do": "trash"}).status_code == 404
    trashing.trash_session(session)
    for verb in ("restore", "delete"):
        assert bob_client.post(f"/sessions/{session.pk}/{verb}/").status_code == 404
    assert trash.photos(alice).count() == 1


# --- after choosing ---------------------------------------------------------------------------------


def test_while_something_is_undecided_nothing_is_asked(alice, alice_client):
    assert "<button" not in culled(page(alice_client, drawn(alice, 1, 2, 0)))


def culled(shown: str) -> str:
    return shown.partition('id="culled"')[2].partition("</div>")[0]


def test_with_everything_decided_the_picks_are_offered_to_be_completed(alice, alice_client):
    line = culled(page(alice_client, drawn(alice, 1, 1, 2)))
    assert "All 3 decided:" in line and "2 picks" in line and "Complete 2" in line


def test_once_they_are_filed_the_rejects_are_asked_about_with_their_size(alice, alice_client):
    session = drawn(alice, 1, 2, 2, n_finals=1)
    Photo.objects.filter(decision=1).update(represented=True)
    line = culled(page(alice_client, session))
    assert "1 final filed." in line and "Trash the 2 rejects (2.4" in line


def test_trashing_the_rejects_is_one_batch_with_undo(alice, alice_client):
    session = drawn(alice, 2, 2)
    alice_client.post(f"/sessions/{session.pk}/rejects/", {"do": "trash"})
    session.refresh_from_db()
    assert (session.n_made, session.n_rejected) == (0, 0) and trash.photos(alice).count() == 2
    alice_client.post("/take-back/", {"way_back": way_back(alice_client, f"/sessions/{session.pk}/")})
    session.refresh_from_db()
    assert (session.n_made, session.n_rejected) == (2, 2)


def test_who_keeps_them_is_not_asked_again_until_there_are_more(alice, alice_client):
    session = drawn(alice, 2, 2, 1)
    Photo.objects.filter(decision=1).update(represented=True)
    alice_client.post(f"/sessions/{session.pk}/rejects/", {"do": "keep"})
    assert "<button" not in culled(page(alice_client, session))
    Photo.objects.filter(decision=1).update(represented=False)
    curate.decide(alice, [pictures_of(session)[2].pk], value=2)
    assert "Trash the 3 rejects" in culled(page(alice_client, session))


def test_a_script_asks_for_the_line_alone(alice, alice_client):
    answer = alice_client.get(f"/sessions/{drawn(alice, 1).pk}/culled/").content.decode()
    assert "Complete 1" in answer and "<html" not in answer


def test_the_page_of_an_image_that_went_with_its_session_offers_all_of_it(alice, alice_client):
    session = drawn(alice, 0, 0)
    trashing.trash_session(session)
    shown = alice_client.get(f"/photos/{pictures_of(session)[0].pk}/").content.decode()
    assert "together with: Session Red lighthouse in fog, 2 images" in shown
    assert f'action="/sessions/{session.pk}/restore/"' in shown


def test_ripe_sessions_go_with_their_images(alice):
    trashing.trash_session(drawn(alice, 0))
    GenerationSession.objects.update(trashed_at=AN_HOUR.replace(year=2020))
    Photo.objects.update(trashed_at=AN_HOUR.replace(year=2020))
    tasks.empty_trash.func()
    assert not GenerationSession.objects.exists() and not Photo.objects.exists()


# --- many sessions ----------------------------------------------------------------------------------


def pages(client) -> list[tuple[list[str], list[int]]]:
    """Titles of bundles and ids of single images, page by page."""
    found, address = [], "/trash/"
    while address and len(found) < 20:
        context = client.get(address).context
        singles = [
            int(pk)
            for g in context["groups"]
            for c in g.cells
            for pk in re.findall('id="p(\\d+)"', str(c.html))
        ]
        found.append(([bundle.title.split()[1].rstrip(",") for bundle in context["bundles"]], singles))
        address = context["older_address"]
    return found


@pytest.mark.parametrize(("bundles", "photos"), [(2, 100), (50, 2), (2, 2), (1, 3), (3, 1), (50, 100)])
@pytest.mark.parametrize("at_one_instant", [False, True])
def test_sessions_and_images_go_on_together_without_gap_or_overlap(
    alice, alice_client, monkeypatch, bundles, photos, at_one_instant
):
    monkeypatch.setattr(trash_page, "BUNDLES", bundles)
    monkeypatch.setattr(trash_page, "PAGE", photos)
    titles, ids = [], []
    for n in (0, 1, 2, 3, 4):
        trashing.trash_session(drawn(alice, 0, title=f"s{n}"))
        titles.insert(0, f"s{n}")
        single = PhotoFactory.create_batch(1 + n % 3, owner=alice)
        curate.trash(alice.pk, [photo.pk for photo in single])
        ids = [photo.pk for photo in reversed(single)] + ids
    if at_one_instant:
        GenerationSession.objects.update(trashed_at=AN_HOUR)
        Photo.objects.update(trashed_at=AN_HOUR)
    shown = pages(alice_client)
    assert [title for page, _ in shown for title in page] == titles
    assert [pk for _, page in shown for pk in page] == ids
    assert all(len(page) <= bundles and len(single) <= photos and page + single for page, single in shown)


def test_a_page_has_what_came_in_while_its_last_entry_did(alice, alice_client, monkeypatch):
    monkeypatch.setattr(trash_page, "BUNDLES", 1)
    old, newest = PhotoFactory(owner=alice), PhotoFactory(owner=alice)
    curate.trash(alice.pk, [old.pk])
    for title in ("first", "second"):
        trashing.trash_session(drawn(alice, 0, title=title))
    curate.trash(alice.pk, [newest.pk])
    assert pages(alice_client) == [(["second"], [newest.pk]), (["first"], [old.pk])]


def test_a_trashed_image_asks_no_more_where_many_sessions_lie(
    alice, alice_client, django_assert_max_num_queries
):
    for _ in range(5):
        trashing.trash_session(drawn(alice, 0, 0))
    session = drawn(alice, 0, title="Mine")
    trashing.trash_session(session)
    photo = pictures_of(session)[0]
    with django_assert_max_num_queries(12) as asked:
        shown = alice_client.get(f"/photos/{photo.pk}/").content.decode()
    assert "together with: Session Mine, 1 image" in shown
    thumbs = [query["sql"] for query in asked.captured_queries if "generation_candidate" in query["sql"]]
    assert all(str(session.pk) in sql for sql in thumbs) and len(thumbs) <= 2
