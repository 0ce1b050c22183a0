"""The page of the trash: what lies there and for how long, the way back, and the one question of the product."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from photos import curate, media, tasks, trash, working
from photos.models import PendingFileDeletion, Photo
from tests.factories import PhotoFactory, make_photo

pytestmark = pytest.mark.django_db


def page(client, address: str = "/trash/") -> str:
    return client.get(address).content.decode()


def put(owner, *photos, days_ago: float = 0):
    change = curate.trash(owner.pk, [photo.pk for photo in photos])
    at = timezone.now() - timedelta(days=days_ago)
    Photo.objects.filter(trash_batch=change.batch).update(trashed_at=at)
    return change


def test_it_says_how_long_each_image_has_left(alice, alice_client):
    put(alice, PhotoFactory(owner=alice), days_ago=0)
    put(alice, PhotoFactory(owner=alice), days_ago=28.5)
    shown = page(alice_client)
    assert "Images are deleted after 30 days here." in shown
    assert "30 days left" in shown and "2 days left" in shown


def test_what_went_together_stands_together_and_comes_back_by_one_button(alice, alice_client):
    put(alice, *PhotoFactory.create_batch(3, owner=alice))
    put(alice, PhotoFactory(owner=alice))
    shown = page(alice_client)
    assert "3 together" in shown and shown.count("Restore all 3") == 1
    batch = shown.partition('name="batch" value="')[2].partition('"')[0]
    alice_client.post("/trash/restore/", {"batch": batch})
    assert trash.photos(alice).count() == 1
    assert "Restored 3 images." in page(alice_client)


def test_its_pictures_are_signed_for_the_trash_alone(alice, alice_client, media_root):
    photo = make_photo(alice)
    put(alice, photo)
    photo.refresh_from_db()
    assert media.sign(photo, "h320", media.TRASH).replace("&", "&amp;") in page(alice_client)
    assert "s=o" not in page(alice_client)


def test_ticked_ones_are_restored_and_undo_puts_them_back(alice, alice_client):
    photos = PhotoFactory.create_batch(2, owner=alice)
    put(alice, *photos)
    answer = alice_client.post("/trash/restore/", {"photo": [photos[0].pk], "next": "/trash/"})
    assert answer["Location"] == "/trash/" and list(Photo.objects.live()) == [photos[0]]
    way_back = page(alice_client).partition('name="way_back" value="')[2].partition('"')[0]
    alice_client.post("/take-back/", {"way_back": way_back})
    assert trash.photos(alice).count() == 2


def test_ticked_ones_are_deleted_for_ever_with_their_files(alice, alice_client, media_root):
    photo = make_photo(alice)
    put(alice, photo)
    alice_client.post("/trash/delete/", {"photo": [photo.pk]})
    assert not Photo.objects.exists() and PendingFileDeletion.objects.get().name == photo.file.name
    tasks.delete_files.func()
    assert not (media_root / photo.file.name).exists()


def test_what_is_not_in_the_trash_cannot_be_deleted_there(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    alice_client.post("/trash/delete/", {"photo": [photo.pk]})
    assert Photo.objects.get() == photo


def test_bob_neither_sees_nor_touches_alices_trash(alice, bob_client):
    photo = PhotoFactory(owner=alice)
    change = put(alice, photo)
    assert "The trash is empty" in page(bob_client)
    for address, form in (
        ("/trash/restore/", {"photo": [photo.pk]}), ("/trash/delete/", {"photo": [photo.pk]}),
        ("/trash/delete/", {"batch": change.batch.hex}), ("/trash/empty/", {"word": "delete"}),
    ):  # fmt: skip
        bob_client.post(address, form)
    assert trash.photos(alice).get() == photo


def test_emptying_asks_with_count_and_bytes_and_a_word_to_type(alice, alice_client):
    put(alice, *PhotoFactory.create_batch(2, owner=alice, byte_size=5_000_000))
    question = page(alice_client, "/trash/empty/")
    assert "2 images" in question and "9.5" in question and 'name="word"' in question
    refused = alice_client.post("/trash/empty/", {"word": "yes"})
    assert refused.status_code == 422 and trash.photos(alice).count() == 2
    assert alice_client.post("/trash/empty/", {"word": " Delete "})["Location"] == "/trash/"
    assert not Photo.objects.exists()


def test_what_came_in_after_the_question_was_asked_stays(alice, alice_client):
    put(alice, PhotoFactory(owner=alice), days_ago=1)
    before = alice_client.get("/trash/empty/").context["now"]
    later = PhotoFactory(owner=alice)
    put(alice, later)
    alice_client.post("/trash/empty/", {"word": "delete", "before": before})
    assert trash.photos(alice).get() == later


@pytest.mark.parametrize(
    "before", ["", "x", "2026-99-99T00:00", "9999-01-01T00:00:00+00:00", "2026-01-01T00:00"]
)
def test_any_nonsense_about_when_is_taken_calmly(alice, alice_client, before):
    put(alice, PhotoFactory(owner=alice))
    assert alice_client.post("/trash/empty/", {"word": "delete", "before": before}).status_code == 303


def test_very_much_is_emptied_in_the_background(alice, alice_client, monkeypatch):
    asked = []
    monkeypatch.setattr("photos.bulk.AT_ONCE", 1)
    monkeypatch.setattr("photos.working.enqueue", lambda *task: asked.append(task))
    put(alice, *PhotoFactory.create_batch(2, owner=alice))
    alice_client.post("/trash/empty/", {"word": "delete"})
    [(name, *arguments)] = [task for task in asked if task[0] == "empty_trash"]
    tasks.empty_trash.func(*arguments)
    assert name == "empty_trash" and trash.photos(alice).count() == 0


def test_long_lists_go_on_by_a_link_without_gap_or_overlap(alice, alice_client):
    for _ in range(3):
        put(alice, *PhotoFactory.create_batch(45, owner=alice))
    first = alice_client.get("/trash/")
    second = alice_client.get(first.context["older_address"])
    assert [one.content.decode().count("data-photo=") for one in (first, second)] == [100, 35]
    assert "45 together" in second.content.decode()


def test_a_gesture_of_very_many_is_counted_no_further_than_the_whole(alice, alice_client, monkeypatch):
    monkeypatch.setattr(trash, "COUNTED", 3)
    for n in (5, 3, 2):
        put(alice, *PhotoFactory.create_batch(n, owner=alice))
    shown = page(alice_client)
    assert "3+ together" in shown and "Restore all 3+<" in shown
    assert "Restore all 3<" in shown and "Restore all 2<" in shown


def test_a_worker_asks_once_a_day_for_the_ripe_to_be_deleted(alice, monkeypatch):
    asked = []
    monkeypatch.setattr(working, "enqueue_once", asked.append)
    trash.tidy()
    assert asked == ["empty_trash"] and trash.tidy in working._daily
    put(alice, PhotoFactory(owner=alice), days_ago=31)
    put(alice, PhotoFactory(owner=alice), days_ago=29)
    tasks.empty_trash.func()
    assert trash.photos(alice).count() == 1


def test_a_visitor_is_asked_to_sign_in(visitor):
    assert visitor.get("/trash/")["Location"] == "/accounts/login/?next=/trash/"


def test_the_page_asks_the_database_at_most_twelve_times(alice, alice_client, django_assert_max_num_queries):
    for _ in range(20):
        put(alice, *PhotoFactory.create_batch(2, owner=alice))
    with django_assert_max_num_queries(12):
        page(alice_client)
