"""Words about a picture: saved field by field, and nobody's are lost to a faster hand."""

from __future__ import annotations

import pytest

from photos import editing, search
from photos.models import Photo
from tests.factories import PhotoFactory, make_photo

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def photo(alice) -> Photo:
    return PhotoFactory(owner=alice, title="Harbour", caption="Two boats\nand fog")


def send(client, photo, headers=JSON, **fields):
    return client.post(f"/photos/{photo.pk}/edit/", {"revision": photo.revision, **fields}, headers=headers)


def test_one_field_is_saved_and_the_answer_says_how_all_stand(alice_client, photo):
    answer = send(alice_client, photo, title="  Old   harbour ", seen_title="Harbour").json()
    assert (answer["title"], answer["name"], answer["revision"]) == ("Old harbour", "Old harbour", 2)
    photo.refresh_from_db()
    assert (photo.title, photo.caption) == ("Old harbour", "Two boats\nand fog")


def test_the_plain_form_saves_everything_that_was_changed(alice_client, photo):
    form = {
        "title": "Harbour", "seen_title": "Harbour", "caption": "Three boats\r\nand fog",
        "seen_caption": "Two boats\r\nand fog", "alt_text": "Boats", "seen_alt_text": "",
        "tags": "sea, Fog", "seen_tags": "",
    }  # fmt: skip
    answer = send(alice_client, photo, headers={}, **form)
    assert (answer.status_code, answer["Location"]) == (303, f"/photos/{photo.pk}/")
    photo.refresh_from_db()
    assert (photo.caption, photo.alt_text) == ("Three boats\nand fog", "Boats")
    assert "Saved." in alice_client.get(answer["Location"]).content.decode()
    assert editing_page(alice_client, photo).count('value="Fog, sea"') == 2


def editing_page(client, photo) -> str:
    return client.get(f"/photos/{photo.pk}/").content.decode()


def test_what_is_written_is_found(alice, alice_client, media_root):
    photo = make_photo(alice)
    send(alice_client, photo, tags="narwhal", seen_tags="")
    assert search.find(alice, search.parse("narwhal")).total == 1


def test_of_two_writers_the_slower_is_shown_both_texts(alice, alice_client, photo):
    editing.edit(alice, photo.pk, title="Theirs")
    answer = send(alice_client, photo, title="Mine", seen_title="Harbour")
    assert answer.status_code == 409 and answer.json()["current"]["title"] == "Theirs"
    page = send(alice_client, photo, headers={}, title="Mine", seen_title="Harbour")
    assert page.status_code == 409 and "Theirs" in page.content.decode() and "Mine" in page.content.decode()
    photo.refresh_from_db()
    assert photo.title == "Theirs"


def test_who_has_seen_theirs_may_keep_mine(alice, alice_client, photo):
    editing.edit(alice, photo.pk, title="Theirs")
    photo.refresh_from_db()
    assert send(alice_client, photo, title="Mine", seen_title="Theirs", both="title").status_code == 200
    photo.refresh_from_db()
    assert photo.title == "Mine"


def test_taking_theirs_still_saves_what_nobody_else_wrote(alice, alice_client, photo):
    editing.edit(alice, photo.pk, title="Theirs")
    photo.refresh_from_db()
    fields = {
        "title": "Mine",
        "seen_title": "Theirs",
        "both": "title",
        "alt_text": "Boats",
        "seen_alt_text": "",
    }
    send(alice_client, photo, headers={}, keep="theirs", **fields)
    photo.refresh_from_db()
    assert (photo.title, photo.alt_text) == ("Theirs", "Boats")


def test_a_mark_set_meanwhile_is_no_conflict_nor_another_field(alice, alice_client, photo):
    editing.edit(alice, photo.pk, rating=4, caption="Elsewhere")
    assert send(alice_client, photo, title="Mine", seen_title="Harbour").status_code == 200
    photo.refresh_from_db()
    assert (photo.title, photo.caption, photo.rating) == ("Mine", "Elsewhere", 4)


def test_both_writing_the_same_is_no_conflict(alice, alice_client, photo):
    editing.edit(alice, photo.pk, title="Ours")
    assert send(alice_client, photo, title="Ours", seen_title="Harbour").status_code == 200


def test_too_long_a_title_is_refused_with_a_sentence(alice_client, photo):
    answer = send(alice_client, photo, title="x" * 501, seen_title="Harbour")
    assert answer.status_code == 422 and answer.json()["field"] == "title"


def test_bob_and_visitors_write_nothing(bob_client, visitor, photo):
    assert send(bob_client, photo, title="His", seen_title="Harbour").status_code == 404
    assert send(visitor, photo, headers={}, title="x")["Location"].startswith("/accounts/login/")
    photo.refresh_from_db()
    assert photo.title == "Harbour"


def test_nothing_is_written_about_what_lies_in_the_trash(alice, alice_client):
    photo = PhotoFactory(owner=alice, trashed=True)
    assert send(alice_client, photo, title="x", seen_title="").status_code == 404


def test_markup_stays_text_in_every_field(alice, alice_client):
    evil = '</textarea><script>alert("x")</script>'
    photo = PhotoFactory(owner=alice, title=evil, caption=evil, alt_text=evil)
    editing.edit(alice, photo.pk, tags=[evil])
    assert "<script>alert" not in editing_page(alice_client, photo)
    photo.refresh_from_db()
    Photo.objects.filter(pk=photo.pk).update(title="other", revision=9)
    conflict = send(alice_client, photo, headers={}, title=evil + "!", seen_title=evil)
    assert conflict.status_code == 409 and "<script>alert" not in conflict.content.decode()
