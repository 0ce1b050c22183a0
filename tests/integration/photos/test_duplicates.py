"""Duplicates: what is offered, what a clearing gives to the kept image, and that undo brings back all of it."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult
from PIL import Image, ImageDraw

from photos import albums, bulk, curate, editing, lookalikes
from photos.lookalikes import grouping
from photos.lookalikes.judging import is_same
from photos.models import DuplicateGroup, Photo, Recipe
from tests.factories import PhotoFactory, make_photo, make_session, pictures_of
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.pictures import encode

pytestmark = pytest.mark.django_db
EXACT, NEAR = DuplicateGroup.Kind.EXACT, DuplicateGroup.Kind.NEAR


def scene(seed: int = 1) -> Image.Image:
    """A picture that a hash can recognise."""
    image = Image.new("RGB", (320, 240), (90, 120, 160))
    pen = ImageDraw.Draw(image)
    for n in range(9):
        x, y = (seed * 37 + n * 71) % 280, (seed * 53 + n * 43) % 200
        pen.ellipse((x, y, x + 50 + 5 * n, y + 40), (n * 28, 255 - n * 20, (seed * 60 + n * 40) % 256))
    return image


@pytest.fixture
def pair(alice) -> tuple[Photo, Photo]:
    """A picture, and half the size of it as JPEG."""
    large = make_photo(alice, encode(scene()), name="large.png")
    small = make_photo(alice, encode(scene().resize((160, 120)), "JPEG", quality=80), name="small.jpg")
    lookalikes.search(alice.pk)
    return large, small


def offered(owner, kind: int = NEAR) -> list[set[int]]:
    ids = lookalikes.groups(owner, kind).values_list("pk", flat=True)
    return [{photo.pk for photo in photos} for photos in lookalikes.members(list(ids)).values()]


def test_a_smaller_copy_is_found_and_another_picture_is_not(alice, pair):
    make_photo(alice, encode(scene(5)), name="other.png")
    lookalikes.search(alice.pk)
    assert offered(alice) == [{photo.pk for photo in pair}] and offered(alice, EXACT) == []
    assert [one.likeness for one in lookalikes.near(pair[0])] == [lookalikes.Likeness.SMALLER]
    assert [one.likeness for one in lookalikes.near(pair[1])] == [lookalikes.Likeness.LARGER]


def test_everybody_has_duplicates_of_their_own(alice, bob, pair):
    theirs = make_photo(bob, encode(scene()), name="large.png")
    lookalikes.search(bob.pk)
    assert offered(bob) == [] and lookalikes.near(theirs) == []
    assert lookalikes.groups(AnonymousUser(), NEAR).count() == 0


def test_comparing_all_at_once_finds_the_same_as_one_by_one(alice, pair):
    make_photo(alice, encode(scene(), "WEBP", quality=70), name="anew.webp")
    for seed in range(2, 6):
        make_photo(alice, encode(scene(seed)), name=f"{seed}.png")
    lookalikes.search(alice.pk)
    one_by_one = offered(alice)
    lookalikes.search(alice.pk, anew=True)
    assert offered(alice) == one_by_one and len(one_by_one[0]) == 3


@pytest.mark.any_database
def test_pictures_of_one_session_are_duplicates_only_byte_for_byte(alice, scripted):  # noqa: F811
    first, second = make_session(alice, count=2), make_session(alice, count=2)
    Photo.objects.update(phash0=1111, phash1=22222, phash2=33333, phash3=44444, color="#808080")
    Recipe.objects.all().delete()  # seeds would tell them apart as well
    lookalikes.search(alice.pk)
    same = [{a.pk, b.pk} for a, b in zip(pictures_of(first), pictures_of(second), strict=True)]
    assert offered(alice) == [] and sorted(map(sorted, offered(alice, EXACT))) == sorted(map(sorted, same))


@pytest.mark.any_database
def test_two_new_ones_with_the_same_bytes_are_one_group_and_stay_kept(alice, scripted):  # noqa: F811
    lookalikes.search(alice.pk)  # from now on new ones are asked about one by one
    one, other = (pictures_of(make_session(alice, count=1))[0] for _ in "ab")
    lookalikes.search(alice.pk)
    assert offered(alice, EXACT) == [{one.pk, other.pk}]
    lookalikes.keep_all(alice, lookalikes.groups(alice, EXACT).get())
    lookalikes.search(alice.pk, anew=True)
    assert offered(alice, EXACT) == []


@pytest.mark.any_database
@pytest.mark.parametrize("what", ["seed", "moment", "color", "ratio", "bits", "made"])
def test_what_says_that_two_are_two(alice, what):
    one, other = (
        PhotoFactory(owner=alice, phash0=0xFFFF, phash1=0xFF, phash2=0xF0F, phash3=0xAAAA) for _ in "ab"
    )
    one.seed = other.seed = "41"
    assert is_same(one, other, 0)
    changes = {
        "seed": {"seed": "42"},
        "color": {"color": "#908080"},
        "ratio": {"width": 1100},
        "made": {"origin": "made"},
        "bits": {},
        "moment": {"dated_by": "camera"},
    }
    for photo in (one, other) if what in ("made", "moment") else (other,):
        for name, value in changes[what].items():
            setattr(photo, name, value)
    if what == "moment":
        one.taken_at, other.taken_at = one.added_at, one.added_at.replace(year=2001)
    assert not is_same(one, other, 4 if what == "bits" else 0)


def test_clearing_gives_the_kept_one_what_the_other_had_and_undo_takes_it_back(alice, pair):
    large, small = pair
    open_album, own = albums.create(alice, title="Open", access="public"), albums.create(alice, title="Own")
    albums.add(open_album, [small.pk])
    albums.add(own, [large.pk, small.pk])
    albums.set_cover(own, small.pk)
    editing.edit(
        alice, small.pk, title="Harbour", caption="At dawn", tags=["sea", "dawn"], rating=4, decision=1
    )
    editing.edit(alice, large.pk, caption="Mine", tags=["sea"])
    before = states(large, small)
    group = lookalikes.groups(alice, NEAR).get()
    cleared, way_back = lookalikes.clear(alice, group, large.pk)
    large.refresh_from_db()
    assert (large.title, large.caption, large.rating, large.decision) == ("Harbour", "Mine", 4, 1)
    assert set(large.tags.values_list("name", flat=True)) == {"sea", "dawn"}
    assert set(large.places.values_list("album__title", flat=True)) == {"Open", "Own"}
    assert (cleared.n_rated, len(cleared.shared), offered(alice)) == (1, 1, [])
    own.refresh_from_db()
    assert own.cover_id == large.pk
    bulk.take_back(alice, way_back)
    own.refresh_from_db()
    assert states(large, small) == before and own.cover_id == small.pk
    assert offered(alice) == [{large.pk, small.pk}]


def states(*photos: Photo) -> list[tuple]:
    return [
        (
            photo.title, photo.caption, photo.rating, photo.decision, photo.trashed_at,
            set(photo.tags.values_list("name", flat=True)), set(photo.places.values_list("album_id", flat=True)),
        )
        for photo in Photo.objects.filter(pk__in=[photo.pk for photo in photos]).order_by("pk")
    ]  # fmt: skip


def test_an_address_others_got_by_a_clearing_ends_with_its_undo(alice, pair):
    large, small = pair
    albums.add(albums.create(alice, title="Open", access="public"), [small.pk])
    _cleared, way_back = lookalikes.clear(alice, lookalikes.groups(alice, NEAR).get(), large.pk)
    shown = Photo.objects.visible_to(AnonymousUser()).get()
    bulk.take_back(alice, way_back)
    after = Photo.objects.get(pk=large.pk)
    assert (shown.pk, after.access_revision) == (large.pk, shown.access_revision + 1)


def test_who_keeps_all_is_not_asked_again_but_for_a_new_copy(alice, pair):
    way_back = lookalikes.keep_all(alice, lookalikes.groups(alice, NEAR).get())
    lookalikes.search(alice.pk, anew=True)
    assert offered(alice) == []
    new = make_photo(alice, encode(scene(), "JPEG", quality=60), name="new.jpg")
    lookalikes.search(alice.pk)
    assert [new.pk in group for group in offered(alice)] == [True]
    bulk.take_back(alice, way_back)
    assert {photo.pk for photo in pair} in offered(alice)


def test_a_group_goes_and_comes_with_the_trash(alice, pair):
    curate.trash(alice.pk, [pair[1].pk])
    assert offered(alice) == []
    curate.restore(alice.pk, [pair[1].pk])
    assert offered(alice) == [{photo.pk for photo in pair}]
    curate.purge(alice.pk, [pair[1].pk])
    assert offered(alice) == [] and DuplicateGroup.objects.get().n_live == 1


def test_all_exact_ones_are_cleared_but_no_final_and_nothing_shared(alice):
    same = [[PhotoFactory(owner=alice, origin="made", sha256=c * 64) for _ in "ab"] for c in "123"]
    Photo.objects.filter(pk__in=[pair[1].pk for pair in same]).update(byte_size=1234)
    albums.add(albums.create(alice, title="Open", access="public"), [photo.pk for photo in same[1]])
    albums.add(albums.create(alice, title="Own"), [photo.pk for photo in same[2]])
    lookalikes.search(alice.pk)
    assert lookalikes.exact_plan(alice).n_images == 3
    done = lookalikes.clear_exact(alice)
    assert done.count == 2 and offered(alice, EXACT) == [{photo.pk for photo in same[1]}]
    bulk.take_back(alice, done.way_back)
    assert len(offered(alice, EXACT)) == 3


@pytest.mark.any_database
def test_what_came_in_is_looked_through_once_it_is_quiet(alice, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        lookalikes.sweep()
        PhotoFactory(owner=alice)
        for _ in range(4):
            lookalikes.sweep()
    asked = DBTaskResult.objects.filter(task_path="photos.tasks.find_duplicates")
    assert [task.args_kwargs["args"] for task in asked] == [[alice.pk]]


def test_the_command_says_what_it_found(alice, pair):
    out = io.StringIO()
    call_command("find_duplicates", "--anew", stdout=out)
    assert "alice: 0 groups of the same file, 1 of the same picture" in out.getvalue()


@pytest.mark.any_database
def test_a_chain_of_copies_is_never_one_group():
    assert grouping.stars([(1, 2), (2, 3), (3, 4)], lambda pk: pk) == [[1, 2], [3, 4]]


def test_a_stack_is_all_that_has_the_same_settings_but_for_the_seed(alice, bob):
    def made(owner=alice, **facts):
        photo = PhotoFactory(owner=owner)
        wish = {"generator": "x", "prompt": "red fox", "steps": 20, "cfg": 7.0, "seed": "1"}
        return Recipe.objects.create(photo=photo, **wish | facts).stack

    first = made()
    assert first and made(seed="2") == first and made(prompt=" red  fox", raw="text") == first
    others = [made(steps=21), made(cfg=7.5), made(prompt="red foxes"), made(bob)]
    assert len({first, *others}) == 5 and made(prompt="") is None
