"""The desk: who may come in, what its list asks of the database, and what it lets an administrator do."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from photos import albums, curate, search, undoing
from photos.models import Album, Decision, PendingFileDeletion, Photo, Recipe
from tests.factories import PhotoFactory, UserFactory, make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values
LIST = "/admin/photos/photo/"
HOSTILE = """"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}"""


@pytest.fixture
def root(django_user_model):
    """Runs this gallery."""
    return django_user_model.objects.create_superuser("root", "root@example.com", "root-password")


@pytest.fixture
def desk(root) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def act(desk):
    """`act("pick", *photos)`: choose an action of the list; returns what was said."""

    def run(action: str, *photos, query: str = "?trashed=all", **more) -> list[str]:
        data = {"action": action, "_selected_action": [photo.pk for photo in photos], "index": "0", **more}
        response = desk.post(LIST + query, data, follow=True)
        return [str(message) for message in response.context["messages"]]

    return run


def verdicts(*photos) -> list[int]:
    return [Photo.objects.get(pk=photo.pk).decision for photo in photos]


def listed(response) -> list[int]:
    return [photo.pk for photo in response.context["cl"].result_list]


# --- who ------------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_the_gallery_s_own_log_in(visitor):
    response = visitor.get(LIST, follow=True)
    assert response.redirect_chain[-1][0] == f"/accounts/login/?next={LIST}"


def test_the_admin_has_no_log_in_of_its_own(visitor):
    for next_ in ("/admin/auth/user/", "https://evil.example/", "//evil.example"):
        address = visitor.get("/admin/login/", {"next": next_}).headers["Location"]
        assert address.startswith("/accounts/login/?next=%2Fadmin%2F") and "evil" not in address
    assert visitor.post("/admin/login/", {"username": "root", "password": "x"}).status_code == 302


@pytest.mark.parametrize("staff", [False, True])
def test_whoever_is_no_superuser_reads_a_sentence(bob, bob_client, staff):
    bob.is_staff = staff
    bob.save()
    for address in ("/admin/", LIST, f"{LIST}add/", "/admin/auth/user/", "/admin/photos/album/"):
        response = bob_client.get(address, follow=True)
        assert response.status_code == 403 and "The admin is for superusers" in response.content.decode()


def test_staff_can_do_nothing_by_posting_either(alice, bob, bob_client):
    bob.is_staff = True
    bob.save()
    photo = PhotoFactory(owner=alice)
    bob_client.post(LIST, {"action": "reject", "_selected_action": photo.pk, "index": "0"})
    bob_client.post(f"{LIST}{photo.pk}/change/", {"title": "mine", "revision": 1, "rating": 0, "decision": 0})
    photo.refresh_from_db()
    assert (photo.decision, photo.title) == (UNDECIDED, "")


def test_the_desk_links_back_and_pages_link_to_the_desk_for_superusers_alone(desk, alice_client):
    assert '<a class="tool" href="/">View site</a>' in desk.get("/admin/").content.decode()
    assert 'href="/admin/"' in desk.get("/").content.decode()
    assert 'href="/admin/"' not in alice_client.get("/").content.decode()


# --- the list -------------------------------------------------------------------------------------


def test_the_list_shows_everybody_s_pictures_newest_first_but_no_trash(desk, alice, bob):
    one, two = PhotoFactory(owner=alice, title="Harbour"), PhotoFactory(owner=bob)
    PhotoFactory(owner=bob, trashed=True)
    response = desk.get(LIST)
    assert listed(response) == [two.pk, one.pk]
    page = response.content.decode()
    assert "Harbour" in page and "alice" in page and "1200 × 800" in page
    image = re.search(r'<img class="thumb"[^>]+>', page)[0]
    assert (
        'width="64" height="43"' in image
        and 'loading="lazy"' in image
        and "&amp;s=a" in image
        and "alt=" in image
    )


