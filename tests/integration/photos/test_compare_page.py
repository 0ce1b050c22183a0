"""Images beside each other: what differs, whose they are, and who comes next."""

from __future__ import annotations

import pytest

from photos import curate
from photos.models import Photo, Recipe
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(alice) -> list[Photo]:
    """Of two sessions, with other words and another guidance."""
    photos = []
    for words, cfg in (("red lighthouse in fog", 5), ("blue lighthouse in thick fog", 7)):
        photo = CandidateFactory(session=SessionFactory(owner=alice, prompt=words)).photo
        Recipe.objects.create(photo=photo, generator="pattern", prompt=words, cfg=cfg, steps=20, model="ink")
        photos.append(photo)
    return photos


def ids(photos) -> str:
    return ",".join(str(photo.pk) for photo in photos)


def shown(answer) -> list[int]:
    return [pane.photo.pk for pane in answer.context["panes"]]


def test_only_the_settings_that_differ_are_in_the_table(alice_client, two):
    page = alice_client.get(f"/compare/?ids={ids(two)}").content.decode()
    assert '<th scope="row">Guidance</th><td>5</td><td>7</td>' in page
    assert '<th scope="row">Steps</th>' not in page and "The same in all: Generator, Model, Steps" in page


def test_the_words_of_the_prompts_are_compared_in_words_and_not_by_colour_alone(alice_client, two):
    page = alice_client.get(f"/compare/?ids={ids(two)}").content.decode()
    assert '<del><span class="vh">[removed: </span>red<span class="vh">]</span></del>' in page
    assert '<ins><span class="vh">[added: </span>thick<span class="vh">]</span></ins>' in page
    assert "2 words added, 1 word removed" in page


def test_somebody_else_s_and_trashed_ones_are_left_out_alike(alice, alice_client, two):
    others, gone = PhotoFactory(), PhotoFactory(owner=alice, trashed=True)
    for absent in (others.pk, gone.pk, 999_999):
        answer = alice_client.get(f"/compare/?ids={ids(two)},{absent}")
        assert shown(answer) == [photo.pk for photo in two]
        assert "1 image is not here any more, and is left out." in answer.content.decode()
        assert alice_client.get(f"/compare/?ids={absent}").status_code == 404
        assert alice_client.get(f"/survey/?ids={absent}").status_code == 404


def test_a_rejected_one_makes_room_for_the_next_undecided_of_its_session(alice, alice_client):
    session = SessionFactory(owner=alice)
    one, two, three, four = [CandidateFactory(session=session, number=n).photo for n in (1, 2, 3, 4)]
    curate.decide(alice, [three.pk], value=1)
    answer = alice_client.get(f"/compare/?ids={one.pk},{two.pk}")
    form = {"decision": "2", "next": answer.context["panes"][1].rejected}
    assert shown(alice_client.post(f"/photos/{two.pk}/decide/", form, follow=True)) == [one.pk, four.pk]
    curate.decide(alice, [four.pk], value=2)
    assert shown(alice_client.get(f"/compare/?ids={one.pk},{four.pk}&drop={four.pk}")) == [one.pk]


def test_ticked_ones_are_compared_and_one_alone_with_the_next(alice, alice_client):
    session = SessionFactory(owner=alice)
    photos = [CandidateFactory(session=session, number=n).photo for n in range(1, 7)]
    form = {"photo": [photos[2].pk, photos[0].pk], "next": "/sessions/"}
    assert alice_client.post("/compare/", form)["Location"].endswith(
        f"?ids={photos[2].pk},{photos[0].pk}&back=%2Fsessions%2F"
    )
    assert (
        f"ids={photos[4].pk},{photos[5].pk}"
        in alice_client.post("/compare/", {"photo": photos[4].pk})["Location"]
    )
    assert alice_client.post("/compare/", {"photo": [p.pk for p in photos]})["Location"].startswith(
        "/survey/"
    )
    assert alice_client.post("/compare/", {"next": "/finals/"})["Location"] == "/finals/"


def test_four_are_compared_and_eight_surveyed_and_more_is_said(alice, alice_client):
    photos = [PhotoFactory(owner=alice) for _ in range(10)]
    compared, surveyed = (alice_client.get(f"/{view}/?ids={ids(photos)}") for view in ("compare", "survey"))
    assert len(shown(compared)) == 4 and "6 more do not fit" in compared.content.decode()
    assert len(shown(surveyed)) == 8 and "2 more do not fit" in surveyed.content.decode()


def test_the_way_back_stays_in_the_house(alice_client, two):
    answer = alice_client.get(f"/compare/?ids={ids(two)}&back=https://elsewhere.example/")
    assert answer.context["back"].startswith("/sessions/")
    assert alice_client.get(f"/compare/?ids={ids(two)}&back=/finals/").context["back"] == "/finals/"


def test_it_costs_a_handful_of_queries(alice_client, two, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        alice_client.get(f"/compare/?ids={ids(two)}")
