"""The order of an album: by hand, by buttons and numbers, or by date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from photos import albums, arranging, curate, leafing
from photos.models import Album, AlbumPhoto, Photo
from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(alice) -> Album:
    made = albums.create(alice, title="Row")
    days = (3, 1, 5, 2, 4)
    photos = [
        PhotoFactory(owner=alice, title=name, shown_at=datetime(2026, 1, day, tzinfo=UTC))
        for name, day in zip("ABCDE", days, strict=True)
    ]
    albums.add(made, [photo.pk for photo in photos])
    return made


def ids(album) -> dict[str, int]:
    return dict(Photo.objects.filter(places__album=album).values_list("title", "pk"))


def row(album) -> str:
    album.refresh_from_db()
    return "".join(place.photo.title for place in leafing.page(album, order=album.order).places)


@pytest.mark.parametrize(
    ("moved", "before", "then"),
    [
        ("D", "B", "ADBCE"),
        ("A", "E", "BCDAE"),
        ("E", "A", "EABCD"),
        ("A", None, "BCDEA"),
        ("C", "C", "ABCDE"),
        ("B", "C", "ABCDE"),
    ],
)
def test_one_is_dragged_before_another(album, moved, before, then):
    of = ids(album)
    arranging.move(album, of[moved], before=before and of[before])
    assert row(album) == then


@pytest.mark.parametrize(
    ("moved", "by", "then"),
    [
        ("C", -1, "ACBDE"),
        ("C", 1, "ABDCE"),
        ("A", -1, "ABCDE"),
        ("E", 1, "ABCDE"),
        ("D", 1, "ABCED"),
        ("D", -3, "DABCE"),
    ],
)
def test_one_is_moved_up_or_down(album, moved, by, then):
    arranging.step(album, ids(album)[moved], by)
    assert row(album) == then


@pytest.mark.parametrize(
    ("moved", "place", "then"),
    [("E", 2, "AEBCD"), ("A", 5, "BCDEA"), ("A", 99, "BCDEA"), ("C", 1, "CABDE"), ("B", 3, "ACBDE")],
)
def test_one_is_moved_to_a_place(album, moved, place, then):
    arranging.move_to(album, ids(album)[moved], place)
    assert row(album) == then


def test_what_is_in_the_trash_is_stepped_over(alice, album):
    curate.trash(alice.pk, [ids(album)["B"]])
    arranging.step(album, ids(album)["C"], -1)
    assert row(album) == "CADE"
    curate.restore(alice.pk, [ids(album)["B"]])
    assert row(album) == "CABDE"


def test_sixty_moves_into_one_place_still_find_room(album):
    of = ids(album)
    for n in range(60):
        arranging.move(album, of["DE"[n % 2]], before=of["B"])
    assert row(album) == "ADEBC"
    assert len(set(AlbumPhoto.objects.values_list("position", flat=True))) == 5


def test_one_that_was_put_back_between_two_leaves_room_for_others(album):
    of = ids(album)
    removed = albums.remove(album, [of["C"]])
    AlbumPhoto.objects.filter(photo=of["D"]).update(position=removed.places[0][1])
    albums.put_back(album, removed)
    arranging.move(album, of["A"], before=of["C"])
    assert row(album).replace("A", "") in ("BCDE", "BDCE")
    assert row(album).index("A") == row(album).index("C") - 1


def test_by_date_is_another_order_and_a_move_goes_back_to_one_s_own(album):
    Album.objects.filter(pk=album.pk).update(order="date")
    assert row(album) == "BDAEC"
    arranging.move(album, ids(album)["E"], before=ids(album)["A"])
    assert row(album) == "EABCD"


def test_one_s_own_order_can_begin_with_the_dates(alice_client, album):
    alice_client.post(reverse("album_move", args=[album.pk]), {"move": "by_date"})
    assert row(album) == "BDAEC"


def test_pages_by_date_go_both_ways_and_tell_two_of_one_moment_apart(alice, album):
    albums.add(album, [photo.pk for photo in PhotoFactory.create_batch(6, owner=alice, title="x")])
    Album.objects.filter(pk=album.pk).update(order="date")
    album.refresh_from_db()
    whole = [place.photo_id for place in leafing.page(album, order="date").places]
    seen, after = [], None
    while True:
        page = leafing.page(album, order="date", after=after, limit=2)
        seen += [place.photo_id for place in page.places]
        if not page.has_later:
            break
        after = seen[-1]
    assert seen == whole
    page = leafing.page(album, order="date", before=whole[5], limit=2)
    assert ([place.photo_id for place in page.places], page.has_earlier) == (whole[3:5], True)
    places = {place.photo_id: place for place in album.places.select_related("album")}
    assert leafing.neighbours(places[whole[0]]) == (None, whole[1])
    assert leafing.neighbours(places[whole[4]]) == (whole[3], whole[5])


# --- the page that arranges -----------------------------------------------------------------------


def moved(client, album, **fields):
    return client.post(reverse("album_move", args=[album.pk]), fields, headers={"Accept": "application/json"})


def test_the_buttons_of_the_page_do_what_they_say(alice_client, album):
    of = ids(album)
    moved(alice_client, album, move=f"up:{of['B']}")
    assert row(album) == "BACDE"
    moved(alice_client, album, move=f"down:{of['B']}")
    assert row(album) == "ABCDE"
    moved(alice_client, album, **{"move": f"to:{of['E']}", f"to-{of['E']}": "2", f"to-{of['A']}": "4"})
    assert row(album) == "AEBCD"
    moved(
        alice_client, album, **{"move": "to", f"to-{of['E']}": "", f"to-{of['A']}": "5"}
    )  # Enter in a field
    assert row(album) == "EBCDA"
    moved(alice_client, album, move="before", photo=of["A"], before=of["E"])
    assert row(album) == "AEBCD"
    moved(alice_client, album, move="before", photo=of["A"], before="")
    assert row(album) == "EBCDA"


def test_a_form_comes_back_to_the_image_that_moved(alice_client, album):
    pk = ids(album)["C"]
    here = f"{album.get_absolute_url()}?arrange=1"
    answer = alice_client.post(reverse("album_move", args=[album.pk]), {"move": f"up:{pk}", "next": here})
    assert answer["Location"] == f"{here}#p{pk}"


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"move": "sideways:1"}, 400), ({"move": "up:x"}, 400), ({"move": "to"}, 422), ({"move": "to:1"}, 422),
     ({"move": "to", "to-1": "-3"}, 422), ({"move": "up:999999"}, 409), ({"move": "before", "photo": "x"}, 400),
     ({"move": "before", "photo": "999999", "before": ""}, 409), ({"move": "cover:999999"}, 409),
     ({"move": "before"}, 422)],
)  # fmt: skip
def test_a_move_that_makes_no_sense_changes_nothing(alice_client, album, fields, status):
    assert moved(alice_client, album, **fields).status_code == status
    assert row(album) == "ABCDE"


def test_a_picture_of_another_album_is_no_place_to_move_before(alice, album):
    other = PhotoFactory(owner=alice)
    with pytest.raises(albums.AlbumError, match="not in this album"):
        arranging.move(album, ids(album)["A"], before=other.pk)
    assert row(album) == "ABCDE"


def test_places_are_counted_on_later_pages_too(alice, alice_client, album):
    albums.add(album, [photo.pk for photo in PhotoFactory.create_batch(110, owner=alice)])
    answer = alice_client.get(f"{album.get_absolute_url()}?arrange=1")
    answer = alice_client.get(answer.context["later"])
    assert [number for number, _ in answer.context["rows"]][:2] == [101, 102]
    assert b'start="101"' in answer.content