def test_the_thumbnail_of_the_desk_is_served(desk, alice):
    make_photo(alice)
    address = re.search(r'<img class="thumb" src="([^"]+)"', desk.get(LIST).content.decode())[1]
    assert Client().get(address.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?collection=completed", "final"), ("?decision=1", "picked"), ("?rating=5", "best"),
        ("?shown=2021-03", "old"), ("?shown=2021", "old"), ("?owner=bob", "bob's"), ("?trashed=yes", "gone"),
        ("?owner=bob&shown=2026-11", "bob's"),
    ],
)  # fmt: skip
def test_each_filter_finds_what_it_says(desk, alice, bob, query, wanted):
    from datetime import UTC, datetime

    PhotoFactory(owner=alice, title="plain")
    PhotoFactory(owner=alice, title="final", final=True)
    PhotoFactory(owner=alice, title="picked", decision=PICKED)
    PhotoFactory(owner=alice, title="best", rating=5)
    PhotoFactory(owner=alice, title="old", shown_at=datetime(2021, 3, 31, 23, 59, tzinfo=UTC))
    PhotoFactory(owner=bob, title="bob's")
    PhotoFactory(owner=alice, title="gone", trashed=True)
    assert [photo.title for photo in desk.get(LIST + query).context["cl"].result_list] == [wanted]


