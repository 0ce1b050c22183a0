"""The page of one picture, for uploads, candidates and finals."""

from __future__ import annotations

import pytest
from django.urls import reverse

from photos.models import Recipe
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db
ALL = ("photo", "download", "decide", "uncomplete")


def page_of(client, photo, **options):
    return client.get(reverse("photo", args=[photo.pk]), **options)


def test_an_upload_shows_its_facts_and_how_its_date_is_known(alice, alice_client):
    photo = PhotoFactory(
        owner=alice, title="Harbour", dated_by="camera", latitude=54.3233, longitude=10.1394,
        exif={"make": "Ricoh", "model": "GR III", "exposure": "1/250 s, f/2.8, 18.3 mm", "iso": 200},
    )  # fmt: skip
    page = page_of(alice_client, photo).content.decode()
    assert ">Harbour</h1>" in page
    assert "22 November 2026, 14:05, dated by the camera" in page
    assert "Ricoh GR III" in page
    assert ">1/250 s, f/2.8, 18.3 mm, ISO 200<" in page
    assert "54.32330, 10.13940" in page


@pytest.mark.parametrize("exif", [None, [], {"exposure": "1/0"}, {"exposure": -1, "iso": "x"}, {"make": 7}])
def test_odd_exif_never_breaks_the_page(alice, alice_client, exif):
    assert page_of(alice_client, PhotoFactory(owner=alice, exif=exif or {})).status_code == 200


def test_prompt_and_settings_are_shown_as_text(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    Recipe.objects.create(
        photo=photo, generator="AUTOMATIC1111", prompt="<b>fog</b>", seed="18446744073709551615", cfg=7.5,
        loras=[{"name": "film", "weight": 0.8}, "odd"],
    )  # fmt: skip
    page = page_of(alice_client, photo).content.decode()
    assert "&lt;b&gt;fog&lt;/b&gt;" in page
    assert "18446744073709551615" in page
    assert "film 0.8" in page


def test_a_candidate_says_its_frame_and_knows_its_neighbours(alice, alice_client):
    session = SessionFactory(owner=alice)
    first, second, third = (CandidateFactory(session=session, number=n).photo for n in (1, 2, 3))
    page = page_of(alice_client, second)
    assert f"/sessions/{session.pk}/?at=2#f02" in page.content.decode()
    assert (page.context["place"].previous, page.context["place"].following) == (first.pk, third.pk)


def test_a_final_says_where_it_comes_from(alice, alice_client):
    candidate = CandidateFactory(session=SessionFactory(owner=alice), number=7)
    final = PhotoFactory(owner=alice, final=True, source=candidate.photo)
    candidate.photo.represented = True
    candidate.photo.save()
    page = page_of(alice_client, final).content.decode()
    assert "Final from" in page
    assert "frame 07" in page
    assert reverse("uncomplete", args=[final.pk]) in page
    assert "Has a final" in page_of(alice_client, candidate.photo).content.decode()


def test_the_large_view_gets_the_panel_alone(alice, alice_client):
    page = page_of(alice_client, PhotoFactory(owner=alice), headers={"HX-Request": "true"})
    assert b"<html" not in page.content
    assert b"data-zoom=" in page.content
    assert "HX-Request" in page["Vary"]


def test_the_radios_of_the_page_mark_the_picture(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    answer = alice_client.post(reverse("decide", args=[photo.pk]), {"decision": "1", "rating": "4"})
    photo.refresh_from_db()
    assert answer.status_code == 303
    assert (photo.decision, photo.rating) == (1, 4)


@pytest.mark.parametrize("form", [{"decision": "3"}, {"rating": "6"}, {"rating": "x"}])
def test_a_mark_that_does_not_exist_is_refused(alice, alice_client, form):
    assert alice_client.post(reverse("decide", args=[PhotoFactory(owner=alice).pk]), form).status_code == 400


def test_the_original_is_handed_out_by_a_signed_address(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    answer = alice_client.get(reverse("download", args=[photo.pk]))
    assert answer["Location"].startswith(f"/m/{photo.pk}/{photo.content8}/original?")


def test_bob_finds_none_of_alices_pictures(alice, bob_client):
    final = PhotoFactory(owner=alice, final=True)
    for name in ALL:
        assert bob_client.post(reverse(name, args=[final.pk])).status_code in (404, 405)
        assert bob_client.get(reverse(name, args=[final.pk])).status_code in (404, 405)
    assert page_of(bob_client, final).status_code == 404


def test_what_lies_in_the_trash_says_so_to_its_owner_and_is_not_there_for_others(
    alice, alice_client, bob_client
):
    photo = PhotoFactory(owner=alice, trashed=True)
    page = page_of(alice_client, photo).content.decode()
    assert "In the trash" in page and "Restore" in page and "data-edit" not in page
    assert page_of(bob_client, photo).status_code == 404


def test_a_visitor_is_asked_to_sign_in(alice, visitor):
    photo = PhotoFactory(owner=alice)
    page = page_of(visitor, photo)  # could be public, so absent and forbidden are the same 404
    assert page.status_code == 404
    assert f"/accounts/login/?next=%2Fphotos%2F{photo.pk}%2F".encode() in page.content
    for name in set(ALL) - {"photo"}:
        answer = visitor.get(reverse(name, args=[photo.pk]))
        assert answer["Location"].startswith("/accounts/login/")


def test_the_page_asks_the_database_at_most_twelve_times(alice, alice_client, django_assert_max_num_queries):
    candidate = CandidateFactory(session=SessionFactory(owner=alice), number=1)
    final = PhotoFactory(owner=alice, final=True, source=candidate.photo)
    page_of(alice_client, final)  # which engines there are is known for a while
    with django_assert_max_num_queries(12):
        page_of(alice_client, final)
