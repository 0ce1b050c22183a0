"""The duplicates page, look-alikes and stacks, as a person asks for them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from photos import albums, curate, lookalikes
from photos.models import DuplicateGroup, Photo, Recipe
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db
LOOKS = {"phash0": 0xFFFE, "phash1": 0xFF, "phash2": 0xF0F, "phash3": 0xAAAA}


@pytest.fixture
def copies(alice) -> list[Photo]:
    """Three of the same picture: 1200, 600 and 300 wide."""
    photos = [PhotoFactory(owner=alice, width=1200 // n, height=800 // n, **LOOKS) for n in (1, 2, 4)]
    lookalikes.search(alice.pk)
    return photos


def group_of(owner) -> DuplicateGroup:
    return DuplicateGroup.objects.get(owner=owner)


def test_it_proposes_the_largest_and_says_what_would_go(alice, alice_client, copies):
    curate.decide(alice, [copies[2].pk], axis="rating", value=4)
    albums.add(albums.create(alice, title="Open", access="public"), [copies[1].pk])
    page = alice_client.get("/duplicates/").content.decode()
    assert f'value="{copies[0].pk}" checked' in page and "because it has the most pixels" in page
    assert "the same picture, smaller" in page
    assert "4 stars" in page and "in “Open”, which everyone sees" in page


def test_the_rest_is_trashed_with_a_word_and_undo_puts_it_back(alice, alice_client, copies):
    curate.decide(alice, [copies[2].pk], axis="rating", value=4)
    address = reverse("duplicates_clear", args=[group_of(alice).pk])
    answer = alice_client.post(address, {"keep": copies[0].pk}, headers={"Accept": "application/json"}).json()
    assert answer["sentence"] == "Moved 2 images to the trash. 1 had stars: the most are kept."
    assert list(Photo.objects.live()) == [copies[0]]
    alice_client.post("/take-back/", {"way_back": answer["way_back"]})
    assert Photo.objects.live().count() == 3


def test_what_is_done_already_says_so(alice, alice_client, copies):
    address = reverse("duplicates_clear", args=[group_of(alice).pk])
    for wrong in ("", "x", "999999"):
        assert (
            alice_client.post(address, {"keep": wrong}, headers={"Accept": "application/json"}).status_code
            == 422
        )
    curate.trash(alice.pk, [photo.pk for photo in copies[1:]])
    answer = alice_client.post(address, {"keep": copies[0].pk}, headers={"Accept": "application/json"})
    assert answer.status_code == 422 and "nothing left" in answer.json()["sentence"]


def test_groups_come_by_pages(alice, alice_client, django_assert_max_num_queries):
    for n in range(25):
        same = [PhotoFactory(owner=alice, origin="made", sha256=f"{n:064x}") for _ in "ab"]
        group = DuplicateGroup.objects.create(owner=alice, kind=0, n_live=2)
        for photo in same:
            group.members.create(photo=photo)
    with django_assert_max_num_queries(12):
        first = alice_client.get("/duplicates/").context
    second = alice_client.get(first["older_address"]).context
    assert (len(first["groups"]), len(second["groups"]), second["older_address"]) == (20, 5, "")


def test_look_alikes_are_a_list_like_any_other(
    alice, bob, alice_client, copies, django_assert_max_num_queries
):
    PhotoFactory(owner=bob, **LOOKS)
    with django_assert_max_num_queries(12):
        page = alice_client.get(reverse("look_alikes", args=[copies[1].pk])).content.decode()
    assert page.count("data-photo=") == 2 and "smaller" in page and "larger" in page
    strip = alice_client.get(reverse("look_alikes", args=[copies[1].pk]), headers={"HX-Request": "true"})
    assert strip.content.decode().count("<img") == 2
    done = alice_client.post("/bulk/", {"do": "rate:3", "whole": "1", "scope": f"alike:{copies[1].pk}"})
    assert done.status_code == 303 and Photo.objects.filter(rating=3, owner=alice).count() == 2


@pytest.mark.any_database
def test_a_sheet_shows_one_of_each_stack_and_opens_it(alice, alice_client):
    session = SessionFactory(owner=alice, n_made=6, count=6)
    for number in range(1, 7):
        photo = CandidateFactory(session=session, number=number).photo
        Recipe.objects.create(photo=photo, generator="x", prompt="fog", steps=number // 4, seed=str(number))
    address = session.get_absolute_url()
    assert alice_client.get(address).content.decode().count("data-photo=") == 6
    stacked = alice_client.get(f"{address}?stacks=1").content.decode()
    assert stacked.count("data-photo=") == 2 and stacked.count('class="on stack"') == 2
    assert alice_client.get(f"{address}?stacks=1&open=2").content.decode().count("data-photo=") == 4
    listed = alice_client.get("/?show=everything&stacks=1").content.decode()
    assert listed.count("data-photo=") == 2
    whole = alice_client.get(reverse("stack", args=[photo.pk])).content.decode()
    assert whole.count("data-photo=") == 3
    alice_client.post("/bulk/", {"do": "trash", "photo": session.candidates.get(number=5).photo_id})
    assert "2 images" in alice_client.get(reverse("stack", args=[photo.pk])).content.decode()
    far = {"do": "rate:3", "whole": "1", "scope": "stack:" + "9" * 19}
    assert alice_client.post("/bulk/", far).status_code == 303