@pytest.mark.parametrize(
    "query",
    ["?shown=nonsense", "?shown=2026-13", "?shown=0000", "?shown=9999", "?owner=nobody", "?decision=9",
     "?before=x", "?before=0", "?before=" + "9" * 40, "?q=" + "9" * 18, "?collection=%00", "?owner=%00"],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_error(desk, alice, query):
    PhotoFactory(owner=alice)
    assert desk.get(LIST + query, follow=True).status_code == 200


def test_pages_follow_each_other_down_and_up_without_a_gap(desk, alice, monkeypatch):
    from photos.admin.photos import PhotoAdmin

    monkeypatch.setattr(PhotoAdmin, "list_per_page", 3)
    ids = sorted((photo.pk for photo in PhotoFactory.create_batch(8, owner=alice)), reverse=True)
    seen, address = [], "?owner=alice"
    while address:
        changes = desk.get(LIST + address).context["cl"]
        seen, address, last = [*seen, *(photo.pk for photo in changes.result_list)], changes.older, changes
    assert seen == ids
    above = desk.get(LIST + last.newer).context["cl"]
    assert [photo.pk for photo in above.result_list] == ids[3:6] and above.newer and above.older
    assert "owner=alice" in last.newer and "before" not in last.newest


def test_how_many_there_are_is_said_up_to_a_thousand(desk, alice, monkeypatch):
    monkeypatch.setattr("photos.admin.lists.COUNTED", 4)
    PhotoFactory.create_batch(4, owner=alice)
    assert "4 photos" in desk.get(LIST).content.decode()
    PhotoFactory(owner=alice)
    assert "4+ photos" in desk.get(LIST).content.decode()


@pytest.mark.parametrize(
    "query", ["", "?before=999999", "?owner=alice", "?shown=2026-11", "?q=harbour", "?trashed=yes"]
)
def test_the_list_takes_few_queries_and_counts_nothing(desk, alice, query):
    search.index([photo.pk for photo in PhotoFactory.create_batch(30, owner=alice, title="harbour")])
    PhotoFactory.create_batch(3, trashed=True)
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(LIST + query).status_code == 200
    assert len(asked) <= 12
    about_photos = [one["sql"] for one in asked if "photos_photo" in one["sql"]]
    assert about_photos and not any(re.search(r"COUNT\(|OFFSET [1-9]", sql, re.I) for sql in about_photos)
    assert all("LIMIT" in sql or " IN (" in sql for sql in about_photos)


def test_search_finds_by_word_number_and_fingerprint(desk, alice, bob):
    one, two = make_photo(alice, title="Red lighthouse"), make_photo(bob, title="Harbour")
    search.index([one.pk, two.pk])
    for text in ("lighthouse", str(one.pk), f"#{one.pk}", one.sha256, one.sha256[:10].upper()):
        assert listed(desk.get(LIST, {"q": text})) == [one.pk], text
    assert listed(desk.get(LIST, {"q": "lighthouse", "owner": "bob"})) == []


def test_hostile_words_come_out_as_words(desk, alice):
    person = UserFactory(username=HOSTILE[:60])
    photo = PhotoFactory(
        owner=person, title=HOSTILE, caption=HOSTILE, alt_text=HOSTILE, file=f"uploaded/2026-11-22/{HOSTILE}.jpg",
        exif={"make": HOSTILE, "tags": {HOSTILE: HOSTILE}}, digital_source_type=HOSTILE[:60],
    )  # fmt: skip
    Recipe.objects.create(
        photo=photo,
        generator=HOSTILE[:60],
        prompt=HOSTILE,
        negative_prompt=HOSTILE,
        raw=f'{{"a": "{HOSTILE[2:]}"}}',
    )
    album = albums.create(person, title=HOSTILE, description=HOSTILE)
    albums.add(album, [photo.pk])
    of_album, of_person = f"/admin/photos/album/{album.pk}", f"/admin/auth/user/{person.pk}"
    pages = [LIST, f"{LIST}?q={HOSTILE}", f"{LIST}?owner={HOSTILE}", f"{LIST}{photo.pk}/change/", f"{LIST}add/",
             "/admin/photos/album/", f"{of_album}/change/", f"{of_album}/delete/", "/admin/auth/user/",
             f"{of_person}/change/", f"{of_person}/delete/"]  # fmt: skip
    for address in pages:
        page = desk.get(address, follow=True).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "'49" not in page
    curate.trash(person.pk, [photo.pk])
    for query in ("?trashed=yes", f"{photo.pk}/change/"):
        assert "<script>alert" not in desk.get(LIST + query).content.decode()


# --- what can be done -----------------------------------------------------------------------------


def test_picking_for_others_is_written_down_under_the_administrator(act, root, alice, bob):
    photos = [PhotoFactory(owner=alice), PhotoFactory(owner=bob), PhotoFactory(owner=bob, decision=PICKED)]
    assert act("pick", *photos) == ["2 images picked. 1 was left as it is."]
    assert verdicts(*photos) == [PICKED] * 3
    assert set(Decision.objects.values_list("actor", flat=True)) == {root.pk}
    assert LogEntry.objects.filter(user=root).count() == 2
    assert undoing.undo(alice) is None  # it was not hers


def test_rejecting_and_clearing(act, alice):
    photo = PhotoFactory(owner=alice)
    assert act("reject", photo) == ["1 image rejected."] and verdicts(photo) == [REJECTED]
    assert act("clear", photo) == ["1 image is undecided again."] and verdicts(photo) == [UNDECIDED]


def test_trash_and_back_as_one_batch_over_all_owners(act, alice, bob):
    photos = [make_photo(alice), make_photo(bob)]
    assert act("trash", *photos) == ["2 images moved to the trash."]
    assert len(set(Photo.objects.trashed().values_list("trash_batch", flat=True))) == 1
    assert act("restore", *photos) == ["2 images restored."]
    assert Photo.objects.live().count() == 2


def test_there_is_no_delete_but_the_trash(desk, act, alice):
    photo = make_photo(alice)
    page = desk.get(LIST).content.decode()
    assert "delete_selected" not in page and "Move to trash" in page and "Delete for good" not in page
    assert desk.post(f"{LIST}{photo.pk}/delete/", {"post": "yes"}).status_code == 403
    act("delete_selected", photo, post="yes")
    act("purge", photo, query="", confirmed="1")  # not from the list of the living
    act("purge", photo, confirmed="1")  # not what lives
    assert Photo.objects.filter(pk=photo.pk).exists()


def test_deleting_for_good_asks_first(desk, act, alice, media_root):
    photo = make_photo(alice)
    curate.trash(alice.pk, [photo.pk])
    asked = desk.post(LIST + "?trashed=yes", {"action": "purge", "_selected_action": photo.pk, "index": "0"})
    assert "cannot be undone" in asked.content.decode() and Photo.objects.exists()
    assert act("purge", photo, query="?trashed=yes", confirmed="1") == ["1 image is deleted for good."]
    assert not Photo.objects.exists() and PendingFileDeletion.objects.get().name == photo.file.name
    assert LogEntry.objects.latest("pk").is_deletion()


def test_thumbnails_are_made_again_in_the_background(
    act, alice, media_root, django_capture_on_commit_callbacks
):
    photo = make_photo(alice)
    thumbnail = media_root / photo.thumbnail_name("h320")
    thumbnail.unlink()
    with django_capture_on_commit_callbacks(execute=True):
        assert act("redraw", photo) == ["Thumbnails of 1 image are made again in the background."]
    from photos.tasks import redraw_thumbnails

    redraw_thumbnails.func([photo.pk])
    assert thumbnail.is_file() and (media_root / photo.thumbnail_name("l2560")).is_file()


# --- one photo ------------------------------------------------------------------------------------


def write(desk, photo, **changes):
    data = {"title": photo.title, "caption": "", "alt_text": "", "words": "", "rating": 0, "decision": 0,
            "revision": photo.revision, **changes}  # fmt: skip
    return desk.post(f"{LIST}{photo.pk}/change/", data)


def test_the_page_of_a_photo_shows_it_and_where_it_lies(desk, alice):
    photo = make_photo(alice, name="harbour.png", tags=("sea", "Küste"))
    page = desk.get(f"{LIST}{photo.pk}/change/").content.decode()
    assert "/l1600?" in page and f"media/{photo.file.name}" in page and photo.sha256 in page
    assert 'value="Küste, sea"' in page and "Open in the gallery" not in page
    address = re.search(r'href="(/m/[^"]+/original[^"]+save)"', page)[1].replace("&amp;", "&")
    assert b"".join(Client().get(address).streaming_content)[:4] == b"\x89PNG"


def test_one_s_own_photo_opens_in_the_gallery(desk, root):
    photo = make_photo(root)
    assert f'href="/photos/{photo.pk}/"' in desk.get(f"{LIST}{photo.pk}/change/").content.decode()


def test_writing_goes_through_the_flows_of_the_pages(desk, root, alice):
    photo = make_photo(alice)
    response = write(desk, photo, title="Harbour", words="sea, gull", rating=4, decision=PICKED)
    assert response.status_code == 302
    photo.refresh_from_db()
    assert (photo.title, photo.rating, photo.decision) == ("Harbour", 4, PICKED)
    assert sorted(photo.tags.values_list("name", flat=True)) == ["gull", "sea"]
    assert {event.actor_id for event in Decision.objects.all()} == {root.pk} and Decision.objects.count() == 2
    assert listed(desk.get(LIST, {"q": "gull"})) == [photo.pk]


def test_the_faster_of_two_editors_wins(desk, alice):
    photo = make_photo(alice)
    write(desk, photo, title="first")
    late = write(desk, photo, title="second")
    assert late.status_code == 200 and "changed elsewhere meanwhile" in late.content.decode()
    assert 'value="second"' in late.content.decode() and Photo.objects.get().title == "first"


@pytest.mark.parametrize("wrong", [{"rating": 6}, {"decision": 7}, {"title": "x" * 501}, {"revision": ""}])
def test_what_cannot_be_is_an_error_in_the_form(desk, alice, wrong):
    photo = make_photo(alice)
    assert write(desk, photo, **wrong).status_code == 200
    assert Photo.objects.get().revision == photo.revision


def test_a_photo_in_the_trash_is_looked_at_and_restored(desk, alice):
    photo = make_photo(alice)
    curate.trash(alice.pk, [photo.pk])
    page = desk.get(f"{LIST}{photo.pk}/change/").content.decode()
    assert 'value="restore"' in page and 'value="purge"' in page and 'name="_save"' not in page
    assert write(desk, photo, title="no").status_code == 403
    data = {"action": "restore", "_selected_action": photo.pk, "index": "0", "stay": "1"}
    back = desk.post(f"{LIST}?trashed=all", data)
    assert back.headers["Location"] == reverse("admin:photos_photo_change", args=[photo.pk])
    assert Photo.objects.get().trashed_at is None


def test_a_photo_that_is_not_there_leads_back_with_a_sentence(desk):
    for number in ("999999", "abc", "9" * 30):
        assert "doesn’t exist" in desk.get(f"{LIST}{number}/change/", follow=True).content.decode()


# --- adding ---------------------------------------------------------------------------------------


def test_added_files_come_in_by_the_one_door_each_with_its_sentence(desk, alice, media_root):
    known = make_photo(alice, draw("PNG", seed=7))
    files = [
        SimpleUploadedFile("new.png", draw("PNG", seed=8)),
        SimpleUploadedFile("again.png", draw("PNG", seed=7)),
        SimpleUploadedFile("notes.txt", b"no picture at all"),
        SimpleUploadedFile("empty.png", b""),
    ]
    response = desk.post(f"{LIST}add/", {"owner": alice.pk, "files": files}, follow=True)
    said = [str(message) for message in response.context["messages"]]
    assert said[0] == "new.png: added." and said[1] == "again.png: already here."
    assert said[2].startswith("notes.txt: ") and said[3] == "empty.png: The file is empty."
    new = Photo.objects.exclude(pk=known.pk).get()
    assert new.owner == alice and new.collection == "uploaded" and (media_root / new.file.name).is_file()


def test_adding_nothing_is_an_error_in_the_form(desk, alice):
    response = desk.post(f"{LIST}add/", {"owner": alice.pk})
    assert response.status_code == 200 and response.context["form"].errors["files"]


# --- albums ---------------------------------------------------------------------------------------


def test_the_albums_show_cover_number_and_who_may_look(desk, alice):
    photos = [make_photo(alice) for _ in range(3)]
    album = albums.create(alice, title="Family", access=Album.Access.PUBLIC)
    albums.add(album, [photo.pk for photo in photos])
    with CaptureQueriesContext(connection) as asked:
        page = desk.get("/admin/photos/album/").content.decode()
    assert len(asked) <= 12 and "Family" in page and "Everyone" in page
    assert f"/m/{photos[0].pk}/" in page and 'field-n_photos">3<' in page
    assert desk.get(f"/admin/photos/album/{album.pk}/change/").content.decode().count('class="thumb"') == 3


def test_deleting_an_album_deletes_no_photo_and_says_so(desk, alice):
    photo = make_photo(alice)
    one, two = albums.create(alice, title="One"), albums.create(alice, title="Two")
    for album in (one, two):
        albums.add(album, [photo.pk])
    assert "images stay where they are" in desk.get(f"/admin/photos/album/{one.pk}/delete/").content.decode()
    desk.post(f"/admin/photos/album/{one.pk}/delete/", {"post": "yes"})
    data = {"action": "delete_selected", "_selected_action": two.pk}
    assert (
        "images stay where they are"
        in desk.post("/admin/photos/album/", data | {"index": "0"}).content.decode()
    )
    desk.post("/admin/photos/album/", data | {"post": "yes"})
    assert not Album.objects.exists() and Photo.objects.get() == photo


# --- people ---------------------------------------------------------------------------------------


def test_who_owns_something_is_not_deleted_and_the_desk_says_what(desk, alice, bob):
    PhotoFactory.create_batch(2, owner=alice)
    albums.create(alice, title="Family")
    sentence = "alice owns 2 photos and 1 album: move or delete them first"
    for method in (desk.get, lambda address, **more: desk.post(address, {"post": "yes"}, **more)):
        assert sentence in method(f"/admin/auth/user/{alice.pk}/delete/", follow=True).content.decode()
    data = {"action": "delete_selected", "_selected_action": [alice.pk, bob.pk]}
    asked = desk.post("/admin/auth/user/", data | {"index": "0"})
    assert sentence in asked.content.decode() and "bob" in asked.content.decode()
    desk.post("/admin/auth/user/", data | {"post": "yes"})
    assert (
        type(alice).objects.filter(pk=alice.pk).exists() and not type(bob).objects.filter(pk=bob.pk).exists()
    )


def test_what_lies_in_the_trash_is_owned_too(desk, alice):
    PhotoFactory(owner=alice, trashed=True)
    page = desk.get(f"/admin/auth/user/{alice.pk}/delete/", follow=True).content.decode()
    assert "alice owns 1 photo: move or delete" in page and "empty the trash" in page


def test_the_right_to_generate_is_one_box(desk, bob):
    address = f"/admin/auth/user/{bob.pk}/change/"
    page = desk.get(address).content.decode()
    assert (
        'name="may_generate"' in page
        and 'name="user_permissions"' not in page
        and "date_joined_0" not in page
    )
    desk.post(address, {"username": "bob", "is_active": "on", "may_generate": "on"})
    assert type(bob).objects.get(pk=bob.pk).has_perm("generation.generate")
    desk.post(address, {"username": "bob", "is_active": "on"})
    assert not type(bob).objects.get(pk=bob.pk).has_perm("generation.generate")


def test_somebody_new_can_be_added(desk, django_user_model):
    data = {
        "username": "carol",
        "usable_password": "true",
        "password1": "a-long-one-9",
        "password2": "a-long-one-9",
    }
    desk.post("/admin/auth/user/add/", data)
    assert django_user_model.objects.get(username="carol").check_password("a-long-one-9")
