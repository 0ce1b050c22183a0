"""The sheet as a desk: pages, filters, order, the place one comes back to, narrowing the picks, paper."""

from __future__ import annotations

import pytest
from django.urls import reverse

from generation import rounds
from generation.models import Candidate, GenerationSession
from generation.views import sheet, sheet_pages
from photos import curate
from photos.models import KeptPlace, Photo
from tests.factories import CandidateFactory, SessionFactory

pytestmark = pytest.mark.django_db
PICK, REJECT = Photo.Verdict.PICKED, Photo.Verdict.REJECTED


def drawn(owner, made: int = 6) -> tuple[GenerationSession, list[Photo]]:
    session = SessionFactory(owner=owner, n_made=made, count=made)
    return session, [CandidateFactory(session=session, number=n).photo for n in range(1, made + 1)]


def numbers(page) -> list[str]:
    return [frame.number for frame in page.context["sheet"].frames]


def ids(photos) -> list[int]:
    return [photo.pk for photo in photos]


def test_a_long_sheet_comes_in_pages_by_number_and_a_filter_leaves_nobody_out(
    alice, alice_client, monkeypatch
):
    monkeypatch.setattr(sheet_pages, "AT_MOST", 3)
    monkeypatch.setattr(sheet, "AT_MOST", 3)
    session, photos = drawn(alice, 7)
    first = alice_client.get(f"/sessions/{session.pk}/")
    assert numbers(first) == ["01", "02", "03"]
    assert [page.label for page in first.context["pages"]] == ["1 – 3", "4 – 6", "7"]
    assert 'data-count="7"' in first.content.decode()  # "Select all 7" goes over the pages
    undecided = alice_client.get(f"/sessions/{session.pk}/?show=undecided")
    curate.decide(alice, ids(photos[:3]), value=REJECT)  # as one does on that page before the next
    assert numbers(alice_client.get(f"/sessions/{session.pk}/{undecided.context['following'].address}")) == [
        "04", "05", "06",
    ]  # fmt: skip
    assert numbers(alice_client.get(f"/sessions/{session.pk}/?at=7")) == ["07"]


def test_filters_by_stars_labels_and_reasons_show_their_own_and_count_them(alice, alice_client):
    session, photos = drawn(alice)
    curate.decide(alice, ids(photos[:3]), axis="rating", value=3)
    curate.decide(alice, ids(photos[2:4]), axis="rating", value=5)
    curate.decide(alice, ids(photos[4:5]), axis="label", value=2)
    curate.decide(alice, ids(photos[5:]), value=REJECT, reason="hands")
    address = reverse("session", args=[session.pk])
    links = {link.label: (link.count, link.address) for link in alice_client.get(address).context["by_marks"]}
    assert {label: count for label, (count, _) in links.items()} == {
        "5 stars or more": 2, "4 stars or more": 2, "3 stars or more": 4, "2 stars or more": 4, "1 star or more": 4,
        "yellow": 1, "rejected: hands": 1,
    }  # fmt: skip
    for label, shown in (
        ("3 stars or more", ["01", "02", "03", "04"]),
        ("yellow", ["05"]),
        ("rejected: hands", ["06"]),
    ):
        assert numbers(alice_client.get(address + links[label][1])) == shown
    assert numbers(alice_client.get(f"{address}?sort=stars"))[:4] == ["03", "04", "01", "02"]
    done = alice_client.post("/bulk/", {"do": "pick", "whole": "1", "scope": f"session:{session.pk}:stars5"})
    assert done.status_code == 303 and Photo.objects.filter(decision=PICK).count() == 2


def test_the_sheet_opens_where_one_was_on_any_device(alice, alice_client, bob_client):
    session, photos = drawn(alice)
    scope = f"session:{session.pk}"
    said = {"scope": scope, "photo": photos[3].pk, "query": "show=undecided&sort=seed&from=9&x=y"}
    assert alice_client.post("/place/", said).status_code == 204
    assert KeptPlace.objects.get().query == "show=undecided&sort=seed"
    assert bob_client.post("/place/", said).status_code == 404
    page = alice_client.get(f"/sessions/{session.pk}/")
    assert (page.context["sheet"].show, page.context["sheet"].order) == ("undecided", "seed")
    assert "Back where you were: image 04." in page.content.decode()
    assert "Continue at 04" in alice_client.get("/sessions/").content.decode()
    explicit = alice_client.get(f"/sessions/{session.pk}/?show=all").content.decode()
    assert "Back where you were" not in explicit and 'aria-current="true">All' in explicit


def test_the_oldest_places_are_forgotten_when_there_are_too_many(alice, alice_client):
    session, photos = drawn(alice, 1)
    rows = [KeptPlace(owner=alice, scope=f"search:{n}", photo=photos[0]) for n in range(501)]
    KeptPlace.objects.bulk_create(rows)
    alice_client.post("/place/", {"scope": f"session:{session.pk}", "photo": photos[0].pk})
    assert KeptPlace.objects.count() == 500
    assert KeptPlace.objects.filter(scope=f"session:{session.pk}").exists()


