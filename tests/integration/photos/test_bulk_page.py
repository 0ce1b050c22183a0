"""Many at once: a selection or a whole list, by a plain form and by a script, and the way back."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core import signing
from django.http import Http404
from django.urls import reverse

from photos import albums, bulk, trash
from photos.models import Album, Photo, UploadBatch, UploadEntry
from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, with_true_counts

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


def send(client, do: str, *photos, **fields):
    """What a script sends; the answer as it gets it."""
    form = {"do": do, "photo": [photo.pk for photo in photos], **fields}
    return client.post("/bulk/", form, headers=JSON)


def take_back(client, answer):
    return client.post("/take-back/", {"way_back": answer.json()["way_back"]}, headers=JSON)


def message(client) -> str:
    return client.get("/trash/").content.decode().partition('id="said">')[2].partition("</span>")[0]


@pytest.fixture
def photos(alice) -> list[Photo]:
    return PhotoFactory.create_batch(3, owner=alice)


def values(field: str) -> list:
    return list(Photo.objects.order_by("pk").values_list(field, flat=True))


@pytest.mark.parametrize(
    ("do", "field", "value"),
    [("pick", "decision", 1), ("reject", "decision", 2), ("rate:4", "rating", 4), ("rate:0", "rating", 0)],
)
def test_marks_go_to_the_selected_and_can_be_taken_back(alice_client, photos, do, field, value):
    Photo.objects.update(rating=1)
    before = values(field)
    answer = send(alice_client, do, *photos[:2])
    assert values(field) == [value, value, before[2]] and answer.json()["count"] == 2
    take_back(alice_client, answer)
    assert values(field) == before


def test_trash_is_one_batch_and_undo_restores_it(alice, alice_client, photos):
    answer = send(alice_client, "trash", *photos[:2])
    assert answer.json()["sentence"] == "Moved 2 images to the trash."
    assert len(set(values("trash_batch")) - {None}) == 1 and trash.photos(alice).count() == 2
    assert take_back(alice_client, answer).json()["sentence"] == "Undone."
    assert trash.photos(alice).count() == 0


def test_a_plain_form_goes_back_to_its_list_and_its_message_carries_undo(alice, alice_client, photos):
    form = {"do": "trash", "photo": [photos[0].pk], "next": "/?show=uploads"}
    answer = alice_client.post("/bulk/", form)
    assert (answer.status_code, answer["Location"]) == (303, "/?show=uploads")
    page = alice_client.get("/?show=uploads").content.decode()
    assert "Moved 1 image to the trash." in page
    way_back = page.partition('name="way_back" value="')[2].partition('"')[0]
    alice_client.post("/take-back/", {"way_back": way_back})
    assert trash.photos(alice).count() == 0


def test_undo_of_tags_takes_them_only_from_those_that_got_them(alice_client, photos):
    send(alice_client, "tag", photos[0], tags="Sea")
    answer = send(alice_client, "tag", *photos, tags="sea, evening")
    assert answer.json()["sentence"] == "Tagged 3 images: sea, evening."
    take_back(alice_client, answer)
    assert [sorted(photo.tags.values_list("name", flat=True)) for photo in photos] == [["Sea"], [], []]


def test_tags_are_taken_away_and_given_back(alice_client, photos):
    send(alice_client, "tag", *photos[:2], tags="sea")
    answer = send(alice_client, "untag", *photos, tags="SEA")
    assert not photos[0].tags.exists()
    take_back(alice_client, answer)
    assert [photo.tags.count() for photo in photos] == [1, 1, 0]


def test_they_go_into_an_album_old_or_new_and_out_again(alice, alice_client, photos):
    album = albums.create(alice, title="Harbours")
    albums.add(album, [photos[0].pk])
    answer = send(alice_client, "album", *photos, album=album.pk)
    assert answer.json()["sentence"] == "Added 2 images to “Harbours”."
    take_back(alice_client, answer)
    assert album.places.get().photo == photos[0]
    send(alice_client, "new_album", *photos[:1], title="Fog")
    assert Album.objects.get(title="Fog").places.count() == 1


def test_return_does_what_was_typed(alice_client, photos):
    send(alice_client, "enter", photos[0], tags="sea", title="")
    assert photos[0].tags.get().name == "sea"


def test_download_of_a_selection_or_of_all_is_a_zip_of_known_length(alice, alice_client, media_root):
    from tests.factories import make_photo

    photos, gzip = [make_photo(alice), make_photo(alice)], {"accept-encoding": "gzip"}
    for form, n in (({"photo": [photos[0].pk]}, 1), ({"whole": "1", "scope": "timeline:uploads"}, 2)):
        answer = alice_client.post("/download/", form, headers=gzip)
        assert answer["Content-Type"] == "application/zip" and not answer.has_header("Content-Encoding")
        packed = b"".join(answer.streaming_content)
        assert int(answer["Content-Length"]) == len(packed) and len(ZipFile(BytesIO(packed)).namelist()) == n


@pytest.mark.parametrize("scope", ["", "nothing:1", "album:99", "timeline:pictures:2026-99"])
def test_a_list_that_is_gone_is_not_downloaded(alice_client, scope):
    answer = alice_client.post("/download/", {"whole": "1", "scope": scope, "next": "/finals/"})
    assert (answer.status_code, answer["Location"]) == (303, "/finals/")


# --- a whole list -----------------------------------------------------------------------------------


def lists(alice) -> dict[str, list[Photo]]:
    """Scope -> the pictures it names."""
    may = PhotoFactory(owner=alice, shown_at=AN_HOUR.replace(month=5), title="red fox")
    november = PhotoFactory(owner=alice)
    final = PhotoFactory(owner=alice, final=True)
    session = SessionFactory(owner=alice, n_made=2, n_picked=1)
    picked, open_one = (CandidateFactory(session=session, number=n).photo for n in (1, 2))
    Photo.objects.filter(pk=picked.pk).update(decision=1)
    album = albums.create(alice, title="Foxes")
    albums.add(album, [may.pk])
    batch = UploadBatch.objects.create(owner=alice)
    UploadEntry.objects.create(batch=batch, photo=november, outcome="added", name="x.jpg")
    with_true_counts(alice)
    return {
        "timeline:pictures": [may, november, final],
        "timeline:uploads": [may, november],
        "timeline:pictures:2026-05": [may],
        "timeline:everything": [may, november, final, picked, open_one],
        "finals:": [final],
        f"session:{session.pk}:all": [picked, open_one],
        f"session:{session.pk}:undecided": [open_one],
        f"album:{album.pk}": [may],
        f"batch:{batch.pk}": [november],
    }


def test_each_list_names_all_that_it_shows_and_nothing_of_others(alice, bob):
    for scope, named in lists(alice).items():
        assert set(bulk.photos_in(alice, scope)) == set(named), scope
        with suppress(Http404):
            assert not bulk.photos_in(bob, scope).exists(), scope


def test_a_search_is_a_list_too(alice, alice_client):
    from tests.factories import make_photo

    fox, _other = make_photo(alice, title="red fox"), make_photo(alice, title="blue hare")
    send(alice_client, "pick", whole="1", scope="search:fox")
    assert list(Photo.objects.filter(decision=1)) == [fox]


def test_a_ticked_whole_list_counts_more_than_the_ticked_boxes(alice_client, photos):
    answer = send(alice_client, "reject", photos[0], whole="1", scope="timeline:pictures")
    assert answer.json()["count"] == 3 and values("decision") == [2, 2, 2]
    take_back(alice_client, answer)
    assert values("decision") == [0, 0, 0]


def test_an_unticked_whole_list_counts_nothing(alice_client, photos):
    send(alice_client, "reject", photos[0], scope="timeline:pictures")
    assert values("decision") == [2, 0, 0]


def test_very_many_are_a_task_that_may_run_twice_and_leaves_what_came_later(
    alice, alice_client, photos, monkeypatch
):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    asked = []
    monkeypatch.setattr("photos.working.enqueue", lambda *task: asked.append(task))
    answer = send(alice_client, "trash", whole="1", scope="timeline:pictures")
    assert "in the background" in answer.json()["sentence"] and trash.photos(alice).count() == 0
    later = PhotoFactory(owner=alice)
    from photos import tasks

    name, *arguments = asked.pop()
    for _ in range(2):
        tasks.do_in_bulk.func(*arguments)
    assert name == "bulk" and trash.photos(alice).count() == 3
    assert later in Photo.objects.live()
    take_back(alice_client, answer)
    name, *arguments = asked.pop()
    tasks.take_back.func(*arguments)
    assert name == "take_back" and trash.photos(alice).count() == 0


# --- what is refused --------------------------------------------------------------------------------


def test_bob_can_do_nothing_to_what_is_alice_s(alice, bob_client, photos):
    for do, fields in (("pick", {}), ("trash", {}), ("tag", {"tags": "x"}), ("rate:5", {})):
        assert send(bob_client, do, *photos, **fields).json()["count"] == 0
    assert values("decision") == [0, 0, 0] and trash.photos(alice).count() == 0
    assert not photos[0].tags.exists()


def test_bob_cannot_use_alices_way_back(alice_client, bob_client, photos):
    answer = send(alice_client, "trash", *photos)
    assert take_back(bob_client, answer).status_code == 404
    forged = signing.dumps([1, [["restore", "0" * 32]]], salt="another")
    assert bob_client.post("/take-back/", {"way_back": forged}, headers=JSON).status_code == 422


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("tag", {"tags": " , "}), ("album", {"album": "99999"}), ("new_album", {"title": ""}),
        ("pick", {"whole": "1", "scope": "nothing:1"}), ("pick", {"whole": "1", "scope": "session:x"}),
        ("pick", {"whole": "1", "scope": "timeline:pictures:2026-99"}), ("pick", {"whole": "1", "scope": "album:7"}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_in_a_sentence(alice_client, photos, do, fields):
    answer = send(alice_client, do, *photos, **fields)
    assert answer.status_code == 422 and answer.json()["sentence"].endswith(".")


@pytest.mark.parametrize("form", [{}, {"do": "burn"}, {"do": "rate:9"}, {"do": "pick", "photo": "x"}])
def test_a_mark_that_does_not_exist_is_refused(alice_client, form):
    assert alice_client.post("/bulk/", form).status_code == 400


def test_nothing_selected_is_said(alice_client):
    alice_client.post("/bulk/", {"do": "pick"})
    assert "No image was selected." in message(alice_client)


def test_every_list_offers_the_bar_and_the_whole_of_it(alice, alice_client):
    for scope in lists(alice):
        kind, _, rest = scope.partition(":")
        address = {
            "timeline": "/?show=" + rest.partition(":")[0] if "2026" not in rest else "/timeline/2026/5/",
            "finals": "/finals/", "album": f"/albums/{rest}-foxes/", "batch": f"/uploads/{rest}/",
            "session": f"/sessions/{rest.partition(':')[0]}/?show={rest.partition(':')[2]}",
        }[kind]  # fmt: skip
        page = alice_client.get(address).content.decode()
        assert f'name="scope" value="{scope}"' in page, address
        assert 'action="/bulk/"' in page and 'value="trash"' in page


def test_ones_own_tags_are_suggested(alice_client, bob_client, photos):
    send(alice_client, "tag", photos[0], tags="Sea, Evening")
    assert alice_client.get("/tags/").json() == {"tags": ["Evening", "Sea"]}
    assert bob_client.get("/tags/").json() == {"tags": []}


@pytest.mark.parametrize("view", ["bulk", "export", "export_zip", "share_new"])
@pytest.mark.parametrize("kind", ["session", "album", "chosen", "stack", "batch"])
def test_a_list_with_an_impossible_number_is_not_there(alice_client, view, kind):
    data = {"scope": f"{kind}:{'9' * 30}", "whole": "1", "do": "pick"}
    assert alice_client.post(reverse(view), data).status_code < 500