def test_a_place_whose_filter_is_empty_by_now_opens_the_whole_sheet(alice, alice_client):
    session, photos = drawn(alice, 3)
    said = {"scope": f"session:{session.pk}", "photo": photos[1].pk, "query": "show=undecided"}
    alice_client.post("/place/", said)
    curate.decide(alice, ids(photos), value=REJECT)
    page = alice_client.get(f"/sessions/{session.pk}/")
    assert page.context["sheet"].show == "all" and page.context["at"] == "02"


def test_a_round_over_the_picks_keeps_or_rejects_and_says_how_many_are_left(alice, alice_client):
    session, photos = drawn(alice)
    curate.decide(alice, ids(photos[:4]), value=PICK)
    curate.decide(alice, ids(photos[4:]), value=REJECT)
    address = f"/sessions/{session.pk}/"
    assert "Narrow the picks" in alice_client.get(f"{address}culled/").content.decode()
    alice_client.post(f"{address}narrow/")
    assert numbers(alice_client.get(f"{address}?show=round")) == ["01", "02", "03", "04"]
    alice_client.post(f"{address}keep/", {"photo": ids(photos[:1])})
    curate.decide(alice, ids(photos[1:2]), value=REJECT)
    assert numbers(alice_client.get(f"{address}?show=round")) == ["03", "04"]
    assert "Round 1: 2 of 4 picks to look at." in alice_client.get(f"{address}culled/").content.decode()
    rounds.look_again(alice, session.pk, ids(photos[:1]))
    assert numbers(alice_client.get(f"{address}?show=round")) == ["01", "03", "04"]
    curate.decide(alice, ids(photos[3:4]), value=REJECT)
    alice_client.post(f"{address}narrow/", {"do": "end"})
    line = alice_client.get(f"{address}culled/").content.decode()
    assert "Round 1: 4 → 2 picks" in line and "Narrow again" in line and "Complete 2" in line
    assert f'href="/compare/?ids={photos[0].pk}%2C{photos[2].pk}&amp;back=' in line
    alice_client.post(f"{address}narrow/")
    assert rounds.round_of(GenerationSession.objects.get()).number == 2


def test_picks_are_compared_from_the_line_that_ends_a_cull_and_the_next_pick_comes(alice, alice_client):
    session, photos = drawn(alice, 9)
    curate.decide(alice, ids(photos), value=PICK)
    line = alice_client.get(f"/sessions/{session.pk}/culled/")
    compared = alice_client.get(line.context["culled"].compare)
    assert [pane.photo.pk for pane in compared.context["panes"]] == ids(photos[:4])
    gone = compared.context["panes"][1]
    form = {"decision": "2", "next": gone.rejected}
    after = alice_client.post(f"/photos/{gone.photo.pk}/decide/", form, follow=True)
    wanted = [photos[0], photos[4], photos[2], photos[3]]
    assert [pane.photo.pk for pane in after.context["panes"]] == ids(wanted)
    after = alice_client.get(f"/sessions/{session.pk}/culled/").context["culled"].compare
    assert after.startswith("/survey/") and len(alice_client.get(after).context["panes"]) == 8


def test_home_says_at_which_image_a_session_is_gone_on_with(alice, alice_client):
    session, photos = drawn(alice)
    GenerationSession.objects.update(n_picked=1)
    said = {"scope": f"session:{session.pk}", "photo": photos[3].pk, "query": ""}
    assert f'<a href="/sessions/{session.pk}/?show=undecided">' in alice_client.get("/").content.decode()
    alice_client.post("/place/", said)
    home = alice_client.get("/").content.decode()
    assert f'<a href="/sessions/{session.pk}/">' in home and "1 of 6, at 04" in home


def test_vary_needs_no_script(alice, alice_client, settings):
    session, photos = drawn(alice, 3)
    page = alice_client.get(f"/sessions/{session.pk}/").content.decode()
    assert f'formaction="/sessions/{session.pk}/vary/"' in page
    went = alice_client.post(f"/sessions/{session.pk}/vary/", {"photo": ids(photos[1:2])}, follow=True)
    shown = went.content.decode()
    assert went.redirect_chain[0][0] == f"/sessions/{session.pk}/?at=4#f04"
    assert "Varied 02: frame 04 is on its way." in shown and 'id="f04"' in shown and "Queued" in shown
    GenerationSession.objects.update(state="ready")
    CandidateFactory(session=session, number=4, seed="9")
    assert '<span class="kin">of 02</span>' in alice_client.get(f"/sessions/{session.pk}/").content.decode()


def test_the_sheet_on_paper_has_numbers_seeds_and_marks_in_words(alice, alice_client):
    session, photos = drawn(alice, 3)
    curate.decide(alice, ids(photos[:1]), value=PICK)
    curate.decide(alice, ids(photos[:1]), axis="rating", value=4)
    page = alice_client.get(f"/sessions/{session.pk}/print/").content.decode()
    assert page.count("<img") == 3 and 'loading="lazy"' not in page
    assert "Pick, 4 stars" in page and f"Session {session.pk}" in page and session.prompt in page
    assert Candidate.objects.get(number=2).seed in page
    assert alice_client.get(f"/sessions/{session.pk}/print/?show=picks").content.decode().count("<img") == 1
